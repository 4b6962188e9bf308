"""Records, and that they outlive the handle they were made with."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from adapters.conformance.stores.samples import (
    FENCED,
    LEASE,
    START,
    Clock,
    claim,
    deliver,
    failed,
    failure,
    item,
    job,
    kept,
    page,
    receipt,
    take,
    use,
)
from adapters.contracts.errors import LeaseLost
from adapters.contracts.item import Unreadable
from adapters.contracts.jobs import State, job_key
from adapters.contracts.runs import PairRecord
from adapters.contracts.store import Conflict, Cursor, JobStore


class Lifecycle:
    """Creating, reading and repairing jobs."""

    def test_round_trip(self, store: JobStore, clock: Clock) -> None:
        """A job comes back as it was recorded."""
        made = job(failures=(failure(),), progress={"a": [1]}, not_before=START, attempt=3, planned_by="p")
        store.create([made])
        assert store.get(made.key) == made.model_copy(update={"created_at": clock(), "updated_at": clock()})

    def test_unknown_key(self, store: JobStore) -> None:
        """A key never heard of is None."""
        assert store.get("nothing") is None

    def test_a_known_key_keeps_all_out(self, store: JobStore) -> None:
        """One key that exists keeps the whole list out."""
        store.create([job("s/1")])
        with pytest.raises(Conflict):
            store.create([job("s/2"), job("s/1")])
        assert store.get(job("s/2").key) is None

    def test_unreadable_bytes(self, store: JobStore) -> None:
        """An unreadable piece keeps its bytes, which are no UTF-8."""
        piece = Unreadable(where="byte 3", error="bad", data=b"\xff\x00\xfe", sha256="ab")
        store.create([failed(piece.id, item=None, unreadable=piece)])
        assert kept(store, job_key("d", piece.id, 1)).unreadable == piece

    def test_replaced_by_hand(self, store: JobStore) -> None:
        """A job that nobody works on is replaced, its item too."""
        store.create([failed()])
        store.update(job(text="new", attempt=7))
        found = kept(store, job().key)
        assert (found.state, found.reason, found.attempt, found.item) == (State.PENDING, None, 7, item(text="new"))

    def test_a_running_job_is_not_replaced(self, store: JobStore) -> None:
        """A running job is its worker's."""
        store.create([job()])
        take(store)
        with pytest.raises(Conflict):
            store.update(job())

    def test_nothing_to_replace(self, store: JobStore) -> None:
        """There must be a job to replace."""
        with pytest.raises(KeyError):
            store.update(job())

    def test_the_stores_time(self, store: JobStore, clock: Clock) -> None:
        """The store's time is its clock's."""
        assert store.now() == clock()

    def test_pairs(self, store: JobStore) -> None:
        """A pair's record is remembered, the newest one."""
        assert store.pair("s", "d") is None
        record = PairRecord(source_id="s", destination_id="d", service="x", settings={"a": 1}, baseline=START)
        store.save_pair(record)
        store.save_pair(record.model_copy(update={"begun": True}))
        assert store.pair("s", "d") == record.model_copy(update={"begun": True})

    def test_every_pair(self, store: JobStore) -> None:
        """Pairs are told in the order of their names; one that is paused stays so whatever its runs remember."""
        records = [PairRecord(source_id=s, destination_id="d", service="x", name=f"{s} → d") for s in ("b", "a")]
        for record in records:
            store.save_pair(record)
        store.pause_pair("a", "d", "the token is being changed")
        store.save_pair(records[1])
        paused = records[1].model_copy(update={"paused": "the token is being changed"})
        assert store.pairs() == [paused, records[0]]
        store.pause_pair("a", "d", "")
        assert store.pair("a", "d") == records[1]
        with pytest.raises(KeyError, match="nobody"):
            store.pause_pair("nobody", "d", "why")

    def test_another_handle_sees_it(self, store: JobStore, reopen: Callable[[], JobStore]) -> None:
        """What was recorded is there for another process: jobs, receipts, cursor and pair."""
        page(store, create=[job("s/1"), job("s/2")], cursor=Cursor("all", "7"))
        store.save_pair(PairRecord(source_id="s", destination_id="d", service="x"))
        deliver(store)
        other = reopen()
        assert other.get(job("s/1").key) == store.get(job("s/1").key)
        assert (other.held_ids("s", "d"), other.cursor("s", "d", "all")) == (["s/1", "s/2"], "7")
        assert other.pair("s", "d") == store.pair("s", "d")
        assert take(other).item_id == "s/2"

    def test_one_identity(self, store: JobStore, reopen: Callable[[], JobStore]) -> None:
        """The store's birth id stays, whoever opens it."""
        assert store.birth_id
        assert store.birth_id == reopen().birth_id

    def test_no_job_twice(self, store: JobStore, reopen: Callable[[], JobStore]) -> None:
        """What one handle has claimed no other gets, and the pause of one is the pause of all."""
        store.create([job("s/1"), job("s/2")])
        other = reopen()
        assert (take(store).item_id, take(other).item_id) == ("s/1", "s/2")
        assert claim(store) is None
        assert claim(other) is None
        store.create([job("s/3")])
        store.pause("d", START + LEASE)
        assert claim(other) is None

    def test_taken_over_by_another(self, store: JobStore, clock: Clock, reopen: Callable[[], JobStore]) -> None:
        """Once another worker has the job, the former can neither send nor finish, back in time or not."""
        store.create([job()])
        former = take(store)
        clock.go(seconds=60)
        other = reopen()
        taken = take(other, owner="other")
        for verb in FENCED:
            with pytest.raises(LeaseLost):
                use(store, verb, former)
        use(other, "finish", taken)

    def test_threads_share_it(self, store: JobStore) -> None:
        """Eight threads on one handle: each job is claimed and finished once."""
        store.create([job(f"s/{number}") for number in range(100)])
        done: list[str] = []

        def work() -> None:
            while taken := claim(store):
                done.append(taken.key)
                store.finish(taken, receipt(), run_id="r")

        threads = [Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(done)) == len(done) == 100
