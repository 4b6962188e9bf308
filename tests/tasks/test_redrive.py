"""Redriving without Prefect: which letters, in what order, how fast, and what a second one makes of a first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from adapters.contracts.errors import ConfigurationError, RateLimited, Rejected
from adapters.contracts.jobs import Reason
from adapters.contracts.runs import PairRecord
from adapters.contracts.store import DeadLetterFilter
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from tasks.plain import PlainEngine
from tasks.redrive import Redrive
from tests.fakes import DAY, FakePlace, lost
from tests.flows.letters import letter


class World:
    """A store with two pairs, their places, and a clock that goes when somebody waits."""

    def __init__(self, folder):
        self.now = DAY + timedelta(days=30)
        self.waits = []
        self.store = memory_store(lambda: self.now)
        self.media = FolderMediaStore(folder / "media")
        self.places = {name: FakePlace(identity=f"fake:{name}") for name in ("one", "two")}
        for name in self.places:
            self.store.save_pair(PairRecord(source_id="list:1", destination_id=f"fake:{name}", service="fake"))

    def bury(self, number, place="one", **more):
        """Make so many dead letters for a place."""
        self.store.create([letter(n, f"fake:{place}", **more) for n in range(1, number + 1)])

    def seconds(self):
        return self.now.timestamp()

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)

    def opened(self, pair):
        place = self.places[pair.destination_id.removeprefix("fake:")]
        if isinstance(place, Exception):
            raise place
        return place

    def redrive(self, run_id="run", **which):
        """Redrive what a filter means; `per_minute` and `wait` are no filters."""
        how = {name: which.pop(name) for name in ("per_minute", "wait") if name in which}
        return Redrive(
            self.store,
            self.media,
            DeadLetterFilter(**which),
            run_id,
            **how,
            pause=self.wait,
            clock=self.seconds,
            engine=lambda policy: PlainEngine(policy, self.wait),
            opened=self.opened,
        ).run()

    def sent(self, place="one"):
        return [effect[1] for effect in self.places[place].effects]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.store.close()


def test_all_pairs_each_once_oldest_first(world):
    """Over several slices; a second redrive finds nothing."""
    world.bury(210)
    world.bury(3, "two")
    summary = world.redrive()
    assert (summary.carried, summary.delivered, summary.dead, summary.exit_code) == (213, 213, 0, 0)
    assert world.sent() == [f"list:1/{n}" for n in range(1, 211)]
    assert world.redrive("again").carried == 0
    assert len(world.sent()) + len(world.sent("two")) == 213


def test_a_limit_counts_over_all_pairs(world):
    """So many letters, whosever they are."""
    world.bury(3)
    world.bury(3, "two")
    assert world.redrive(limit=4).carried == 4
    assert (len(world.sent()), len(world.sent("two"))) == (3, 1)


def test_what_is_refused_again_is_tried_once(world):
    """However many slices there are; what is left is told."""
    world.places["one"].errors = [("refused", Rejected("no")) if n % 3 == 0 else None for n in range(210)]
    world.bury(210)
    summary = world.redrive()
    assert (summary.carried, summary.delivered, summary.dead, summary.died, summary.exit_code) == (210, 140, 70, 70, 2)
    assert summary.warnings == ["70 dead letters are left (70 rejected)"]
    assert max(Counter(world.sent()).values()) == 1


def test_doubt_goes_only_when_it_is_named(world):
    """And Retry of that very redrive leaves alone what may have arrived since."""
    world.bury(2, reason=Reason.UNKNOWN)
    assert world.redrive().carried == 0
    world.places["one"].errors = [lost(), ("refused", Rejected("no"))]
    first = world.redrive("named", reasons=(Reason.UNKNOWN,))
    assert (first.dead_by, len(world.sent())) == ({"unknown": 1, "rejected": 1}, 1)
    retried = world.redrive("named", reasons=(Reason.UNKNOWN,))
    assert (retried.carried, retried.delivered, world.sent()) == (1, 1, ["list:1/1", "list:1/2"])


def test_a_pace(world):
    """Sixty a minute are five every five seconds, never more."""
    world.bury(20)
    world.redrive(per_minute=60)
    assert (world.waits, len(world.sent())) == ([5.0, 5.0, 5.0], 20)


def test_a_slow_pace(world):
    """One at a time, and no job in hand meanwhile."""
    world.bury(3)
    world.redrive(per_minute=1)
    assert (world.waits, len(world.sent())) == ([60.0, 60.0], 3)


def test_told_to_wait_it_goes_on_later(world):
    """What waits is pending, what is behind stays dead; taken up again under its name, it sums up the whole."""
    throttled = RateLimited("slow down", 3600)
    world.places["two"].errors = [None, ("refused", throttled)]
    world.bury(3)
    world.bury(210, "two")
    first = world.redrive()
    assert (first.exit_code, first.come_back) == (75, world.now + timedelta(hours=1))
    assert (first.delivered, first.pending) == (4, 199)
    assert len(world.store.dead_letters(DeadLetterFilter())) == 10
    world.now += timedelta(hours=1)
    again = world.redrive()
    assert (again.carried, again.delivered, again.pending, again.come_back) == (213, 213, 0, None)
    assert max(Counter(world.sent("two")).values()) == 1


def test_what_a_killed_one_left_is_sent_by_the_next(world):
    """Whatever its filter; what the pair's own run has taken over since is left to it."""
    world.bury(4)
    keys = [one.key for one in world.store.dead_letters(DeadLetterFilter())]
    world.store.redrive(keys[:2], run_id="killed/redrive/1")
    summary = world.redrive("next", item_id="list:1/1")
    assert (summary.carried, world.sent()) == (1, ["list:1/1"])
    summary = world.redrive("last", error="nothing says this")
    assert (summary.carried, world.sent()) == (1, ["list:1/1", "list:1/2"])


def test_a_pair_that_cannot_work_keeps_back_no_other(world):
    """Its error is told, and its letters stay."""
    world.places["one"] = ConfigurationError("there is no token")
    world.bury(2)
    world.bury(2, "two")
    world.store.create([letter(9, "fake:three")])
    summary = world.redrive()
    assert (summary.delivered, summary.exit_code) == (2, 1)
    assert summary.errors == [
        "the store remembers no pair list:1 → fake:three: run the pair's flow once",
        "list:1 → fake:one: there is no token",
    ]
    assert len(world.store.dead_letters(DeadLetterFilter())) == 3


def test_a_paused_pair(world):
    """Its letters stay as they are, and that is told."""
    world.bury(2)
    world.store.pause_pair("list:1", "fake:one", "why")
    summary = world.redrive()
    assert (summary.carried, world.sent()) == (0, [])
    assert "list:1 → fake:one is paused (why): its dead letters stay as they are" in summary.warnings
