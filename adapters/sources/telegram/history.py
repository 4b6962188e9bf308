"""A chat's messages: by their order, by their ids, and around those that this Telethon cannot read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from telethon.tl import functions, types

from adapters.contracts.item import Unreadable
from adapters.sources.telegram.albums import Found, Hole, number_of
from adapters.sources.telegram.line import Line, Unparsed
from adapters.sources.telegram.message import named, names_of
from adapters.sources.telegram.place import Place

PAGE = 100
"""Messages a request, the most there are (core.telegram.org/api/offsets)."""
HEAD = 20
"""Messages that are looked at for the newest."""
LEGIBLE = 64
"""Bytes that are kept of what cannot be read: behind its end, wherever that is, come others and a random filling."""
TOO_NEW = "Telegram sent what this Telethon cannot read: install a newer one, then read it again"


@dataclass
class History:
    """Asks for the messages of one chat; remembers the names that come along."""

    line: Line
    place: Place
    names: dict[str, str] = field(default_factory=dict)
    total: int = 0
    """How many messages there are, as Telegram counts them."""

    def newest(self) -> list[Found]:
        """Return some of the newest messages, in order."""
        return self._stretch(0, 0, HEAD)

    def after(self, last: int) -> list[Found]:
        """Return the next messages behind an id, in order; none at the end."""
        found = self._stretch(last + 1, -PAGE, PAGE)
        # A server may fill a page that reaches beyond the newest message with older ones.
        return [one for one in self._located(found, last) if number_of(one) > last or isinstance(one, Hole)]

    def by_ids(self, ids: Iterable[int]) -> tuple[list[Found], set[int]]:
        """Ask for messages by their ids; returns what is there, in order, and the ids that verifiably are not."""
        found: list[Found] = []
        gone: set[int] = set()
        ordered = sorted({one for one in ids if 0 < one < 1 << 31})
        for start in range(0, len(ordered), PAGE):
            there, missing = self._by_ids(ordered[start : start + PAGE])
            found += there
            gone |= missing
        return found, gone

    def _stretch(self, offset_id: int, add_offset: int, limit: int) -> list[Found]:
        """Return a stretch of the history, the oldest first; what cannot be read leaves a hole."""
        request = functions.messages.GetHistoryRequest(
            peer=self.place.peer,
            offset_id=offset_id,
            offset_date=None,
            add_offset=add_offset,
            limit=limit,
            max_id=0,
            min_id=0,
            hash=0,
        )
        try:
            answer = self.line.ask(request, self._what)
        except Unparsed as error:
            if limit == 1:
                return [self._hole(error, 0)]
        else:
            return self._messages(answer)
        # An answer is unreadable as a whole, whichever of its messages is: halves tell which.
        newer = limit // 2
        older = self._stretch(offset_id, add_offset + newer, limit - newer)
        known = {number_of(one) for one in older if not isinstance(one, Hole)}
        return older + [one for one in self._stretch(offset_id, add_offset, newer) if number_of(one) not in known]

    def _located(self, found: Sequence[Found], last: int) -> list[Found]:
        """Put holes where their ids are: asked by these, the one that cannot be read names itself."""
        if not any(isinstance(one, Hole) for one in found):
            return list(found)
        known = {number_of(one): one for one in found if not isinstance(one, Hole)}
        numbers = [one for one in known if one > last]
        between = set(range(last + 1, max(numbers, default=last) + PAGE)) - known.keys()
        there, _ = self.by_ids(sorted(between)[: 2 * PAGE])
        holes = [one for one in there if isinstance(one, Hole)]
        if not holes:
            holes = [one for one in found if isinstance(one, Hole)][:1]
        return sorted([*known.values(), *holes], key=number_of)

    def _by_ids(self, ids: Sequence[int]) -> tuple[list[Found], set[int]]:
        """Ask for at most a page of ids."""
        wanted = [types.InputMessageID(one) for one in ids]
        if self.place.kind == "channel":
            request: Any = functions.channels.GetMessagesRequest(self.place.channel, wanted)
        else:
            request = functions.messages.GetMessagesRequest(wanted)
        try:
            answer = self.line.ask(request, self._what)
        except Unparsed as error:
            if len(ids) == 1:
                return [self._hole(error, ids[0])], set()
        else:
            empty = {one.id for one in answer.messages if isinstance(one, types.MessageEmpty)}
            return self._messages(answer), empty & set(ids)
        middle = len(ids) // 2
        older, newer = self._by_ids(ids[:middle]), self._by_ids(ids[middle:])
        return older[0] + newer[0], older[1] | newer[1]

    def _messages(self, answer: Any) -> list[Found]:
        """Return an answer's messages of this chat in order."""
        self.names |= names_of(answer)
        self.total = max(self.total, getattr(answer, "count", None) or len(answer.messages))
        self.place = self.place.renewed(answer.chats)
        mine = (one for one in answer.messages if not isinstance(one, types.MessageEmpty) and self.is_mine(one))
        return sorted(mine, key=number_of)

    def is_mine(self, message: Any) -> bool:
        """Say whether a message is of this chat: ids of groups and people are the account's, not the chat's."""
        return named(message.peer_id) == f"{self.place.kind}{self.place.number}"

    @property
    def _what(self) -> str:
        """Name what is being done."""
        return f"reading {self.place.title or self.place.identity}"

    def _hole(self, error: Unparsed, number: int) -> Hole:
        """Keep what could not be read; the same place with the same constructor is the same damage."""
        item_id = f"{self.place.identity}/{number}" if number else ""
        constructor = error.constructor.to_bytes(4, "little")
        piece = Unreadable(
            where=f"{self.place.title or self.place.identity}, message {number or 'without a number'}",
            error=TOO_NEW,
            data=error.rest[:LEGIBLE],
            # Not of the bytes: they hold references that are other ones each time.
            sha256=hashlib.sha256(item_id.encode() + constructor).hexdigest(),
            item_id=item_id,
        )
        return Hole(piece, number)
