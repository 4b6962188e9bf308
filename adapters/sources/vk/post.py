"""One post of a wall to an item: dev.vk.com/reference/objects/post."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from adapters.contracts.item import (
    Author,
    ContentItem,
    Entry,
    Forward,
    Location,
    Media,
    Span,
    SpanKind,
    Unreadable,
)
from adapters.contracts.version import stamp
from adapters.sources.vk.attachments import Attached, attached
from adapters.sources.vk.fields import moment, number, objects, text, things
from adapters.sources.vk.wall import Found
from adapters.text.from_vk import from_vk

READER = "vk"
KEPT_BYTES = 1 << 20
COUNTERS = ("likes", "reposts", "views", "comments")
MODELLED = frozenset(
    {"id", "owner_id", "from_id", "date", "edited", "text", "inner_type", "type", "is_pinned", "hash", *COUNTERS}
)
"""What the model has a field for, or what tells of who reads; everything else of a post stays in `raw`."""
SHORT_LIVED = frozenset({"sizes", "orig_photo", "access_key"})
"""Of an attachment: addresses that expire."""


def entry_of(found: Found, owner_id: int) -> Entry:
    """Return a post as an item, or as what nobody can read."""
    try:
        return stamp(_item(found, owner_id), READER)
    except ValueError as error:
        data = orjson.dumps(found.post)
        return Unreadable(
            where=f"wall{owner_id}_{found.key[1] or '?'}",
            error=str(error).splitlines()[0],
            data=data[:KEPT_BYTES],
            sha256=hashlib.sha256(data).hexdigest(),
            item_id=item_id(owner_id, found.key[1]) if found.key[1] else "",
        )


def item_id(owner_id: int, number: int) -> str:
    """Return a post's name in the pack: `vk:-1/2`."""
    return f"vk:{owner_id}/{number}"


def addresses(post: Mapping[str, Any]) -> dict[str, str]:
    """Return where the bytes of a post's files lie for now, by their references."""
    whole = number(post, "id")
    found = [attached(one).urls for one in (post, *objects(post, "copy_history"))]
    return {f"{whole} {name}": url for urls in found for name, url in urls.items()}


def _item(found: Found, owner_id: int) -> ContentItem:
    """Read a post; raises ValueError for what nobody can read."""
    post, whole = found.post, number(found.post, "id")
    published = moment(post, "date")
    if whole <= 0 or published is None or number(post, "owner_id") not in {0, owner_id}:
        raise ValueError("a post without its number, its date or its wall")
    history = [one for one in objects(post, "copy_history") if not one.get("is_deleted")]
    parts = [attached(one) for one in (post, *history)]
    said = _Text()
    for one, part in zip((post, *history), parts, strict=True):
        said.add(text(one, "text"))
        said.lines(part, things(one, "copyright"))
    return ContentItem(
        id=item_id(owner_id, whole),
        published_at=published,
        edited_at=moment(post, "edited"),
        text=said.text,
        spans=tuple(said.spans),
        tags=tuple(said.tags),
        media=_media(whole, parts),
        poll=next((part.poll for part in parts if part.poll), None),
        author=_author(post, found.people),
        forward=_forward(history, found.people),
        location=_location(post),
        url=f"https://vk.com/wall{owner_id}_{whole}",
        counters={name: count for name in COUNTERS if (count := number(things(post, name), "count"))},
        raw=tuple(rest for one in (post, *history) if (rest := _rest(one))),
    )


def _media(whole: int, parts: list[Attached]) -> tuple[Media, ...]:
    """Return all files; each is found again by its post and its name."""
    files = [medium for part in parts for medium in part.media]
    return tuple(one.model_copy(update={"ref": f"{whole} {one.ref}"}) if one.ref else one for one in files)


class _Text:
    """A text that grows: the post's own, then what it repeats, each with a line for what has no field."""

    def __init__(self) -> None:
        self.text = ""
        self.spans: list[Span] = []
        self.tags: dict[str, None] = {}

    def add(self, message: str) -> None:
        """Add a message as a paragraph."""
        words, spans, tags = from_vk(message)
        if words:
            self._gap("\n\n")
            self.spans += [span.model_copy(update={"offset": span.offset + len(self.text)}) for span in spans]
            self.text += words
            self.tags |= dict.fromkeys(tags)

    def lines(self, part: Attached, source: Mapping[str, Any]) -> None:
        """Add what is attached and has no field, and the source that the post names; an address said already is not."""
        origin = [(text(source, "name") or text(source, "link"), text(source, "link"))] if source else []
        between = "\n\n"
        for words, address in (*part.lines, *origin):
            plain = " ".join(words.split())
            if plain and not (address and address in self.text):
                self._gap(between)
                if address:
                    link = {"kind": SpanKind.TEXT_LINK, "offset": len(self.text), "length": len(plain)}
                    self.spans.append(Span(**link, value=address))
                self.text += plain
                between = "\n"

    def _gap(self, between: str) -> None:
        """Begin a paragraph or a line."""
        self.text += between if self.text else ""


def _author(post: Mapping[str, Any], people: Mapping[int, str]) -> Author | None:
    """Return who published a post, and who signed it."""
    who, signer = number(post, "from_id"), number(post, "signer_id")
    if not who and not signer:
        return None
    return Author(name=people.get(who, ""), id=_page(who), signature=people.get(signer, "") or _page(signer))


def _forward(history: list[dict[str, Any]], people: Mapping[int, str]) -> Forward | None:
    """Return where a repost comes from: the last of the chain, which wrote it."""
    if not history:
        return None
    first = history[-1]
    owner = number(first, "owner_id") or number(first, "from_id")
    name = people.get(number(first, "from_id")) or people.get(owner) or _page(owner)
    return Forward(name=name, id=f"wall{owner}_{number(first, 'id')}", published_at=moment(first, "date"))


def _page(owner_id: int) -> str:
    """Name an owner as VK does: `id1`, `club1`."""
    return f"id{owner_id}" if owner_id > 0 else f"club{-owner_id}" if owner_id else ""


def _location(post: Mapping[str, Any]) -> Location | None:
    """Return a post's place; `coordinates` are latitude and longitude with a space between."""
    geo = things(post, "geo")
    place = things(geo, "place")
    words = text(geo, "coordinates").split()
    try:
        latitude, longitude = (float(word) for word in words)
    except ValueError:
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004 - the globe's own numbers
        return None
    return Location(latitude=latitude, longitude=longitude, name=text(place, "title"), address=text(place, "address"))


def _rest(post: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model has no field for; the reposted post is there by itself."""
    left = {name: value for name, value in post.items() if name not in MODELLED and name != "copy_history"}
    if "attachments" in left:
        left["attachments"] = [
            {kind: _lasting(thing) for kind, thing in one.items()} for one in objects(post, "attachments")
        ]
    return {name: value for name, value in left.items() if value not in ([], {}, None)}


def _lasting(thing: object) -> object:
    """Return an attachment's object without addresses that expire."""
    if not isinstance(thing, dict):
        return thing
    return {name: value for name, value in thing.items() if name not in SHORT_LIVED}
