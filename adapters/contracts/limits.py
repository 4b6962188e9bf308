"""Limits: what a place takes, measured in its own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem

Unit = Literal["code points", "utf-16", "bytes"]


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
        if self.unit == "utf-16":
            return len(text.encode("utf-16-le", "surrogatepass")) // 2
        return len(text.encode(errors="surrogatepass")) if self.unit == "bytes" else len(text)

    def check(self, item: ContentItem) -> None:
        """Raise Rejected, naming limit and excess, when an item's text or number of media is too large."""
        length = self.length(item.text)
        if self.text is not None and length > self.text:
            raise Rejected(f"the text has {length:,} {self.unit}, {self.text:,} are allowed: shorten it at the source")
        if self.media is not None and len(item.media) > self.media:
            raise Rejected(f"the item has {len(item.media)} media, {self.media} are allowed: split it at the source")
