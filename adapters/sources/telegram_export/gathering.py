"""Gathering: messages into items, an album's into one, and items into pages that cut no album."""

from __future__ import annotations

from adapters.contracts.item import ContentItem, Entry
from adapters.contracts.ports import Page
from adapters.sources.telegram_export.albums import belongs, closed
from adapters.sources.telegram_export.traces import Traced


class Gathering:
    """The page that is being filled, and the album that is not at its end yet."""

    def __init__(self, size: int, reader: str) -> None:
        """Fill pages of so many items, with the versions of a reader."""
        self._size = size
        self._reader = reader
        self._album: list[ContentItem] = []
        self._trace = ""
        self._begin()

    def _begin(self) -> None:
        """Begin a page."""
        self._entries: list[Entry] = []
        self._traces: dict[str, str] = {}
        self._unchanged = 0

    def go_on(self, entry: Entry | None) -> bool:
        """Close the album that this next entry does not belong to; says whether the page is full then."""
        if self._album and not (isinstance(entry, ContentItem) and belongs(self._album, entry)):
            self._close()
        return not self._album and len(self._entries) + self._unchanged >= self._size

    def add(self, entry: Entry, read: Traced) -> None:
        """Put an entry on the page, or on the album; `read` is what it was read from."""
        if not isinstance(entry, ContentItem):
            self._entries.append(entry)
            return
        self._trace = read.trace if read.tells(entry) else ""
        self._album.append(entry)
        if len(entry.media) != 1:
            # Nothing can join it: there is no need to wait for the next.
            self._close()

    def leave_out(self, messages: int) -> None:
        """Count messages that are held as they are."""
        self._unchanged += messages

    def page(self, cursor: str, done: int, total: int) -> Page | None:
        """Return the page, None where there is nothing on it, and begin the next."""
        if self._album:
            self._close()
        made = Page(self._entries, cursor, done, total, self._unchanged, self._traces)
        self._begin()
        return made if made.entries or made.unchanged else None

    def _close(self) -> None:
        """Put an item on the page whose messages are complete; only one of a single message has a trace."""
        album = self._album
        self._entries.append(closed(album, self._reader))
        if self._trace and len(album) == 1:
            self._traces[album[0].id] = self._trace
        self._album = []
