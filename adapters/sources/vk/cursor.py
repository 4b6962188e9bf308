"""How far a wall has been read: the cursor, and what is remembered of the newest posts to see their edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from adapters.sources.vk.wall import BEFORE_ALL, Key


@dataclass(frozen=True)
class Seen:
    """A post as it was last read."""

    key: Key
    name: str
    mark: str
    """Of its content."""


@dataclass(frozen=True)
class Stand:
    """Where reading stands.

    A reading in several answers is looked through a second time; until that is done, `since` names where it began.
    """

    since: Key = BEFORE_ALL
    at: Key = BEFORE_ALL
    read: int = 0
    """How many posts lie between the two."""
    seen: tuple[Seen, ...] = field(default=())
    """The newest posts up to `at`."""

    @property
    def floor(self) -> Key:
        """The place behind which posts are looked at again."""
        first = min((one.key for one in self.seen), default=None)
        return (first[0], first[1] - 1) if first else self.at

    def written(self, scope: str) -> str:
        """Return the cursor."""
        value = {"of": scope, "since": self.since, "at": self.at, "read": self.read}
        return orjson.dumps(value | {"seen": [[*one.key, one.name, one.mark] for one in self.seen]}).decode()


def stand_of(cursor: str, scope: str) -> Stand:
    """Read a cursor; one of another wall, or of more or less of it, begins anew."""
    try:
        value = orjson.loads(cursor)
        if value["of"] != scope:
            return Stand()
        seen = tuple(Seen((int(date), int(number)), str(name), str(mark)) for date, number, name, mark in value["seen"])
        return Stand(_key(value["since"]), _key(value["at"]), int(value["read"]), seen)
    except (ValueError, KeyError, TypeError):
        return Stand()


def newest(seen: Iterable[Seen], most: int) -> tuple[Seen, ...]:
    """Return the newest posts in order, each as it was read last."""
    last = {one.name: one for one in seen}
    return tuple(sorted(last.values(), key=lambda one: one.key)[len(last) - min(most, len(last)) :])


def _key(value: object) -> Key:
    """Read a place; raises ValueError for what is none."""
    if not (isinstance(value, list) and len(value) == 2):  # noqa: PLR2004 - a date and a number
        raise ValueError("no place on a wall")
    return int(value[0]), int(value[1])
