"""Deletions: which ids Telegram says it has no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telethon.tl import functions

from adapters.sources.telegram.albums import MOST, NEAR, number_of
from adapters.sources.telegram.history import History
from adapters.sources.telegram.line import Line


@dataclass(frozen=True)
class Deletions:
    """What a reading knows of deletions; by itself it knows nothing, and everything is asked by its id."""

    told: frozenset[int] = frozenset()
    """Ids that Telegram's difference names as deleted."""
    lost: bool = True
    """Whether there may be others that it does not name."""
    last: int = 0
    """The highest id that was ever told: it was there, even if it is not any more."""

    def among(self, ids: Sequence[str], line: Line, history: History) -> list[str]:
        """Return those of the ids that are verifiably deleted, in the order they were given."""
        numbers = {number: one for one in ids if (number := _number(one, history.place.identity))}
        # An album may be held under the id of a member that an earlier difference has named.
        asked = set(numbers) if self.lost else near(self.told) & set(numbers)
        if not asked:
            return []
        floor, top = _range(line, history)
        # What was never there is empty too, and so is what this account is not shown.
        top = max(top, self.last)
        _, missing = history.by_ids(number for number in asked if floor <= number <= top)
        return [one for number, one in numbers.items() if number in missing]


def near(numbers: Iterable[int]) -> set[int]:
    """Return the ids at which the other members of albums with these members can be."""
    return {one for number in numbers for one in range(number - NEAR, number + MOST) if one > 0}


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
