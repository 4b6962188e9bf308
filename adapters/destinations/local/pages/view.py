"""What the site's templates see of an item: everything in words, links and safe HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from adapters.archive import ArchivedItem
from adapters.contracts.item import ItemKind, Location, Media, MediaKind, Poll, Span, SpanKind
from adapters.destinations.local.pages import naming
from adapters.destinations.local.pages.ledger import Shown
from adapters.text.html import tags_of, to_html

EXCERPT = 160
"""Characters of an item where it is only named."""
_UNSAID = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_OVERRIDES = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
"""Signs that make `gpj.exe` look like `exe.jpg`."""
_RUNS = frozenset(
    {"html", "htm", "xhtml", "xht", "shtml", "mhtml", "mht", "svg", "svgz", "xml", "xsl", "js", "mjs", "hta"}
)
"""Endings of files that a browser would run instead of keeping: those are named, not linked."""
_PICTURES = frozenset({"jpg", "jpeg", "png", "gif", "webp", "avif", "bmp"})
_FILMS = frozenset({"mp4", "webm", "mov", "m4v", "ogv"})
_VISUAL = {MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.ANIMATION, MediaKind.VIDEO_NOTE, MediaKind.STICKER}
_HEARD = {MediaKind.VOICE, MediaKind.AUDIO}
_DULL = frozenset({"thumbnail", "thumbnail_file_size", "photo", "contact_vcard", "contact_vcard_file_size", "via_bot"})
"""What `raw` says of files rather than of content."""


@dataclass(frozen=True)
class File:
    """A medium as a page shows it."""

    how: str
    """"picture", "film", "sound" or "file"; "missing" where there are no bytes."""
    kind: str
    href: str
    """Relative to the page; empty where there is nothing to open."""
    name: str
    facts: str
    """Length and size."""
    missing: str
    width: int
    height: int
    spoiler: bool


@dataclass(frozen=True)
class Link:
    """Another item, named."""

    href: str
    at: str
    excerpt: str
    author: str


@dataclass(frozen=True)
class Answer:
    """A poll's answer with its share in percent."""

    text: str
    voters: int
    share: int


@dataclass(frozen=True)
class Entry:
    """An item as a page shows it."""

    id: str
    anchor: str
    at: str
    """ISO, UTC, to the second."""
    edited: str
    deleted: bool
    service: str
    """What a service message says; empty for a post."""
    title: str
    text: Markup
    author: str
    signature: str
    visuals: Sequence[File]
    files: Sequence[File]
    poll: Poll | None
    answers: Sequence[Answer]
    place: str
    map: str
    forward: str
    forwarded: str
    """When it was first published."""
    answers_to: Link | None
    answered: bool
    """Whether it answers something that may not be here."""
    replies: Sequence[Link]
    reactions: Sequence[tuple[str, int]]
    more: Sequence[tuple[str, str]]
    """What the model has no field for, where it is all that an item says."""


@dataclass(frozen=True)
class Around:
    """What an entry needs besides its item."""

    root: str
    """The way from the page to the site's folder: "../"."""
    title: str
    """The site's: an author of this name is not named."""
    target: Link | None = None
    replies: Sequence[Link] = ()


def entry(item: ArchivedItem, row: Shown, around: Around) -> Entry:
    """Return what a page shows of an item."""
    files = [file(medium, around.root) for medium in item.media]
    author, forward, point, poll = item.author, item.forward, item.location, item.poll
    seen = [medium.kind in _VISUAL for medium in item.media]
    more = tuple(facts(item)) if not (item.text.strip() or item.media or poll or point) else ()
    return Entry(
        id=item.id,
        anchor=naming.anchor(item.id),
        at=row.at[:19],
        edited=f"{item.edited_at:%Y-%m-%dT%H:%M:%S}" if item.edited_at else "",
        deleted=item.deleted_at is not None,
        service=service(item),
        title=plain(item.title),
        text=Markup(rich(item.text, item.spans, around.root)),  # noqa: S704 - to_html escapes
        author=name(author.name) if author and author.name != around.title else "",
        signature=name(author.signature) if author else "",
        visuals=[one for one, visual in zip(files, seen, strict=True) if visual],
        files=[one for one, visual in zip(files, seen, strict=True) if not visual],
        poll=poll,
        answers=answers(poll) if poll else (),
        place=plain(", ".join(part for part in (point.name, point.address) if part) or _degrees(point))
        if point
        else "",
        map=f"https://www.openstreetmap.org/?mlat={point.latitude}&mlon={point.longitude}" if point else "",
        forward=name(forward.name or forward.id or "?") if forward else "",
        forwarded=f"{forward.published_at:%Y-%m-%dT%H:%M:%S}" if forward and forward.published_at else "",
        answers_to=around.target,
        answered=bool(item.reply_to),
        replies=around.replies,
        reactions=[(reaction(sign), number) for sign, number in item.counters.items()],
        more=more,
    )


def rich(text: str, spans: Sequence[Span], root: str) -> str:
    """Return a text as HTML, with its hashtags leading to their pages."""
    if _UNSAID.search(text):
        text = _UNSAID.sub("\ufffd", text)
    return to_html(text, spans, partial(_tags, root))


def _tags(root: str, span: Span, text: str) -> tuple[str, str] | None:
    """Return what opens and closes a span on a page."""
    if span.kind is SpanKind.HASHTAG:
        tag = text[span.offset : span.offset + span.length].removeprefix("#")
        return f'<a class="tag" href="{root}{quote(naming.tag_page(naming.folded(tag)))}">', "</a>"
    if span.kind is SpanKind.SPOILER:
        return '<span class="spoiler" tabindex="0">', "</span>"
    return tags_of(span, text)


def plain(text: str) -> str:
    """Return a text without the signs that HTML cannot hold; the template escapes it."""
    return _UNSAID.sub("\ufffd", text)


def name(text: str) -> str:
    """Return a name without the signs that turn letters around."""
    return _OVERRIDES.sub("", plain(text))


def excerpt(item: ArchivedItem) -> str:
    """Return the beginning of what an item says, in one line; of what says nothing, what it is."""
    text = item.title or item.text or (item.poll.question if item.poll else "")
    line = " ".join(plain(text[: EXCERPT * 4]).split())
    if not line:
        return " ".join(name(medium.title or medium.name or str(medium.kind)) for medium in item.media[:3])[:EXCERPT]
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1].rstrip() + "…"


def file(medium: Media, root: str) -> File:
    """Return a medium as a page shows it."""
    ending = medium.path.rpartition(".")[2].lower()
    how = "file"
    if not medium.path:
        how = "missing"
    elif medium.kind in _HEARD:
        how = "sound"
    elif medium.kind in _VISUAL and ending in _PICTURES:
        how = "picture"
    elif medium.kind in _VISUAL and ending in _FILMS:
        how = "film"
    linked = medium.path and ending not in _RUNS
    said = " — ".join(part for part in (medium.performer, medium.title) if part) or medium.name
    facts_ = (length(medium.duration), size(medium.size))
    return File(
        how=how,
        kind=str(medium.kind).replace("_", " "),
        href=f"{root}../{quote(medium.path)}" if linked else "",
        name=name(said) or (medium.path.rpartition("/")[2][-12:] if how == "file" else ""),
        facts=" · ".join(part for part in facts_ if part),
        missing=plain(medium.missing) or "missing",
        width=medium.width,
        height=medium.height,
        spoiler=medium.spoiler,
    )


def _degrees(point: Location) -> str:
    """Return where a point without a name lies."""
    return f"{point.latitude:.4f}, {point.longitude:.4f}"


def length(seconds: float) -> str:
    """Return a duration as people read it: 2:05."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}" if whole else ""


def size(number: int) -> str:
    """Return a number of bytes as people read it."""
    if number <= 0:
        return ""
    amount = float(number)
    for unit in ("B", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004 - as files are measured
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004
        amount /= 1000
    return ""


def answers(poll: Poll) -> list[Answer]:
    """Return a poll's answers with their shares of all votes."""
    total = poll.voters or sum(answer.voters for answer in poll.answers)
    return [
        Answer(plain(one.text), one.voters, min(100, round(100 * one.voters / total)) if total else 0)
        for one in poll.answers
    ]


def reaction(sign: str) -> str:
    """Return a reaction's sign; one of a service's own has a number only."""
    return sign if len(sign) <= 8 and not sign.isascii() else "★"  # noqa: PLR2004 - an emoji of a family has seven


def service(item: ArchivedItem) -> str:
    """Return what a service message says, in a word or two, or an empty string for a post."""
    if item.kind is ItemKind.POST:
        return ""
    return plain(item.action).replace("_", " ") or (
        "not supported by the export" if item.kind is ItemKind.UNSUPPORTED else "service message"
    )


def facts(item: ArchivedItem) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of what the model has no field for, as it stands in the source."""
    for message in item.raw:
        for key, value in message.items():
            if key not in _DULL:
                yield from _facts(key, value)


def _facts(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield what one field says, its inner fields one by one."""
    if isinstance(value, Mapping):
        for inner, one in value.items():
            yield from _facts(str(inner), one)
    elif isinstance(value, list):
        for one in value:
            yield from _facts(key, one)
    elif not isinstance(value, bool) and value not in (None, ""):
        yield plain(key.replace("_", " ")), plain(str(value))


Reader = Callable[[Shown], ArchivedItem]


def link(row: Shown, item: ArchivedItem, root: str, title: str) -> Link:
    """Return an item as another one names it."""
    author = row.author if row.author != title else ""
    return Link(root + quote(naming.place(row), safe="/#"), row.at[:19], excerpt(item), name(author))
