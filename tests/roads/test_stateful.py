"""The publishing road and its job store against a model, through whatever order of posts, faults and deaths."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from adapters.contracts.jobs import Reason
from adapters.contracts.ports import Grade
from adapters.contracts.store import Conflict
from tasks.dead_letters import adopt
from tests.fakes import post
from tests.roads.far_side import CRASHES, FAULTS, KEY_LIFE, SETTLES
from tests.roads.world import World

MOST = 5
"""Posts: what goes wrong goes wrong with a few."""
PICKS = st.integers(0, 5)
TEXTS = st.sampled_from("ABC")
QUEUES = st.lists(st.none() | st.sampled_from(sorted(FAULTS)), min_size=1, max_size=7)


class Publishing(World):
    """One pair, run and killed and run again while its source changes and a truthful person looks after it."""

    # What happens in the source.

    @initialize(texts=st.lists(TEXTS, min_size=1, max_size=3))
    def begins(self, texts):
        """A source is not empty when its pair is set up."""
        for text in texts:
            self.posts(text)

    @precondition(lambda self: len(self.source.entries) < MOST)
    @rule(text=TEXTS)
    def posts(self, text):
        """A new post."""
        self.source.entries.append(post(self._moment(), text))

    @precondition(lambda self: self.source.entries)
    @rule(pick=PICKS, text=TEXTS)
    def edits(self, pick, text):
        """An edit, maybe back to an earlier text."""
        place = pick % len(self.source.entries)
        item = self.source.entries[place]
        self.source.entries[place] = post(int(item.id.partition("/")[2]), text, edited=self._moment())
        self.skipped.pop(item.id, None)

    @precondition(lambda self: self.source.entries)
    @rule(pick=PICKS)
    def deletes(self, pick):
        """A post is deleted at its source."""
        item = self.source.entries.pop(pick % len(self.source.entries))
        self.gone.append(item)
        self.source.deleted.add(item.id)
        self.skipped.pop(item.id, None)

    @precondition(lambda self: self.gone)
    @rule(pick=PICKS)
    def restores(self, pick):
        """What was deleted is back."""
        item = self.gone.pop(pick % len(self.gone))
        self.source.deleted.discard(item.id)
        self.source.entries.append(item)
        self.skipped.pop(item.id, None)

    # What happens to the pair.

    @rule(again=st.booleans(), on_failure=st.sampled_from(["continue", "stop"]))
    def runs_well(self, again, on_failure):
        """The pair is run, maybe as the former run once more."""
        self._run(again=again, on_failure=on_failure)

    @rule(faults=QUEUES)
    def runs_with_faults(self, faults):
        """The pair is run while its place fails."""
        self._run(faults=faults)

    @rule(point=st.sampled_from(CRASHES), nth=st.integers(1, 3), faults=QUEUES | st.just([]))
    def is_killed(self, point, nth, faults):
        """The pair's process dies."""
        self._run(kill=(point, nth), faults=faults)

    @rule(point=st.sampled_from(["before the mark", "after the effect"]), faults=QUEUES | st.just([]))
    def is_overtaken(self, point, faults):
        """The pair's process is stopped for longer than its lease, and a second one takes over."""
        self._run(slow=point, faults=faults)

    @rule(seconds=st.sampled_from([61, 3700, 90_000]))
    def time_passes(self, seconds):
        """Leases run over, keys are forgotten, pauses end."""
        self.clock.wait(seconds)

    @precondition(lambda self: self.witness and not self.lost)
    @rule()
    def loses_its_store(self):
        """The pair finds another, empty store: it sends nothing and says so, however often it is run."""
        self.lost, self.store = self.store, self._new_store()
        before = len(self.place.done)
        assert self._run() is None
        assert self._run(again=True) is None
        assert len(self.place.done) == before

    @precondition(lambda self: self.lost)
    @rule()
    def finds_its_store(self):
        """The pair is pointed back to its records, and goes on as if nothing had been."""
        self._find_store()

    @precondition(lambda self: self.lost)
    @rule()
    def begins_anew(self):
        """A person gives the old records up, a key's life later: what the source has may be sent once more."""
        self.clock.wait(KEY_LIFE.total_seconds() + SETTLES.total_seconds())
        self.place.land()
        self.lost.close()
        self.lost, self.witness = None, {}
        self.place.unanswered.clear()
        self.skipped.clear()
        self.asked_for.update(effect.item_id for effect in self.place.done)
        self.redriven.update(effect.key for effect in self.place.done)

    # What a person does.

    @precondition(lambda self: self._letters())
    @rule(pick=PICKS, at_once=st.booleans(), faults=QUEUES | st.just([]))
    def redrives(self, pick, at_once, faults):
        """A dead letter is sent again, in doubt or not."""
        job = self._letter(pick)
        if job.reason is Reason.UNKNOWN:
            self.redriven[job.key] += 1
            self.asked_for[job.item_id] += 1
            self.place.unanswered.discard(job.key)
        self.runs += 1
        self.skipped.pop(job.item_id, None)
        if at_once:
            self._run(again=True, letter=job.key, faults=faults)
        else:
            self.store.redrive([job.key], run_id=f"run-{self.runs}")

    @precondition(lambda self: self._letters())
    @rule(pick=PICKS)
    def adopts(self, pick):
        """What a doubtful job left at the place is named."""
        job = self._letter(pick)
        left = self._left_by(job)
        if left and job.reason is Reason.UNKNOWN:
            adopt(self.store, job.key, left, "", "person")

    @precondition(lambda self: self._letters())
    @rule(pick=PICKS)
    def skips(self, pick):
        """What is not there shall not be sent."""
        job = self._letter(pick)
        if self._left_by(job):
            return
        self.store.skip([job.key], run_id="person")
        self.place.unanswered.discard(job.key)
        entry = next((entry for entry in self.source.entries if entry.id == job.item_id), None)
        same = entry.version == job.version if entry else job.action == "delete"
        if same and self._newest(job.item_id).key == job.key:
            self.skipped[job.item_id] = self._effects(job.item_id)

    @precondition(lambda self: self.place.done)
    @rule(pick=PICKS)
    def resends(self, pick):
        """A second object of an item is asked for."""
        effect = self.place.done[pick % len(self.place.done)]
        with suppress(Conflict, KeyError):
            self.store.resend(effect.key, run_id="person")
            self.asked_for[effect.item_id] += 1
            self.skipped.pop(effect.item_id, None)


def machine(of, *, file=False):
    """Return the machine for a grade."""
    return type(f"Publishing_{of}", (Publishing,), {"grade": of, "in_file": file})


def run(made, examples, steps):
    """Run a machine through so many examples, always the same ones."""
    chosen = settings(
        derandomize=True,
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(made, settings=chosen)


@pytest.mark.parametrize("grade", list(Grade))
def test_exactly_once_whatever_happens(grade):
    """Each item arrives once or lies where it can be seen, in any order of posts, faults, deaths and decisions."""
    run(machine(grade), examples=20, steps=15)


def test_exactly_once_in_a_file():
    """The same over SQLite's file, where each verb is a transaction on the disk."""
    run(machine(Grade.FINDABLE, file=True), examples=5, steps=12)


@pytest.mark.long
@pytest.mark.parametrize("grade", list(Grade))
def test_exactly_once_for_long(grade):
    """The same for longer."""
    run(machine(grade), examples=1500, steps=40)


@pytest.fixture(params=[Grade.DEDUPLICATES, Grade.FINDABLE, Grade.HOLDS])
def played(request):
    """A machine to play by hand what it once found; in the end the pair settles and everything is checked."""
    made = machine(request.param)()
    yield made
    made.one_object_an_item()
    made.nothing_is_made_twice()
    made.teardown()


def test_an_edit_after_a_look_up_is_sent(played):
    """What was found by a look-up is held in the version that was sent: a later edit is an edit."""
    played.posts("A")
    played.runs_with_faults(["request late"])
    played.edits(0, "B")


@pytest.mark.parametrize("first", ["not taken", "request lost"])
def test_a_look_up_waits_for_the_last_request(played, first):
    """A second request may take effect long after the first was looked for."""
    played.posts("A")
    played.runs_with_faults([first, "request late"])


def test_a_skipped_edit_stays_skipped(played):
    """What a person skipped is not planned anew because the place still holds what was before."""
    played.posts("A")
    played.runs_well(again=False, on_failure="continue")
    played.edits(0, "B")
    played.runs_with_faults(["rejected"])
    played.skips(0)


def test_a_skipped_deletion_stays_skipped(played):
    """An object that a person let stay stays."""
    played.posts("A")
    played.runs_well(again=False, on_failure="continue")
    played.deletes(0)
    played.runs_with_faults(["rejected"])
    played.skips(0)
    played.runs_well(again=False, on_failure="continue")
    assert len(played.place.live) == 1


def test_a_redriven_letter_that_was_overtaken_makes_no_second_object(played):
    """A creation that died after a newer version had been planned behind it is closed once that one is there."""
    played.posts("A")
    played.is_killed("after claim_next", 1, [])
    played.edits(0, "B")
    played.runs_with_faults(["rejected"])
    played.redrives(0, at_once=True, faults=[])


def test_a_redriven_doubt_takes_no_newer_item(played):
    """Its key may be known to the place with the older text: the newer one gets a key of its own."""
    played.posts("A")
    played.runs_with_faults(["answer lost", "unreachable", "unreachable"])
    if played._letters():
        played.redrives(0, at_once=False, faults=[])
    played.edits(0, "B")
    played.runs_well(again=False, on_failure="continue")


def test_a_second_edit_behind_a_doubt_makes_no_second_object(played):
    """An edit that waits behind an unsettled creation stays an edit when a newer one takes its place."""
    played.posts("A")
    played.is_killed("before the effect", 1, [])
    played.edits(0, "B")
    played.runs_with_faults(["bug"])
    played.edits(0, "C")
    played.runs_well(again=False, on_failure="continue")
    for letter in played._letters():
        played.place.unanswered.discard(letter.key)
        played.store.redrive([letter.key], run_id="person")
        played.redriven[letter.key] += 1
    played.runs_well(again=False, on_failure="continue")


def test_another_store_sends_nothing_until_a_person_says_so(played):
    """Lost, found again, lost for good: what was sent is not sent again before that is accepted."""
    played.posts("A")
    played.runs_well(again=False, on_failure="continue")
    played.loses_its_store()
    played.finds_its_store()
    played.edits(0, "B")
    played.runs_well(again=False, on_failure="continue")
    assert len(played.place.live) == 1
    played.loses_its_store()
    played.begins_anew()
