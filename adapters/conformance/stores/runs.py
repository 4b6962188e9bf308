"""Runs: a run in items adds up, whatever happened."""

from __future__ import annotations

import pytest

from adapters.conformance.stores.samples import Clock, begin, deliver, failed, failure, job, page, receipt, take
from adapters.contracts.jobs import Action, Reason
from adapters.contracts.runs import RunRecord, Tally
from adapters.contracts.store import Counts, JobStore


class Runs:
    """A run in items adds up, whatever happened."""

    def test_a_run_adds_up(self, store: JobStore) -> None:
        """Each item is counted once, at its newest job."""
        store.create([job("old/1"), job("old/2"), failed("s/4"), job("s/5"), job("s/6")])
        store.mark_sending(take(store, owner="busy", run_id="former"))
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
        store.fail(take(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        store.fail(take(store), Reason.UNKNOWN, failure(), run_id="r", in_doubt=True)
        total = store.tally("r")
        assert (total.seen, total.carried, total.delivered, total.already) == (11, 2, 4, 3)
        assert (total.filtered, total.pending, total.dead) == ({"too old": 2}, 2, {"rejected": 1, "unknown": 1})
        assert (total.created, total.updated, total.deleted, total.died) == (4, 0, 0, 2)
        assert total.adds_up

    def test_delivered_by_action(self, store: JobStore) -> None:
        """What was delivered is told by what was done."""
        begin(store)
        actions = [Action.CREATE, Action.UPDATE, Action.UPDATE, Action.DELETE]
        page(store, create=[job(f"s/{n}", action=a) for n, a in enumerate(actions)], counts=Counts(seen=4))
        for _ in actions:
            deliver(store)
        total = store.tally("r")
        assert (total.created, total.updated, total.deleted, total.adds_up) == (1, 2, 1, True)

    def test_what_was_delivered_and_lost(self, store: JobStore) -> None:
        """A run's receipts are told in their order, as many as asked for, and what they lost is counted."""
        begin(store)
        page(store, create=[job(f"s/{n}") for n in range(4)], counts=Counts(seen=4))
        for losses in (("a poll",), (), ("a poll", "bold")):
            store.finish(take(store), receipt().model_copy(update={"losses": losses}), run_id="r")
        store.finish(take(store), receipt(), run_id="other")
        told = store.delivered("r", 10)
        assert [(one.item_id, one.item) for one in told] == [("s/0", None), ("s/1", None), ("s/2", None)]
        assert [one.receipt.losses for one in told if one.receipt] == [("a poll",), (), ("a poll", "bold")]
        assert store.tally("r").losses == {"a poll": 2, "bold": 1}
        assert [one.item_id for one in store.delivered("r", 1)] == ["s/0"]
        known = store.known("d", ["s/0"])["s/0"]
        assert known.held == receipt(), "what it lost is told of its job alone"

    def test_delivered_by_another(self, store: JobStore) -> None:
        """What another run delivered meanwhile is there already."""
        begin(store)
        page(store, create=[job()], counts=Counts(seen=1))
        begin(store, "other")
        deliver(store, run_id="other")
        mine, other = store.tally("r"), store.tally("other")
        assert (mine.delivered, mine.already, mine.adds_up) == (0, 1, True)
        assert (other.carried, other.delivered, other.adds_up) == (1, 1, True)

    def test_planned_by_another_since(self, store: JobStore) -> None:
        """A job that another run planned after this one began counts where it is done, as carried."""
        begin(store)
        begin(store, "other")
        page(store, "other", create=[job()], counts=Counts(seen=1))
        deliver(store, run_id="r")
        total = store.tally("r")
        assert (total.carried, total.delivered, total.adds_up) == (1, 1, True)
        assert store.tally("other").adds_up

    def test_about_some_jobs_alone(self, store: JobStore) -> None:
        """A run that is about some jobs carries these, and leaves what else is open to the pair's runs."""
        store.create([job("s/1"), job("s/2"), job("s/3")])
        store.begin_run(RunRecord(run_id="r", source_id="s", destination_id="d"), [job("s/2").key])
        total = store.tally("r")
        assert (total.carried, total.pending, total.adds_up) == (1, 1, True)
        begin(store, "next")
        assert store.tally("next").carried == 3

    def test_seen_and_carried(self, store: JobStore) -> None:
        """An item carried and met again is one item."""
        store.create([job()])
        begin(store)
        page(store, seen=[job().key], counts=Counts(seen=1))
        total = store.tally("r")
        assert (total.seen, total.carried, total.pending, total.adds_up) == (1, 0, 1, True)

    def test_ways_out_are_counted(self, store: JobStore) -> None:
        """Skipped counts as filtered, adopted as already, redriven as what became of it."""
        begin(store)
        page(store, create=[job(f"s/{n}") for n in range(4)], counts=Counts(seen=4))
        for _ in range(4):
            store.fail(take(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        keys = [job(f"s/{n}").key for n in range(4)]
        store.skip([keys[0]], run_id="r")
        store.adopt(keys[1], receipt(), run_id="r")
        store.redrive([keys[2]], run_id="r")
        total = store.tally("r")
        assert (total.filtered, total.already, total.pending, total.dead) == ({"skipped": 1}, 1, 1, {"rejected": 1})
        assert total.adds_up

    @pytest.mark.parametrize("known", [True, False])
    def test_redriven_elsewhere(self, store: JobStore, *, known: bool) -> None:
        """What a run redrives adds up there, whether it had seen the item or not."""
        begin(store, "r" if known else "former")
        page(store, "r" if known else "former", create=[failed()], counts=Counts(seen=1))
        store.redrive([job().key], run_id="r")
        begin(store)
        deliver(store)
        assert (store.tally("r").delivered, store.tally("r").adds_up) == (1, True)

    def test_begin_twice(self, store: JobStore) -> None:
        """A run that began is known again, goes on, and carries what has been left since."""
        begin(store)
        store.create([job()])
        assert begin(store).ended == ""
        assert store.tally("r").carried == 1

    def test_begin_after_the_end(self, store: JobStore) -> None:
        """A run that had ended says so, and counts anew from here: what is open now, and nothing of before."""
        begin(store)
        page(store, create=[job("s/1"), job("s/2")], counts=Counts(seen=3, already=1))
        deliver(store)
        store.fail(take(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        store.end_run("r", "failed", store.tally("r"))
        store.create([job("s/3")])
        assert begin(store).ended == "failed"
        assert begin(store).ended == ""
        store.redrive([job("s/2").key], run_id="r")
        deliver(store)
        total = store.tally("r")
        assert (total.seen, total.carried, total.delivered, total.already, total.pending) == (0, 2, 1, 0, 1)
        assert total.adds_up

    def test_the_history(self, store: JobStore, clock: Clock) -> None:
        """What a pair's runs came to is kept, each end of a retried one too, the newest first."""
        begin(store)
        page(store, create=[job("s/1"), job("s/2")], counts=Counts(seen=3, filtered={"too old": 1}))
        deliver(store)
        store.fail(take(store), Reason.REJECTED, failure(), run_id="r", in_doubt=False)
        began = clock()
        clock.go(seconds=60)
        store.end_run("r", "failed", store.tally("r"))
        begin(store)
        store.end_run("r", "waits", store.tally("r"))
        assert begin(store).ended == "", "a run that waits has not ended"
        again, first = store.history("s", "d", 10)
        assert (first.run_id, first.ended, first.begun_at, first.at) == ("r", "failed", began, clock())
        assert (first.seen, first.delivered, first.created, first.filtered, first.dead, first.died) == (
            3,
            1,
            1,
            1,
            1,
            1,
        )
        assert (again.ended, again.begun_at, again.delivered) == ("waits", clock(), 0)
        assert store.history("s", "d", 1) == [again]
        assert store.history("s", "d", 10, delivered=1) == [first]
        assert store.history("s", "elsewhere", 10) == []

    def test_no_end_without_a_beginning(self, store: JobStore) -> None:
        """The end of a run that never began is refused."""
        with pytest.raises(KeyError, match="nobody"):
            store.end_run("nobody", "completed", Tally())
