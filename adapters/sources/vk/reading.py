"""Reads a wall behind a cursor: edits among the newest posts, then what is new, and at last what had slipped by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256

from adapters.contracts.item import ContentItem, Entry
from adapters.contracts.ports import Page
from adapters.sources.vk.cursor import Seen, Stand, newest, stand_of
from adapters.sources.vk.wall import Found, Wall

CONFIRMATIONS = 3
"""How often a wall is looked through again at most when each time something had slipped by."""


class Reading:
    """One reading of a wall; `stand` is where it has come to."""

    def __init__(self, wall: Wall, scope: str, cursor: str, most: int, entry: Callable[[Found], Entry]) -> None:
        """Take what a cursor belongs to, how many of the newest posts are remembered, and what makes an entry."""
        self._wall = wall
        self._scope = scope
        self._begin = stand_of(cursor, scope)
        self._most = most
        self._entry = entry
        self._done: set[str] = set()
        self._told: list[Seen] = []
        """What was told again of the posts that the cursor knows."""
        self.stand = self._begin

    @property
    def highest(self) -> int:
        """The highest number of a post that is known to have been there."""
        return max([self.stand.at[1], self._begin.at[1], *(one.key[1] for one in self._begin.seen)])

    def pages(self) -> Iterator[Page]:
        """Yield the pages; a stretch of the wall each."""
        answers = 0
        for found in self._wall.walk(self._begin.floor):
            answers += 1
            yield from self._page(self._again(found))
            yield from self._page(self._tell(self._fresh(found)))
        if answers > 1 or self._begin.since < self._begin.at:
            yield from self._confirm()
        seen = newest([*self.stand.seen, *self._told], self._most)
        self.stand = Stand(self.stand.at, self.stand.at, 0, seen)

    def _page(self, entries: list[Entry]) -> Iterator[Page]:
        """Yield what there is; its cursor leaves edits to be told again."""
        if entries:
            stand = replace(self.stand, seen=newest([*self.stand.seen, *self._begin.seen], 2 * self._most))
            yield Page(entries, stand.written(self._scope), self.stand.read, max(self._wall.count, self.stand.read))

    def _again(self, found: list[Found]) -> list[Entry]:
        """Return those of the posts known to the cursor that have changed, or have come back."""
        known = {one.name: one.mark for one in self._begin.seen}
        entries: list[Entry] = []
        for one in found:
            if one.key <= self._begin.at and one.name not in self._done and known:
                self._done.add(one.name)
                entry = self._entry(one)
                if known.get(one.name) != mark(entry):
                    entries.append(entry)
                    self._told.append(Seen(one.key, one.name, mark(entry)))
        return entries

    def _fresh(self, found: list[Found]) -> list[Found]:
        """Return those behind the cursor that have not been told yet."""
        return [one for one in found if one.key > self._begin.at and one.name not in self._done]

    def _tell(self, found: list[Found]) -> list[Entry]:
        """Return the entries of posts, and note that they have been told."""
        entries = [self._entry(one) for one in found]
        self._done |= {one.name for one in found}
        seen = [Seen(one.key, one.name, mark(entry)) for one, entry in zip(found, entries, strict=True)]
        self.stand = replace(
            self.stand,
            at=max([self.stand.at, *(one.key for one in found)]),
            read=self.stand.read + len(found),
            seen=newest([*self.stand.seen, *seen], self._most),
        )
        return entries

    def _confirm(self) -> Iterator[Page]:
        """Look through all that was read: a post that was pinned when its place was read is in none of the answers."""
        for _ in range(CONFIRMATIONS):
            end, before, late = self.stand.at, set[str](), False
            for found in self._wall.walk(self._begin.since):
                before |= {one.name for one in found if one.key <= self._begin.at}
                fresh = self._fresh(found)
                late = late or any(one.key <= end for one in fresh)
                yield from self._page(self._tell(fresh))
            if not late:
                break
        if len(before) > self._begin.read:
            # The process that read them is gone, and nothing tells which it has missed.
            for found in self._wall.walk(self._begin.since):
                yield from self._page(
                    self._tell([one for one in found if one.key <= self._begin.at and one.name not in self._done])
                )


def mark(entry: Entry) -> str:
    """Return a short hash of an entry's content."""
    said = entry.version if isinstance(entry, ContentItem) else entry.sha256
    return sha256(said.encode()).hexdigest()[:12]
