"""Limits: what a place takes, measured in its own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import regex

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem

Unit = Literal["code points", "utf-16", "bytes", "graphemes"]
"""What a place counts a text in; a grapheme is what a reader takes for one character (UAX 29, extended clusters)."""

GRAPHEME = regex.compile(r"\X")


def length(text: str, unit: Unit) -> int:
    """Return a text's length in a unit; lone surrogates count as the three bytes, or the one unit, that they are."""
    if unit == "utf-16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    if unit == "bytes":
        return len(text.encode(errors="surrogatepass"))
    return sum(1 for _ in GRAPHEME.finditer(text)) if unit == "graphemes" else len(text)


@dataclass(frozen=True)
class Limits:
    """What a place takes; None: no limit known. Lengths are in the place's own unit."""

    text: int | None = None
    unit: Unit = "code points"
    """What `text` counts."""
    media: int | None = None
    """Media an item."""
    media_bytes: int | None = None
    """Bytes a medium."""

    def length(self, text: str) -> int:
        """Return a text's length as the place counts it."""
        return length(text, self.unit)

    def check(self, item: ContentItem) -> None:
        """Raise Rejected, naming limit and excess, when an item's text or number of media is too large."""
        size = self.length(item.text)
        if self.text is not None and size > self.text:
            raise Rejected(f"the text has {size:,} {self.unit}, {self.text:,} are allowed: shorten it at the source")
        if self.media is not None and len(item.media) > self.media:
            raise Rejected(f"the item has {len(item.media)} media, {self.media} are allowed: split it at the source")
