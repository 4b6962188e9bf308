"""What the forms of rich text share: a converted text with its losses, and the begin and end of a span."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.contracts.item import Span, SpanKind


@dataclass(frozen=True)
class Converted:
    """A text in a place's own form, and what a reader there misses; the same loss is named once."""

    text: str
    losses: tuple[str, ...] = ()


PLAIN = {
    SpanKind.BOLD: "bold text is plain",
    SpanKind.ITALIC: "italic text is plain",
    SpanKind.UNDERLINE: "underlined text is plain",
    SpanKind.STRIKETHROUGH: "struck text is plain",
    SpanKind.SPOILER: "a spoiler in the text is open to all",
    SpanKind.CODE: "code is plain text",
    SpanKind.PRE: "a code block is plain text",
    SpanKind.BLOCKQUOTE: "a quote is plain text",
    SpanKind.MENTION_NAME: "a mention is plain text",
    SpanKind.CUSTOM_EMOJI: "a custom emoji is a common one",
}
"""What a form without any markup loses of each kind; kinds that are not here look the same without it."""


def edges(span: Span, length: int) -> tuple[int, int]:
    """Return where a span begins and ends inside a text; sources are known to point beyond it."""
    return max(0, min(span.offset, length)), max(0, min(span.offset + span.length, length))


def once(losses: Iterable[str]) -> tuple[str, ...]:
    """Return each loss once, in order of appearance."""
    return tuple(dict.fromkeys(losses))


def lost_markup(text: str, spans: Iterable[Span]) -> list[str]:
    """Name what plain text loses of these spans."""
    return [PLAIN[span.kind] for span in spans if span.kind in PLAIN and _covers(span, text)]


def _covers(span: Span, text: str) -> bool:
    """Say whether a span marks anything that can be seen."""
    begin, end = edges(span, len(text))
    return bool(text[begin:end].strip())
