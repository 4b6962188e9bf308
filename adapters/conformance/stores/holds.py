"""Holds: what one process at a time may use is one owner's, by the store's own clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from adapters.conformance.stores.samples import LEASE, START, Clock
from adapters.contracts.store import Holder, JobStore

THING = "session:1"


class Holds:
    """A named thing and its owner."""

    def test_a_thing_is_one_owners(self, store: JobStore, reopen: Callable[[], JobStore]) -> None:
        """Whoever comes second is told who has it and since when; another thing is free."""
        assert store.hold(THING, "one", LEASE) is None
        second = reopen()
        assert second.hold(THING, "two", LEASE) == Holder("one", START, START + LEASE)
        assert second.hold("session:2", "two", LEASE) is None

    def test_a_holder_keeps_it_for_longer(self, store: JobStore, clock: Clock) -> None:
        """It is held since its begin, and until a lease after the last word."""
        store.hold(THING, "one", LEASE)
        clock.go(seconds=40)
        assert store.hold(THING, "one", LEASE) is None
        clock.go(seconds=40)
        held = store.hold(THING, "two", LEASE)
        assert held == Holder("one", START, START + timedelta(seconds=100))

    def test_whose_time_is_over_has_it_no_more(self, store: JobStore, clock: Clock) -> None:
        """A dead process keeps nobody waiting; should it come back, it is told so."""
        store.hold(THING, "one", LEASE)
        clock.go(seconds=60)
        assert store.hold(THING, "two", LEASE) is None
        assert store.hold(THING, "one", LEASE) == Holder("two", clock(), clock() + LEASE)

    def test_what_was_let_go_is_free(self, store: JobStore) -> None:
        """At once, and only by its holder."""
        store.hold(THING, "one", LEASE)
        store.let_go(THING, "two")
        assert store.hold(THING, "two", LEASE) is not None
        store.let_go(THING, "one")
        assert store.hold(THING, "two", LEASE) is None
        store.let_go("session:2", "two")
