"""Several jobs of a pair on their way at once: what arrives, who has it in hand, and that every end is in the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Lock

import pytest

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Transient
from adapters.contracts.jobs import State
from adapters.contracts.ports import Grade
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.runs import RunRecord
from adapters.contracts.store import DeadLetterFilter, Queue
from adapters.media import FolderMediaStore
from adapters.stores.sql import SqlJobStore, sqlite_engine
from tasks.options import Options, PublishOptions
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.fakes import FakePlace, ListSource, post

QUICK = RetryPolicy(jitter=0, base=0.001, longest=0.001, attempts=3)
FIRST = frozenset(f"list:1/{n}" for n in range(1, 9))
"""The items that are on their way first, eight at once."""


@dataclass
class Far(FakePlace):
    """A place that takes eight at once, and knows how many it had in hand and which."""

    at_once: int = 8
    begun: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Each item as its write began, and what was in hand beside it."""
    in_hand: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def write(self, write):
        with self._lock:
            self.begun.append((write.item_id, frozenset(self.in_hand)))
            self.in_hand.add(write.item_id)
        try:
            self.before(write)
            with self._lock:
                return super().write(_marking(write))
        finally:
            with self._lock:
                self.in_hand.discard(write.item_id)

    def before(self, write):
        """Mark before the lock that the double needs is taken: hands mark together."""
        write.sending()


def _marking(write):
    """Return a write that has marked already."""
    return type(write)(**{**vars(write), "sending": lambda: None})


@pytest.fixture
def store(tmp_path):
    """A store in a file: several threads, several connections."""
    opened = SqlJobStore.open(sqlite_engine(tmp_path / "jobs.db"))
    yield opened
    opened.close()


@pytest.fixture
def road(tmp_path, store):
    """Return a function that runs the pair once more, eight at once, and returns the summary."""
    runs = iter(range(1, 1000))

    def run(source, place, *, watcher=None, policy=QUICK, kept=store, **options):
        return PublishingRoad(
            pair="list → fake",
            source=source,
            source_id="list:1",
            destination=place,
            settings={},
            store=kept,
            media=FolderMediaStore(tmp_path / "media"),
            options=Options(**{"from_beginning": True, "parallel": 8, **options}),
            policy=policy,
            engine=PlainEngine(policy),
            watcher=watcher or Watchers(),
            run_id=f"run-{next(runs)}",
        ).run()

    return run


def posts(number):
    return ListSource([post(n) for n in range(1, number + 1)], page_size=20)


def running(store):
    """Return how many jobs are in somebody's hands."""
    due = store.next_due(Queue("list:1", "fake:one"))
    return 0 if due is None else due > store.now()


def test_each_item_once_and_again_nothing(road):
    """A hundred items arrive, each once; a second run sends nothing."""
    source, place = posts(100), Far()
    first, second = road(source, place), road(source, place)
    assert (first.delivered, first.errors, second.delivered, second.already) == (100, [], 0, 100)
    assert Counter(name for _, name, _ in place.effects).most_common(1)[0][1] == 1
    assert len(place.effects) == 100


def test_as_many_as_were_asked_for_are_on_their_way(road):
    """Eight are at the place at the same moment: nobody answers before the eighth has come."""
    gate = Barrier(8)

    class Gathering(Far):
        def before(self, write):
            gate.wait(60)
            super().before(write)

    assert road(posts(16), Gathering()).delivered == 16


def test_no_more_than_were_asked_for_are_on_their_way(road):
    """However many have their answer and are being recorded."""
    place = Far()
    assert road(posts(100), place).delivered == 100
    assert max(len(beside) for _, beside in place.begun) <= 7


def test_another_goes_while_an_end_is_recorded(road, store):
    """What has its answer makes room at once: the ninth is on its way before any of eight is recorded."""
    recorded: list[int] = []
    first, ninth = Barrier(8), Event()

    class Watching(Far):
        def before(self, write):
            super().before(write)
            if write.item_id in FIRST:
                first.wait(60)
            if write.item_id == "list:1/9":
                ninth.set()

    class Slow:
        """A store whose ends wait until the ninth is on its way."""

        def __getattr__(self, name):
            return getattr(store, name)

        def finish(self, job, receipt, *, run_id):
            assert ninth.wait(60)
            recorded.append(job.revision)
            store.finish(job, receipt, run_id=run_id)

    assert road(posts(9), Watching(), kept=Slow()).delivered == 9
    assert len(recorded) == 9


def test_nothing_begins_before_what_concerns_all_is_in_the_store(road, store):
    """While a refused token's job is given back, no other goes to the place."""
    begun_before, begun_after = [], []

    class Refusing(Far):
        def before(self, write):
            if write.item_id == "list:1/1":
                raise ConfigurationError("401: the token is wrong")
            super().before(write)

    place = Refusing()

    class Slow:
        """A store that looks, when a job is given back, whether others still begin."""

        def __getattr__(self, name):
            return getattr(store, name)

        def release(self, *told, **more):
            begun_before.append(len(place.begun))
            watched = store.tally("run-1")
            assert watched is not None
            begun_after.append(len(place.begun))
            store.release(*told, **more)

    with pytest.raises(ConfigurationError, match="401"):
        road(posts(40), place, kept=Slow())
    assert begun_after == begun_before


def test_edits_of_an_item_keep_their_order(road):
    """An update waits for its creation, however many others are on their way."""
    place = Far()
    entries = [post(n) for n in range(1, 20)]
    road(ListSource(entries), place)
    road(ListSource([post(n, "B", edited=100 + n) for n in range(1, 20)]), place)
    assert all(place.objects.get(name) for name in place.objects)
    assert sorted(place.objects.values()) == ["B"] * 19
    assert Counter(action for action, _, _ in place.effects) == {"create": 19, "update": 19}


def test_a_reply_finds_what_it_answers(road):
    """An item that answers another waits for that one to be there."""
    entries = [post(1)] + [post(n, reply_to=f"list:1/{n - 1}") for n in range(2, 12)]
    place = Far()
    road(ListSource(entries), place)
    assert len(place.answered) == 10


def test_a_place_that_takes_one_at_a_time_refuses_more(road):
    """It says how many it takes."""
    with pytest.raises(ConfigurationError, match="one item after the other"):
        road(posts(1), FakePlace())
    with pytest.raises(ConfigurationError, match="at most 4 at once"):
        road(posts(1), Far(at_once=4))


def test_order_and_parallel_exclude_each_other():
    """Who asks for both is told so."""
    with pytest.raises(ConfigurationError, match="exclude each other"):
        PublishOptions(parallel=2, on_failure="stop")


def test_what_stops_one_stops_all(road, store):
    """After a refused token nothing new begins, what was on its way ends in the store, the next run sends the rest."""
    together, source = Barrier(8), posts(40)

    class Refusing(Far):
        def before(self, write):
            if write.item_id in FIRST:
                together.wait(60)
            if write.item_id == "list:1/3":
                raise ConfigurationError("401: the token is wrong")
            super().before(write)

    place = Refusing()
    with pytest.raises(ConfigurationError, match="401"):
        road(source, place)
    # Whoever had its answer before the refusal was heard may have made room for one more.
    assert 7 <= len(place.effects) <= 14
    assert not running(store)
    arrived = len(place.effects)
    calm = Far(objects=place.objects, effects=place.effects)
    assert road(source, calm).delivered == 40 - arrived
    assert Counter(name for _, name, _ in calm.effects).most_common(1)[0][1] == 1


def test_interrupted_all_ends_are_in_the_store(road, store):
    """Interrupted while eight are on their way: their answers are kept, and nothing is left in anybody's hands."""
    here, go_on = Barrier(9), Event()

    class Slow(Far):
        def before(self, write):
            super().before(write)
            here.wait(60)
            go_on.wait(60)

    class Interrupting:
        def progress(self, what, done, total):
            if what == "delivering" and not go_on.is_set():
                here.wait(60)
                go_on.set()
                raise KeyboardInterrupt

    place, source = Slow(), posts(40)
    with pytest.raises(KeyboardInterrupt):
        road(source, place, watcher=Interrupting())
    assert len(place.effects) == 8
    assert not running(store)
    assert road(source, Far(objects=place.objects, effects=place.effects)).delivered == 32


def test_a_retry_does_not_outlast_an_interruption(road, store):
    """A job that waits between two attempts goes back at once, without doubt and without an attempt counted."""
    policy = RetryPolicy(jitter=0, base=3600, longest=3600)
    waiting = Event()

    class Away(Far):
        def before(self, write):
            waiting.set()
            raise Transient("connection refused")

    class Interrupting:
        def progress(self, what, done, total):
            if what == "delivering":
                waiting.wait(60)
                raise KeyboardInterrupt

    source = posts(1)
    with pytest.raises(KeyboardInterrupt):
        road(source, Away(), watcher=Interrupting(), policy=policy)
    job = store.get("fake:one|list:1/1|1")
    assert (job.state, job.attempt, job.in_doubt) == (State.PENDING, 0, False)


def test_throttled_by_one_all_wait(road, store):
    """One is told to wait: nothing begins before that, and what waits is due then."""
    together = Barrier(8)

    class Throttling(Far):
        def before(self, write):
            super().before(write)
            if write.item_id in FIRST:
                together.wait(60)
            if write.item_id == "list:1/1":
                raise RateLimited("429", 7200)

    place = Throttling()
    summary = road(posts(40), place)
    assert summary.come_back - datetime.now(UTC) > timedelta(minutes=110)
    # Whoever was on its way had asked before; a few may have begun before the answer was heard.
    assert len(place.begun) <= 16
    assert summary.delivered + summary.pending == 40


def test_an_outage_makes_few_dead_letters(road):
    """Once two have given up, the others wait for the place to come back instead of dying with them."""

    class Away(Far):
        def before(self, write):
            raise Transient("connection refused")

    summary = road(posts(200), Away())
    assert 2 <= summary.dead <= 16
    assert summary.dead + summary.pending == 200
    assert summary.come_back is not None


def test_one_that_kills_its_worker_takes_no_other_with_it(road, store):
    """Jobs that were claimed in vain are done one at a time, and the one to blame dies alone."""
    source = posts(12)
    road(source, Far(), limit=1)

    class Gone(BaseException):
        pass

    class Killing(Far):
        def before(self, write):
            if write.item_id == "list:1/5":
                raise Gone
            super().before(write)

    place = Killing()
    for _ in range(QUICK.attempts):
        with pytest.raises(Gone):
            road(source, place)
    road(source, place)
    letters = store.dead_letters(DeadLetterFilter())
    assert [letter.item_id for letter in letters] == ["list:1/5"]
    beside = [others for name, others in place.begun if name == "list:1/5"][1:]
    assert beside == [frozenset()] * (QUICK.attempts - 1)
    assert len(place.effects) == 10


@pytest.mark.parametrize("grade", list(Grade))
def test_lost_answers_make_no_second_object(road, grade):
    """Whatever the grade: one object an item; only where nothing can tell, dead letters."""
    lose = {f"list:1/{n}" for n in range(1, 30, 3)}

    class Losing(Far):
        def write(self, write):
            receipt = super().write(write)
            if write.item_id in lose:
                lose.discard(write.item_id)
                raise OutcomeUnknown("no answer")
            return receipt

    place = Losing(grade=grade, fallback=grade)
    summary = road(posts(30), place)
    assert summary.dead_by == ({"unknown": 10} if grade is Grade.HOLDS else {})
    creates = Counter(name for action, name, _ in place.effects if action == "create")
    assert len(creates) == 30
    assert creates.total() == (40 if grade is Grade.OVERWRITES else 30)


def test_a_backfill_leaves_the_pairs_beginning_as_it_is(road, store):
    """It carries what is older than the pair's first run; the pair itself still sends nothing older."""
    source, place = posts(5), Far()
    assert road(source, place, from_beginning=False).filtered == 5
    begun = store.pair("list:1", "fake:one")
    assert road(source, place, from_beginning=False, backfill=True, limit=2).delivered == 2
    assert store.pair("list:1", "fake:one") == begun
    assert road(source, place, from_beginning=False).delivered == 0


def test_a_backfill_before_the_first_run_begins_nothing(road, store):
    """The first run of the pair itself decides where it begins."""
    source, place = posts(5), Far()
    assert road(source, place, from_beginning=False, backfill=True, limit=2).delivered == 2
    assert not store.pair("list:1", "fake:one").begun
    assert road(source, place, from_beginning=False).delivered == 0


def test_a_run_is_recorded_as_any_other(road, store):
    """What one did in parallel, another finds recorded."""
    road(posts(9), Far())
    assert (
        store.begin_run(RunRecord(run_id="run-1", source_id="list:1", destination_id="fake:one")).ended == "completed"
    )
