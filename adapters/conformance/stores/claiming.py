"""Claiming: which job a worker gets, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapters.conformance.stores.samples import (
    DAY,
    LEASE,
    QUEUE,
    START,
    Clock,
    claim,
    deliver,
    failed,
    failure,
    item,
    job,
    receipt,
    take,
)
from adapters.contracts.jobs import Action, Job, Reason, State
from adapters.contracts.store import JobStore, Queue


class Claiming:
    """Which job a worker gets."""

    def test_claim(self, store: JobStore, clock: Clock) -> None:
        """The claim sets owner and lease, counts an attempt and comes with its item."""
        store.create([job()])
        taken = take(store, owner="w")
        expected = (State.RUNNING, "w", clock() + LEASE, 1, item())
        assert (taken.state, taken.owner, taken.lease_until, taken.attempt, taken.item) == expected
        assert claim(store) is None

    def test_oldest_first(self, store: JobStore) -> None:
        """Jobs are claimed in the order in which they were recorded."""
        store.create([job(f"s/{number}") for number in (3, 1, 2)])
        assert [take(store).item_id for _ in range(3)] == ["s/3", "s/1", "s/2"]

    def test_other_pairs(self, store: JobStore) -> None:
        """A queue is one pair's."""
        store.create([job()])
        assert claim(store, Queue("s", "elsewhere")) is None
        assert claim(store, Queue("other", "d")) is None

    def test_some_keys_alone(self, store: JobStore) -> None:
        """A queue of some keys gives these only, thousands of them if need be."""
        store.create([job("s/1"), job("s/2")])
        queue = Queue("s", "d", keys=frozenset({job("s/2").key, *map(str, range(40_000))}))
        assert take(store, queue).item_id == "s/2"
        assert claim(store, queue) is None

    def test_not_before(self, store: JobStore, clock: Clock) -> None:
        """A job that waits is due at its moment, not earlier."""
        store.create([job(not_before=START + timedelta(seconds=5))])
        clock.go(seconds=5, microseconds=-1)
        assert claim(store) is None
        clock.go(microseconds=1)
        assert claim(store) is not None

    def test_lease_over(self, store: JobStore, clock: Clock) -> None:
        """A job whose lease is over is claimed again, its doubt and its first time kept."""
        store.create([job()])
        store.mark_sending(take(store))
        clock.go(seconds=59)
        assert claim(store) is None
        clock.go(seconds=1)
        again = take(store, owner="other")
        assert (again.attempt, again.sent_at, again.in_doubt) == (2, START, True)

    @pytest.mark.parametrize(
        "earlier",
        [job(), job(not_before=START + DAY), failed(reason=Reason.UNKNOWN)],
        ids=["pending", "waiting", "unknown"],
    )
    def test_behind_an_unsettled_revision(self, store: JobStore, earlier: Job) -> None:
        """A job behind an unsettled earlier revision of its item is not due."""
        store.create([earlier, job(revision=2)])
        taken = claim(store)
        assert taken is None or taken.revision == 1
        assert claim(store) is None

    @pytest.mark.parametrize("earlier", [failed(), failed(reason=Reason.EXHAUSTED), job(state=State.DONE)])
    def test_behind_a_settled_revision(self, store: JobStore, earlier: Job) -> None:
        """A settled earlier revision blocks nothing."""
        store.create([earlier, job(revision=2)])
        assert take(store).revision == 2

    def test_loser_takes_the_next(self, store: JobStore) -> None:
        """A worker that finds the item in other hands after all takes the next job."""
        store.create([job("s/1", 2), job("s/2")])
        take(store)
        store.create([job("s/1", 1)])
        assert take(store).item_id == "s/2"
        assert claim(store) is None

    def test_claimed_with_what_is_held(self, store: JobStore) -> None:
        """A claimed job knows what the place holds of its item."""
        store.create([job()])
        deliver(store, notes={"parts": ["1", "2"]})
        store.create([job(revision=2, action=Action.UPDATE)])
        assert take(store).held == receipt(notes={"parts": ["1", "2"]})

    def test_pause(self, store: JobStore, clock: Clock) -> None:
        """While a destination is paused nobody claims there; a shorter pause shortens nothing."""
        store.create([job()])
        store.pause("d", START + timedelta(seconds=9))
        store.pause("d", START + timedelta(seconds=3))
        clock.go(seconds=8)
        assert claim(store) is None
        assert store.next_due(QUEUE) == START + timedelta(seconds=9)
        clock.go(seconds=1)
        assert claim(store) is not None

    def test_pace(self, store: JobStore, clock: Clock, reopen: Callable[[], JobStore]) -> None:
        """Turns lie evenly, whoever takes them; what was not used is not saved up; each account has its own."""
        other = reopen()
        turns = [each.pace("a", 4) for each in (store, other, store)]
        assert turns == [timedelta(0), timedelta(seconds=0.25), timedelta(seconds=0.5)]
        assert other.pace("b", 4) == timedelta(0)
        clock.go(seconds=0.6)
        assert other.pace("a", 4) == timedelta(seconds=0.15)
        clock.go(hours=1)
        assert [store.pace("a", 4) for _ in range(2)] == [timedelta(0), timedelta(seconds=0.25)]

    def test_per_day(self, store: JobStore, clock: Clock) -> None:
        """A day's number is free again exactly 24 hours after its first job was sent."""
        queue = Queue("s", "d", per_day=2)
        store.create([job(f"s/{number}") for number in range(3)])
        for _ in range(2):
            taken = take(store, queue)
            store.finish(store.mark_sending(taken), receipt(), run_id="r")
            clock.go(hours=1)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + DAY
        clock.go(hours=22, microseconds=-1)
        assert claim(store, queue) is None
        clock.go(microseconds=1)
        assert claim(store, queue) is not None

    def test_in_order(self, store: JobStore, clock: Clock) -> None:
        """In an ordered queue a job waits for all before it: in hand, waiting or dead."""
        queue = Queue("s", "d", in_order=True)
        store.create([job(f"s/{number}") for number in range(3)])
        taken = take(store, queue)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + LEASE
        store.release(taken, None, not_before=START + timedelta(seconds=9), in_doubt=False, counts=False)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + timedelta(seconds=9)
        clock.go(seconds=9)
        taken = take(store, queue)
        assert taken.item_id == "s/0"
        store.fail(taken, Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        assert claim(store, queue) is None
        assert store.next_due(queue) is None
        assert store.skip([taken.key], run_id="r") == [taken.key]
        assert take(store, queue).item_id == "s/1"

    def test_per_day_in_hand(self, store: JobStore) -> None:
        """A job in a worker's hands counts before it is sent."""
        queue = Queue("s", "d", per_day=1)
        store.create([job("s/1"), job("s/2")])
        taken = take(store, queue)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + LEASE
        store.release(taken, None, not_before=None, in_doubt=False, counts=False)
        assert claim(store, queue) is not None

    def test_per_day_not_taken(self, store: JobStore) -> None:
        """A request that was not taken spends nothing of the day."""
        queue = Queue("s", "d", per_day=1)
        store.create([job()])
        taken = store.mark_sending(take(store, queue))
        store.release(taken, None, not_before=None, in_doubt=False, counts=True)
        assert claim(store, queue) is not None

    def test_next_due(self, store: JobStore, clock: Clock) -> None:
        """The earliest moment counts: now, a wait's end or a lease's end; none when nothing is open."""
        assert store.next_due(QUEUE) is None
        store.create([job("s/1", not_before=START + timedelta(seconds=90))])
        assert store.next_due(QUEUE) == START + timedelta(seconds=90)
        store.create([job("s/2")])
        due = store.next_due(QUEUE)
        assert due is not None
        assert due <= clock()
        take(store)
        assert store.next_due(QUEUE) == START + LEASE

    def test_next_due_blocked(self, store: JobStore) -> None:
        """What waits for a person is due at no time."""
        store.create([failed(reason=Reason.UNKNOWN), job(revision=2)])
        assert store.next_due(QUEUE) is None
