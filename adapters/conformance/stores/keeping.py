"""Keeping: counting, receipts that a person brings, forgetting, and pruning what nobody needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.conformance.stores.samples import (
    DAY,
    LEASE,
    START,
    Clock,
    begin,
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
)
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.jobs import Action, Outcome, Reason, State
from adapters.contracts.keeping import Brought, Buried, Fit, KeepingStore, Prunable, Remembered, Stock
from adapters.contracts.runs import PairRecord, RunRecord, Tally
from adapters.contracts.store import Conflict, Counts, Cursor, DeadLetterFilter

DIGEST, OTHER = "a" * 64, "b" * 64
REDRIVE = "r/redrive/1"


def brought(item_id: str = "s/1", remote_id: str = "1", version: str = "") -> Brought:
    """Build a receipt that a person brings."""
    return Brought(item_id, receipt(version, remote_id))


class Keeping:
    """What a person does with whole pairs."""

    def test_counted(self, store: KeepingStore) -> None:
        """Dead letters are counted by pair and reason, and what there is of a pair by what it is."""
        store.create([failed("s/1"), failed("s/2"), failed("s/3", reason=Reason.UNKNOWN), job("s/4"), job("s/5")])
        assert deliver(store).item_id == "s/4"
        rejected, unknown = Buried("s", "d", Reason.REJECTED, 2), Buried("s", "d", Reason.UNKNOWN, 1)
        assert store.buried(DeadLetterFilter()) == [rejected, unknown]
        assert store.buried(DeadLetterFilter(reasons=(Reason.UNKNOWN,), limit=0)) == [unknown]
        assert store.stock() == [Stock("s", "d", held=1, waiting=1, dead=3)]

    def test_page_by_page(self, store: KeepingStore) -> None:
        """Letters are told behind one that is known, whatever has become of it."""
        store.create([failed(f"s/{n}") for n in range(5)])
        store.skip([job("s/1").key], run_id="r")
        which = DeadLetterFilter(after=job("s/1").key, limit=2)
        assert [one.item_id for one in store.dead_letters(which)] == ["s/2", "s/3"]

    def test_by_a_run_and_its_parts(self, store: KeepingStore) -> None:
        """A run's letters are also those of its parts, and those that a run has tried can be left out."""
        store.create([failed("s/1", ended_by="r"), failed("s/2", ended_by=REDRIVE), failed("s/3", ended_by="r2")])
        mine = store.dead_letters(DeadLetterFilter(run_id="r"))
        assert [one.item_id for one in mine] == ["s/1", "s/2"]
        others = store.dead_letters(DeadLetterFilter(not_by=REDRIVE))
        assert [one.item_id for one in others] == ["s/1", "s/3"]

    def test_what_a_redrive_would_send(self, store: KeepingStore) -> None:
        """The letters that can be sent are exactly those that a redrive changes."""
        store.create(
            [
                failed("s/1"),
                failed("s/2", item=None),
                failed("s/3", item=None, action=Action.DELETE),
                failed("s/4"),
                job("s/4", 2, state=State.DONE),
            ]
        )
        told = [one.key for one in store.dead_letters(DeadLetterFilter(sendable=True))]
        everything = [one.key for one in store.dead_letters(DeadLetterFilter())]
        assert told == store.redrive(everything, run_id="r") == [job("s/1").key, job("s/3").key]

    def test_left_open(self, store: KeepingStore) -> None:
        """What a redrive made pending and nobody has carried since is told, oldest first."""
        store.create([failed("s/1"), job("s/2"), failed("s/3")])
        store.redrive([job("s/3").key, job("s/1").key], run_id=REDRIVE)
        assert store.left_open("s", "d", "/redrive/") == [job("s/1").key, job("s/3").key]
        assert store.left_open("s", "other", "/redrive/") == []
        begin(store, "the pair's own")
        assert store.left_open("s", "d", "/redrive/") == []

    def test_a_paused_pair(self, store: KeepingStore) -> None:
        """Nothing of a paused pair can be claimed, by nobody, and nothing is due; other pairs go on."""
        store.save_pair(PairRecord(source_id="s", destination_id="d", service="x"))
        store.create([job("s/1"), job("s/2")])
        taken = take(store)
        store.pause_pair("s", "d", "why")
        store.finish(taken, receipt(), run_id="r")
        assert claim(store) is None
        store.pause_pair("s", "d", "")
        assert take(store).item_id == "s/2"

    def test_going(self, store: KeepingStore, clock: Clock) -> None:
        """Who has something is told by how its name begins, as long as he has it."""
        store.hold("run of a: 1", "me", LEASE)
        store.hold("run of a_: 1", "you", LEASE)
        assert store.going("run of a: ") == ["me"]
        clock.wait(LEASE.total_seconds())
        assert store.going("run of a: ") == []


class Receipts:
    """Receipts that a person brings."""

    def test_taken(self, store: KeepingStore) -> None:
        """What a person brings is held, what waited to be sent is closed, and again it is known."""
        store.create([job("s/1"), failed("s/2", reason=Reason.UNKNOWN, sent_at=START)])
        both = [brought("s/1"), brought("s/2", "2"), brought("s/3", "3")]
        assert store.fits("s", "d", both) == [Fit.NEW] * 3
        assert store.take_receipts("s", "d", both, run_id="r") == [Fit.NEW] * 3
        assert store.take_receipts("s", "d", both, run_id="r") == [Fit.KNOWN] * 3
        assert claim(store) is None
        assert store.dead_letters(DeadLetterFilter()) == []
        assert kept(store, job("s/2").key).outcome is Outcome.ADOPTED
        assert store.held_ids("s", "d") == ["s/1", "s/2", "s/3"]
        held = store.known("d", ["s/3"])["s/3"].held
        assert held == receipt("", "3")

    def test_refused(self, store: KeepingStore) -> None:
        """Another object, an item in a worker's hands, another source's item: then none of them is noted."""
        store.create([job("s/1"), job("s/2")])
        deliver(store)
        take(store)
        given = [brought("s/1", "other"), brought("s/2"), brought("t/3"), brought("s/4")]
        assert store.fits("s", "d", given) == [Fit.ELSEWHERE, Fit.BUSY, Fit.STRANGE, Fit.NEW]
        with pytest.raises(Conflict):
            store.take_receipts("s", "d", given, run_id="r")
        assert store.held_ids("s", "d") == ["s/1", "s/2"]

    def test_an_albums_member(self, store: KeepingStore) -> None:
        """A member's id names the album."""
        page(store, create=[job("s/1")], aliases=[("s/2", "s/1")])
        store.take_receipts("s", "d", [brought("s/2")], run_id="r")
        assert store.known("d", ["s/1"])["s/1"].held == receipt("", "1")

    def test_more_than_a_statement_takes(self, store: KeepingStore) -> None:
        """Thousands are judged and noted at once."""
        many = [brought(f"s/{n}", str(n)) for n in range(1_200)]
        assert store.take_receipts("s", "d", many, run_id="r") == [Fit.NEW] * 1_200
        assert len(store.held_ids("s", "d")) == 1_200


class Forgetting:
    """Forgetting an item or a pair."""

    def test_an_item(self, store: KeepingStore) -> None:
        """It is held no more, its letters are gone, its cursors too, and its next revision is a new one."""
        page(store, create=[job("s/1"), job("s/2")], aliases=[("s/9", "s/1")], cursor=Cursor("all", "7"))
        deliver(store)
        store.create([failed(revision=2, reason=Reason.UNKNOWN, sent_at=START)])
        told = Remembered(items=1, dead=1, in_doubt=1)
        assert store.remembered("s", "d", "s/9") == told
        assert store.forget("s", "d", "s/9", run_id="r") == told
        assert store.cursor("s", "d", "all") == ""
        assert (store.held_ids("s", "d"), store.known("d", ["s/9"])) == (["s/2"], {})
        known = store.known("d", ["s/1"])["s/1"]
        assert known.held is None
        assert known.newest is not None
        assert (known.newest.revision, known.newest.outcome) == (2, Outcome.CANCELLED)
        assert (kept(store, job().key).item, kept(store, job().key).receipt) == (None, None)

    def test_a_pair(self, store: KeepingStore) -> None:
        """Nothing is held, waits or is dead; the pair begins anew, and another one is left alone."""
        record = PairRecord(source_id="s", destination_id="d", service="x", baseline=START, begun=True)
        store.save_pair(record)
        store.save_pair(record.model_copy(update={"destination_id": "e"}))
        begin(store)
        page(store, create=[job("s/1"), job("s/2"), failed("s/3")], cursor=Cursor("all", "7"), counts=Counts(seen=3))
        page(store, cursor=Cursor("run:r", "read"))
        deliver(store)
        store.end_run("r", "failed", store.tally("r"))
        assert store.forget("s", "d", "", run_id="x") == Remembered(items=1, waiting=1, dead=1)
        assert store.remembered("s", "d", "") == Remembered()
        assert [pair.destination_id for pair in store.pairs()] == ["e"]
        assert (store.cursor("s", "d", "all"), store.cursor("s", "d", "run:r")) == ("", "")
        assert store.history("s", "d", 10) == []
        assert claim(store) is None

    def test_a_paused_pair_stays_so(self, store: KeepingStore) -> None:
        """It is not to run because it was forgotten."""
        store.save_pair(PairRecord(source_id="s", destination_id="d", service="x", baseline=START, begun=True))
        store.pause_pair("s", "d", "why")
        store.forget("s", "d", "", run_id="x")
        (pair,) = store.pairs()
        assert (pair.paused, pair.begun, pair.baseline) == ("why", False, None)

    def test_an_open_run_adds_up(self, store: KeepingStore) -> None:
        """What a run that waits has counted is still accounted for."""
        begin(store)
        page(store, create=[job("s/1"), job("s/2")], counts=Counts(seen=2))
        deliver(store)
        store.forget("s", "d", "", run_id="x")
        assert store.tally("r").adds_up

    def test_not_while_it_is_sent(self, store: KeepingStore) -> None:
        """What a worker has in its hands is not forgotten."""
        store.create([job()])
        take(store)
        with pytest.raises(Conflict):
            store.forget("s", "d", "", run_id="x")
        assert store.remembered("s", "d", "").busy == 1


class Pruning:
    """Pruning what nobody needs, and nothing else."""

    def test_only_what_is_old_and_done(self, store: KeepingStore, clock: Clock) -> None:
        """The texts of what was delivered go; dead letters, open jobs and what is recent stay whole."""
        store.create([job("s/1"), failed("s/2"), job("s/3", not_before=START + 30 * DAY)])
        deliver(store)
        clock.go(days=10)
        store.create([job("s/4")])
        deliver(store)
        before = clock() - 5 * DAY
        told = store.prunable(before)
        assert (told.payloads, told.revisions, told.bytes > 0) == (1, 0, True)
        ((place, key),) = store.done_jobs(before, 0, 10)
        assert (key, store.done_jobs(before, place, 10)) == (job("s/1").key, [])
        done = store.prune_jobs(before, [key, job("s/2").key, job("s/4").key])
        assert (done.payloads, done.bytes) == (1, told.bytes)
        assert store.prunable(before) == Prunable()
        assert [kept(store, job(f"s/{n}").key).item is None for n in range(1, 5)] == [True, False, False, False]

    def test_what_exactly_once_needs_stays(self, store: KeepingStore, clock: Clock) -> None:
        """Receipt, version, alias, outcome and the last revision are as they were."""
        page(store, create=[job("s/1"), job("s/2"), failed("s/5")], aliases=[("s/9", "s/1")])
        deliver(store)
        deliver(store)
        store.skip([job("s/5").key], run_id="r")
        store.end_run("r", "completed", store.tally("r"))
        page(store, "r2", create=[job("s/1", 2, action=Action.UPDATE)])
        deliver(store)
        before = store.known("d", ["s/1", "s/2", "s/5", "s/9"])
        clock.go(days=10)
        keys = [key for _, key in store.done_jobs(clock(), 0, 10)]
        gone = store.prune_jobs(clock(), keys)
        assert (gone.payloads, gone.revisions) == (4, 1)
        assert store.get(job("s/1").key) is None
        assert store.known("d", ["s/1", "s/2", "s/5", "s/9"]) == before
        assert store.members("d", ["s/1"]) == {"s/1": ["s/9"]}
        assert store.held_ids("s", "d") == ["s/1", "s/2"]

    def test_what_an_open_run_counts_stays(self, store: KeepingStore, clock: Clock) -> None:
        """A run that waits for days adds up when it goes on; when it has ended, its list goes."""
        begin(store)
        page(store, create=[job("s/1")], counts=Counts(seen=1))
        deliver(store)
        begin(store, "other")
        page(store, "other", create=[job("s/1", 2)], counts=Counts(seen=1))
        deliver(store, "other")
        store.end_run("other", "completed", store.tally("other"))
        clock.go(days=10)
        keys = [key for _, key in store.done_jobs(clock(), 0, 10)]
        assert store.prune_jobs(clock(), keys).revisions == 0
        assert (store.prune_marks(clock(), 10), store.tally("r").adds_up) == (1, True)
        assert store.prune_runs(clock()).runs == 1
        store.end_run("r", "completed", store.tally("r"))
        clock.go(days=10)
        keys = [key for _, key in store.done_jobs(clock(), 0, 10)]
        assert store.prune_jobs(clock(), keys).revisions == 1

    def test_a_run_that_can_be_retried_stays(self, store: KeepingStore, clock: Clock) -> None:
        """Its dead letters are its own until they are out of the way; its list is not needed for that."""
        begin(store)
        page(store, create=[job()], counts=Counts(seen=1), cursor=Cursor("run:r", "read"))
        store.fail(take(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        store.end_run("r", "failed", store.tally("r"))
        clock.go(days=10)
        assert (store.prune_marks(clock(), 10), store.prune_marks(clock(), 10)) == (1, 0)
        assert store.prune_runs(clock()).runs == 0
        store.skip([job().key], run_id="x")
        assert store.prune_runs(clock()).runs == 1
        assert store.cursor("s", "d", "run:r") == ""

    def test_marks_in_pieces(self, store: KeepingStore, clock: Clock) -> None:
        """A long list goes piece by piece."""
        begin(store)
        page(store, create=[job(f"s/{n}") for n in range(5)], counts=Counts(seen=5))
        store.end_run("r", "completed", store.tally("r"))
        clock.go(days=1)
        assert [store.prune_marks(clock(), 2) for _ in range(4)] == [2, 2, 1, 0]

    def test_the_last_hundred_runs_are_remembered(self, store: KeepingStore, clock: Clock) -> None:
        """However old: how often a pair delivers is told from them."""
        for number in range(103):
            store.begin_run(RunRecord(run_id=f"r{number}", source_id="s", destination_id="d"))
            store.end_run(f"r{number}", "completed", Tally())
        clock.go(days=10)
        assert store.prunable(clock()).history == 3
        gone = store.prune_runs(clock())
        assert (gone.runs, gone.history) == (103, 3)
        assert len(store.history("s", "d", 200)) == 100

    def test_media(self, store: KeepingStore, clock: Clock) -> None:
        """A medium is kept as long as an item that is not to be pruned names it."""
        pictures = {name: (Media(kind=MediaKind.PHOTO, ref="x", sha256=name),) for name in (DIGEST, OTHER)}
        items = {name: item().model_copy(update={"media": media}) for name, media in pictures.items()}
        store.create([job("s/1", item=items[DIGEST]), failed("s/2", item=items[OTHER]), job("s/3", item=items[DIGEST])])
        deliver(store)
        clock.go(days=10)
        assert store.kept_media(clock()) == {DIGEST, OTHER}
        deliver(store)
        assert store.kept_media(clock() + timedelta(seconds=1)) == {OTHER}
