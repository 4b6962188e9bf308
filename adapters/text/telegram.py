"""Rich text as Telegram has it: lengths and offsets in UTF-16 units (core.telegram.org/api/entities).

Entities are told apart by the names of their constructors, so that nobody needs a client's library to read them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from adapters.contracts.item import Span, SpanKind

PREFIX = "MessageEntity"
KINDS = {
    "Bold": SpanKind.BOLD,
    "Italic": SpanKind.ITALIC,
    "Underline": SpanKind.UNDERLINE,
    "Strike": SpanKind.STRIKETHROUGH,
    "Spoiler": SpanKind.SPOILER,
    "Code": SpanKind.CODE,
    "Pre": SpanKind.PRE,
    "Blockquote": SpanKind.BLOCKQUOTE,
    "Url": SpanKind.LINK,
    "TextUrl": SpanKind.TEXT_LINK,
    "Mention": SpanKind.MENTION,
    "MentionName": SpanKind.MENTION_NAME,
    "Hashtag": SpanKind.HASHTAG,
    "Cashtag": SpanKind.CASHTAG,
    "BotCommand": SpanKind.BOT_COMMAND,
    "Email": SpanKind.EMAIL,
    "Phone": SpanKind.PHONE,
    "BankCard": SpanKind.BANK_CARD,
    "CustomEmoji": SpanKind.CUSTOM_EMOJI,
    "FormattedDate": SpanKind.DATE,
    "Unknown": SpanKind.UNKNOWN,
}
NAMES = {kind: name for name, kind in KINDS.items()}
VALUES = {
    SpanKind.TEXT_LINK: "url",
    SpanKind.PRE: "language",
    SpanKind.MENTION_NAME: "user_id",
    SpanKind.CUSTOM_EMOJI: "document_id",
    SpanKind.DATE: "date",
}
"""The field of an entity that its kind needs."""
ASTRAL = 0xFFFF
"""Code points above it are two UTF-16 units."""


@dataclass(frozen=True)
class Entity:
    """An entity as Telegram would have it: `name` is its constructor's without "messageEntity"."""

    name: str
    offset: int
    """In UTF-16 units, as `length`."""
    length: int
    value: str = ""


class Units:
    """A text's positions in UTF-16 units and in code points, each from the other."""

    def __init__(self, text: str) -> None:
        self._points = len(text)
        self._starts: Sequence[int] = range(len(text) + 1)
        if any(ord(one) > ASTRAL for one in text):
            self._starts = array("q", accumulate((1 + (ord(one) > ASTRAL) for one in text), initial=0))

    def begin(self, unit: int) -> int:
        """Return the code point in which a unit lies: what begins in the middle of one marks the whole of it."""
        return max(0, min(bisect_right(self._starts, unit) - 1, self._points))

    def end(self, unit: int) -> int:
        """Return the code point before which a unit lies, the one that it cuts included."""
        return min(bisect_left(self._starts, unit), self._points)

    def unit(self, point: int) -> int:
        """Return the unit at which a code point begins."""
        return self._starts[max(0, min(point, self._points))]


def spans_of(text: str, entities: Iterable[Any] | None) -> tuple[Span, ...]:
    """Return the spans of Telegram's entities; what lies outside the text or marks nothing is left out."""
    units, found = Units(text), []
    for entity in entities or ():
        begin, end = units.begin(entity.offset), units.end(entity.offset + entity.length)
        if entity.length > 0 and end > begin:
            found.append(_span(entity, begin, end - begin))
    return tuple(found)


def tags_of(text: str, spans: Iterable[Span]) -> tuple[str, ...]:
    """Return the hashtags that are marked as such, without `#`, each once."""
    marked = (text[span.offset : span.offset + span.length] for span in spans if span.kind is SpanKind.HASHTAG)
    return tuple(dict.fromkeys(tag.removeprefix("#") for tag in marked))


def entities_of(text: str, spans: Iterable[Span]) -> tuple[Entity, ...]:
    """Return spans as Telegram's entities, in UTF-16 units; a kind that it does not know is left out."""
    units = Units(text)
    return tuple(
        Entity(NAMES[span.kind], begin, end - begin, span.value)
        for span in spans
        if span.kind is not SpanKind.UNKNOWN
        and (end := units.unit(span.offset + span.length)) > (begin := units.unit(span.offset))
    )


def _span(entity: Any, offset: int, length: int) -> Span:
    """Build an entity's span; a kind this release does not know keeps its name."""
    name = type(entity).__name__.removeprefix("Input").removeprefix(PREFIX)
    kind = KINDS.get(name, SpanKind.UNKNOWN)
    if kind is SpanKind.UNKNOWN:
        value: object = "" if name == "Unknown" else name
    else:
        value = getattr(entity, VALUES.get(kind, ""), "")
    return Span.model_construct(kind=kind, offset=offset, length=length, value=_text(value))


def _text(value: object) -> str:
    """Return an entity's value as text, a moment as UTC seconds."""
    if isinstance(value, datetime):
        return str(int(value.astimezone(UTC).timestamp()))
    return "" if value is None else str(value)
