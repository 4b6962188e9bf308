"""What a source's backend brings: a place full of items, and ways to change it behind the adapter's back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest

from adapters.conformance.suite import Suite
from adapters.contracts.item import ContentItem, Entry, Unreadable
from adapters.contracts.ports import SourceAdapter

Change = Callable[[], str]


@dataclass(frozen=True)
class Feed:
    """A place with at least seven items, an album of two pictures or more among them, and one piece nobody can read."""

    open: Callable[[], SourceAdapter]
    """A fresh adapter on the place; to be picklable, so that another process can open it: a `functools.partial`."""
    ids: Sequence[str]
    """What a complete reading yields, in order."""
    edit: Change
    """Edits one item's text; returns its id."""
    count: Change
    """Changes what is no content of one item (likes, views); returns its id."""
    append: Change
    """Publishes one more item; returns its id."""
    delete: Change
    """Deletes one item from the middle; returns its id."""
    unreadable: int = 1
    """How many pieces nobody can read."""
    secret: str = ""
    """The token that `open` gives the adapter: it may appear nowhere."""


class SourceBase(Suite):
    """Declarations of a source, and the fixture `feed` that its suite brings."""

    carries_media: ClassVar[bool] = True
    has_secret: ClassVar[bool] = False
    reader: ClassVar[str] = ""
    """Whose versions the items carry where it is not the adapter itself: an archive keeps its first reader's."""
    is_paged: ClassVar[bool] = True
    """Whether the feed of this suite fills more than one page."""

    @pytest.fixture
    def feed(self) -> Feed:
        """Bring the place: to be overridden."""
        raise TypeError(f"{type(self).__name__} brings no fixture `feed`")


def entries(source: SourceAdapter, cursor: str = "") -> list[Entry]:
    """Return all that a source yields behind a cursor."""
    return [entry for page in source.read(cursor) for entry in page.entries]


def items(source: SourceAdapter, cursor: str = "") -> list[ContentItem]:
    """Return the readable ones."""
    return [entry for entry in entries(source, cursor) if isinstance(entry, ContentItem)]


def unreadable(source: SourceAdapter) -> list[Unreadable]:
    """Return the others."""
    return [entry for entry in entries(source) if isinstance(entry, Unreadable)]


def named(source: SourceAdapter, item_id: str) -> ContentItem | None:
    """Return one item, or None."""
    return next((item for item in items(source) if item_id in item.names), None)


def fingerprints(opened: Callable[[], SourceAdapter]) -> list[tuple[str, str]]:
    """Return what another process must find as well: ids and versions; a plain function, to be sent there."""
    source = opened()
    try:
        return [(item.id, item.version) for item in items(source)]
    finally:
        source.close()
