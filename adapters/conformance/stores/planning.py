"""Planning: what is known of a page's items, and recording the page whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.conformance.stores.samples import START, deliver, failed, failure, item, job, kept, page, receipt, take
from adapters.contracts.jobs import Action, Outcome, Reason
from adapters.contracts.store import Conflict, Counts, Cursor, JobStore, PagePlan


class Planning:
    """What is known, and recording a page."""

    def test_what_is_known(self, store: JobStore) -> None:
        """The newest job is known without its item, and ids never heard of are left out."""
        store.create([job(), job(revision=2, text="two")])
        found = store.known("d", ["s/1", "s/404", *map(str, range(5000))])
        assert list(found) == ["s/1"]
        newest = found["s/1"].newest
        assert newest is not None
        assert (newest.revision, newest.item, found["s/1"].held) == (2, None, None)
        assert store.known("elsewhere", ["s/1"]) == {}
        assert store.known("d", []) == {}

    def test_what_a_run_has_met(self, store: JobStore) -> None:
        """A run meets an item once, in whatever process and under whichever revision; other runs do not blur that."""
        store.commit_page("r", "s", "d", PagePlan(create=[job()]))
        store.commit_page("other", "s", "d", PagePlan(seen=[job().key]))
        assert [store.known("d", ["s/1"], run)["s/1"].met for run in ("r", "other", "third", "")] == [
            True,
            True,
            False,
            False,
        ]
        with pytest.raises(Conflict):
            store.commit_page("r", "s", "d", PagePlan(seen=[job().key], counts=Counts(seen=1)))
        assert store.tally("r").seen == 0

    def test_an_album_has_many_names(self, store: JobStore) -> None:
        """Any member of an album finds the album's records."""
        page(store, create=[job("s/4")], aliases=[("s/5", "s/4"), ("s/6", "s/4")])
        assert {name: known.item_id for name, known in store.known("d", ["s/4", "s/6"]).items()} == {
            "s/4": "s/4",
            "s/6": "s/4",
        }

    def test_own_records_win(self, store: JobStore) -> None:
        """An id with records of its own is not an alias."""
        page(store, create=[job("s/4"), job("s/5")], aliases=[("s/5", "s/4")])
        assert store.known("d", ["s/5"])["s/5"].item_id == "s/5"

    def test_a_page_is_recorded(self, store: JobStore) -> None:
        """Jobs, marks, numbers and cursor are recorded together."""
        page(store, create=[job()], counts=Counts(seen=1), cursor=Cursor("all", "7"))
        found = kept(store, job().key)
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
    def test_conflict_records_nothing(self, store: JobStore, plan: dict[str, Any]) -> None:
        """When the store has moved on, nothing of the page is recorded."""
        store.create(
            [job("s/1"), job("s/5", sent_at=START), failed("s/6", sent_at=START), failed("s/7", reason=Reason.UNKNOWN)]
        )
        store.create([job("s/8"), job("s/8", 2)])
        taken = take(store)
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

    def test_a_newer_item_replaces(self, store: JobStore) -> None:
        """A job never sent takes the newer item, which has attempts and progress of its own."""
        store.create([job(attempt=2, progress={"step": 1}, planned_by="old")])
        page(store, replace=[job(text="new", action=Action.UPDATE)])
        found = kept(store, job().key)
        expected: tuple[object, ...] = (item(text="new"), "list.1:new", Action.UPDATE, 0, {}, "old", "r")
        assert (
            found.item,
            found.version,
            found.action,
            found.attempt,
            found.progress,
            found.planned_by,
            found.seen_by,
        ) == expected

    def test_cancel_and_supersede(self, store: JobStore) -> None:
        """What nobody wants is cancelled, and a dead letter in a newer version's way is closed."""
        store.create([job("s/1"), failed("s/2")])
        page(store, cancel=[job("s/1").key], supersede=[job("s/2").key], create=[job("s/2", 2)])
        outcomes = [kept(store, job(name).key).outcome for name in ("s/1", "s/2")]
        assert outcomes == [Outcome.CANCELLED, Outcome.SUPERSEDED]
        assert take(store).key == job("s/2", 2).key

    def test_take_over(self, store: JobStore) -> None:
        """A version that is taken over is noted, and nothing else changes."""
        store.create([job()])
        deliver(store)
        page(store, take_over=[("s/1", "other.1:text")])
        assert store.known("d", ["s/1"])["s/1"].held == receipt("other.1:text")

    @pytest.mark.parametrize("plan", [{"replace": [job(text="new")]}, {"cancel": [job().key]}])
    def test_a_redriven_doubt_is_not_replaced(self, store: JobStore, plan: dict[str, Any]) -> None:
        """What a place may have received under a job's key stays that job's, whatever a person thinks of it."""
        store.create([job()])
        taken = store.mark_sending(take(store))
        store.fail(taken, Reason.UNKNOWN, failure(), run_id="r", in_doubt=True)
        store.redrive([taken.key], run_id="r")
        with pytest.raises(Conflict):
            page(store, **plan)
