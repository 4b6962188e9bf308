"""Holding: one session, one run; who comes second is told whom it waits for, and a frozen run asks nothing more."""

from __future__ import annotations

import os
import threading

import pytest

from adapters.contracts.errors import LeaseLost, RateLimited, StoreUnavailable
from adapters.stores.memory import memory_store
from tasks import holding
from tasks.holding import alone, held
from tests.emulators.telegram import Clock

NAME = "telegram-session:0123"


class Session:
    """An adapter that may be used only alone."""

    exclusive = NAME

    def __init__(self):
        self.checks = []

    def guard(self, check):
        self.checks.append(check)


class Times:
    """The store's clock and the process's own, which go together until the process is stopped."""

    def __init__(self):
        self.store, self.own = Clock(), 1000.0
        self.waited = []

    def wait(self, seconds):
        self.waited.append(seconds)
        self.store.move(seconds)
        self.own += seconds

    def clock(self):
        return self.own


@pytest.fixture
def times():
    """Clocks of the test's own."""
    return Times()


@pytest.fixture
def store(times):
    """A store that goes by them."""
    opened = memory_store(times.store)
    yield opened
    opened.close()


def hold(store, times, run):
    """Hold the session as a run would."""
    return held(store, NAME, run, times.wait, times.clock)


def test_the_second_waits_and_says_whom_for(store, times):
    """A minute; then the run comes back later, and the line names process, run and since when."""
    with hold(store, times, "run of the morning"):
        begun = f"{times.store():%Y-%m-%d %H:%M:%S} UTC"

        def keep(seconds):
            times.wait(seconds)
            store.hold(NAME, owner(store), holding.LEASE)

        with (
            pytest.raises(RateLimited) as caught,
            held(store, NAME, "another", keep, times.clock),
        ):
            pass
    said = str(caught.value)
    assert NAME in said
    assert f"process {os.getpid()}, run of the morning, since {begun}" in said
    assert sum(times.waited) >= 60
    with hold(store, times, "another"):
        pass


def owner(store):
    """Return who has the session."""
    found = store.hold(NAME, "nobody", holding.LEASE)
    return found.owner


def test_a_dead_run_keeps_it_for_a_lease(store, times):
    """Killed, it lets nothing go; the next one waits that long and goes on."""
    store.hold(NAME, "killed", holding.LEASE)
    with hold(store, times, "next"):
        assert 59 <= sum(times.waited) <= holding.PATIENCE


def test_a_run_that_was_stopped_asks_nothing_more(store, times):
    """Its clock counts the sleep; a request that could end behind the lease is not begun either."""
    with hold(store, times, "laptop") as mine:
        mine.check()
        times.own += holding.LEASE.total_seconds() - holding.LONGEST_REQUEST
        with pytest.raises(LeaseLost, match=NAME):
            mine.check()
        mine.renew()
        mine.check()


def test_a_lease_that_somebody_took_is_lost(store, times):
    """The next word to the store says so."""
    with hold(store, times, "laptop") as mine:
        times.store.move(61)
        assert store.hold(NAME, "other", holding.LEASE) is None
        assert mine.renew().owner == "other"
        with pytest.raises(LeaseLost):
            mine.check()
    assert store.hold(NAME, "third", holding.LEASE).owner == "other"


def test_it_is_renewed_while_the_run_is_busy(store, times):
    """By a thread, however long a file takes; trouble of the store's is outlived."""
    renewed, seen = threading.Event(), []

    class Shaky:
        def hold(self, name, owner, lease):
            seen.append(owner)
            if len(seen) == 2:
                raise StoreUnavailable("away")
            if len(seen) > 3:
                renewed.set()
            return store.hold(name, owner, lease)

        def let_go(self, name, owner):
            raise StoreUnavailable("away")

    with held(Shaky(), NAME, "busy", times.wait, times.clock, every=0.001):
        assert renewed.wait(30)
    assert len(set(seen)) == 1


def test_adapters_get_their_guard_and_others_are_left_alone(store):
    """What is not exclusive is not held."""
    session = Session()
    with alone(store, "run", object(), session):
        (check,) = session.checks
        check()
        assert store.hold(NAME, "other", holding.LEASE) is not None
    assert store.hold(NAME, "other", holding.LEASE) is None
