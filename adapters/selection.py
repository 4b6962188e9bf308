"""Selection: which of a source's items a pair wants, and the name of what holds the others back."""

from __future__ import annotations

import hashlib
from datetime import datetime

from pydantic import Field

from adapters.contracts.item import ContentItem, ItemKind, MediaKind, Model


class Selection(Model):
    """What narrows a source for one pair; the default wants everything."""

    since: datetime | None = None
    """Aware; items published earlier are held back."""
    until: datetime | None = None
    """Aware; items published at this moment or later are held back."""
    include: tuple[str, ...] = ()
    """Words, or `#tags`, of which an item must hold one; case does not matter."""
    exclude: tuple[str, ...] = ()
    """Words, or `#tags`, of which an item must hold none."""
    media: tuple[MediaKind, ...] = Field(default=())
    """Kinds of media of which an item must have one; empty: with media or without."""
    service: bool = True
    """Whether service messages go along."""

    def held_back_by(self, item: ContentItem) -> str:
        """Return the name of what holds this item back, or an empty string when it is wanted."""
        if not self.service and item.kind is not ItemKind.POST:
            return f"{item.kind} message"
        if self.since and item.published_at < self.since:
            return "before --since"
        if self.until and item.published_at >= self.until:
            return "after --until"
        if self.media and not any(medium.kind in self.media for medium in item.media):
            return "no such media"
        if self.include and not any(_holds(item, word) for word in self.include):
            return "not included"
        if any(_holds(item, word) for word in self.exclude):
            return "excluded"
        return ""

    def digest(self, *more: str) -> str:
        """Return a short stable name of this selection and whatever else a cursor depends on."""
        return hashlib.sha256("\n".join((self.model_dump_json(), *more)).encode()).hexdigest()[:32]


def _holds(item: ContentItem, word: str) -> bool:
    """Look for a tag among the tags, and for anything else in title and text."""
    if word.startswith("#"):
        return word[1:].casefold() in (tag.casefold() for tag in item.tags)
    return word.casefold() in f"{item.title}\n{item.text}".casefold()
