"""Holding: what one process at a time may use (a session) is this run's alone, as long as the job store says so."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from uuid import uuid4

from adapters.contracts.errors import LeaseLost, RateLimited, SyndicateError, Transient
from adapters.contracts.ports import Exclusive
from adapters.contracts.store import Holder, JobStore
from adapters.http import boottime

LEASE = timedelta(seconds=60)
"""How long a thing stays this run's after its last word."""
RENEWED_EVERY = 15.0
LONGEST_REQUEST = 25.0
"""Seconds before the lease's end in which no request begins any more: it would end behind it."""
PATIENCE = 65.0
"""Seconds that a second run waits: longer than a dead one's lease."""
LOOKS_EVERY = 1.0


class Hold:
    """One thing, held by this process; `check` is its adapter's guard."""

    def __init__(
        self, store: JobStore, name: str, owner: str, pause: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._name = name
        self._owner = owner
        self._pause = pause
        self._clock = clock
        self._until = 0.0

    def take(self) -> None:
        """Take the thing, or wait for it; raises RateLimited, saying who has it, when that takes too long."""
        begun = self._clock()
        while (other := self.renew()) is not None:
            if self._clock() - begun >= PATIENCE:
                raise RateLimited(_in_use(self._name, other), LEASE.total_seconds())
            self._pause(LOOKS_EVERY)

    def renew(self) -> Holder | None:
        """Keep the thing for another lease; returns who has it by now, if that is somebody else."""
        asked = self._clock()
        other = self._store.hold(self._name, self._owner, LEASE)
        self._until = 0.0 if other else asked + LEASE.total_seconds()
        return other

    def check(self) -> None:
        """Raise LeaseLost when the lease is over, or would be before a request could end; a sleep counts."""
        if self._clock() + LONGEST_REQUEST >= self._until:
            raise LeaseLost(
                f"{self._name} may be another run's by now, for this one did not say in time that it needs it: "
                "nothing more is asked; run it again"
            )

    def let_go(self) -> None:
        """Give the thing back; should the store not answer, its lease ends by itself."""
        try:
            self._store.let_go(self._name, self._owner)
        except SyndicateError:
            return


@contextmanager
def alone(store: JobStore, run: str, *adapters: object) -> Iterator[None]:
    """Hold meanwhile what each of the adapters may use only alone."""
    with ExitStack() as stack:
        for adapter in adapters:
            if isinstance(adapter, Exclusive):
                adapter.guard(stack.enter_context(held(store, adapter.exclusive, run)).check)
        yield


GOING = "run of "
"""How the things are called that say that a run of a pair is going on."""


def runs_of(source_id: str, destination_id: str) -> str:
    """Return how the names begin under which the pair's runs say that they are going on."""
    return f"{GOING}{source_id} → {destination_id}: "


def going(store: JobStore, source_id: str, destination_id: str, run: str) -> AbstractContextManager[Hold]:
    """Say meanwhile that a run of the pair is going on; any number of them may be."""
    return held(store, f"{runs_of(source_id, destination_id)}{uuid4().hex}", run)


@contextmanager
def held(
    store: JobStore,
    name: str,
    run: str,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = boottime,
    every: float = RENEWED_EVERY,
) -> Iterator[Hold]:
    """Hold a thing meanwhile; raises RateLimited, saying who has it, when somebody else keeps it for too long."""
    hold = Hold(store, name, f"{socket.gethostname()}, process {os.getpid()}, {run}", pause, clock)
    hold.take()
    try:
        with _renewed(hold, every):
            yield hold
    finally:
        hold.let_go()


@contextmanager
def held_at_once(store: JobStore, name: str, run: str) -> Iterator[None]:
    """Hold a thing for one short question; raises Transient, saying who has it, and does not wait for them."""
    hold = Hold(store, name, f"{socket.gethostname()}, process {os.getpid()}, {run}", time.sleep, boottime)
    other = hold.renew()
    if other is not None:
        raise Transient(_in_use(name, other))
    try:
        yield
    finally:
        hold.let_go()


@contextmanager
def _renewed(hold: Hold, every: float) -> Iterator[None]:
    """Renew a hold in a thread meanwhile, whatever the run is busy with."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(every):
            try:
                if hold.renew() is not None:
                    return
            except SyndicateError:
                # The store is away: it is asked again, until the lease ends and the guard says so.
                continue

    thread = threading.Thread(target=renew, name="holding", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _in_use(name: str, other: Holder) -> str:
    """Say who has a thing."""
    return (
        f"{name} is in use by {other.owner}, since {other.since:%Y-%m-%d %H:%M:%S} UTC: let that run end; if it is "
        f"dead, what it had is free at {other.until:%H:%M:%S} UTC"
    )
