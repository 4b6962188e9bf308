"""One pair in its world: run and killed, looked after by a truthful person, and checked against what truly happened."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from hypothesis.stateful import RuleBasedStateMachine, invariant

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import Outcome, Reason, State
from adapters.contracts.ports import Grade
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from adapters.stores.sql import SqlJobStore, engine_of
from tasks.identity import refuse_another
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.fakes import ListSource
from tests.roads.far_side import FAULTS, KEY_LIFE, SETTLES, Bug, Clock, FarSide, Killed, Mortal, Process

POLICY = RetryPolicy(jitter=0, attempts=3)
SETTLED_AFTER = 6
"""Runs that a pair may need, with nothing in its way, until nothing is left to do."""


class World(RuleBasedStateMachine):
    """What a pair's rules act on, and what must be true of it."""

    grade: ClassVar[Grade] = Grade.HOLDS
    in_file: ClassVar[bool] = False

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.folder = Path(tempfile.mkdtemp()) if self.in_file else Path()
        self.store = self._new_store()
        self.lost = None
        """The store with the pair's records, while the pair is pointed at another one."""
        self.witness = {}
        """What the pair remembers of its store, outside of it."""
        self.source = ListSource([], page_size=2)
        keys = self.grade is Grade.DEDUPLICATES
        self.place = FarSide(
            grade=self.grade,
            fallback=Grade.HOLDS if keys else self.grade,
            key_life=KEY_LIFE if keys else None,
            settles_after=SETTLES,
            clock=self.clock,
        )
        self.gone = []
        self.moments = 0
        self.runs = 0
        self.asked_for = Counter()
        """Second objects that a person asked for, by item."""
        self.redriven = Counter()
        """How often a person had a job in doubt sent again, by key."""
        self.skipped = {}
        """What the place had seen of an item, in effects, when a person decided that this shall not be sent."""

    # What must be true, always.

    @invariant()
    def one_object_an_item(self):
        """No item has two objects, unless a person asked for another."""
        for item_id, number in Counter(item_id for item_id, _ in self.place.live.values()).items():
            assert number <= 1 + self.asked_for[item_id], f"{item_id} has {number} objects"

    @invariant()
    def nothing_is_made_twice(self):
        """No revision is created twice where that makes a second object."""
        if self.grade is Grade.OVERWRITES:
            return
        for key, number in Counter(e.key for e in self.place.done if e.action == "create").items():
            assert number <= 1 + self.redriven[key], f"{key} was created {number} times"

    @invariant()
    def doubt_sticks(self):
        """A job whose request went unanswered is done or in doubt; as a dead letter it says so."""
        store = self.lost or self.store
        for key in sorted(self.place.unanswered):
            job = store.get(key)
            if job.state is State.DONE:
                self.place.unanswered.discard(key)
                continue
            assert job.in_doubt, f"{key} is {job.state} without doubt"
            assert job.state is not State.FAILED or job.reason is Reason.UNKNOWN, f"{key} died as {job.reason}"

    @invariant()
    def skipped_is_not_sent(self):
        """What a person has skipped is not sent, as long as its source leaves it as it is."""
        for item_id, before in self.skipped.items():
            assert self._effects(item_id) == before, f"{item_id} was sent although it had been skipped"

    def teardown(self):
        """With nothing in its way the pair settles, and each item is where it belongs."""
        try:
            self._find_store()
            self._settle()
            for item in self.source.entries:
                self._check_there(item)
            for item in self.gone:
                self._check_gone(item)
        finally:
            self.store.close()
            if self.in_file:
                shutil.rmtree(self.folder)

    def _settle(self):
        """Run until nothing is left to do."""
        for _ in range(SETTLED_AFTER):
            self.clock.wait(90_000)
            self.place.land()
            before = len(self.place.done)
            summary = self._run()
            self.one_object_an_item()
            self.nothing_is_made_twice()
            self.doubt_sticks()
            self.skipped_is_not_sent()
            if summary.come_back is None and len(self.place.done) == before:
                return
        raise AssertionError("the pair does not settle")

    def _check_there(self, item):
        """An item of the source is held as it is now, or it lies among the dead letters, or it was skipped."""
        if any(job.item_id == item.id for job in self._letters()):
            return
        known = self.store.known(self.place.identity, [item.id])[item.id]
        if known.newest.outcome is Outcome.SKIPPED and known.newest.version == item.version:
            return
        assert known.newest.state is State.DONE, f"{item.id} is {known.newest.state} with nothing in its way"
        assert known.held.version == item.version
        assert self.place.live.get(known.held.remote_id) == (item.id, item.text)

    def _check_gone(self, item):
        """A deleted item's object is gone, or the reason lies among the dead letters, or that was skipped."""
        known = self.store.known(self.place.identity, [item.id]).get(item.id)
        if known is None or known.held is None or any(job.item_id == item.id for job in self._letters()):
            return
        if known.newest.outcome is Outcome.SKIPPED and known.newest.action == "delete":
            return
        assert known.held.deleted
        assert known.held.remote_id not in self.place.live

    def _run(self, *, kill=("", 0), faults=(), slow="", again=False, letter="", on_failure="continue"):
        """Run the pair in a process of its own; returns its summary, or None when it did not come to one."""
        former, self.place.process = self.place.process, Process(kill)
        self.place.errors = [FAULTS[name] if name else None for name in faults]
        self.place.slow, self.place.meanwhile = slow, self._run
        self.runs += not (again and self.runs)
        self.clock.waits = 0
        entry = {"pair": "list → fake", "destination": self.place.identity, "birth": self.store.birth_id, "store": "?"}
        road = PublishingRoad(
            pair="list → fake",
            source=None if letter else self.source,
            source_id=self.source.identity,
            destination=self.place,
            settings={},
            store=Mortal(self.store, self.place.process),
            media=FolderMediaStore(self.folder / "media"),
            options=Options(from_beginning=True, deletes="follow", allow_mass_delete=True, on_failure=on_failure),
            policy=POLICY,
            engine=PlainEngine(POLICY, self.clock.wait),
            watcher=Watchers(),
            run_id=f"run-{self.runs}",
            pause=self.clock.wait,
        )
        try:
            refuse_another(self.witness, entry)
            self.witness = entry
            summary = road.redrive(lambda _: [[letter]]) if letter else road.run()
        except (Killed, Bug, ConfigurationError):
            return None
        finally:
            self.place.process, self.place.errors, self.place.slow = former, [], ""
        assert summary.errors == []
        return summary

    def _new_store(self):
        """Make an empty store, with a birth id of its own."""
        if self.in_file:
            return SqlJobStore(engine_of(f"sqlite:///{self.folder / f'{uuid4().hex}.db'}"), self.clock)
        return memory_store(self.clock)

    def _find_store(self):
        """Point the pair back to the store with its records, when it was lost."""
        if self.lost:
            self.store.close()
            self.store, self.lost = self.lost, None

    def _moment(self):
        """Return the next minute of the source's day, so that each edit is newer than what was before."""
        self.moments += 1
        return self.moments

    def _letters(self):
        return self.store.dead_letters(DeadLetterFilter())

    def _letter(self, pick):
        letters = self._letters()
        return letters[pick % len(letters)]

    def _newest(self, item_id):
        return self.store.known(self.place.identity, [item_id])[item_id].newest

    def _effects(self, item_id):
        return sum(effect.item_id == item_id for effect in self.place.done)

    def _left_by(self, job):
        """Look at the place, once everything under way has landed: the id of what a job left there, or nothing."""
        self.clock.wait(SETTLES.total_seconds())
        self.place.land()
        return next((effect.remote_id for effect in reversed(self.place.done) if effect.key == job.key), "")
