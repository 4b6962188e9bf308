"""A message box: the messages of a channel, or of an account, and what happened to them, numbered by pts.

See core.telegram.org/api/updates: each new or edited message is one event, a deletion as many as it deletes.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

KEPT = 100_000
"""How far back the server can tell (core.telegram.org/constructor/updates.channelDifferenceTooLong)."""


class TooOld(Exception):
    """What happened since then is not known any more."""


@dataclass(frozen=True)
class Event:
    """Something that happened; `pts` is the box's number after it."""

    pts: int
    count: int
    kind: str
    """`new`, `edit` or `delete`."""
    ids: tuple[int, ...]


@dataclass
class Box:
    """Messages by id, and their events."""

    messages: dict = field(default_factory=dict)
    pts: int = 1
    events: list[Event] = field(default_factory=list)
    forgotten: int = 0
    """Nothing before this pts is known any more."""
    last_id: int = 0

    def next_id(self) -> int:
        """Return a new message's id."""
        self.last_id += 1
        return self.last_id

    def note(self, kind: str, *ids: int) -> Event:
        """Write down that something happened."""
        count = len(ids) if kind == "delete" else 1
        self.pts += count
        self.events.append(Event(self.pts, count, kind, ids))
        return self.events[-1]

    def since(self, pts: int, limit: int) -> list[Event]:
        """Return the first events behind a pts; raises TooOld."""
        if pts < max(self.forgotten, self.pts - KEPT):
            raise TooOld
        begin = bisect_right(self.events, pts, key=lambda event: event.pts)
        return self.events[begin : begin + max(limit, 1)]

    def newest_first(self) -> list:
        """Return the messages."""
        return [self.messages[one] for one in sorted(self.messages, reverse=True)]
