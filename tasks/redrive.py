"""Redriving: dead letters of any number of runs sent again, pair by pair and slice by slice."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import ClassVar, Protocol

from adapters.contracts.errors import ConfigurationError, RateLimited, StoreUnavailable
from adapters.contracts.item import Media
from adapters.contracts.jobs import Job
from adapters.contracts.keeping import Buried, KeepingStore
from adapters.contracts.ports import BulkDestination, MediaFile, Page, PublishingDestination
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.runs import PairRecord
from adapters.contracts.store import DeadLetterFilter
from adapters.media import FolderMediaStore
from tasks import bulk, publish
from tasks.bulk import BATCH, BulkRoad
from tasks.engine import PrefectEngine
from tasks.holding import alone, going
from tasks.options import Options
from tasks.places import reopen
from tasks.publish import REDRIVEN_BY_RETRY, SLICE, PublishingRoad, dead_letter_pages
from tasks.report import FACE, Watchers
from tasks.run import is_bulk
from tasks.summary import LISTED, Summary


class Engine(publish.Engine, bulk.Engine, Protocol):
    """What carries either road."""


PART = "/redrive/"
"""In the name of each part of a redrive, behind the name of its flow run: how those of any redrive are told."""
TURNS = 12
"""Slices a minute of a redrive that keeps a pace."""


@dataclass(frozen=True)
class KeptSource:
    """A source that is only what was kept of it: a dead letter's item and media."""

    identity: str
    kept: FolderMediaStore
    service: ClassVar[str] = "kept"
    title: str = ""

    def fingerprint(self) -> str:
        """Say that it cannot be told."""
        return ""

    def head(self) -> None:
        """Return nothing: there is nothing newer."""

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield nothing: items come from the dead letters themselves."""
        del cursor
        return iter(())

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return nothing: what was kept proves no deletion."""
        del ids
        return []

    def media(self, media: Media) -> MediaFile:
        """Return the bytes that were kept."""
        return self.kept.media(media)

    def close(self) -> None:
        """Give back nothing."""


def meant(which: DeadLetterFilter) -> DeadLetterFilter:
    """Return what a redrive means by a filter: what can be sent, and what is in doubt only when that is named."""
    return which.model_copy(update={"reasons": which.reasons or REDRIVEN_BY_RETRY, "sendable": True})


@dataclass
class Redrive:
    """One redrive, named as its flow run: taken up again under that name, it goes on."""

    store: KeepingStore
    media: FolderMediaStore
    which: DeadLetterFilter
    run_id: str
    per_minute: int | None = None
    wait: bool = False
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    engine: Callable[[RetryPolicy], Engine] = PrefectEngine
    opened: Callable[[PairRecord], BulkDestination | PublishingDestination] = reopen
    total: Summary = field(default_factory=lambda: Summary(pair="dead letters"))

    def run(self) -> Summary:
        """Send them again, and sum up; a pair that cannot work keeps back no other."""
        began = time.monotonic()
        self.which = meant(self.which)
        buried = {_pair(one) for one in self.store.buried(self.which)}
        tried = {_pair(one) for one in self.store.buried(DeadLetterFilter(run_id=self.run_id))}
        records = {(pair.source_id, pair.destination_id): pair for pair in self.store.pairs()}
        for names in sorted(buried - records.keys()):
            self.total.errors.append(f"the store remembers no pair {' → '.join(names)}: run the pair's flow once")
        for names, record in records.items():
            left = self._left(record)
            if names in buried | tried or left:
                self._try(record, left)
            elif (done := self.store.tally(self._part(record))).carried:
                # This redrive was through with the pair when it began to wait for another one's sake.
                _add(self.total, Summary.of(record.name, done))
        self._say_what_is_left()
        return self.total.close(began)

    def _left(self, pair: PairRecord) -> list[str]:
        """Return what an earlier redrive of the pair has left pending: it was killed, or this one began to wait."""
        asked = ((self.which.source_id, pair.source_id), (self.which.destination_id, pair.destination_id))
        if any(wanted and wanted != name for wanted, name in asked):
            return []
        left = self.store.left_open(pair.source_id, pair.destination_id, PART)
        item = f"{pair.destination_id}|{self.which.item_id}|"
        if self.which.item_id:
            left = [key for key in left if key.rpartition("|")[0] + "|" == item]
        return [key for key in left if key in self.which.keys] if self.which.keys else left

    def _part(self, pair: PairRecord) -> str:
        """Name the part of this redrive that is about one pair."""
        names = f"{pair.source_id}|{pair.destination_id}"
        return f"{self.run_id}{PART}{hashlib.sha256(names.encode()).hexdigest()[:12]}"

    def _try(self, pair: PairRecord, left: list[str]) -> None:
        """Send a pair's letters again; what hinders it is told, and the others go on."""
        name = f"{pair.source_id} → {pair.destination_id}"
        try:
            with going(self.store, pair.source_id, pair.destination_id, f"redrive {self.run_id}"):
                destination = self.opened(pair)
                with alone(self.store, f"redrive {self.run_id}", destination):
                    _add(self.total, self._carry(pair, destination, left))
        except StoreUnavailable:
            raise
        except RateLimited as error:
            due = self.store.now() + timedelta(seconds=error.retry_after)
            self.total.warnings.append(f"{name}: {error}")
            self.total.come_back = min(filter(None, (self.total.come_back, due)))
        except ConfigurationError as error:
            self.total.errors.append(f"{name}: {error}")

    def _carry(
        self, pair: PairRecord, destination: BulkDestination | PublishingDestination, left: list[str]
    ) -> Summary:
        """Send a pair's letters again on its own road."""
        policy, name = RetryPolicy(), f"{pair.source_id} → {pair.destination_id}"
        engine, options, part = self.engine(policy), Options(wait=self.wait), self._part(pair)
        if is_bulk(destination):
            source = KeptSource(pair.source_id, self.media)
            road = BulkRoad(
                name, source, destination, pair.settings, self.store, self.media, options, engine, _watchers(), part
            )
            return road.redrive(self._limited(dead_letter_pages(self.store, self._of(pair), BATCH)))
        return PublishingRoad(
            name,
            None,
            pair.source_id,
            destination,
            pair.settings,
            self.store,
            self.media,
            options,
            policy,
            engine,
            _watchers(),
            part,
            self.pause,
        ).redrive(lambda ended: self._letters(pair, ended), left)

    def _letters(self, pair: PairRecord, ended: str) -> Iterator[list[str]]:
        """Yield the keys of a pair's letters, slice by slice, no faster than the pace.

        Taken up again after it had ended, a redrive is about what it left dead itself, but for what is in doubt.
        """
        mine = DeadLetterFilter(run_id=self._part(pair), reasons=REDRIVEN_BY_RETRY, sendable=True)
        which = mine if ended else self._of(pair)
        size = SLICE if self.per_minute is None else max(1, self.per_minute // TURNS)
        due = self.clock()
        for page in self._limited(dead_letter_pages(self.store, which, size)):
            if (early := due - self.clock()) > 0:
                self.pause(early)
            if self.per_minute is not None:
                due = self.clock() + 60 * len(page) / self.per_minute
            yield [job.key for job in page]

    def _of(self, pair: PairRecord) -> DeadLetterFilter:
        """Return which letters of one pair are meant, without those that this redrive has tried."""
        names = {"source_id": pair.source_id, "destination_id": pair.destination_id}
        return self.which.model_copy(update=names | {"not_by": self._part(pair)})

    def _limited(self, found: Iterator[list[Job]]) -> Iterator[list[Job]]:
        """Take no more letters than the filter's limit, over all pairs."""
        for page in found:
            some = list(islice(page, self.which.limit))
            if self.which.limit is not None:
                self.which = self.which.model_copy(update={"limit": self.which.limit - len(some)})
            if some:
                yield some

    def _say_what_is_left(self) -> None:
        """Note which dead letters there are still, and what to do about them."""
        here = DeadLetterFilter(source_id=self.which.source_id, destination_id=self.which.destination_id)
        left = self.store.buried(here)
        if left:
            self.total.warnings.append(told(left))
            self.total.next_step = "python flows/dead_letters.py list"


def told(buried: Sequence[Buried]) -> str:
    """Say how many dead letters there are, by reason."""
    number = sum(one.number for one in buried)
    reasons = sorted({one.reason for one in buried})
    parts = [f"{sum(one.number for one in buried if one.reason is reason):,} {reason}" for reason in reasons]
    return f"{number:,} dead letters are left ({', '.join(parts)})" if number else "no dead letters are left"


def _watchers() -> Watchers:
    """Tell the terminal where a person looks at it."""
    watchers, face = Watchers(), FACE.get()
    if face is not None and face.bars is not None:
        watchers.each.append((face.bars, 0.1))
    return watchers


def _pair(one: Buried) -> tuple[str, str]:
    """Return whose dead letters are counted."""
    return one.source_id, one.destination_id


def _add(total: Summary, part: Summary) -> None:
    """Add one pair's summary to the whole."""
    for name in ("seen", "carried", "delivered", "already", "filtered", "pending", "dead"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    for name in ("created", "updated", "deleted", "died"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.errors += part.errors
    total.warnings += part.warnings
    if part.paused:
        total.warnings.append(f"{part.pair} is paused ({part.paused}): its dead letters stay as they are")
    total.deliveries = [*total.deliveries, *part.deliveries][:LISTED]
    total.come_back = min(filter(None, (total.come_back, part.come_back)), default=None)
    for counts, more in (
        (total.losses, part.losses),
        (total.dead_by, part.dead_by),
        (total.filtered_by, part.filtered_by),
    ):
        for name, number in more.items():
            counts[name] = counts.get(name, 0) + number
