"""The publishing road without Prefect: what arrives, what waits, what is dead, and that the sum comes out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.contracts.errors import MassDeletion, RateLimited, Rejected, StillWorking, Transient
from adapters.contracts.item import Unreadable
from adapters.contracts.jobs import Reason, Receipt, State
from adapters.contracts.ports import Grade
from adapters.contracts.store import DeadLetterFilter
from adapters.selection import Selection
from tests.fakes import FakePlace, ListSource, lost, post


def test_each_item_once_and_again_nothing(road):
    """A second run finds everything there and sends nothing."""
    source, place = ListSource([post(n) for n in range(1, 8)]), FakePlace()
    first, second = road(source, place), road(source, place)
    assert (first.seen, first.delivered, first.created) == (7, 7, 7)
    assert (second.seen, second.already, second.delivered) == (7, 7, 0)
    assert len(place.effects) == 7


def test_edited_to_b_and_back_to_a_is_two_updates(road):
    """The newest version the place holds decides, not whether a version was ever sent."""
    place = FakePlace()
    for text, edited in (("A", None), ("B", 10), ("A", 20)):
        road(ListSource([post(1, text, edited)]), place)
    assert [effect[0] for effect in place.effects] == ["create", "update", "update"]
    assert list(place.objects.values()) == ["A"]


def test_an_older_export_does_not_overwrite(road):
    """What was edited later stays, unless told."""
    place = FakePlace()
    road(ListSource([post(1, "new", edited=20)]), place)
    summary = road(ListSource([post(1, "old", edited=10)]), place)
    assert summary.filtered_by == {"older than what is there": 1}
    road(ListSource([post(1, "old", edited=10)]), place, allow_older=True)
    assert list(place.objects.values()) == ["old"]


@pytest.mark.parametrize("grade", list(Grade))
def test_a_lost_answer_makes_no_second_object(road, grade):
    """Whatever the grade: one object; only where nothing can tell, a dead letter."""
    place = FakePlace(grade=grade, fallback=grade, errors=[lost()])
    source = ListSource([post(1)])
    first = road(source, place)
    if grade is Grade.HOLDS:
        assert (first.dead, first.dead_by, first.exit_code) == (1, {"unknown": 1}, 2)
    else:
        assert first.delivered == 1
    again = road(source, place)
    creates = [effect for effect in place.effects if effect[0] == "create"]
    assert len(creates) == (2 if grade is Grade.OVERWRITES else 1)
    assert again.delivered == 0


def test_doubt_sticks_through_later_errors(road):
    """A refusal after a lost answer leaves the job in doubt."""
    place = FakePlace(grade=Grade.DEDUPLICATES, errors=[lost(), ("refused", Rejected("422: no"))], fallback=Grade.HOLDS)
    summary = road(ListSource([post(1)]), place)
    assert summary.dead_by == {"unknown": 1}


def test_a_key_is_not_trusted_beyond_its_life(road, clock):
    """Once the far side has forgotten the key, the fallback grade holds."""
    life = timedelta(hours=1)
    refuse = ("refused", RateLimited("slow down", 7200))
    place = FakePlace(grade=Grade.DEDUPLICATES, key_life=life, errors=[lost(), refuse])
    summary = road(ListSource([post(1)]), place, wait=True)
    assert summary.dead_by == {"unknown": 1}
    assert len(place.effects) == 1


def test_create_lost_then_edit_then_delete_leaves_nothing(road):
    """One object, then none: edit and delete wait for the doubt to be settled."""
    place = FakePlace(errors=[lost()])
    road(ListSource([post(1, "A")]), place)
    edited = road(ListSource([post(1, "B", edited=5)]), place)
    assert (edited.pending, edited.delivered) == (1, 0)
    key = road.store.dead_letters(DeadLetterFilter())[0].key
    road.store.adopt(key, Receipt(remote_id="o1", at=road.store.now(), version="x.1:0"), run_id="me")
    road(ListSource([post(1, "B", edited=5)]), place)
    assert place.objects == {"o1": "B"}
    source = ListSource([], deleted={"list:1/1"})
    assert road(source, place, deletes="follow").deleted == 1
    assert place.objects == {}
    assert [effect[0] for effect in place.effects] == ["create", "update", "delete"]


def test_throttled_is_never_earlier_and_no_attempt(road, clock):
    """Each wait hint is honoured, however often it comes; a long one names its time."""
    place = FakePlace(errors=[("refused", RateLimited("429", 2))] * 9)
    began = clock.now
    assert road(ListSource([post(1)]), place).delivered == 1
    assert clock.now - began >= timedelta(seconds=18)
    place.errors = [("refused", RateLimited("429", 3600))]
    waiting = road(ListSource([post(1), post(2)]), place)
    assert (waiting.exit_code, waiting.pending) == (75, 1)
    assert waiting.come_back == clock.now + timedelta(seconds=3600)
    clock.wait(3600)
    assert road(ListSource([post(1), post(2)]), place).delivered == 1


def test_a_rescheduled_run_does_not_read_its_source_again(road, clock):
    """Told to wait, the same run goes on with its jobs and counts each item once."""
    place = FakePlace(errors=[None, ("refused", RateLimited("429", 3600))])
    source = ListSource([post(n) for n in range(1, 6)])
    assert road(source, place, run_id="r").pending == 4
    clock.wait(3600)
    summary = road(source, place, run_id="r")
    assert (summary.seen, summary.delivered, summary.pending) == (5, 5, 0)


def test_rejected_is_a_dead_letter_and_stops_nobody(road):
    """One bad item, the others arrive; a retry of the ended run sends exactly that one."""
    place = FakePlace(errors=[None, ("refused", Rejected("422: too long"))])
    source = ListSource([post(n) for n in (1, 2, 3)])
    summary = road(source, place, run_id="r")
    assert (summary.delivered, summary.dead, summary.exit_code) == (2, 1, 2)
    quiet = road(source, place)
    assert (quiet.dead, quiet.died, quiet.exit_code) == (1, 0, 0)
    again = road(source, place, run_id="r")
    assert (again.seen, again.carried, again.delivered, again.dead) == (0, 1, 1, 0)
    assert len(place.effects) == 3


def test_unreachable_twice_pauses_the_place(road):
    """An outage does not eat the whole queue: after two jobs the rest waits."""
    down = ("before the mark", Transient("connection refused: not sent"))
    place = FakePlace(errors=[down] * 1000)
    summary = road(ListSource([post(n) for n in range(1, 10)]), place)
    assert (summary.dead_by, summary.pending, summary.exit_code) == ({"exhausted": 2}, 7, 2)


def test_a_newer_version_supersedes_a_rejected_one(road):
    """An edit is a new chance."""
    place = FakePlace(errors=[("refused", Rejected("422"))])
    road(ListSource([post(1, "bad")]), place)
    summary = road(ListSource([post(1, "good", edited=3)]), place)
    assert (summary.delivered, summary.dead) == (1, 0)


def test_first_run_sends_nothing_older_than_itself(road):
    """From now on; what comes later is sent."""
    place, old = FakePlace(), [post(1), post(2)]
    first = road(ListSource(old), place, from_beginning=False)
    assert first.filtered_by == {"before the first run": 2}
    second = road(ListSource([*old, post(3)]), place, from_beginning=False)
    assert (second.delivered, second.filtered) == (1, 2)


def test_per_day_drips(road, clock):
    """No more than so many in any 24 hours."""
    place, source = FakePlace(), ListSource([post(n) for n in range(1, 6)])
    first = road(source, place, per_day=2)
    assert (first.delivered, first.pending, first.exit_code) == (2, 3, 75)
    clock.wait(86_401)
    assert road(source, place, per_day=2).delivered == 2


def test_unreadable_is_one_dead_letter_and_closed_by_its_item(road):
    """The same damage seen again is the same dead letter."""
    damage = Unreadable(where="result.json, byte 7", error="bad", data=b"{", sha256="ab", item_id="list:1/1")
    first = road(ListSource([damage]), FakePlace())
    second = road(ListSource([damage]), FakePlace())
    assert (first.dead_by, first.exit_code, second.dead, second.exit_code) == ({"rejected": 1}, 2, 1, 0)
    mended = road(ListSource([post(1)]), FakePlace())
    assert (mended.delivered, mended.dead) == (1, 0)
    assert road.store.dead_letters(DeadLetterFilter()) == []


def test_mass_deletion_asks(road):
    """More than 20 items or 5 % are not deleted without being told."""
    place, source = FakePlace(), ListSource([post(n) for n in range(1, 31)])
    road(source, place)
    source.deleted = {f"list:1/{n}" for n in range(1, 26)}
    source.entries = source.entries[25:]
    with pytest.raises(MassDeletion, match="25 of 30"):
        road(source, place, deletes="follow")
    assert road(source, place, deletes="follow", allow_mass_delete=True).deleted == 25


def test_a_deletion_that_waits_is_done_by_the_next_run(road, clock):
    """A run that finds an earlier run's deletion still open leaves it open and does it."""
    place, source = FakePlace(), ListSource([post(1), post(2), post(3)])
    road(source, place)
    source.deleted, source.entries = {"list:1/2"}, [post(1), post(3)]
    place.errors = [("refused", RateLimited("429", 3600))]
    assert road(source, place, deletes="follow").pending == 1
    clock.wait(3600)
    summary = road(source, place, deletes="follow")
    assert (summary.deleted, summary.pending, list(place.objects)) == (1, 0, ["o1", "o3"])


def test_two_runs_that_plan_one_deletion_delete_once(road, monkeypatch):
    """Whoever comes second plans anew instead of falling over what the first has recorded."""
    place, source = FakePlace(), ListSource([post(1), post(2), post(3)])
    road(source, place)
    source.deleted, source.entries = {"list:1/2"}, [post(1), post(3)]
    record, others = type(road.store).commit_page, []

    def meanwhile(store, run_id, source_id, destination_id, plan):
        if plan.create and not others:
            others.append(plan)
            others.append(road(source, place, deletes="follow"))
        record(store, run_id, source_id, destination_id, plan)

    monkeypatch.setattr(type(road.store), "commit_page", meanwhile)
    summary = road(source, place, deletes="follow")
    assert (others[1].deleted, summary.deleted, summary.pending) == (1, 0, 0)
    assert [effect[0] for effect in place.effects] == ["create", "create", "create", "delete"]


def test_dry_run_writes_nothing_and_counts_the_same(road):
    """What it calls pending is what the real run delivers."""
    place, source = FakePlace(), ListSource([post(n) for n in range(1, 6)])
    dry = road(source, place, dry_run=True)
    assert (dry.pending, place.effects, road.store.pair("list:1", "fake:one")) == (5, [], None)
    assert road(source, place).delivered == dry.pending


def test_redrive_unknown_only_when_named(road):
    """A person decides about doubt."""
    place = FakePlace(errors=[lost()])
    road(ListSource([post(1)]), place)
    assert road.store.dead_letters(DeadLetterFilter(reasons=(Reason.REJECTED,))) == []
    jobs = road.store.dead_letters(DeadLetterFilter(reasons=(Reason.UNKNOWN,)))
    waiting = jobs[0].model_copy(update={"key": "fake:one|list:1/9|1", "item_id": "list:1/9", "state": State.PENDING})
    road.store.create([waiting.model_copy(update={"reason": None})])
    summary = road(None, place, letters=lambda _: [[job.key for job in jobs]], run_id="again")
    assert (summary.carried, summary.delivered, summary.pending) == (1, 1, 0)


def test_filters_are_counted_by_name(road):
    """Each item held back says by what."""
    source = ListSource([post(1, "one #a", tags=("a",)), post(2, "two"), post(3, "three")])
    chosen = Selection(include=("#a", "two"), exclude=("TWO",))
    summary = road(source, FakePlace(), selection=chosen)
    assert (summary.delivered, summary.filtered_by) == (1, {"excluded": 1, "not included": 1})


def test_an_album_that_lost_its_first_picture_is_still_itself(road):
    """Any member's id names the album."""
    place = FakePlace()
    road(ListSource([post(1, members=("list:1/1", "list:1/2"))]), place)
    shrunk = post(2, "text", 9)
    summary = road(ListSource([replace_members(shrunk)]), place)
    assert (summary.created, summary.updated) == (0, 1)


def replace_members(item):
    """Leave an album with its second message alone."""
    return item.model_copy(update={"members": ()})


def test_a_pair_that_asks_for_order_stops_at_a_dead_letter(road):
    """What lies behind it waits, is counted as pending, and goes on once it is out of the way."""
    place = FakePlace(errors=[None, ("refused", Rejected("422: no"))])
    source = ListSource([post(n) for n in range(1, 6)])
    for _ in range(2):
        summary = road(source, place, on_failure="stop")
        assert (summary.dead, summary.pending, summary.blocked, summary.exit_code) == (1, 3, True, 2)
    assert len(place.effects) == 1
    road.store.skip([job.key for job in road.store.dead_letters(DeadLetterFilter())], run_id="person")
    summary = road(source, place, on_failure="stop")
    assert (summary.delivered, summary.blocked, summary.exit_code) == (3, False, 0)


def test_a_dry_run_shows_what_would_be_sent_and_changes_nothing(road):
    """Rendered for the place, with what is lost; the count is the real run's."""
    place, source = FakePlace(losing=("a poll",)), ListSource([post(n) for n in range(1, 26)])
    dry = road(source, place, dry_run=True)
    assert (dry.pending, dry.losses, len(dry.previews)) == (25, {"a poll": 25}, 20)
    assert (dry.previews[0].body, dry.previews[0].losses) == ("text", ["a poll"])
    assert not place.effects
    assert road.store.pair("list:1", "fake:one") is None
    assert road(source, place).delivered == 25


@pytest.mark.parametrize("answer", [None, lost()])
def test_a_run_says_what_was_lost(road, answer):
    """What a rendering loses is kept with the receipt, one found after a lost answer too, and counted by items."""
    place = FakePlace(grade=Grade.FINDABLE, losing=("a poll", "a poll", "bold"), errors=[answer])
    summary = road(ListSource([post(1), post(2)]), place)
    assert (summary.delivered, summary.losses) == (2, {"a poll": 2, "bold": 2})
    assert road(ListSource([post(1), post(2)]), place).losses == {}


class Cinema(FakePlace):
    """A place that has no use for items without the word film."""

    def leaves_out(self, item):
        return "" if "film" in item.text else "no film"


def test_what_a_place_has_no_use_for_is_filtered_by_its_name(road):
    """Counted, in a dry run too; no dead letter, no request."""
    source, place = ListSource([post(1, "a film"), post(2, "words"), post(3, "another film")]), Cinema()
    dry = road(source, place, dry_run=True)
    assert (dry.pending, dry.filtered_by) == (2, {"no film": 1})
    done = road(source, place)
    assert (done.delivered, done.filtered_by, done.dead) == (2, {"no film": 1}, 0)
    assert [text for _, _, text in place.effects] == ["a film", "another film"]


def test_an_item_that_the_place_is_at_work_on_waits_by_itself(road, clock):
    """The others go on meanwhile; it stays in doubt, and its next attempt looks for what it has left."""
    working = ("after the effect", StillWorking("being processed", 30))
    place = FakePlace(grade=Grade.FINDABLE, fallback=Grade.FINDABLE, errors=[working])
    began = clock()
    done = road(ListSource([post(1), post(2)]), place)
    assert (done.delivered, len(place.effects)) == (2, 2)
    assert clock() - began >= timedelta(seconds=30)


def test_what_an_earlier_attempt_left_may_have_been_refused_since(road):
    """That is an answer: a dead letter with the reason, and no doubt."""
    place = Refusing(grade=Grade.FINDABLE, fallback=Grade.FINDABLE, errors=[lost()])
    done = road(ListSource([post(1)]), place)
    assert done.dead_by == {"rejected": 1}
    (letter,) = road.store.dead_letters(DeadLetterFilter())
    assert (letter.in_doubt, "refused since" in letter.failures[-1].message) == (False, True)


class Refusing(FakePlace):
    """A place that refuses later what it has taken."""

    def find(self, write, since):
        raise Rejected("refused since")


class Steps(FakePlace):
    """A place with many steps, whose worker dies after each."""

    def write(self, write):
        reached = write.progress.get("step", 0)
        if reached < 12:
            write.save({"step": reached + 1})
            raise KeyboardInterrupt
        return super().write(write)


def test_a_job_that_gets_on_is_not_given_up(road):
    """More workers die over it than the policy has attempts, each a step further: it arrives."""
    source, place = ListSource([post(1)]), Steps()
    for _ in range(12):
        with pytest.raises(KeyboardInterrupt):
            road(source, place)
    assert road(source, place).delivered == 1


def test_a_job_that_does_not_get_on_is_given_up(road):
    """Saving the same again is no step."""

    class Stuck(Steps):
        def write(self, write):
            write.save({"step": 1})
            raise KeyboardInterrupt

    source, place = ListSource([post(1)]), Stuck()
    for _ in range(6):
        with pytest.raises(KeyboardInterrupt):
            road(source, place)
    assert road(source, place).dead_by == {"exhausted": 1}
