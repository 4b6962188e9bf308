"""Source: a feed, RSS of any version, Atom or JSON Feed. What is not in it any more is not deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from adapters.contracts.item import ContentItem, Entry, Media
from adapters.contracts.ports import MediaFile, Page
from adapters.net import Net
from adapters.sources.rss import document
from adapters.sources.rss.address import Address
from adapters.sources.rss.cursor import INSIDE_NONE, NEVER, Place, Validators
from adapters.sources.rss.entry import READER, Reading, deleted_of, entries_of, is_undated
from adapters.sources.rss.fetching import Fetched, fetch
from adapters.sources.rss.found import Parsed

__all__ = ["Address", "RssSource"]

PAGE = 500


class RssSource:
    """One feed, looked at once: whatever is asked of it, it is fetched at most once, and only if it has changed."""

    service: ClassVar[str] = READER

    def __init__(self, address: Address, net: Net, page_size: int = PAGE) -> None:
        self._address = address
        self._net = net
        self._page_size = page_size
        self._feed: tuple[Fetched, Parsed] | None = None
        self._known = Place()
        """Where the last reading began."""
        self._seen: Mapping[str, datetime] = {}
        self._unchanged = False
        """Whether the last reading found nothing new."""

    @property
    def identity(self) -> str:
        """`rss:<name>`, or `rss:<host>-<hash>` of the address without scheme, login and secrets."""
        return self._address.identity

    @property
    def title(self) -> str:
        """The feed's title; empty until it has been read."""
        return self._feed[1].title if self._feed else self._known.title

    def fingerprint(self) -> str:
        """Return nothing: whether a feed has changed is asked with its cursor."""
        return ""

    def head(self) -> datetime | None:
        """Return when the newest entry was published."""
        items = [entry for entry in self._entries(*self._whole(), Place()) if isinstance(entry, ContentItem)]
        return max((item.published_at for item in items), default=None)

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield the entries of a feed that has changed since the cursor, all of them, the oldest first; else nothing.

        A cursor inside a feed that is still the same goes on behind its page.
        """
        self._known = known = Place.read(cursor)
        feed = self._changed(known)
        self._unchanged = feed is None
        if feed is None:
            return
        entries = self._entries(*feed, known)
        self._seen = {e.id: e.published_at for e in entries if isinstance(e, ContentItem) and is_undated(e)}
        inside = Place(Validators(digest=feed[0].validators.digest), self._seen, feed[1].title)
        start = known.done if known.validators.digest == feed[0].validators.digest else 0
        for begin in range(start, len(entries), self._page_size):
            page = entries[begin : begin + self._page_size]
            done = begin + len(page)
            yield Page(page, replace(inside, done=done).write(), done, len(entries))

    def stand(self) -> str:
        """Return the cursor behind all that was read: the feed's validators, and the dates of what tells none."""
        feed = self._feed
        if feed is None:
            return self._known.write()
        # A feed that broke off is asked for again, whole.
        validators = feed[0].validators if feed[1].whole else NEVER
        return Place(validators, self._seen, feed[1].title, INSIDE_NONE).write()

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those that the feed says were deleted (RFC 6721); an entry that it merely shows no more is not."""
        if not ids or self._unchanged:
            return []
        parsed = self._whole()[1]
        deleted = {f"{self.identity}/{name}" for name in deleted_of(parsed)}
        return [item_id for item_id in ids if item_id in deleted]

    def media(self, media: Media) -> MediaFile:
        """Find a medium's bytes on the net; raises MediaMissing."""
        return self._net.file(media.ref)

    def close(self) -> None:
        """Close kept connections."""
        self._net.close()

    def _whole(self) -> tuple[Fetched, Parsed]:
        """Return the feed, fetched now if it was not."""
        if self._feed is None:
            fetched = fetch(self._net, self._address, NEVER)
            if fetched is None:
                raise ValueError("a feed that nothing is known of cannot be unchanged")
            self._feed = fetched, document.read(fetched.body, fetched.url, fetched.content_type)
        return self._feed

    def _changed(self, known: Place) -> tuple[Fetched, Parsed] | None:
        """Return the feed, or None where it is the one that the cursor stands behind."""
        if known.done != INSIDE_NONE:
            return self._whole()
        if self._feed is None:
            fetched = fetch(self._net, self._address, known.validators)
            if fetched is None:
                return None
            self._feed = fetched, document.read(fetched.body, fetched.url, fetched.content_type)
        return None if self._feed[0].validators.digest == known.validators.digest else self._feed

    def _entries(self, fetched: Fetched, parsed: Parsed, known: Place) -> list[Entry]:
        """Make the items of a feed."""
        is_first = known == Place()
        return entries_of(parsed, Reading(self.identity, fetched.url, fetched.at, known.seen, is_first))
