"""Source: a public channel's web preview, as everybody sees it at t.me/s/NAME; no account, no key.

The page has no documentation: what is known of it is in docs/telegram-web.md.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

import orjson

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Entry, Media
from adapters.contracts.ports import MediaFile, Page
from adapters.contracts.version import stamp
from adapters.sources.telegram_web import message, page, walk
from adapters.sources.telegram_web.files import Files
from adapters.sources.telegram_web.marks import Odd
from adapters.sources.telegram_web.numbers import names
from adapters.sources.telegram_web.page import Piece, Preview
from adapters.sources.telegram_web.settings import TelegramWebSettings
from adapters.sources.telegram_web.site import Site

__all__ = ["TelegramWebSettings", "TelegramWebSource"]

SETTLED = 60.0
"""Seconds after which an album has all its messages."""


class TelegramWebSource:
    """A channel's preview, read from the oldest message on; each run reads the newest ones again, for their edits."""

    service: ClassVar[str] = "telegram_web"

    def __init__(
        self,
        settings: TelegramWebSettings,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take how to wait for the next request's turn, and the time, by which an album is whole or still arriving."""
        self._settings = settings
        self._now = now
        self._site = Site(settings, pause)
        self._files = Files(settings, self._site)
        self._id = settings.channel_id
        self._title = ""
        self._seen: set[int] = set()
        self._read: tuple[int, int] | None = None
        self._told_from = 0
        self._tail: deque[int] = deque(maxlen=settings.look_back)

    @property
    def identity(self) -> str:
        """`telegram:<id>`, by the number that the preview tells: an export's and the live channel's own."""
        if not self._id:
            self._fetch(0)
        return f"telegram:{self._id}"

    @property
    def title(self) -> str:
        """The channel's name."""
        if not self._title:
            self._fetch(0)
        return self._title

    def fingerprint(self) -> str:
        """Return nothing: the preview does not tell whether something has changed."""
        return ""

    def head(self) -> datetime | None:
        """Return when the newest message was published."""
        pieces = self._fetch(0).pieces
        found = []
        for piece in pieces:
            try:
                found.append(message.moment(piece.block))
            except Odd:
                continue
        if pieces and not found:
            raise ConfigurationError(
                f"{self._site.where}: no message of the newest page has a date that is understood: use a newer release"
            )
        return max(found, default=None)

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield the pages behind a cursor: `{"of": identity, "at": message, "back": message}`.

        `at` is what has been read, `back` from where on `gone` has still to tell.
        """
        newest = self._fetch(0)
        at, self._told_from = self._resume(cursor)
        begin, end = at, max((piece.last for piece in newest.pieces), default=0)
        self._tail.clear()
        if not newest.pieces and at:
            raise walk.refused("the newest page")
        for pieces in walk.stretches(self._fetch, at, newest):
            entries = [self._entry(piece) for piece in pieces]
            at = max([at, *(piece.last for piece in pieces if piece.numbers)])
            self._read = begin, at
            self._tail.extend(piece.at for piece in pieces if piece.numbers)
            yield Page(entries, self._cursor(at, self._told_from), at, max(at, end))
        self._read = begin, at

    def stand(self) -> str:
        """Return the cursor by which the next run reads the newest posts again, and what comes behind them."""
        full = len(self._tail) == self._tail.maxlen
        floor = self._tail[0] - 1 if full else self._told_from
        return self._cursor(floor, floor)

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those ids whose numbers are missing between messages that are shown, and of which t.me says so itself.

        Behind a cursor only those above it are judged: nobody has looked at the others.
        """
        name = re.compile(rf"{re.escape(self.identity)}/(\d{{1,18}})")
        asked = {int(found[1]): item_id for item_id in ids if (found := name.fullmatch(item_id))}
        low, high = self._judged(asked)
        asked = {number: item_id for number, item_id in asked.items() if low < number <= high}
        if asked:
            self._look(low, high)
        shown = range(min(self._seen, default=0) + 1, max(self._seen, default=0))
        missing = [number for number in sorted(asked) if number in shown and number not in self._seen]
        return [asked[number] for number in missing if self._site.is_gone(number)]

    def media(self, media: Media) -> MediaFile:
        """Fetch a medium's bytes; raises MediaMissing."""
        return self._files.media(media)

    def close(self) -> None:
        """Close connections."""
        self._site.close()

    def _judged(self, asked: Collection[int]) -> tuple[int, int]:
        """Return between which numbers deletions can be told: what was read, and what an interrupted run has left."""
        if self._read is None:
            return min(asked, default=1) - 1, max(asked, default=0)
        return min(self._told_from, self._read[0]), self._read[1]

    def _look(self, low: int, high: int) -> None:
        """See every message between two numbers that this run has not seen yet."""
        high = min(high, self._read[0]) if self._read else high
        if low >= high:
            return
        for pieces in walk.stretches(self._fetch, low, self._fetch(0)):
            if pieces[-1].last > high:
                return

    def _fetch(self, before: int) -> Preview:
        """Fetch a page, and note whose it is and what it shows."""
        found = self._site.preview(before)
        expected = self._settings.channel_id or self._id
        if expected and found.channel_id and found.channel_id != expected:
            raise ConfigurationError(
                f"{self._site.where} is the preview of channel {found.channel_id} and not of {expected}: the name "
                "belongs to somebody else now, or --channel-id is wrong"
            )
        if not expected and not found.channel_id:
            raise ConfigurationError(
                f"{self._site.where} does not tell the channel's number, by which its posts are known: give it with "
                "--channel-id (Telegram Desktop's exports name it)"
            )
        self._id, self._title = expected or found.channel_id, found.title or self._title
        self._seen.update(number for piece in found.pieces for number in piece.numbers)
        return found if before else self._settled(found)

    def _settled(self, newest: Preview) -> Preview:
        """Leave out an album that is still arriving: it is the next run's."""
        top = newest.pieces[-1] if newest.pieces else None
        if top is None or len(top.numbers) < 2:  # noqa: PLR2004 - one message is no album
            return newest
        try:
            age = (self._now() - message.moment(top.block)).total_seconds()
        except Odd:
            return newest
        return replace(newest, pieces=newest.pieces[:-1]) if 0 <= age < SETTLED else newest

    def _entry(self, piece: Piece) -> Entry:
        """Read one message."""
        try:
            return self._item(piece)
        except (Odd, ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            said = str(error) if isinstance(error, Odd) else f"a part holds what it cannot hold: {error}"
            return page.unreadable(replace(piece, odd=said.splitlines()[0]), self.identity, self._site.where)

    def _item(self, piece: Piece) -> ContentItem:
        """Build the item of one message; raises Odd."""
        if piece.odd:
            raise Odd(piece.odd)
        called = names(piece.block)
        if called.channel_id not in {0, self._id}:
            raise Odd(f"a message of channel {called.channel_id} among those of {self._id}")
        if not called.channel_id and called.channel.lower() != self._settings.channel.lower():
            raise Odd(f"a message of {called.channel} among those of {self._settings.channel}")
        return stamp(message.item(piece.block, self.identity, self._title), self.service)

    def _cursor(self, at: int, back: int) -> str:
        """Write a cursor."""
        return orjson.dumps({"of": self.identity, "at": at, "back": back}).decode()

    def _resume(self, cursor: str) -> tuple[int, int]:
        """Read a cursor; one of another channel, or none at all, begins anew."""
        try:
            value = orjson.loads(cursor)
            at, back = value["at"], value["back"]
            if value["of"] == self.identity and type(at) is type(back) is int and 0 <= back <= at:
                return at, back
        except (ValueError, KeyError, TypeError):
            pass
        return 0, 0
