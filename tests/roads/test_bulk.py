"""The bulk road without Prefect, into an archive: what is refused lies aside with its reason, all else arrives."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from adapters.contracts.item import Unreadable
from adapters.contracts.jobs import Reason
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from adapters.destinations.local import LocalDestination, LocalSettings, parts
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers
from tests.exports import lines
from tests.fakes import DAY, ListSource, post

PIECE = Unreadable(where="list, entry 3", error="no JSON", data=b"{", sha256="9f")


@pytest.fixture
def road(tmp_path):
    """Return a function that builds one more run of the pair."""
    store, runs = memory_store(lambda: DAY + timedelta(days=30)), iter(range(1, 1000))

    def build(source, **options):
        return BulkRoad(
            pair="list → local",
            source=source,
            destination=LocalDestination(LocalSettings(archive=tmp_path / "archive")),
            settings={},
            store=store,
            media=FolderMediaStore(tmp_path / "media"),
            options=Options(**options),
            engine=PlainEngine(RetryPolicy()),
            watcher=Watchers(),
            run_id=f"run-{next(runs)}",
        )

    build.store = store
    return build


def test_what_is_refused_is_a_dead_letter_once_and_is_redriven(road, tmp_path, monkeypatch):
    """A batch is halved down to the culprit; the next run finds it dead already; redriven, it is closed."""
    source = ListSource([post(n, "long " * 200 if n == 5 else "text") for n in range(1, 9)])
    with monkeypatch.context() as tight:
        tight.setattr(parts, "LINE_BYTES", 900)
        first, again = road(source).run(), road(source).run()
        refused = road(ListSource([])).redrive([road.store.dead_letters(DeadLetterFilter())])
    assert (first.delivered, first.dead, first.died, first.exit_code) == (7, 1, 1, 2)
    assert (again.already, again.dead, again.died, again.exit_code) == (7, 1, 0, 0)
    assert (refused.delivered, refused.dead, refused.died, refused.exit_code) == (0, 1, 1, 2)
    (dead,) = road.store.dead_letters(DeadLetterFilter())
    assert (dead.item_id, dead.reason, dead.item.text) == ("list:1/5", Reason.REJECTED, "long " * 200)
    assert road(ListSource([])).redrive([[dead]]).delivered == 1
    assert not road.store.dead_letters(DeadLetterFilter())
    assert len(lines(tmp_path / "archive")) == 8
    assert road(source).run().already == 8


def test_a_dead_letter_is_closed_when_its_item_arrives(road, monkeypatch):
    """A newer version that is taken takes the dead letter's place."""
    with monkeypatch.context() as tight:
        tight.setattr(parts, "LINE_BYTES", 900)
        road(ListSource([post(1, "long " * 200)])).run()
    summary = road(ListSource([post(1, "short", edited=9)])).run()
    assert (summary.delivered, summary.dead) == (1, 0)
    assert not road.store.dead_letters(DeadLetterFilter())


def test_an_unreadable_piece_is_one_dead_letter_over_many_runs(road):
    """It is kept with its place and bytes, and stops nothing."""
    source = ListSource([post(1), PIECE, post(2)])
    first, again = road(source).run(), road(source).run()
    assert (first.delivered, first.dead_by, first.died) == (2, {"rejected": 1}, 1)
    assert (again.already, again.dead, again.died) == (2, 1, 0)
    (dead,) = road.store.dead_letters(DeadLetterFilter())
    assert (dead.unreadable.data, dead.unreadable.where) == (b"{", "list, entry 3")


def test_a_dry_run_names_the_count_that_the_real_one_has(road, tmp_path):
    """And leaves no trace of itself."""
    source = ListSource([post(n) for n in range(1, 9)])
    dry = road(source, dry_run=True, limit=5).run()
    assert not (tmp_path / "archive").exists()
    assert (dry.pending, dry.filtered) == (5, 3)
    assert road(source, limit=5).run().delivered == 5


def test_a_pair_paused_while_it_is_carried_goes_no_further_and_goes_on_when_resumed(road, tmp_path):
    """What was read by then is in the place; the rest is the next run's."""
    source = ListSource([post(n) for n in range(1, 9)], page_size=2)
    stopped, steps = road(source), iter(range(1, 100))
    stopped.stretch = 0.0

    def step(name, do):
        """Pause the pair behind its second step."""
        done = do()
        if next(steps) == 2:
            road.store.pause_pair("list:1", stopped.destination.identity, "why")
        return done

    stopped.engine = SimpleNamespace(step=step, whole=lambda name, key, do: do())
    summary = stopped.run()
    assert (summary.delivered, summary.paused, summary.seen) == (4, "why", 4)
    assert road(source).run().paused == "why"
    road.store.pause_pair("list:1", stopped.destination.identity, "")
    summary = road(source).run()
    assert (summary.delivered, summary.already, summary.paused) == (4, 4, "")
