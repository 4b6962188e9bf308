"""The watcher: silence by the clock and dead letters by their number, each told once, and nothing of healthy pairs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.conformance.stores.samples import failed
from adapters.contracts.runs import PairRecord, RunRecord, Tally
from adapters.stores.memory import memory_store
from tasks.watch import DEAD, RECOVERED, SILENT, Limits, Told, judge, see, usual_gap
from tests.emulators.telegram import Clock

LIMITS = Limits(factor=3, least=timedelta(hours=1), dead=2)
MINUTE = timedelta(minutes=1)


class World:
    """One pair in a store whose clock the test moves, and what has been told of it."""

    def __init__(self):
        self.clock = Clock()
        self.store = memory_store(self.clock)
        self.told = Told()
        self.runs = 0
        self.store.save_pair(PairRecord(source_id="s", destination_id="d", service="webhook", name="telegram → blog"))

    def run(self, ended="completed", **counts):
        """Let a run of the pair end as this."""
        self.runs += 1
        self.store.begin_run(RunRecord(run_id=f"r{self.runs}", source_id="s", destination_id="d"))
        self.store.end_run(f"r{self.runs}", ended, Tally(**counts))

    def delivers(self, times, every):
        """Let it deliver so often."""
        for _ in range(times):
            self.clock.move(every.total_seconds())
            self.run(seen=1, delivered=1, created=1)

    def look(self, after=timedelta(0)):
        """Look once more, after so long; returns what is told now."""
        self.clock.move(after.total_seconds())
        (seen,) = see(self.store, LIMITS)
        alarms, self.told = judge(seen, self.told, self.clock.now, LIMITS)
        return alarms


@pytest.fixture
def world():
    """A pair that has not run yet."""
    made = World()
    yield made
    made.store.close()


@pytest.mark.parametrize(("every", "limit"), [(5 * MINUTE, 60 * MINUTE), (40 * MINUTE, 120 * MINUTE)])
def test_silence_is_three_usual_gaps_and_at_least_an_hour(world, every, limit):
    """Exactly then, and not a minute before; runs that bring nothing are no deliveries."""
    world.delivers(10, every)
    world.clock.move(60)
    world.run(seen=3, already=3)
    assert world.look(limit - MINUTE) == []
    (alarm,) = world.look(MINUTE)
    assert (alarm.event, alarm.subject) == (SILENT, "silent: telegram → blog")
    assert "s → d: nothing delivered since 2026-09-01 1" in alarm.body
    assert "found nothing new" in alarm.body
    assert "Next: " in alarm.body


def test_a_silence_is_told_once_and_its_end_too(world):
    """However often somebody looks; the next silence is another one."""
    world.delivers(5, 10 * MINUTE)
    assert [len(world.look(30 * MINUTE)) for _ in range(6)] == [0, 0, 1, 0, 0, 0]
    world.run(seen=2, delivered=2, created=2)
    (alarm,) = world.look()
    assert (alarm.event, alarm.subject) == (RECOVERED, "delivers again: telegram → blog")
    assert "delivered 2 at " in alarm.body
    assert "after 3 h of silence" in alarm.body
    assert world.look() == []
    assert [alarm.event for _ in range(20) for alarm in world.look(60 * MINUTE)] == [SILENT]


def test_a_silence_that_ended_and_began_again_between_two_looks_is_another_one(world):
    """The watcher was away meanwhile."""
    world.delivers(5, 10 * MINUTE)
    world.look(120 * MINUTE)
    world.run(seen=1, delivered=1, created=1)
    assert [alarm.event for alarm in world.look(600 * MINUTE)] == [SILENT]


def test_a_pair_that_always_delivers_is_never_told_of(world):
    """A week of hourly deliveries, looked at every few minutes."""
    world.delivers(5, 60 * MINUTE)
    for _ in range(48):
        assert [world.look(5 * MINUTE) for _ in range(11)] == [[]] * 11
        world.delivers(1, 5 * MINUTE)
    assert world.told == Told()


def test_what_is_usual_is_not_known_of_too_few_deliveries(world):
    """A new pair is left in peace."""
    world.delivers(3, 5 * MINUTE)
    assert world.look(timedelta(days=30)) == []
    assert usual_gap([]) is None


def test_a_paused_pair_is_left_in_peace(world):
    """And its silence is forgotten, without a word."""
    world.delivers(5, 10 * MINUTE)
    assert len(world.look(120 * MINUTE)) == 1
    world.store.pause_pair("s", "d", "the channel moves")
    assert world.look(120 * MINUTE) == []
    assert world.told == Told()


@pytest.mark.parametrize(
    ("last", "hint"),
    [
        (None, "No run has ended since"),
        ({"ended": "failed", "seen": 1, "dead": {"rejected": 1}}, "Its last run failed"),
        ({"ended": "waits", "seen": 2, "pending": 2}, "left 2 waiting"),
        ({"seen": 2, "filtered": {"too old": 2}}, "filtered all 2 items out"),
    ],
)
def test_the_next_step_is_that_of_the_last_run(world, last, hint):
    """Whoever is woken knows where to look."""
    world.delivers(5, 10 * MINUTE)
    world.clock.move(60)
    if last is not None:
        world.run(**last)
    (alarm,) = world.look(120 * MINUTE)
    assert hint in alarm.body


def test_too_many_dead_letters_are_told_once_until_they_are_fewer(world):
    """More than the limit, not as many."""
    world.store.create([failed("s/1"), failed("s/2")])
    assert world.look() == []
    world.store.create([failed("s/3"), failed("s/4")])
    (alarm,) = world.look()
    assert (alarm.event, alarm.subject) == (DEAD, "dead letters: telegram → blog")
    assert "more than 2 dead letters" in alarm.body
    assert "dead_letters.py list --destination d" in alarm.body
    assert world.look(MINUTE) == []
    world.store.skip([job.key for job in map(failed, ("s/1", "s/2", "s/3"))], run_id="r")
    assert world.look() == []
    world.store.create([failed("s/5"), failed("s/6")])
    assert [alarm.event for alarm in world.look()] == [DEAD]
