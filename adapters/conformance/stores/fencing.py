"""Fencing: what the worker of a claimed job may change in it, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.conformance.stores.samples import (
    DAY,
    FENCED,
    LEASE,
    START,
    Clock,
    deliver,
    failure,
    item,
    job,
    kept,
    receipt,
    take,
    use,
)
from adapters.contracts.errors import LeaseLost
from adapters.contracts.jobs import Action, Outcome, Reason, State
from adapters.contracts.store import JobStore


class Fencing:
    """What a worker does with a claimed job."""

    @pytest.mark.parametrize("verb", FENCED)
    def test_fenced_by_the_lease(self, store: JobStore, clock: Clock, verb: str) -> None:
        """Whose lease is over can change nothing."""
        store.create([job()])
        taken = take(store)
        clock.go(seconds=60)
        with pytest.raises(LeaseLost):
            use(store, verb, taken)

    @pytest.mark.parametrize("verb", FENCED)
    @pytest.mark.parametrize("change", [{"owner": "thief"}, {"attempt": 2}, {"key": "d|s/9|1"}])
    def test_another_workers_job(self, store: JobStore, verb: str, change: dict[str, Any]) -> None:
        """Another's owner, attempt or key opens nothing."""
        store.create([job()])
        taken = take(store)
        with pytest.raises(LeaseLost):
            use(store, verb, taken.model_copy(update=change))
        use(store, verb, taken)

    @pytest.mark.parametrize("verb", FENCED)
    def test_given_back_is_nobodys(self, store: JobStore, verb: str) -> None:
        """A job that was given back is nobody's."""
        store.create([job()])
        taken = take(store)
        use(store, "release", taken)
        with pytest.raises(LeaseLost):
            use(store, verb, taken)

    def test_first_mark_stays(self, store: JobStore, clock: Clock) -> None:
        """The doubt's time is the first request's."""
        store.create([job()])
        taken = store.mark_sending(take(store))
        clock.go(seconds=5)
        assert store.mark_sending(taken).sent_at == START
        assert kept(store, taken.key).sent_at == START

    def test_progress_renews_the_lease(self, store: JobStore, clock: Clock) -> None:
        """Progress is kept and renews the lease."""
        store.create([job()])
        clock.go(seconds=1)
        taken = take(store)
        clock.go(seconds=50)
        taken = store.save_progress(taken, {"step": 1}, LEASE)
        assert (taken.progress, taken.lease_until, taken.item) == ({"step": 1}, clock() + LEASE, item())
        assert store.get(taken.key) == taken

    def test_another_attempt(self, store: JobStore, clock: Clock) -> None:
        """One more attempt renews the lease and shuts out who knows only the former."""
        store.create([job()])
        former = take(store)
        clock.go(seconds=50)
        taken = store.begin_attempt(former, LEASE)
        assert (taken.attempt, taken.lease_until) == (2, clock() + LEASE)
        with pytest.raises(LeaseLost):
            store.mark_sending(former)

    def test_finish(self, store: JobStore) -> None:
        """A finished job is delivered, without doubt, and the place holds its receipt."""
        store.create([job()])
        store.finish(store.mark_sending(take(store)), receipt(), run_id="r")
        done = kept(store, job().key)
        expected = (State.DONE, Outcome.DELIVERED, receipt(), "r", False, "", None)
        assert (
            done.state,
            done.outcome,
            done.receipt,
            done.ended_by,
            done.in_doubt,
            done.owner,
            done.lease_until,
        ) == expected
        assert store.known("d", ["s/1"])["s/1"].held == receipt()
        assert store.held_ids("s", "d") == ["s/1"]

    def test_finish_a_delete(self, store: JobStore) -> None:
        """After a delete the place holds nothing, and that is known."""
        store.create([job()])
        deliver(store)
        store.create([job(revision=2, action=Action.DELETE, item=None)])
        deliver(store)
        held = store.known("d", ["s/1"])["s/1"].held
        assert held is not None
        assert held.deleted
        assert store.held_ids("s", "d") == []

    @pytest.mark.parametrize("in_doubt", [True, False])
    def test_fail(self, store: JobStore, *, in_doubt: bool) -> None:
        """A dead letter keeps its reason and history, and its doubt if there is any."""
        store.create([job()])
        taken = store.mark_sending(take(store))
        store.fail(taken, Reason.EXHAUSTED, failure(), run_id="r", in_doubt=in_doubt)
        dead = kept(store, taken.key)
        expected = (State.FAILED, Reason.EXHAUSTED, (failure(),), "r", START if in_doubt else None)
        assert (dead.state, dead.reason, dead.failures, dead.ended_by, dead.sent_at) == expected

    @pytest.mark.parametrize("in_doubt", [True, False])
    def test_release(self, store: JobStore, *, in_doubt: bool) -> None:
        """A job given back waits, and keeps its doubt if there is any."""
        store.create([job()])
        taken = store.mark_sending(take(store))
        store.release(taken, failure(), not_before=START + DAY, in_doubt=in_doubt, counts=True)
        back = kept(store, taken.key)
        expected = (State.PENDING, "", START + DAY, START if in_doubt else None, 1)
        assert (back.state, back.owner, back.not_before, back.sent_at, back.attempt) == expected

    def test_release_uncounted(self, store: JobStore) -> None:
        """Being told to wait is no attempt."""
        store.create([job()])
        store.release(take(store), None, not_before=None, in_doubt=False, counts=False)
        assert kept(store, job().key).attempt == 0

    def test_last_failures(self, store: JobStore) -> None:
        """The newest failures are kept, oldest first; how many is the store's own choice."""
        store.create([job()])
        for number in range(12):
            store.release(take(store), failure(str(number)), not_before=None, in_doubt=False, counts=True)
        messages = [one.message for one in kept(store, job().key).failures]
        assert messages[-2:] == ["10", "11"]
        assert messages == [str(number) for number in range(12)][-len(messages) :]

    def test_cancel_a_claimed_job(self, store: JobStore) -> None:
        """A job with which nothing is left to do is closed and leaves no receipt."""
        store.create([job(action=Action.DELETE, item=None)])
        store.cancel(take(store), run_id="r")
        assert kept(store, job().key).outcome is Outcome.CANCELLED
        assert store.known("d", ["s/1"])["s/1"].held is None

    def test_the_last_mark(self, store: JobStore, clock: Clock) -> None:
        """The last request's time is kept beside the first's, even when a person lifts the doubt, until an answer."""
        store.create([job()])
        taken = store.mark_sending(take(store))
        clock.go(seconds=5)
        assert store.mark_sending(taken).last_sent_at == clock()
        store.release(taken, None, not_before=None, in_doubt=True, counts=True)
        taken = take(store)
        assert (taken.sent_at, taken.last_sent_at) == (START, clock())
        store.fail(taken, Reason.UNKNOWN, failure(), run_id="r", in_doubt=True)
        store.redrive([taken.key], run_id="r")
        taken = take(store)
        assert (taken.sent_at, taken.last_sent_at) == (None, clock())
        store.release(taken, None, not_before=None, in_doubt=False, counts=True)
        assert kept(store, taken.key).last_sent_at is None
