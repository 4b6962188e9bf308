"""Traces: by them a message is known again from its bytes alone, where nothing around it can make it another item."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from adapters.contracts import item, version
from adapters.contracts.item import ContentItem
from adapters.contracts.ports import Unchanged
from adapters.sources.telegram_export.reader import Piece

HEAD = re.compile(
    rb'\{\s*"id"\s*:\s*(\d{1,18})\s*,\s*"type"\s*:\s*"(?:message|service)"\s*,\s*"date"\s*:\s*"[0-9T:-]*"\s*,'
    rb'\s*"date_unixtime"\s*:\s*"(\d{1,11})"\s*,'
)
"""How tdesktop begins a message; what begins otherwise is read."""
MEDIA = re.compile(rb'"(?:photo|file|contact_vcard)"')
TOGETHER = 500
"""Messages that are asked about at once."""
SELDOM = 15
"""At most so many times in a row nothing is asked: what is not known is read, which is always right."""


class Traced(NamedTuple):
    """A message with what its bytes tell."""

    piece: Piece
    id: str = ""
    trace: str = ""
    """Empty for what has to be read."""
    at: int = 0
    """Seconds."""
    media: bool = False

    def tells(self, read: ContentItem) -> bool:
        """Say whether what the bytes seemed to tell of an item is what reading them has found."""
        if not self.trace or self.id != read.id or (read.media and not self.media):
            return False
        return self.at == read.published_at.timestamp()


def moment(seconds: int) -> datetime:
    """Return a message's date."""
    return datetime.fromtimestamp(seconds, UTC)


class Same(NamedTuple):
    """Messages in a row that are held as they are."""

    messages: int
    end: int
    """The byte behind the last."""
    at: int
    """Its seconds."""


def skimmed(pieces: Iterator[Piece], chat: str, unchanged: Unchanged) -> Iterator[Traced | Same]:
    """Yield the messages of a chat that have to be read, with their traces, and how many others stand between them."""
    before: Traced | None = None
    carried: list[Traced] = []
    kind = edition()
    ask = _Asking(unchanged)
    while True:
        fresh = [_traced(piece, chat, kind) for piece in islice(pieces, TOGETHER)]
        block = carried + fresh
        # The last one has to wait for its neighbour.
        carried = block[-1:] if fresh else []
        some = block[: len(block) - len(carried)]
        alone = _alone(before, block, len(some))
        asked = {block[place].id: block[place].trace for place in alone}
        same = ask(asked)
        # Of several messages with one number, only what was asked about is known.
        known = {p for p in alone if block[p].id in same and asked[block[p].id] == block[p].trace} if same else set()
        yield from _runs(some, known) if known else some
        before = some[-1] if some else before
        if not fresh:
            return


class _Asking:
    """Asks a place for what it knows; one that knows nothing, as at its first filling, only now and then."""

    def __init__(self, unchanged: Unchanged) -> None:
        self._unchanged = unchanged
        self._pause = self._left = 0

    def __call__(self, traces: Mapping[str, str]) -> Collection[str]:
        """Return those of these ids that are held as they are; none of those that were not asked about."""
        if not traces or self._left:
            self._left = max(0, self._left - 1)
            return ()
        same = self._unchanged(traces)
        self._pause = 0 if same else min(2 * self._pause + 1, SELDOM)
        self._left = self._pause
        return same


def _runs(some: Sequence[Traced], known: Collection[int]) -> Iterator[Traced | Same]:
    """Yield what is not known, and one thing for all that are known between."""
    messages = 0
    for place, one in enumerate(some):
        if place in known:
            messages += 1
            continue
        if messages:
            yield _same(messages, some[place - 1])
            messages = 0
        yield one
    if messages:
        yield _same(messages, some[-1])


def _same(messages: int, last: Traced) -> Same:
    """Name so many messages by the last of them."""
    return Same(messages, last.piece.end, last.at)


def _traced(piece: Piece, chat: str, kind: str) -> Traced:
    """Look at a message's bytes."""
    data = piece.data
    head = HEAD.match(data) if piece.whole else None
    if head is None:
        return Traced(piece)
    number, at = head.groups()
    trace = kind + sha256(data).hexdigest()[:32]
    return Traced(piece, f"{chat}/{int(number)}", trace, int(at), MEDIA.search(data) is not None)


def _alone(before: Traced | None, block: Sequence[Traced], number: int) -> list[int]:
    """Return the places of those among the first so many of these can be in no album, whatever else they hold."""
    alone = []
    for place in range(number):
        one = block[place]
        if not one.trace:
            continue
        last = block[place - 1] if place else before
        after = block[place + 1] if place + 1 < len(block) else None
        if not one.media or not (_may_join(last, one) or _may_join(after, one)):
            alone.append(place)
    return alone


def _may_join(other: Traced | None, one: Traced) -> bool:
    """Say whether a neighbour may be of the same album; of one that has to be read nobody knows."""
    if other is None:
        return False
    return not other.trace or (other.media and abs(other.at - one.at) <= 1)


@cache
def edition() -> str:
    """Name the code that reads: another release may make another item of the same bytes."""
    files = sorted([*Path(__file__).parent.glob("*.py"), Path(item.__file__), Path(version.__file__)])
    return sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:8]
