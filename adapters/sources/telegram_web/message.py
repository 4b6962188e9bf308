"""One message of the preview to an item; what this release does not understand is said, never left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from adapters.contracts.item import Author, ContentItem, Forward, ItemKind, Media, MediaKind
from adapters.sources.telegram_web.attached import (
    PREFIX,
    Attached,
    attached,
    first,
    inside,
    is_ours,
    location,
    number_of,
    poll,
    said,
)
from adapters.sources.telegram_web.marks import Odd, classes, rich
from adapters.sources.telegram_web.numbers import members, names

BODY = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "bubble_tail", "author", "forwarded_from", "reply", "grouped_wrap", "photo_wrap", "video_player",
        "roundvideo_player", "voice_player", "audio_player", "document_wrap", "sticker_wrap", "location_wrap",
        "venue_wrap", "contact_wrap", "poll", "text", "link_preview", "footer", "reactions", "inline_keyboard",
        "inline_row", "service_photo", "via_bot", "info",
    )
) | {"media_not_supported_cont", "message_media_not_supported_wrap"}  # fmt: skip
"""What a message's bubble is made of; anything else is a part that this release would lose."""
CONTAINERS = frozenset({"media_supported_cont", f"{PREFIX}one_media"})
ENDINGS = {MediaKind.PHOTO: "jpg", MediaKind.VOICE: "ogg", MediaKind.STICKER: "webp"} | dict.fromkeys(
    (MediaKind.VIDEO, MediaKind.ANIMATION, MediaKind.VIDEO_NOTE), "mp4"
)
"""What t.me serves: photos of 2023 had no ending in their address."""
REACTION = re.compile(r"(.*?)\s*(\d[\d.]*)([KMB]?)", re.DOTALL)
SERVICE_ACTIONS = (
    ("pinned", "pin_message"),
    ("Channel created", "create_channel"),
    ("Channel name was changed", "edit_group_title"),
    ("Channel photo updated", "edit_group_photo"),
    ("Channel photo removed", "delete_group_photo"),
)
"""The words of t.me for what an export calls by these names."""


def item(block: HtmlElement, identity: str, title: str) -> ContentItem:
    """Build the item of one message, without its version; raises Odd."""
    called = names(block)
    bubble = first(block, f"{PREFIX}bubble")
    if bubble is None:
        raise Odd("a message without a body")
    for part in strange(bubble):
        raise Odd(f"a part that this release does not know: {part}")
    album = members(block, called.number)
    text, spans, tags = _text(block)
    files = attached(block)
    kind = ItemKind.SERVICE if "service_message" in classes(block) else ItemKind.POST
    asked, place = poll(block), location(block)
    label = said(bubble, "message_media_not_supported_label")
    if not (text or files or asked or place):
        if not label:
            raise Odd("a message with nothing in it")
        kind = ItemKind.UNSUPPORTED
    raw = _rest(block, label if kind is ItemKind.UNSUPPORTED else "")
    action = ""
    if kind is ItemKind.SERVICE:
        # It repeats what other messages say, and changes with them.
        action, raw["service_text"], text, spans, tags = _action(text), text, "", (), ()
    return ContentItem(
        id=f"{identity}/{called.number}",
        kind=kind,
        published_at=moment(block),
        text=text,
        spans=spans,
        tags=tags,
        media=_media(files, called.number, album),
        members=tuple(f"{identity}/{one}" for one in album),
        author=Author(
            name=said(block, f"{PREFIX}owner_name") or title,
            id=f"channel{identity.partition(':')[2]}",
            signature=said(block, f"{PREFIX}from_author"),
        ),
        reply_to=_reply(block, called.channel, identity),
        forward=_forward(block),
        poll=asked,
        location=place,
        url=f"https://t.me/{called.channel}/{called.number}",
        action=action,
        counters=_reactions(block),
        raw=(raw,) if raw else (),
    )


def strange(body: HtmlElement) -> Iterator[str]:
    """Name the parts of a message's body that are unknown."""
    for part in body:
        if not isinstance(part.tag, str):
            continue
        known = classes(part)
        if known & BODY:
            continue
        if known & CONTAINERS:
            yield from strange(part)
        elif known or part.text_content().strip():
            yield " ".join(sorted(known)) or part.tag


def moment(block: HtmlElement) -> datetime:
    """Return when a message was published; raises Odd."""
    link = first(block, f"{PREFIX}date")
    for time in link.iter("time") if link is not None else ():
        try:
            found = datetime.fromisoformat(time.get("datetime") or "")
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            break
    raise Odd("a message without a date")


def _text(block: HtmlElement) -> tuple[str, tuple[Any, ...], tuple[str, ...]]:
    """Read a message's own text; an album's stands in an element of its own kind once more, the outer one is it."""
    for element in inside(block, f"{PREFIX}text"):
        if "js-message_reply_text" not in classes(element) and is_ours(element, block):
            return rich(element)
    return "", (), ()


def _media(files: list[Attached], number: int, album: tuple[int, ...]) -> tuple[Media, ...]:
    """Name media so that they are found again when their address has expired: address, messages, place, ending."""
    last = album[-1] if album else number
    return tuple(
        one.media.model_copy(update={"ref": f"{one.url} {number}-{last}/{place}.{_ending(one)}"})
        if one.url
        else one.media
        for place, one in enumerate(files)
    )


def _ending(one: Attached) -> str:
    """Return how a medium's file name ends: as its address does, else as its kind is known to."""
    found = re.search(r"\.(\w{2,4})$", one.url.partition("?")[0])
    return found.group(1).lower() if found else ENDINGS.get(one.media.kind, "bin")


def _reply(block: HtmlElement, channel: str, identity: str) -> str:
    """Name the item that a message answers, where it is one of this channel; raises Odd."""
    link = first(block, f"{PREFIX}reply")
    if link is not None and link.tag == "a" and not link.get("href"):
        raise Odd("an answer that does not say to what")
    address = (link.get("href") or "") if link is not None else ""
    number = number_of(address)
    return f"{identity}/{number}" if number and _owner(address) == channel.lower() else ""


def _owner(address: str) -> str:
    """Return whose message an address is."""
    try:
        return urlsplit(address).path.strip("/").partition("/")[0].lower()
    except ValueError:
        return ""


def _forward(block: HtmlElement) -> Forward | None:
    """Return where a message was forwarded from; the preview tells the name, and no number."""
    found = first(block, f"{PREFIX}forwarded_from")
    if found is None:
        return None
    return Forward(name=said(found, f"{PREFIX}forwarded_from_name") or rich(found)[0].partition("from")[2].strip())


def _action(text: str) -> str:
    """Call what a service message records as an export does."""
    return next((action for words, action in SERVICE_ACTIONS if words in text), "other")


def _reactions(block: HtmlElement) -> dict[str, int]:
    """Return reactions by emoji, a custom one by its number, paid ones as "paid"; thousands are rounded by t.me."""
    found: dict[str, int] = {}
    for one in inside(block, "tgme_reaction"):
        custom = next(one.iter("tg-emoji"), None)
        shown = REACTION.fullmatch(rich(one)[0])
        if shown is None:
            continue
        name = (custom.get("emoji-id") if custom is not None else "") or shown.group(1)
        name = "paid" if "tgme_reaction_paid" in classes(one) else name or "unknown"
        found[name] = found.get(name, 0) + _short(shown.group(2), shown.group(3))
    return found


def _short(digits: str, unit: str) -> int:
    """Read a number as t.me shortens it: 1.2K."""
    try:
        return round(float(digits[:12]) * {"": 1, "K": 1e3, "M": 1e6, "B": 1e9}[unit])
    except ValueError:
        return 0


def _rest(block: HtmlElement, label: str) -> dict[str, Any]:
    """Keep what the model has no field for."""
    meta = first(block, f"{PREFIX}meta")
    link = first(block, f"{PREFIX}link_preview")
    forward, reply = first(block, f"{PREFIX}forwarded_from_name"), first(block, f"{PREFIX}reply")
    preview = (
        {name: said(link, f"link_preview_{name}") for name in ("site_name", "title", "description")}
        if link is not None
        else {}
    )
    buttons = [{"text": rich(one)[0], "url": one.get("href") or ""} for one in inside(block, f"{PREFIX}inline_button")]
    found: dict[str, Any] = {
        "edited": meta is not None and "edited" in "".join(meta.itertext()),
        "views": said(block, f"{PREFIX}views"),
        "not_supported": label,
        "forwarded_from_url": forward.get("href") or "" if forward is not None else "",
        "forwarded_from_author": said(block, f"{PREFIX}forwarded_from_author"),
        "reply_to_url": reply.get("href") or "" if reply is not None else "",
        "link_preview": {"url": link.get("href") or "", **preview} if link is not None else {},
        "poll_type": said(block, f"{PREFIX}poll_type"),
        "poll_percent": [rich(one)[0] for one in inside(block, f"{PREFIX}poll_option_percent")],
        "document_extra": [rich(one)[0] for one in inside(block, f"{PREFIX}document_extra")],
        "buttons": buttons,
    }
    return {name: value for name, value in found.items() if value}
