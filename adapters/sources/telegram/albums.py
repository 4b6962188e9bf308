"""Albums: messages of one `grouped_id` are one item; Telegram gives them ids in a row, give or take a stranger's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.contracts.item import Unreadable

MOST = 10
"""Messages an album has at the most (core.telegram.org/method/messages.sendMultiMedia)."""
NEAR = MOST - 1
"""How far from one member of an album the others can be, in ids."""


@dataclass(frozen=True)
class Hole:
    """A message that this Telethon cannot read."""

    piece: Unreadable
    number: int
    """Its id; where that is not known, the id of the message before it."""


Found = Any
"""A message as Telethon has it, or a Hole."""


@dataclass(frozen=True)
class Unit:
    """What becomes one entry: a message, an album's messages in their order, or a hole."""

    messages: tuple[Found, ...]

    @property
    def first(self) -> int:
        """The id by which it is named."""
        return number_of(self.messages[0])

    @property
    def last(self) -> int:
        """The highest id in it."""
        return number_of(self.messages[-1])

    @property
    def album(self) -> int:
        """Its `grouped_id`; 0 for a message of its own."""
        return album_of(self.messages[0])


def number_of(found: Found) -> int:
    """Return a message's id."""
    return found.number if isinstance(found, Hole) else int(found.id)


def album_of(found: Found) -> int:
    """Return the `grouped_id` of a message; 0 where it has none."""
    return getattr(found, "grouped_id", None) or 0


def units(found: Iterable[Found]) -> list[Unit]:
    """Put messages that came in order together as units, each at the place of its first message."""
    albums: dict[int, list[Found]] = {}
    order: list[list[Found]] = []
    for one in found:
        album = album_of(one)
        if album and album in albums:
            albums[album].append(one)
            continue
        members = [one]
        order.append(members)
        if album:
            albums[album] = members
    return [Unit(tuple(members)) for members in order]


def whole(found: Sequence[Unit]) -> list[Unit]:
    """Return the units before the first one that may go on behind these messages."""
    messages = sum(len(unit.messages) for unit in found)
    seen, kept = 0, []
    for unit in found:
        seen += len(unit.messages)
        # An album that has a member among the last few may have another one behind them.
        if unit.album and messages - seen < MOST and len(unit.messages) < MOST:
            break
        kept.append(unit)
    return kept
