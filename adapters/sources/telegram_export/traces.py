"""Traces: by them a message is known again from its bytes alone, where nothing around it can make it another item."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
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
TOGETHER = 250
"""Messages that are asked about at once."""


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


def skimmed(pieces: Iterator[Piece], chat: str, unchanged: Unchanged) -> Iterator[tuple[Traced, bool]]:
    """Yield each message of a chat with its trace, and whether it is held as it is."""
    before: Traced | None = None
    carried: list[Traced] = []
    while True:
        fresh = [_traced(piece, chat) for piece in islice(pieces, TOGETHER)]
        block = carried + fresh
        # The last one has to wait for its neighbour.
        carried = block[-1:] if fresh else []
        some = block[: len(block) - len(carried)]
        alone = _alone(before, block, len(some))
        asked = {block[place].id: block[place].trace for place in alone}
        same = unchanged(asked) if asked else ()
        known = {place for place in alone if block[place].id in same and asked[block[place].id] == block[place].trace}
        for number, one in enumerate(some):
            yield one, number in known
        before = some[-1] if some else before
        if not fresh:
            return


def _traced(piece: Piece, chat: str) -> Traced:
    """Look at a message's bytes."""
    head = HEAD.match(piece.data) if piece.whole else None
    if head is None:
        return Traced(piece)
    trace = edition() + hashlib.sha256(piece.data).hexdigest()[:32]
    data = piece.data
    media = b'"photo"' in data or b'"file"' in data or b'"contact_vcard"' in data
    return Traced(piece, f"{chat}/{int(head[1])}", trace, int(head[2]), media)


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
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:8]
