"""Deletions: which ids Telegram says it has no more, and which of these still stand for an album that lives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from telethon.tl import functions

from adapters.sources.telegram.albums import MOST, NEAR, Hole, Unit, number_of, units
from adapters.sources.telegram.history import History
from adapters.sources.telegram.line import Line


@dataclass(frozen=True)
class Deletions:
    """What a reading knows of deletions; by itself it knows nothing, and everything is asked by its id."""

    told: frozenset[int] = frozenset()
    """Ids that Telegram's difference names as deleted."""
    lost: bool = True
    """Whether there may be others that it does not name."""
    last: int = field(default=0)
    """The highest id that an earlier reading has told; albums behind it are nobody's yet."""

    def among(self, ids: Sequence[str], line: Line, history: History) -> list[str]:
        """Return those of the ids that are verifiably deleted, in the order they were given."""
        numbers = {number: one for one in ids if (number := _number(one, history.place.identity))}
        asked = set(numbers) if self.lost else self.told & set(numbers)
        if not asked:
            return []
        if self.lost:
            floor, top = _range(line, history)
            # What was never there is empty too, and so is what this account is not shown.
            asked = {number for number in asked if floor <= number <= top}
        _, missing = history.by_ids(asked)
        missing -= self._living(missing, set(numbers), history)
        return [one for number, one in numbers.items() if number in missing]

    def _living(self, missing: set[int], asked: set[int], history: History) -> set[int]:
        """Return the missing ids that may be members of an album of which others live under no id of their own."""
        around, _ = history.by_ids(near(missing) - missing)
        albums = [unit for unit in units(one for one in around if not isinstance(one, Hole)) if unit.album]
        unnamed = [
            unit
            for unit in albums
            if len(unit.messages) < MOST
            and (not self.last or unit.first <= self.last)
            and not asked & {number_of(one) for one in unit.messages}
        ]
        return {number for number in missing for unit in unnamed if close_to(unit, number)}


def near(numbers: Iterable[int]) -> set[int]:
    """Return the ids at which the other members of albums with these members can be."""
    return {one for number in numbers for one in range(number - NEAR, number + MOST) if one > 0}


def close_to(unit: Unit, number: int) -> bool:
    """Say whether an id can belong to an album."""
    return unit.last - NEAR <= number <= unit.first + NEAR


def _number(item_id: str, identity: str) -> int:
    """Return the number in an id of this chat; 0 for another's."""
    place, _, number = item_id.rpartition("/")
    return int(number) if place == identity and number.isascii() and number.isdecimal() else 0


def _range(line: Line, history: History) -> tuple[int, int]:
    """Return the lowest id that this account is shown, and the highest that there is."""
    floor = 1
    if history.place.kind == "channel":
        what = f"reading the state of {history.place.title or history.place.identity}"
        answer = line.ask(functions.channels.GetFullChannelRequest(history.place.channel), what)
        floor = answer.full_chat.available_min_id or 1
    return floor, max((number_of(one) for one in history.newest()), default=0)
