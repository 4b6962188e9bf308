"""Destination: the RSS feed that Dzen imports; docs/dzen.md says what Dzen asks and how a site is connected.

    PLACE/public/feed.xml       the feed: what came in during the last days, at most 500 articles
    PLACE/public/preview.html   how each of them will look, and what it lost
    PLACE/public/media/         pictures and videos by their content
    PLACE/state/state.json      what is held of each item, cursors, and when each article came into the feed

The state is the record and its replacement is the commit; the feed follows from it and from the time, and every opening
makes it so. It OVERWRITES: an item's guid is made of its id alone, so that whatever is written again is an edit.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem
from adapters.contracts.ports import BulkSession, Rendered
from adapters.destinations.dzen.article import compose, judge_text, left_out
from adapters.destinations.dzen.profile import DzenSettings, Profile
from adapters.destinations.dzen.session import NAME, DzenSession
from adapters.destinations.dzen.state import State
from adapters.destinations.dzen.storage import ABSENT, Folder, Storage

__all__ = ["DzenDestination", "DzenSettings", "Profile", "folder"]


def utc() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class DzenDestination:
    """A feed: one source, one writer at a time."""

    service: ClassVar[str] = "dzen"
    marks: ClassVar[bool] = False

    def __init__(
        self, settings: DzenSettings, storage: Callable[[], Storage] | None = None, now: Callable[[], datetime] = utc
    ) -> None:
        """Take what opens the storage, else the folder that the settings name; nothing is opened yet."""
        self._settings = settings
        self._make = storage or folder(settings)
        self._made: Storage | None = None
        self._now = now
        self._birth = ""
        self._new_birth = uuid.uuid4().hex

    @property
    def identity(self) -> str:
        """`dzen:<birth id>`, as the state says; where there is none yet, the one that this object would give it."""
        if not self._birth and (stored := self._storage.read(NAME)) is not None:
            self._birth = State.load(stored.data, self._storage.where).birth
        return f"{self.service}:{self._birth or self._new_birth}"

    @contextmanager
    def open(self, source_id: str) -> Iterator[BulkSession]:
        """Take the feed for writing, make it what it is to be at this moment, and keep others out until closed.

        Raises ConfigurationError when the place belongs to another source or to something else, or cannot be written,
        and Transient when another run is writing there.
        """
        try:
            with self._storage.locked():
                session = self._session(source_id)
                session.begin()
                session.publish()
                session.repaired = session.notes()
                yield session
        finally:
            self._close()

    @contextmanager
    def peek(self, source_id: str) -> Iterator[BulkSession]:
        """Look at the feed without changing a byte of it."""
        try:
            yield self._session(source_id)
        finally:
            self._close()

    def left_out(self, item: ContentItem) -> str:
        """Name what keeps an item out of the feed; empty where nothing does."""
        return left_out(self._settings.profile, item)

    def render(self, item: ContentItem) -> Rendered:
        """Say how an item would look in the feed, were its files there, and what it would lose; raises Rejected."""
        judge_text(self._settings.profile, item)
        article = compose(self._settings, item.id, [item])
        return Rendered(f"{article.title}\n\n{article.body}", article.losses)

    @property
    def _storage(self) -> Storage:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _close(self) -> None:
        """Give the storage back."""
        if self._made is not None:
            self._made.close()
            self._made = None

    def _session(self, source_id: str) -> DzenSession:
        """Read the state, or begin a new one."""
        stored = self._storage.read(NAME)
        if stored is None:
            state, tag = State(birth=self._new_birth, source=source_id), ABSENT
        else:
            state, tag = State.load(stored.data, self._storage.where), stored.tag
        if state.source != source_id:
            raise ConfigurationError(
                f"the feed in {self._storage.where} is made from {state.source}, not from {source_id}: a channel has "
                "one source; choose another --feed"
            )
        return DzenSession(self._settings, self._storage, state, tag, self._now)


def folder(settings: DzenSettings) -> Callable[[], Storage]:
    """Return what opens the folder that the settings name."""
    return lambda: Folder(Path(settings.place))
