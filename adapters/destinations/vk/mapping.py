"""An item as VK's posts: which text, which attachments, in how many posts, and what is lost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem, Media, MediaKind, Poll, SpanKind
from adapters.destinations.vk.settings import (
    EXECUTABLES,
    LONGEST_ANSWER,
    MOST_ANSWERS,
    MOST_ATTACHMENTS,
    TEXT_UNIT,
    VkSettings,
)
from adapters.fidelity import NAMES, Part, extras, report
from adapters.text.html import link_of
from adapters.text.splitting import parts
from adapters.text.vk import TOKEN, to_vk

SHOWN = frozenset({Part.TITLE, Part.POLL, Part.LOCATION, Part.FORWARD, Part.SERVICE, Part.EXTRAS})
CONTINUED = "a long item goes on in further posts"
MARK_ROOM = 16
"""UTF-16 units that a post's mark takes."""


class Attached(StrEnum):
    """What VK keeps a medium as."""

    PHOTO = "photo"
    VIDEO = "video"
    DOC = "doc"


@dataclass(frozen=True)
class Piece:
    """A medium of an item, with its place among the item's media."""

    number: int
    kind: Attached
    medium: Media


@dataclass(frozen=True)
class Planned:
    """One post as it is to look."""

    text: str
    pieces: tuple[Piece, ...] = ()
    poll: Poll | None = None
    link: str = ""
    """The address whose preview is shown."""


@dataclass(frozen=True)
class Plan:
    """An item's posts in order, and what it loses."""

    posts: tuple[Planned, ...]
    losses: tuple[str, ...]


@dataclass
class _Group:
    """The attachments of one post."""

    pieces: list[Piece] = field(default_factory=list)
    poll: Poll | None = None

    def takes(self, kind: Attached) -> bool:
        """Say whether one more finds room: ten in all, and one file."""
        files = sum(piece.kind is Attached.DOC for piece in self.pieces)
        return len(self.pieces) < MOST_ATTACHMENTS and not (kind is Attached.DOC and files)


def plan(item: ContentItem, settings: VkSettings) -> Plan:
    """Return an item's posts; raises Rejected for one of which VK can show nothing, or not in one post where asked."""
    text, losses = _text(item)
    pieces, named, lost = _pieces(item.media)
    poll, asked, poll_lost = _poll(item.poll)
    losses += lost + poll_lost
    text = "\n\n".join([*([text] if text else []), *named, *asked])
    groups = _groups(pieces, poll)
    if not text.strip() and poll is not None:
        text = poll.question
    if not text.strip() and not groups:
        why = ", ".join(report(item, SHOWN, losses)) or "it is empty"
        raise Rejected(f"nothing of this item can be shown at VK: {why}")
    room = settings.text_limit - (MARK_ROOM if settings.mark else 0)
    texts = parts(text, room, TEXT_UNIT, TOKEN, least=len(groups))
    if len(texts) > 1:
        losses.append(CONTINUED)
        if settings.overflow == "refuse":
            raise Rejected(f"the item needs {len(texts)} posts; shorten it at the source, or let it go on (--overflow)")
    groups += [_Group() for _ in range(len(texts) - len(groups))]
    posts = [
        Planned(said, tuple(group.pieces), group.poll, "" if group.pieces or group.poll else link)
        for said, group, link in zip(texts, groups, _previews(item, settings, len(texts)), strict=True)
    ]
    return Plan(tuple(posts), report(item, SHOWN, losses))


def _text(item: ContentItem) -> tuple[str, list[str]]:
    """Return the text of all posts together, and what it loses."""
    made = to_vk(item.text, item.spans)
    losses = list(made.losses)
    lines = [item.title] if item.title else []
    if item.forward is not None:
        # Who is not named stays unnamed: a reader sees at least that it is a forward.
        lines.append(f"↪ {to_vk(item.forward.name, ()).text or '…'}")
        losses.append("a forward is a line of text")
    lines.append(made.text)
    if item.location is not None:
        place = item.location
        names = [place.name, place.address, f"{place.latitude:.6f}, {place.longitude:.6f}"]
        lines.append("📍 " + ", ".join(name for name in names if name))
        losses.append("a place on the map is a line of text")
    if more := extras(item):
        lines += [to_vk(line, ()).text for line in more]
        losses.append("a game, an invoice, a contact, a list or a giveaway is text")
    if not item.text and item.action:
        lines.append(item.action.replace("_", " "))
    return "\n\n".join(line for line in lines if line) if len(lines) > 1 else made.text, losses


def _pieces(media: Sequence[Media]) -> tuple[list[Piece], list[str], list[str]]:
    """Return what can be attached, a line for what cannot, and what is lost of the media."""
    pieces, named, losses = [], [], []
    for number, medium in enumerate(media):
        if medium.missing or not (medium.ref or medium.sha256):
            continue
        kind, loss = _kind(medium)
        if kind is not None:
            pieces.append(Piece(number, kind, medium))
        else:
            named.append(f"{'🎵' if medium.kind is MediaKind.AUDIO else '📎'} {_line(medium)}")
        losses += [loss] if loss else []
    return pieces, named, losses


def _line(medium: Media) -> str:
    """Name a medium that is not attached."""
    name = " — ".join(part for part in (medium.performer, medium.title) if part) or medium.name or NAMES[medium.kind]
    return to_vk(name, ()).text


def _kind(medium: Media) -> tuple[Attached | None, str]:
    """Return what a medium is kept as at VK, None where it is not taken, and what is lost."""
    ending = PurePosixPath(medium.name.lower()).suffix.removeprefix(".")
    name = NAMES[medium.kind]
    if medium.kind is MediaKind.PHOTO:
        return Attached.PHOTO, ""
    if medium.kind is MediaKind.STICKER:
        still = medium.mime in {"image/webp", "image/png"} or ending in {"webp", "png"}
        return (Attached.PHOTO, "a sticker is a photo") if still else (None, "an animated sticker is only named")
    if medium.mime == "image/gif":
        return Attached.DOC, ""
    if medium.kind is MediaKind.VIDEO:
        return Attached.VIDEO, ""
    if medium.kind in {MediaKind.ANIMATION, MediaKind.VIDEO_NOTE}:
        return Attached.VIDEO, f"{name} is a common video"
    if medium.mime in {"audio/mpeg", "audio/mp3"} or ending == "mp3":
        return None, "an MP3 file is only named, for VK takes none"
    if ending in EXECUTABLES:
        return None, "a program is only named, for VK takes none"
    return Attached.DOC, "" if medium.kind is MediaKind.DOCUMENT else f"{name} is a document"


def _poll(poll: Poll | None) -> tuple[Poll | None, list[str], list[str]]:
    """Return a poll as VK takes it, lines for one that it does not take, and what is lost."""
    if poll is None:
        return None, [], []
    if not poll.question.strip() or not any(answer.text.strip() for answer in poll.answers):
        lines = [text for text in (poll.question, *(f"○ {answer.text}" for answer in poll.answers)) if text.strip("○ ")]
        return None, ["\n".join(lines)] if lines else [], ["a poll without question or answers is text"]
    losses = ["votes in a poll stay behind"] if poll.voters or any(answer.voters for answer in poll.answers) else []
    losses += ["a closed poll is open again"] if poll.closed else []
    answers = [answer for answer in poll.answers if answer.text.strip()]
    if len(answers) > MOST_ANSWERS:
        losses.append(f"a poll has only its first {MOST_ANSWERS} answers")
    if any(len(answer.text) > LONGEST_ANSWER for answer in answers):
        losses.append("a long answer of a poll is cut")
    cut = [answer.model_copy(update={"text": _shortened(answer.text)}) for answer in answers[:MOST_ANSWERS]]
    return poll.model_copy(update={"answers": tuple(cut)}), [], losses


def _shortened(text: str) -> str:
    """Return an answer that is not too long."""
    return text if len(text) <= LONGEST_ANSWER else f"{text[: LONGEST_ANSWER - 1]}…"


def _groups(pieces: Sequence[Piece], poll: Poll | None) -> list[_Group]:
    """Share attachments out among posts, in order; the poll goes to the first post that has room for it."""
    groups: list[_Group] = []
    for piece in pieces:
        if not groups or not groups[-1].takes(piece.kind):
            groups.append(_Group())
        groups[-1].pieces.append(piece)
    if poll is not None:
        free = next((group for group in groups if len(group.pieces) < MOST_ATTACHMENTS), None)
        if free is None:
            free = _Group()
            groups.append(free)
        free.poll = poll
    return groups


def _previews(item: ContentItem, settings: VkSettings, number: int) -> list[str]:
    """Return the link whose preview each post shows: the item's first one, in the first post."""
    kinds = {SpanKind.LINK, SpanKind.TEXT_LINK}
    found = (link_of(span, item.text) for span in sorted(item.spans, key=lambda one: one.offset) if span.kind in kinds)
    first = next((link for link in found if link.startswith(("http://", "https://")) and "," not in link), "")
    return [first if settings.link_preview else "", *[""] * (number - 1)]
