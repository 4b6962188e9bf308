"""One reading of a chat: what changed since a cursor, then what is new, and the cursor behind both."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from adapters.albums import join
from adapters.contracts.item import Entry, Unreadable
from adapters.contracts.ports import Page
from adapters.contracts.version import stamp
from adapters.sources.telegram.albums import MOST, NEAR, Found, Hole, Unit, album_of, number_of, units, whole
from adapters.sources.telegram.changes import Changes, changes, present
from adapters.sources.telegram.cursor import Stand, stand_of
from adapters.sources.telegram.deletions import Deletions, near
from adapters.sources.telegram.extras import plain
from adapters.sources.telegram.history import PAGE, History
from adapters.sources.telegram.line import Line
from adapters.sources.telegram.media import Stored, files_of
from adapters.sources.telegram.message import Mapper

READER = "telegram"
KEPT_BYTES = 1 << 20
SETTLED = timedelta(minutes=1)
"""After that an album that nothing follows is taken to be complete."""
NONSENSE = (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError)
"""What a field that holds what it cannot hold makes of reading it."""


@dataclass
class Reading:
    """Reads from a cursor to the end, once."""

    history: History
    line: Line
    clock: Callable[[], datetime]
    remember: Callable[[str, Stored], None]
    _from: Stand = field(default_factory=lambda: Stand(of="", again=0))
    _found: Changes | None = None
    _end: Stand | None = None

    def newest(self) -> list[Entry]:
        """Return the newest entries."""
        return [self._entry(unit) for unit in units(self.history.newest())]

    def pages(self, cursor: str) -> Iterator[Page]:
        """Yield the pages behind a cursor."""
        self._begin(stand_of(cursor, self.history.place.identity))
        start = self._from.last if self._from.again is None else self._from.again
        yield from self._changed(start)
        yield from self._onwards(start)

    def stand(self) -> str:
        """Return the cursor behind everything, or the one that was begun from as long as there is more."""
        return (self._end or self._from).text()

    def deletions(self) -> Deletions:
        """Return what this reading knows of deletions."""
        told = self._found.deleted if self._found else set()
        return Deletions(frozenset(told), lost=self._from.again is not None, last=self._from.last)

    def _begin(self, stand: Stand) -> None:
        """Find out what has changed since a stand; where nobody can tell, everything is read again."""
        if stand.state is None:
            self._from = stand.model_copy(update={"state": present(self.line, self.history), "again": 0})
            return
        self._found = changes(self.line, self.history, stand.state)
        self._from = stand
        if self._found.lost:
            self._from = stand.model_copy(update={"state": self._found.state, "again": 0})

    def _changed(self, start: int) -> Iterator[Page]:
        """Yield what was edited, and every album that lost or won a member, among what was told before.

        The cursor stays where it was, so that a run which breaks off tells it again.
        """
        if self._found is None or self._found.lost:
            return
        touched = {number for number in self._found.touched if number <= start}
        deleted = {number for number in self._found.deleted if number <= start}
        found, _ = self.history.by_ids(touched)
        members = {number_of(one) for one in found if album_of(one)}
        asked = touched | near(members | deleted)
        around, _ = self.history.by_ids(asked - touched)
        # Of an album at the edge only some members came along.
        edge, _ = self.history.by_ids(near(number_of(one) for one in around if album_of(one)) - asked)
        entries = [
            self._entry(unit)
            for unit in units(sorted([*found, *around, *edge], key=number_of))
            if unit.last <= start and _concerned(unit, touched, deleted)
        ]
        for place in range(0, len(entries), PAGE):
            yield Page(entries[place : place + PAGE], self._from.text())

    def _onwards(self, start: int) -> Iterator[Page]:
        """Yield what lies behind an id, album by album; the last one stays open until it is complete."""
        waiting: list[Found] = []
        highest, done, told = start, 0, start
        while found := self.history.after(highest):
            waiting += self._completed(found, start) if highest == start else found
            closed = whole(units(waiting))
            waiting = _left(waiting, closed)
            before = highest
            highest = max(highest, *(number_of(one) for one in found))
            if highest == before:
                break
            if closed:
                done += sum(len(unit.messages) for unit in closed)
                told = _told(waiting, highest)
                yield self._page(closed, told, done if not start else 0)
        closed = self._settled(units(waiting))
        told = _told(_left(waiting, closed), highest)
        if closed:
            yield self._page(closed, told, self.history.total if not start else 0)
        state = self._found.state if self._found else self._from.state
        self._end = Stand(of=self._from.of, last=max(self._from.last, told), state=state)

    def _completed(self, found: list[Found], start: int) -> list[Found]:
        """Put the members of an album that were told before in front of those that came since."""
        albums = {album_of(one): number_of(one) for one in reversed(found[:MOST]) if album_of(one)}
        if not start or not albums:
            return found
        earlier, _ = self.history.by_ids(number for number in near(albums.values()) if number <= start)
        return [one for one in earlier if album_of(one) in albums] + found

    def _settled(self, found: list[Unit]) -> list[Unit]:
        """Return the units without a last album that is so young that it may still be growing."""
        if found and found[-1].album and len(found[-1].messages) < MOST:
            newest = found[-1].messages[-1]
            if newest.date is not None and self.clock() - newest.date < SETTLED:
                return found[:-1]
        return found

    def _page(self, closed: list[Unit], told: int, done: int) -> Page:
        """Build a page; a cursor of a reading that reads everything again says how far that has come."""
        again = None if self._from.again is None else told
        stand = self._from.model_copy(update={"last": max(self._from.last, told), "again": again})
        entries = [self._entry(unit) for unit in closed]
        return Page(entries, stand.text(), done, max(self.history.total, done) if done else 0)

    def _entry(self, unit: Unit) -> Entry:
        """Build a unit's entry, and remember where its files lie."""
        first = unit.messages[0]
        if isinstance(first, Hole):
            return first.piece
        mapper = Mapper(self.history.place, self.history.names)
        try:
            items = [mapper.item(message) for message in unit.messages]
            made = stamp(join(items) if unit.album else items[0], READER)
            for file in (one for message in unit.messages for one in files_of(message)):
                if file.stored is not None:
                    self.remember(file.media.ref, file.stored)
        except NONSENSE as error:
            return self._nonsense(unit, error)
        return made

    def _nonsense(self, unit: Unit, error: Exception) -> Unreadable:
        """Keep a message that was read and makes no sense."""
        data = orjson.dumps(plain(list(unit.messages)), default=str, option=orjson.OPT_PASSTHROUGH_DATETIME)
        return Unreadable(
            where=f"{self.history.place.title or self.history.place.identity}, message {unit.first}",
            error=f"a field holds what it cannot hold: {str(error).splitlines()[0] if str(error) else type(error)}",
            data=data[:KEPT_BYTES],
            sha256=hashlib.sha256(data).hexdigest(),
            item_id=f"{self.history.place.identity}/{unit.first}",
        )


def _concerned(unit: Unit, touched: set[int], deleted: set[int]) -> bool:
    """Say whether a unit was edited, or is an album beside which a message was deleted."""
    if any(number_of(one) in touched for one in unit.messages):
        return True
    return bool(unit.album) and any(unit.last - NEAR <= number <= unit.first + NEAR for number in deleted)


def _left(waiting: Iterable[Found], closed: Iterable[Unit]) -> list[Found]:
    """Return the messages that are in no closed unit."""
    told = {id(one) for unit in closed for one in unit.messages}
    return [one for one in waiting if id(one) not in told]


def _told(waiting: Iterable[Found], highest: int) -> int:
    """Return the id up to which all is told, while some messages wait for their album's end."""
    return min((number_of(one) - 1 for one in waiting if number_of(one)), default=highest)
