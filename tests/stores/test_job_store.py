"""The job store's promises, sentence by sentence, in each of its places."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text

from adapters.contracts.errors import ConfigurationError, LeaseLost, StoreUnavailable
from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.jobs import (
    Action,
    Conflict,
    Counts,
    Cursor,
    DeadLetterFilter,
    Descriptor,
    Failure,
    Job,
    Outcome,
    PagePlan,
    PairRecord,
    Queue,
    Reason,
    Receipt,
    RunRecord,
    State,
    job_key,
)
from adapters.stores.memory import memory_store
from adapters.stores.sql import SqlJobStore, engine_of, schema
from adapters.stores.sql.tables import jobs as jobs_table
from adapters.stores.sql.tables import metadata

LEASE = timedelta(seconds=60)
DAY = timedelta(hours=24)
START = datetime(2026, 1, 1, tzinfo=UTC)
QUEUE = Queue("s", "d")
PAIR = Descriptor(source_id="s", destination_id="d", parameters={"signature": True})


def item(item_id="s/1", text="text"):
    """Build an item."""
    return ContentItem(id=item_id, version=f"list.1:{text}", published_at=START, text=text)


def job(item_id="s/1", revision=1, text="text", **more):
    """Build a job, pending unless told otherwise."""
    content = item(item_id, text)
    fields = {
        "key": job_key("d", item_id, revision),
        "descriptor": PAIR,
        "item_id": item_id,
        "revision": revision,
        "action": Action.CREATE,
        "version": content.version,
        "item": content,
    }
    return Job(**fields | more)


def failed(item_id="s/1", revision=1, reason=Reason.REJECTED, **more):
    """Build a dead letter."""
    return job(item_id, revision, state=State.FAILED, reason=reason, **more)


def claim(store, queue=QUEUE, owner="me", run_id="r", lease=LEASE):
    """Claim the next job."""
    return store.claim_next(queue, owner=owner, run_id=run_id, lease=lease)


def receipt(version="list.1:text", remote_id="1", **more):
    """Build a receipt."""
    return Receipt(remote_id=remote_id, url="https://place/1", at=START, version=version, changed_at=START, **more)


def failure(message="no", error="Rejected", attempt=1):
    """Build a failure."""
    return Failure(at=START, attempt=attempt, error=error, message=message)


def begin(store, run_id="r"):
    """Begin a run of the pair."""
    return store.begin_run(RunRecord(run_id=run_id, source_id="s", destination_id="d"))


def page(store, run_id="r", **plan):
    """Commit a page of the pair."""
    store.commit_page(run_id, "s", "d", PagePlan(**plan))


def deliver(store, run_id="r", **more):
    """Claim the next job and finish it."""
    taken = claim(store, run_id=run_id)
    store.finish(taken, receipt(taken.version, **more), run_id=run_id)
    return taken


def end_as(store, how, taken):
    """Use one of the fenced verbs."""
    verbs = {
        "mark_sending": lambda: store.mark_sending(taken),
        "save_progress": lambda: store.save_progress(taken, {"step": 1}, LEASE),
        "begin_attempt": lambda: store.begin_attempt(taken, LEASE),
        "finish": lambda: store.finish(taken, receipt(), run_id="r"),
        "fail": lambda: store.fail(taken, Reason.REJECTED, failure(), run_id="r", in_doubt=False),
        "release": lambda: store.release(taken, None, not_before=None, in_doubt=False, counts=True),
        "cancel": lambda: store.cancel(taken, run_id="r"),
    }
    return verbs[how]()


FENCED = ["mark_sending", "save_progress", "begin_attempt", "finish", "fail", "release", "cancel"]


class TestRecords:
    """Creating, reading and repairing jobs."""

    def test_round_trip(self, store, clock):
        """A job comes back as it was recorded."""
        made = job(failures=(failure(),), progress={"a": [1]}, not_before=START, attempt=3, planned_by="p")
        store.create([made])
        assert store.get(made.key) == made.model_copy(update={"created_at": clock(), "updated_at": clock()})

    def test_unknown_key(self, store):
        """A key never heard of is None."""
        assert store.get("nothing") is None

    def test_conflict_records_none(self, store):
        """One key that exists keeps the whole list out."""
        store.create([job("s/1")])
        with pytest.raises(Conflict):
            store.create([job("s/2"), job("s/1")])
        assert store.get(job("s/2").key) is None

    def test_unreadable_bytes(self, store):
        """An unreadable piece keeps its bytes, which are no UTF-8."""
        piece = Unreadable(where="byte 3", error="bad", data=b"\xff\x00\xfe", sha256="ab")
        store.create([failed(piece.id, item=None, unreadable=piece)])
        assert store.get(job_key("d", piece.id, 1)).unreadable == piece

    def test_update(self, store):
        """A job that nobody works on is replaced, its item too."""
        store.create([failed()])
        store.update(job(text="new", attempt=7))
        found = store.get(job().key)
        assert (found.state, found.reason, found.attempt, found.item.text) == (State.PENDING, None, 7, "new")

    def test_update_running(self, store):
        """A running job is its worker's."""
        store.create([job()])
        claim(store)
        with pytest.raises(Conflict):
            store.update(job())

    def test_update_nothing(self, store):
        """There must be a job to replace."""
        with pytest.raises(KeyError):
            store.update(job())

    def test_time(self, store, clock):
        """The store's time is its clock's."""
        assert store.now() == clock()

    def test_pairs(self, store):
        """A pair's record is remembered, the newest one."""
        assert store.pair("s", "d") is None
        record = PairRecord(source_id="s", destination_id="d", service="x", settings={"a": 1}, baseline=START)
        store.save_pair(record)
        store.save_pair(record.model_copy(update={"begun": True}))
        assert store.pair("s", "d") == record.model_copy(update={"begun": True})


class TestClaiming:
    """Which job a worker gets."""

    def test_claim(self, store, clock):
        """The claim sets owner and lease, counts an attempt and comes with its item."""
        store.create([job()])
        taken = claim(store, owner="w")
        expected = (State.RUNNING, "w", clock() + LEASE, 1, item())
        assert (taken.state, taken.owner, taken.lease_until, taken.attempt, taken.item) == expected
        assert claim(store) is None

    def test_oldest_first(self, store):
        """Jobs are claimed in the order in which they were recorded."""
        store.create([job(f"s/{number}") for number in (3, 1, 2)])
        assert [claim(store).item_id for _ in range(3)] == ["s/3", "s/1", "s/2"]

    def test_other_pairs(self, store):
        """A queue is one pair's."""
        store.create([job()])
        assert claim(store, Queue("s", "elsewhere")) is None
        assert claim(store, Queue("other", "d")) is None

    def test_keys(self, store):
        """A queue of some keys gives these only, thousands of them if need be."""
        store.create([job("s/1"), job("s/2")])
        queue = Queue("s", "d", keys=frozenset({job("s/2").key, *map(str, range(40_000))}))
        assert claim(store, queue).item_id == "s/2"
        assert claim(store, queue) is None

    def test_not_before(self, store, clock):
        """A job that waits is due at its moment, not earlier."""
        store.create([job(not_before=START + timedelta(seconds=5))])
        clock.go(seconds=5, microseconds=-1)
        assert claim(store) is None
        clock.go(microseconds=1)
        assert claim(store) is not None

    def test_lease_over(self, store, clock):
        """A job whose lease is over is claimed again, its doubt and its first time kept."""
        store.create([job()])
        store.mark_sending(claim(store))
        clock.go(seconds=59)
        assert claim(store) is None
        clock.go(seconds=1)
        again = claim(store, owner="other")
        assert (again.attempt, again.sent_at, again.in_doubt) == (2, START, True)

    @pytest.mark.parametrize(
        "earlier",
        [job(), job(not_before=START + DAY), failed(reason=Reason.UNKNOWN)],
        ids=["pending", "waiting", "unknown"],
    )
    def test_blocked(self, store, earlier):
        """A job behind an unsettled earlier revision of its item is not due."""
        store.create([earlier, job(revision=2)])
        taken = claim(store)
        assert taken is None or taken.revision == 1
        assert claim(store) is None

    @pytest.mark.parametrize("earlier", [failed(), failed(reason=Reason.EXHAUSTED), job(state=State.DONE)])
    def test_not_blocked(self, store, earlier):
        """A settled earlier revision blocks nothing."""
        store.create([earlier, job(revision=2)])
        assert claim(store).revision == 2

    def test_one_worker_an_item(self, store):
        """The database itself refuses a second running job of an item."""
        store.create([job()])
        claim(store)
        with pytest.raises(Conflict):
            store.create([job(revision=2, state=State.RUNNING)])

    def test_loser_takes_the_next(self, store):
        """A worker that finds the item in other hands after all takes the next job."""
        store.create([job("s/1", 2), job("s/2")])
        claim(store)
        store.create([job("s/1", 1)])
        assert claim(store).item_id == "s/2"
        assert claim(store) is None

    def test_held(self, store):
        """A claimed job knows what the place holds of its item."""
        store.create([job()])
        deliver(store)
        store.create([job(revision=2, action=Action.UPDATE)])
        assert claim(store).held == receipt()

    def test_pause(self, store, clock):
        """While a destination is paused nobody claims there; a shorter pause shortens nothing."""
        store.create([job()])
        store.pause("d", START + timedelta(seconds=9))
        store.pause("d", START + timedelta(seconds=3))
        clock.go(seconds=8)
        assert claim(store) is None
        assert store.next_due(QUEUE) == START + timedelta(seconds=9)
        clock.go(seconds=1)
        assert claim(store) is not None

    def test_per_day(self, store, clock):
        """A day's number is free again exactly 24 hours after its first job was sent."""
        queue = Queue("s", "d", per_day=2)
        store.create([job(f"s/{number}") for number in range(3)])
        for _ in range(2):
            taken = claim(store, queue)
            store.finish(store.mark_sending(taken), receipt(), run_id="r")
            clock.go(hours=1)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + DAY
        clock.go(hours=22, microseconds=-1)
        assert claim(store, queue) is None
        clock.go(microseconds=1)
        assert claim(store, queue) is not None

    def test_in_order(self, store, clock):
        """In an ordered queue a job waits for all before it: in hand, waiting or dead."""
        queue = Queue("s", "d", in_order=True)
        store.create([job(f"s/{number}") for number in range(3)])
        taken = claim(store, queue)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + LEASE
        store.release(taken, None, not_before=START + timedelta(seconds=9), in_doubt=False, counts=False)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + timedelta(seconds=9)
        clock.go(seconds=9)
        taken = claim(store, queue)
        assert taken.item_id == "s/0"
        store.fail(taken, Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        assert claim(store, queue) is None
        assert store.next_due(queue) is None
        assert store.skip([taken.key], run_id="r") == [taken.key]
        assert claim(store, queue).item_id == "s/1"

    def test_per_day_in_hand(self, store):
        """A job in a worker's hands counts before it is sent."""
        queue = Queue("s", "d", per_day=1)
        store.create([job("s/1"), job("s/2")])
        taken = claim(store, queue)
        assert claim(store, queue) is None
        assert store.next_due(queue) == START + LEASE
        store.release(taken, None, not_before=None, in_doubt=False, counts=False)
        assert claim(store, queue) is not None

    def test_per_day_not_taken(self, store):
        """A request that was not taken spends nothing of the day."""
        queue = Queue("s", "d", per_day=1)
        store.create([job()])
        taken = store.mark_sending(claim(store, queue))
        store.release(taken, None, not_before=None, in_doubt=False, counts=True)
        assert claim(store, queue) is not None

    def test_next_due(self, store, clock):
        """The earliest moment counts: now, a wait's end or a lease's end; none when nothing is open."""
        assert store.next_due(QUEUE) is None
        store.create([job("s/1", not_before=START + timedelta(seconds=90))])
        assert store.next_due(QUEUE) == START + timedelta(seconds=90)
        store.create([job("s/2")])
        assert store.next_due(QUEUE) <= clock()
        claim(store)
        assert store.next_due(QUEUE) == START + LEASE

    def test_next_due_blocked(self, store):
        """What waits for a person is due at no time."""
        store.create([failed(reason=Reason.UNKNOWN), job(revision=2)])
        assert store.next_due(QUEUE) is None


class TestHolding:
    """What a worker does with a claimed job."""

    @pytest.mark.parametrize("verb", FENCED)
    def test_lease_is_over(self, store, clock, verb):
        """Whose lease is over can change nothing."""
        store.create([job()])
        taken = claim(store)
        clock.go(seconds=60)
        with pytest.raises(LeaseLost):
            end_as(store, verb, taken)

    @pytest.mark.parametrize("verb", FENCED)
    @pytest.mark.parametrize("change", [{"owner": "thief"}, {"attempt": 2}, {"key": "d|s/9|1"}])
    def test_not_mine(self, store, verb, change):
        """Another's owner, attempt or key opens nothing."""
        store.create([job()])
        taken = claim(store)
        with pytest.raises(LeaseLost):
            end_as(store, verb, taken.model_copy(update=change))
        end_as(store, verb, taken)

    @pytest.mark.parametrize("verb", FENCED)
    def test_given_back(self, store, verb):
        """A job that was given back is nobody's."""
        store.create([job()])
        taken = claim(store)
        end_as(store, "release", taken)
        with pytest.raises(LeaseLost):
            end_as(store, verb, taken)

    def test_first_mark_stays(self, store, clock):
        """The doubt's time is the first request's."""
        store.create([job()])
        taken = store.mark_sending(claim(store))
        clock.go(seconds=5)
        assert store.mark_sending(taken).sent_at == START
        assert store.get(taken.key).sent_at == START

    def test_progress(self, store, clock):
        """Progress is kept and renews the lease."""
        store.create([job()])
        clock.go(seconds=1)
        taken = claim(store)
        clock.go(seconds=50)
        taken = store.save_progress(taken, {"step": 1}, LEASE)
        assert (taken.progress, taken.lease_until, taken.item) == ({"step": 1}, clock() + LEASE, item())
        assert store.get(taken.key) == taken

    def test_another_attempt(self, store, clock):
        """One more attempt renews the lease and shuts out who knows only the former."""
        store.create([job()])
        former = claim(store)
        clock.go(seconds=50)
        taken = store.begin_attempt(former, LEASE)
        assert (taken.attempt, taken.lease_until) == (2, clock() + LEASE)
        with pytest.raises(LeaseLost):
            store.mark_sending(former)

    def test_finish(self, store):
        """A finished job is delivered, without doubt, and the place holds its receipt."""
        store.create([job()])
        store.finish(store.mark_sending(claim(store)), receipt(), run_id="r")
        done = store.get(job().key)
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

    def test_finish_a_delete(self, store):
        """After a delete the place holds nothing, and that is known."""
        store.create([job()])
        deliver(store)
        store.create([job(revision=2, action=Action.DELETE, item=None)])
        deliver(store)
        assert store.known("d", ["s/1"])["s/1"].held.deleted
        assert store.held_ids("s", "d") == []

    @pytest.mark.parametrize("in_doubt", [True, False])
    def test_fail(self, store, in_doubt):
        """A dead letter keeps its reason and history, and its doubt if there is any."""
        store.create([job()])
        taken = store.mark_sending(claim(store))
        store.fail(taken, Reason.EXHAUSTED, failure(), run_id="r", in_doubt=in_doubt)
        dead = store.get(taken.key)
        expected = (State.FAILED, Reason.EXHAUSTED, (failure(),), "r", START if in_doubt else None)
        assert (dead.state, dead.reason, dead.failures, dead.ended_by, dead.sent_at) == expected

    @pytest.mark.parametrize("in_doubt", [True, False])
    def test_release(self, store, in_doubt):
        """A job given back waits, and keeps its doubt if there is any."""
        store.create([job()])
        taken = store.mark_sending(claim(store))
        store.release(taken, failure(), not_before=START + DAY, in_doubt=in_doubt, counts=True)
        back = store.get(taken.key)
        expected = (State.PENDING, "", START + DAY, START if in_doubt else None, 1)
        assert (back.state, back.owner, back.not_before, back.sent_at, back.attempt) == expected

    def test_release_uncounted(self, store):
        """Being told to wait is no attempt."""
        store.create([job()])
        store.release(claim(store), None, not_before=None, in_doubt=False, counts=False)
        assert store.get(job().key).attempt == 0

    def test_last_failures(self, store):
        """The last ten failures are kept."""
        store.create([job()])
        for number in range(12):
            store.release(claim(store), failure(str(number)), not_before=None, in_doubt=False, counts=True)
        assert [one.message for one in store.get(job().key).failures] == [str(number) for number in range(2, 12)]

    def test_cancel(self, store):
        """A job with which nothing is left to do is closed and leaves no receipt."""
        store.create([job(action=Action.DELETE, item=None)])
        store.cancel(claim(store), run_id="r")
        assert store.get(job().key).outcome is Outcome.CANCELLED
        assert store.known("d", ["s/1"])["s/1"].held is None


class TestPlanning:
    """What is known, and recording a page."""

    def test_known(self, store):
        """The newest job is known without its item, and ids never heard of are left out."""
        store.create([job(), job(revision=2, text="two")])
        found = store.known("d", ["s/1", "s/404", *map(str, range(5000))])
        assert list(found) == ["s/1"]
        assert (found["s/1"].newest.revision, found["s/1"].newest.item, found["s/1"].held) == (2, None, None)
        assert store.known("elsewhere", ["s/1"]) == {}
        assert store.known("d", []) == {}

    def test_aliases(self, store):
        """Any member of an album finds the album's records."""
        page(store, create=[job("s/4")], aliases=[("s/5", "s/4"), ("s/6", "s/4")])
        assert {name: known.item_id for name, known in store.known("d", ["s/4", "s/6"]).items()} == {
            "s/4": "s/4",
            "s/6": "s/4",
        }

    def test_own_records_win(self, store):
        """An id with records of its own is not an alias."""
        page(store, create=[job("s/4"), job("s/5")], aliases=[("s/5", "s/4")])
        assert store.known("d", ["s/5"])["s/5"].item_id == "s/5"

    def test_create(self, store):
        """Jobs, marks, numbers and cursor are recorded together."""
        page(store, create=[job()], counts=Counts(seen=1), cursor=Cursor("all", "7"))
        found = store.get(job().key)
        assert (found.planned_by, found.seen_by) == ("r", "r")
        assert (store.cursor("s", "d", "all"), store.cursor("s", "d", "other")) == ("7", "")
        page(store, cursor=Cursor("all", ""))
        assert store.cursor("s", "d", "all") == ""

    @pytest.mark.parametrize(
        "plan",
        [
            {"create": [job("s/1")]},
            {"replace": [job("s/1")]},
            {"cancel": [job("s/1").key]},
            {"supersede": [job("s/1").key]},
            {"supersede": [job("s/7").key]},
            {"supersede": [job("s/6").key]},
            {"seen": ["nothing"]},
            {"seen": [job("s/8").key]},
            {"replace": [job("s/5")]},
            {"cancel": [job("s/5").key]},
        ],
    )
    def test_conflict_records_nothing(self, store, plan):
        """When the store has moved on, nothing of the page is recorded."""
        doubt = {"sent_at": START}
        store.create([job("s/1"), job("s/5", **doubt), failed("s/6", **doubt), failed("s/7", reason=Reason.UNKNOWN)])
        store.create([job("s/8"), job("s/8", 2)])
        taken = claim(store)
        created = [job("s/2"), *plan.get("create", [])]
        with pytest.raises(Conflict):
            page(
                store,
                **{**plan, "create": created},
                aliases=[("s/3", "s/2")],
                counts=Counts(seen=5),
                cursor=Cursor("all", "7"),
            )
        assert taken.item_id == "s/1"
        assert store.get(job("s/2").key) is None
        assert store.known("d", ["s/3"]) == {}
        assert (store.cursor("s", "d", "all"), store.tally("r").seen) == ("", 0)

    def test_replace(self, store):
        """A job never sent takes the newer item, which has attempts and progress of its own."""
        store.create([job(attempt=2, progress={"step": 1}, planned_by="old")])
        page(store, replace=[job(text="new", action=Action.UPDATE)])
        found = store.get(job().key)
        expected = ("new", "list.1:new", Action.UPDATE, 0, {}, "old", "r")
        assert (
            found.item.text,
            found.version,
            found.action,
            found.attempt,
            found.progress,
            found.planned_by,
            found.seen_by,
        ) == expected

    def test_cancel_and_supersede(self, store):
        """What nobody wants is cancelled, and a dead letter in a newer version's way is closed."""
        store.create([job("s/1"), failed("s/2")])
        page(store, cancel=[job("s/1").key], supersede=[job("s/2").key], create=[job("s/2", 2)])
        outcomes = [store.get(job(name).key).outcome for name in ("s/1", "s/2")]
        assert outcomes == [Outcome.CANCELLED, Outcome.SUPERSEDED]
        assert claim(store).key == job("s/2", 2).key

    def test_take_over(self, store):
        """A version that is taken over is noted, and nothing else changes."""
        store.create([job()])
        deliver(store)
        page(store, take_over=[("s/1", "other.1:text")])
        assert store.known("d", ["s/1"])["s/1"].held == receipt("other.1:text")


class TestTally:
    """A run in items adds up, whatever happened."""

    def test_adds_up(self, store):
        """Each item is counted once, at its newest job."""
        store.create([job("old/1"), job("old/2"), failed("s/4"), job("s/5"), job("s/6")])
        store.mark_sending(claim(store, owner="busy", run_id="former"))
        begin(store)
        page(
            store,
            create=[job("s/1"), job("s/2"), job("s/3"), job("s/4", 2), job("s/7")],
            replace=[job("s/5", text="new")],
            cancel=[job("s/6").key],
            supersede=[job("s/4").key],
            counts=Counts(seen=9, already=1, filtered={"too old": 1}),
        )
        page(store, counts=Counts(seen=2, already=1, filtered={"too old": 1}))
        for name in ("old/2", "s/5", "s/1", "s/2"):
            assert deliver(store).item_id == name
        store.fail(claim(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        store.fail(claim(store), Reason.UNKNOWN, failure(), run_id="r", in_doubt=True)
        total = store.tally("r")
        assert (total.seen, total.carried, total.delivered, total.already) == (11, 2, 4, 3)
        assert (total.filtered, total.pending, total.dead) == ({"too old": 2}, 2, {"rejected": 1, "unknown": 1})
        assert (total.created, total.updated, total.deleted, total.died) == (4, 0, 0, 2)
        assert total.adds_up

    def test_actions(self, store):
        """What was delivered is told by what was done."""
        begin(store)
        actions = [Action.CREATE, Action.UPDATE, Action.UPDATE, Action.DELETE]
        page(store, create=[job(f"s/{n}", action=a) for n, a in enumerate(actions)], counts=Counts(seen=4))
        for _ in actions:
            deliver(store)
        total = store.tally("r")
        assert (total.created, total.updated, total.deleted, total.adds_up) == (1, 2, 1, True)

    def test_delivered_by_another(self, store):
        """What another run delivered meanwhile is there already."""
        begin(store)
        page(store, create=[job()], counts=Counts(seen=1))
        begin(store, "other")
        deliver(store, run_id="other")
        mine, other = store.tally("r"), store.tally("other")
        assert (mine.delivered, mine.already, mine.adds_up) == (0, 1, True)
        assert (other.carried, other.delivered, other.adds_up) == (1, 1, True)

    def test_planned_by_another_since(self, store):
        """A job that another run planned after this one began counts where it is done, as carried."""
        begin(store)
        begin(store, "other")
        page(store, "other", create=[job()], counts=Counts(seen=1))
        deliver(store, run_id="r")
        total = store.tally("r")
        assert (total.carried, total.delivered, total.adds_up) == (1, 1, True)
        assert store.tally("other").adds_up

    def test_seen_and_carried(self, store):
        """An item carried and met again is one item."""
        store.create([job()])
        begin(store)
        page(store, seen=[job().key], counts=Counts(seen=1))
        total = store.tally("r")
        assert (total.seen, total.carried, total.pending, total.adds_up) == (1, 0, 1, True)

    def test_ways_out(self, store):
        """Skipped counts as filtered, adopted as already, redriven as what became of it."""
        begin(store)
        page(store, create=[job(f"s/{n}") for n in range(4)], counts=Counts(seen=4))
        for _ in range(4):
            store.fail(claim(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        keys = [job(f"s/{n}").key for n in range(4)]
        store.skip([keys[0]], run_id="r")
        store.adopt(keys[1], receipt(), run_id="r")
        store.redrive([keys[2]], run_id="r")
        total = store.tally("r")
        assert (total.filtered, total.already, total.pending, total.dead) == ({"skipped": 1}, 1, 1, {"rejected": 1})
        assert total.adds_up

    @pytest.mark.parametrize("known", [True, False])
    def test_redriven_elsewhere(self, store, known):
        """What a run redrives adds up there, whether it had seen the item or not."""
        begin(store, "r" if known else "former")
        page(store, "r" if known else "former", create=[failed()], counts=Counts(seen=1))
        store.redrive([job().key], run_id="r")
        begin(store)
        deliver(store)
        assert (store.tally("r").delivered, store.tally("r").adds_up) == (1, True)

    def test_begin_twice(self, store):
        """A run that began is known again, goes on, and carries what has been left since."""
        begin(store)
        store.create([job()])
        assert begin(store).ended == ""
        assert store.tally("r").carried == 1

    def test_begin_after_the_end(self, store):
        """A run that had ended says so, and counts anew from here: what is open now, and nothing of before."""
        begin(store)
        page(store, create=[job("s/1"), job("s/2")], counts=Counts(seen=3, already=1))
        deliver(store)
        store.fail(claim(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        store.end_run("r", "failed")
        store.create([job("s/3")])
        assert begin(store).ended == "failed"
        assert begin(store).ended == ""
        store.redrive([job("s/2").key], run_id="r")
        deliver(store)
        total = store.tally("r")
        assert (total.seen, total.carried, total.delivered, total.already, total.pending) == (0, 2, 1, 0, 1)
        assert total.adds_up


class TestDeadLetters:
    """Finding dead letters, and their ways out."""

    @pytest.mark.parametrize(
        ("which", "expected"),
        [
            ({}, ["s/1", "s/2", "s/3"]),
            ({"keys": ("d|s/2|1", "d|s/9|1")}, ["s/2"]),
            ({"source_id": "other"}, []),
            ({"destination_id": "d"}, ["s/1", "s/2", "s/3"]),
            ({"destination_id": "other"}, []),
            ({"reasons": (Reason.UNKNOWN, Reason.EXHAUSTED)}, ["s/2", "s/3"]),
            ({"run_id": "r2"}, ["s/2"]),
            ({"error": "НЕЛЬЗЯ"}, ["s/1"]),
            ({"error": "readt"}, ["s/3"]),
            ({"item_id": "s/3"}, ["s/3"]),
            ({"limit": 2}, ["s/1", "s/2"]),
            ({"limit": 1, "error": "timeout"}, ["s/3"]),
        ],
    )
    def test_filter(self, store, which, expected):
        """Every field narrows, and what is found comes whole, oldest first."""
        store.create(
            [
                failed("s/1", failures=(failure("Нельзя"),)),
                failed("s/2", reason=Reason.UNKNOWN, ended_by="r2", failures=(failure("timeout"), failure("late"))),
                failed("s/3", reason=Reason.EXHAUSTED, failures=(failure("x", "ReadTimeout"),)),
                job("s/4"),
                job("s/5", state=State.DONE),
            ]
        )
        found = store.dead_letters(DeadLetterFilter(**which))
        assert [one.item_id for one in found] == expected
        assert all(one.item is not None for one in found)

    def test_redrive(self, store):
        """A redriven letter begins anew, the doubt lifted; what has nothing to send stays."""
        piece = Unreadable(where="", error="bad", data=b"", sha256="ab")
        store.create(
            [
                failed("s/1", reason=Reason.UNKNOWN, attempt=5, sent_at=START, not_before=START + DAY),
                failed("s/2", item=None, unreadable=piece),
                failed("s/3", item=None, action=Action.DELETE),
                job("s/4"),
            ]
        )
        keys = [job(f"s/{n}").key for n in (3, 2, 1, 4)]
        assert store.redrive([*keys, "nothing"], run_id="r") == [keys[0], keys[2]]
        found = store.get(keys[2])
        expected = (State.PENDING, None, 0, None, None, "r")
        assert (
            found.state,
            found.reason,
            found.attempt,
            found.sent_at,
            found.not_before,
            found.carried_by,
        ) == expected

    def test_adopt(self, store):
        """An adopted letter is closed and the place holds what the person named."""
        store.create([failed(reason=Reason.UNKNOWN, sent_at=START), job(revision=2)])
        store.adopt(job().key, receipt(), run_id="r")
        assert store.get(job().key).outcome is Outcome.ADOPTED
        taken = claim(store)
        assert (taken.revision, taken.held) == (2, receipt())

    @pytest.mark.parametrize("key", ["nothing", "d|s/1|1"])
    def test_adopt_none(self, store, key):
        """Only a dead letter can be adopted."""
        store.create([job()])
        with pytest.raises(KeyError):
            store.adopt(key, receipt(), run_id="r")

    def test_skip(self, store):
        """Only dead letters are skipped, and they stay so."""
        store.create([failed("s/1"), job("s/2")])
        assert store.skip([job("s/2").key, job("s/1").key], run_id="r") == [job("s/1").key]
        assert store.get(job("s/1").key).outcome is Outcome.SKIPPED
        assert store.dead_letters(DeadLetterFilter()) == []

    def test_resend(self, store):
        """A new revision of the newest item is created, and counts for the run that asked."""
        store.create([job(state=State.DONE), failed(revision=2, action=Action.UPDATE)])
        again = store.resend(job().key, run_id="r")
        assert (again.revision, again.action, again.state, again.item) == (3, Action.CREATE, State.PENDING, item())
        assert store.get(job(revision=2).key).outcome is Outcome.SUPERSEDED
        assert claim(store).key == again.key
        assert store.tally("r").adds_up

    @pytest.mark.parametrize("newest", [job(revision=2), failed(revision=2, reason=Reason.UNKNOWN)])
    def test_resend_unsettled(self, store, newest):
        """What is on its way, or may have arrived, is not sent beside itself."""
        store.create([job(state=State.DONE), newest])
        with pytest.raises(Conflict):
            store.resend(job().key, run_id="r")

    def test_resend_nothing(self, store):
        """There must be a job, and an item to send."""
        store.create([job("s/1", state=State.DONE, item=None)])
        for key in ("nothing", job("s/1").key):
            with pytest.raises(KeyError):
                store.resend(key, run_id="r")


def _in_processes(number, target, *args):
    """Run a function in several fresh processes at once; returns what each put."""
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(number), context.Queue()
    running = [context.Process(target=target, args=(gate, results, *args)) for _ in range(number)]
    for process in running:
        process.start()
    try:
        return [results.get(timeout=120) for _ in running]
    finally:
        for process in running:
            process.join()


def _open(gate, results, url):
    """Open a store when all the others do."""
    gate.wait()
    try:
        results.put(SqlJobStore.open(engine_of(url)).birth_id)
    except Exception as error:  # noqa: BLE001  the test shows it
        results.put(repr(error))


def _claim_all(gate, results, url, per_day):
    """Claim and finish until nothing is left."""
    store = SqlJobStore(engine_of(url))
    gate.wait()
    done = []
    try:
        while taken := claim(store, Queue("s", "d", per_day=per_day), owner=str(os.getpid())):
            done.append(taken.key)
            store.finish(store.mark_sending(taken), receipt(), run_id="r")
    except Exception as error:  # noqa: BLE001  the test shows it
        done.append(repr(error))
    results.put(done)


class TestTogether:
    """Several processes and threads on one store."""

    def test_eight_begin(self, url):
        """Eight processes that start at once on an empty database make one store."""
        births = set(_in_processes(8, _open, url))
        assert births == {SqlJobStore.open(engine_of(url)).birth_id}
        assert len(next(iter(births))) == 32

    @pytest.mark.parametrize("workers", [2, 8])
    def test_each_exactly_once(self, url, workers):
        """Two thousand jobs, two revisions an item: each is claimed once, and an item's in their order."""
        store = SqlJobStore.open(engine_of(url))
        store.create([job(f"s/{number % 1000}", number // 1000 + 1) for number in range(2000)])
        claimed = [key for part in _in_processes(workers, _claim_all, url, None) for key in part]
        left = store.next_due(QUEUE)
        expected = {job_key("d", f"s/{number}", revision) for number in range(1000) for revision in (1, 2)}
        assert Counter(claimed).most_common(1)[0][1] == 1
        assert (set(claimed), left) == (expected, None)
        store.close()

    def test_a_day_together(self, url):
        """Eight workers together begin no more than the day's number."""
        store = SqlJobStore.open(engine_of(url))
        store.create([job(f"s/{number}") for number in range(100)])
        claimed = [key for part in _in_processes(8, _claim_all, url, 25) for key in part]
        assert len(set(claimed)) == len(claimed) == 25
        store.close()

    def test_threads_in_memory(self):
        """Threads share a store in memory."""
        store, done = memory_store(), []
        store.create([job(f"s/{number}") for number in range(100)])

        def work():
            while taken := claim(store):
                done.append(taken.key)
                store.finish(taken, receipt(), run_id="r")

        threads = [Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(done)) == len(done) == 100


class TestSchema:
    """Making, recognising and refusing databases."""

    def test_metadata(self, url):
        """Alembic's schema is the tables'."""
        engine = engine_of(url)
        SqlJobStore.open(engine)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
            assert compare_metadata(context, metadata) == []

    def test_indexes(self, url):
        """The partial indexes have their conditions, which alembic does not compare."""
        engine = engine_of(url)
        SqlJobStore.open(engine)
        table = "sqlite_master" if engine.dialect.name == "sqlite" else "pg_indexes"
        column = "sql" if engine.dialect.name == "sqlite" else "indexdef"
        name = "name" if engine.dialect.name == "sqlite" else "indexname"
        with engine.connect() as connection:
            query = text(f"SELECT {column} FROM {table} WHERE {name} IN ('jobs_open', 'jobs_running')")  # noqa: S608
            assert all("WHERE" in definition for definition in connection.scalars(query))

    def test_head(self):
        """The head written down is alembic's."""
        assert ScriptDirectory(str(schema.MIGRATIONS)).get_current_head() == schema.HEAD

    def test_opened_without_alembic(self, tmp_path):
        """A store in order opens without loading alembic."""
        url = f"sqlite:///{tmp_path / 'jobs.db'}"
        SqlJobStore.open(engine_of(url)).close()
        code = (
            "import sys; from adapters.stores.sql import *; SqlJobStore.open(engine_of(sys.argv[1])); "
            "sys.exit('alembic' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code, url], check=False).returncode == 0

    def test_newer(self, url):
        """A database of a newer release is refused with what to do."""
        engine = engine_of(url)
        SqlJobStore.open(engine)
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608
        with pytest.raises(ConfigurationError, match="made by a newer release"):
            SqlJobStore.open(engine_of(url))

    def test_another_program(self, url):
        """A database with another program's tables is left as it is."""
        engine = create_engine(engine_of(url).url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE jobs (id INTEGER)"))
        with pytest.raises(ConfigurationError, match="another program"):
            SqlJobStore.open(engine_of(url))

    def test_birth_id(self, url):
        """A store keeps its identity."""
        first = SqlJobStore(engine_of(url))
        assert len(first.birth_id) == 32
        assert SqlJobStore.open(engine_of(url)).birth_id == first.birth_id
        first.close()

    def test_times_are_the_stores(self, url):
        """Without a clock given, the time is the database's, aware."""
        store = SqlJobStore.open(engine_of(url))
        assert store.now().utcoffset() == timedelta(0)
        store.close()


class TestEngines:
    """Reaching a database, and saying why it cannot be reached."""

    def test_unreachable(self):
        """A server that does not answer is named without its password."""
        with pytest.raises(StoreUnavailable) as raised:
            SqlJobStore.open(engine_of("postgresql://me:hunter2@127.0.0.1:1/jobs?password=hunter3"))
        assert "127.0.0.1:1/jobs" in str(raised.value)
        assert "hunter" not in str(raised.value)

    @pytest.mark.postgres
    def test_wrong_password(self, postgres_url):
        """A server that refuses us is named without the password."""
        url = engine_of(postgres_url).url.set(password="hunter2", database="nowhere")  # noqa: S106  no password
        with pytest.raises(StoreUnavailable) as raised:
            SqlJobStore.open(engine_of(url.render_as_string(hide_password=False)))
        assert "hunter2" not in str(raised.value)

    def test_no_database(self, tmp_path):
        """A file that is no database is said to be none."""
        (tmp_path / "jobs.db").write_bytes(b"not a database at all" * 100)
        with pytest.raises(StoreUnavailable, match="not a database"):
            SqlJobStore.open(engine_of(f"sqlite:///{tmp_path / 'jobs.db'}"))

    def test_no_folder(self, tmp_path):
        """A folder that cannot be made is said so."""
        (tmp_path / "file").touch()
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            SqlJobStore.open(engine_of(f"sqlite:///{tmp_path / 'file' / 'jobs.db'}"))

    def test_locked(self, tmp_path):
        """A database that another program keeps locked is unavailable, not broken."""
        engine = engine_of(f"sqlite:///{tmp_path / 'jobs.db'}")
        store = SqlJobStore.open(engine)
        with engine.connect() as mine:
            mine.exec_driver_sql("PRAGMA busy_timeout=1")
            mine.rollback()
        other = sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            store.create([job()])
        other.close()

    def test_private_and_durable(self, tmp_path):
        """The file is its owner's alone, and a commit is on the disk."""
        path = tmp_path / "new" / "jobs.db"
        engine = engine_of(f"sqlite:///{path}")
        assert not path.exists()
        SqlJobStore.open(engine)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with engine.connect() as connection:
            pragmas = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        assert pragmas == ["wal", 2, 1, 30000]

    @pytest.mark.parametrize(
        "url",
        [
            "hunter2",
            "postgresql://me:hunter2@host:port/x",
            "mysql://me:hunter2@host/x",
            "postgresql+asyncpg://me:hunter2@host/x",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite+aiosqlite:///x.db",
        ],
    )
    def test_bad_url(self, url):
        """A URL that names no store is refused, and not repeated."""
        with pytest.raises(ConfigurationError) as raised:
            engine_of(url)
        assert "hunter2" not in str(raised.value)

    def test_plan_of_a_claim(self, tmp_path):
        """A claim among many closed jobs reads open ones alone."""
        engine = engine_of(f"sqlite:///{tmp_path / 'jobs.db'}")
        SqlJobStore.open(engine)
        query = (
            select(jobs_table.c.seq)
            .where(jobs_table.c.source_id == "s", jobs_table.c.destination_id == "d", jobs_table.c.due_at <= START)
            .order_by(jobs_table.c.seq)
            .limit(1)
            .compile(engine, compile_kwargs={"literal_binds": True})
        )
        with engine.connect() as connection:
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
        assert "jobs_open" in plan
        assert "TEMP B-TREE" not in plan
