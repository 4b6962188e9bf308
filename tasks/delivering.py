"""Delivering: a queue's due jobs done, one after the other or several at once, until nothing is due."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from adapters.contracts.errors import ConfigurationError, LeaseLost
from adapters.contracts.jobs import Died, Done, Job, Reason, Result
from adapters.contracts.ports import Parallel, PublishingDestination
from adapters.contracts.store import JobStore, Queue
from adapters.runner import Attempts, DestinationRunner
from tasks.hands import Considerate, Hands
from tasks.report import Watcher

OUTAGE = timedelta(minutes=10)
"""How long a place is left alone after two jobs in a row could not reach it."""


def allowed(destination: PublishingDestination, parallel: int) -> int:
    """Return how many jobs may be on their way at once; raises ConfigurationError for more than the place takes."""
    most = destination.at_once if isinstance(destination, Parallel) else 1
    if parallel > most:
        told = f"at most {most} at once" if most > 1 else "one item after the other"
        raise ConfigurationError(
            f"--parallel {parallel} is too much for {destination.identity}, which takes {told}: say --parallel {most} "
            "or leave it out"
        )
    return parallel


@dataclass
class Delivering:
    """One run's delivering of one queue."""

    store: JobStore
    runner: DestinationRunner
    queue: Queue
    watcher: Watcher
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    delivered: int = 0
    _unreachable: int = 0
    _counting: Lock = field(default_factory=Lock)

    def one_by_one(self) -> None:
        """Do the due jobs in their order."""
        while True:
            job = self.store.claim_next(
                self.queue, owner=self.owner, run_id=self.runner.run_id, lease=self.runner.lease
            )
            if job is None:
                return
            result = self.runner.run(job)
            self.note(result)
            self.delivered += isinstance(result, Done)
            self.watcher.progress("delivering", self.delivered, 0)

    def several(self, number: int, repeated: Callable[[Callable[[float], None]], Attempts]) -> None:
        """Do the due jobs, so many at once; `repeated` makes what repeats attempts, given how to wait between two."""
        hands = Hands(number)
        attempts = Considerate(repeated(hands.pause), hands, self.store.now)
        before = self.delivered
        try:
            hands.work(
                _Bench(self, hands, replace(self.runner, attempts=attempts)),
                lambda done: self.watcher.progress("delivering", before + done, 0),
            )
        finally:
            self.delivered = before + hands.done

    def note(self, result: Result) -> datetime | None:
        """Count jobs in a row that could not reach their place; two pause it. Returns until when, if that is now."""
        with self._counting:
            unreachable = isinstance(result, Died) and result.reason is Reason.EXHAUSTED
            self._unreachable = self._unreachable + 1 if unreachable else 0
            if self._unreachable < 2:  # noqa: PLR2004 - one may be the item's own bad luck, two are an outage
                return None
        until = self.store.now() + OUTAGE
        self.store.pause(self.queue.destination_id, until)
        return until


@dataclass(frozen=True)
class _Bench:
    """What the hands of one delivering work with."""

    of: Delivering
    hands: Hands
    runner: DestinationRunner

    def claim(self, number: int) -> list[Job]:
        """Take up to so many due jobs."""
        of = self.of
        return of.store.claim_several(
            of.queue, number, owner=of.owner, run_id=self.runner.run_id, lease=self.runner.lease
        )

    def do(self, job: Job) -> Result:
        """Do one claimed job."""
        result = self.runner.run(job)
        until = self.of.note(result)
        if until is not None:
            self.hands.close_until(until)
        return result

    def put_back(self, job: Job) -> None:
        """Give a job back that was not begun; whose lease is over is anybody's already."""
        with suppress(LeaseLost):
            self.of.store.put_back(job)
