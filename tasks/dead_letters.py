"""Dead letters: find them, and get them out of the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar
from uuid import NAMESPACE_URL, uuid5

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Media
from adapters.contracts.jobs import DeadLetterFilter, Job, JobStore, PairRecord, Receipt
from adapters.contracts.ports import MediaFile, Page
from adapters.contracts.retry import RetryPolicy
from adapters.media import FolderMediaStore
from tasks.bulk import BulkRoad
from tasks.engine import PrefectEngine
from tasks.options import Options
from tasks.places import reopen
from tasks.publish import REDRIVEN_BY_RETRY, PublishingRoad
from tasks.report import Watchers
from tasks.run import is_bulk
from tasks.summary import Summary


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


def matching(store: JobStore, which: DeadLetterFilter) -> list[Job]:
    """Return the dead letters a redrive means: those in doubt only when `unknown` is named."""
    reasons = which.reasons or REDRIVEN_BY_RETRY
    jobs = store.dead_letters(which.model_copy(update={"reasons": tuple(reasons)}))
    return [job for job in jobs if job.item is not None or job.unreadable is None]


def redrive(store: JobStore, media: FolderMediaStore, jobs: Sequence[Job], run_id: str) -> Summary:
    """Send these dead letters again, pair by pair, and sum up."""
    total = Summary(pair="dead letters")
    for pair, group in _by_pair(jobs):
        record = store.pair(*pair)
        if record is None:
            raise ConfigurationError(f"the store remembers no pair {pair[0]} → {pair[1]}: run the pair's flow once")
        _add(
            total, _redrive_pair(store, media, record, list(group), f"{uuid5(NAMESPACE_URL, run_id + '|'.join(pair))}")
        )
    return total


def _redrive_pair(
    store: JobStore, media: FolderMediaStore, pair: PairRecord, jobs: Sequence[Job], run_id: str
) -> Summary:
    """Send one pair's dead letters again."""
    destination, policy, name = reopen(pair), RetryPolicy(), f"{pair.source_id} → {pair.destination_id}"
    engine = PrefectEngine(policy)
    if is_bulk(destination):
        source = KeptSource(pair.source_id, media)
        road = BulkRoad(name, source, destination, pair.settings, store, media, Options(), engine, Watchers(), run_id)
        return road.redrive(jobs)
    keys = frozenset(store.redrive([job.key for job in jobs], run_id=run_id))
    return PublishingRoad(
        name,
        None,
        pair.source_id,
        destination,
        pair.settings,
        store,
        media,
        Options(),
        policy,
        engine,
        Watchers(),
        run_id,
    ).run(keys)


def _by_pair(jobs: Sequence[Job]) -> Iterable[tuple[tuple[str, str], Iterable[Job]]]:
    """Group jobs by source and destination."""

    def pair(job: Job) -> tuple[str, str]:
        return job.descriptor.source_id, job.descriptor.destination_id

    return groupby(sorted(jobs, key=pair), pair)


def _add(total: Summary, part: Summary) -> None:
    """Add one pair's summary to the whole."""
    for name in ("seen", "carried", "delivered", "already", "filtered", "pending", "dead"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    for name in ("created", "updated", "deleted", "died"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.errors += part.errors
    total.warnings += part.warnings
    total.deliveries += part.deliveries
    for loss, number in part.losses.items():
        total.losses[loss] = total.losses.get(loss, 0) + number
    total.come_back = min(filter(None, (total.come_back, part.come_back)), default=None)
    for reason, number in part.dead_by.items():
        total.dead_by[reason] = total.dead_by.get(reason, 0) + number


def adopt(store: JobStore, key: str, remote_id: str, url: str, run_id: str) -> None:
    """Record the object that is there as what a doubtful job made."""
    job = store.get(key)
    if job is None:
        raise ConfigurationError(f"there is no job {key}: `dead_letters list` shows the keys")
    item = job.item
    receipt = Receipt(
        remote_id=remote_id,
        url=url,
        at=store.now(),
        version=job.version,
        changed_at=item.changed_at if item else None,
        deleted=job.action == "delete",
    )
    try:
        store.adopt(key, receipt, run_id=run_id)
    except KeyError:
        raise ConfigurationError(f"{key} is no dead letter: it is {job.state}") from None
