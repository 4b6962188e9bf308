"""Several at once: what one worker's hands claim together, mark and finish side by side, and give back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from adapters.conformance.stores.samples import LEASE, QUEUE, Clock, claim, deliver, failure, job, kept, receipt, take
from adapters.contracts.errors import LeaseLost
from adapters.contracts.jobs import Job, Reason, State
from adapters.contracts.store import JobStore, Queue


def claim_several(store: JobStore, number: int, queue: Queue = QUEUE) -> list[Job]:
    """Claim up to so many jobs."""
    return store.claim_several(queue, number, owner="me", run_id="r", lease=LEASE)


class Several:
    """What one worker's hands do together."""

    def test_several_oldest_first(self, store: JobStore) -> None:
        """The oldest come first, each as if it had been claimed alone, and no more than were asked for."""
        store.create([job(f"s/{number}") for number in (3, 1, 2)])
        taken = claim_several(store, 2)
        assert [one.item_id for one in taken] == ["s/3", "s/1"]
        assert {(one.state, one.owner, one.attempt) for one in taken} == {(State.RUNNING, "me", 1)}
        assert [one.item_id for one in claim_several(store, 5)] == ["s/2"]
        assert claim_several(store, 5) == []

    def test_several_know_what_is_held(self, store: JobStore) -> None:
        """Each comes with what the place holds of its item."""
        store.create([job("s/1"), job("s/2")])
        deliver(store, remote_id="one")
        deliver(store, remote_id="two")
        store.create([job("s/1", 2), job("s/2", 2)])
        held = {one.item_id: one.held.remote_id for one in claim_several(store, 5) if one.held}
        assert held == {"s/1": "one", "s/2": "two"}

    def test_several_of_one_item(self, store: JobStore) -> None:
        """An item is in one hand at a time."""
        store.create([job("s/1", 1), job("s/1", 2), job("s/2")])
        assert [one.key for one in claim_several(store, 5)] == [job("s/1", 1).key, job("s/2").key]

    def test_tried_before_goes_alone(self, store: JobStore, clock: Clock) -> None:
        """A job that was claimed in vain may be the one that kills its worker: no other is counted for it."""
        store.create([job(f"s/{number}") for number in (1, 2, 3)])
        take(store)
        clock.go(seconds=61)
        assert [(one.item_id, one.attempt) for one in claim_several(store, 5)] == [("s/1", 2)]
        assert [one.item_id for one in claim_several(store, 5)] == ["s/2", "s/3"]

    def test_tried_before_ends_the_claim(self, store: JobStore) -> None:
        """Those before it are claimed without it."""
        store.create([job("s/1"), job("s/2", attempt=1), job("s/3")])
        assert [one.item_id for one in claim_several(store, 5)] == ["s/1"]

    def test_in_order_one_by_one(self, store: JobStore) -> None:
        """An ordered queue gives one at a time."""
        store.create([job("s/1"), job("s/2")])
        assert len(claim_several(store, 5, Queue("s", "d", in_order=True))) == 1

    def test_a_daily_number_holds(self, store: JobStore) -> None:
        """However many are asked for, no more than the day's number are begun."""
        store.create([job(f"s/{number}") for number in range(5)])
        queue = Queue("s", "d", per_day=2)
        assert [len(claim_several(store, 5, queue)) for _ in range(3)] == [1, 1, 0]

    def test_paused(self, store: JobStore, clock: Clock) -> None:
        """A place that is left alone gets none."""
        store.create([job("s/1"), job("s/2")])
        store.pause("d", clock() + LEASE)
        assert claim_several(store, 5) == []

    def test_put_back(self, store: JobStore) -> None:
        """A job that was not begun is as it was: no attempt is counted, and what is known of it stays."""
        store.create([job()])
        store.fail(store.mark_sending(take(store)), Reason.UNKNOWN, failure(), run_id="r", in_doubt=True)
        store.redrive([job().key], run_id="r")
        before = kept(store, job().key)
        store.put_back(take(store))
        after = kept(store, job().key)
        assert (after.state, after.attempt, after.owner, after.lease_until) == (State.PENDING, 0, "", None)
        assert (after.last_sent_at, after.sent_at) == (before.last_sent_at, before.sent_at)
        assert after.last_sent_at is not None

    def test_side_by_side(self, store: JobStore) -> None:
        """Many threads mark and finish at one moment: each job is marked, done, and known to be held."""
        store.create([job(f"s/{number}") for number in range(24)])
        taken, gate = claim_several(store, 24), Barrier(24)

        def do(one: Job) -> Job:
            gate.wait(30)
            marked = store.mark_sending(one)
            store.finish(marked, receipt(remote_id=one.item_id), run_id="r")
            return marked

        with ThreadPoolExecutor(24) as hands:
            marked = list(hands.map(do, taken))
        assert [one.key for one in marked] == [one.key for one in taken]
        assert all(one.sent_at == one.last_sent_at is not None for one in marked)
        known = store.known("d", [one.item_id for one in taken])
        assert {name: one.held.remote_id for name, one in known.items() if one.held} == {n: n for n in known}
        assert {kept(store, one.key).state for one in taken} == {State.DONE}
        assert claim(store) is None

    def test_one_of_many_has_lost_its_lease(self, store: JobStore, clock: Clock) -> None:
        """Whose lease is over is told so, and the others beside it are not."""
        store.create([job("s/1")])
        late = take(store)
        clock.go(seconds=61)
        assert take(store, owner="another").key == late.key
        store.create([job(f"s/{number}") for number in range(2, 9)])
        fresh, gate = claim_several(store, 8), Barrier(8)

        def do(one: Job) -> str:
            gate.wait(30)
            try:
                store.finish(one, receipt(), run_id="r")
            except LeaseLost:
                return one.item_id
            return ""

        with ThreadPoolExecutor(8) as hands:
            lost = [name for name in hands.map(do, [late, *fresh]) if name]
        assert lost == ["s/1"]
        with pytest.raises(LeaseLost):
            store.mark_sending(late)
