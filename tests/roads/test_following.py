"""Both roads behind a source that can be followed: where the next run goes on, edits, deletions, marks, replies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.contracts.errors import ConfigurationError, MassDeletion, Rejected
from adapters.contracts.item import Unreadable
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from adapters.contracts.version import stamp
from adapters.destinations.dzen import DzenDestination, DzenSettings
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.dead_letters import adopt
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.conformance.test_local import lines
from tests.fakes import DAY, FakePlace, FollowedSource, lost, post

GONE = "list:1/2"


class Archive:
    """The bulk road into an archive."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.folder, self.store = folder, memory_store(lambda: DAY + timedelta(days=30))
        self.runs = 0

    def __call__(self, source, **options):
        place = LocalDestination(LocalSettings(archive=self.folder / "archive", formats=("jsonl", "markdown")))
        return self.to(place, source, options)

    def to(self, place, source, options):
        self.runs += 1
        media, engine = FolderMediaStore(self.folder / "media"), PlainEngine(RetryPolicy())
        chosen, run_id = Options(**options), f"run-{self.runs}"
        return BulkRoad("a → b", source, place, {}, self.store, media, chosen, engine, Watchers(), run_id).run()

    def texts(self):
        found = lines(self.folder / "archive")
        return {item["id"]: item["text"] for item in found if "deleted_at" not in item}

    def marked(self):
        return {item["id"]: item.get("text") for item in lines(self.folder / "archive") if "deleted_at" in item}

    def notes(self):
        return {path.read_text().rsplit("---\n\n", 1)[1].strip() for path in self.folder.rglob("*.md")}


class Wall:
    """The publishing road to a place in memory."""

    def __init__(self, folder):
        self.folder, self.store = folder, memory_store(lambda: DAY + timedelta(days=30))
        self.place, self.runs = FakePlace(), 0

    def __call__(self, source, **options):
        self.runs += 1
        media, policy = FolderMediaStore(self.folder / "media"), RetryPolicy(jitter=0)
        chosen = Options(**{"from_beginning": True, **options})
        parts = (policy, PlainEngine(policy, lambda _: None), Watchers(), f"run-{self.runs}")
        return PublishingRoad("a → b", source, "list:1", self.place, {}, self.store, media, chosen, *parts).run()

    def texts(self):
        return dict(zip(("list:1/1", "list:1/2", "list:1/3"), self.place.objects.values(), strict=False))


@pytest.fixture(params=[Archive, Wall])
def pair(request, tmp_path):
    """One pair, of either road."""
    return request.param(tmp_path)


@pytest.fixture
def source():
    """Three posts of the past."""
    return FollowedSource([], changes=[post(1, "one"), post(2, "two"), post(3, "three")])


def test_the_next_run_goes_on_where_the_last_ended(pair, source):
    """It is asked for what changed since, and only that is seen; nothing new is nothing done."""
    assert pair(source).created == 3
    source.changes += [post(4, "four"), post(1, "one, edited", edited=9)]
    told, nothing = pair(source), pair(source)
    assert (told.seen, told.created, told.updated) == (2, 1, 1)
    assert (nothing.seen, nothing.delivered) == (0, 0)
    assert source.asked == ["", "3", "5"]


def test_other_options_and_reread_begin_anew(pair, source):
    """What was held back under other options is read again; so is everything when a person says so."""
    pair(source, edits="ignore")
    source.changes.append(post(1, "one, edited", edited=9))
    assert pair(source, edits="ignore").filtered_by == {"edits are off": 1}
    assert pair(source).updated == 1
    assert pair(source, reread=True).already >= 2
    assert source.asked == ["", "3", "", ""]


def test_what_a_limit_held_back_comes_next_time(pair, source):
    """The cursor does not pass it by."""
    assert pair(source, limit=2).created == 2
    assert pair(source, limit=2).created == 1
    assert pair(source, limit=2).seen == 0
    assert source.asked == ["", "", "3"]
    assert len(pair.texts()) == 3


def test_a_run_that_broke_off_is_told_all_again(pair, source):
    """Until the source was read to its end, and its deletions done, nothing is passed by."""
    pair(source, deletes="follow")
    source.changes += [GONE, post(4, "four")]

    def broken():
        raise Rejected("the source broke off")

    source.stand = broken
    with pytest.raises(Rejected):
        pair(source, deletes="follow")
    del source.stand
    assert pair(source, deletes="follow").errors == []
    assert source.asked == ["", "3", "3"]
    assert "two" not in pair.texts().values()


def test_a_deletion_is_followed_once(pair, source):
    """It goes there too; told again it is nothing new."""
    pair(source, deletes="follow")
    source.changes.append(GONE)
    assert pair(source, deletes="follow").deleted == 1
    assert pair(source, deletes="follow").deleted == 0
    assert sorted(pair.texts().values()) == ["one", "three"]


def test_a_deletion_is_ignored_unless_told(pair, source):
    """And deciding otherwise later reads anew."""
    pair(source)
    source.changes.append(GONE)
    assert pair(source).delivered == 0
    assert len(pair.texts()) == 3


def test_a_mass_deletion_stops_and_is_told_again(pair, source):
    """Its run passes nothing by: the same question comes until it is answered."""
    source.changes = [post(n, f"text {n}") for n in range(1, 61)]
    pair(source, deletes="follow")
    source.changes += [f"list:1/{n}" for n in range(1, 31)]
    for _ in range(2):
        with pytest.raises(MassDeletion, match="30 of 60"):
            pair(source, deletes="follow")
    assert pair(source, deletes="follow", allow_mass_delete=True).deleted == 30


def test_an_album_is_gone_when_all_its_members_are(pair, source):
    """One picture less is an edit; the first of them gone is not the album gone."""
    members = ("list:1/2", "list:1/21", "list:1/22")
    source.changes = [post(1, "one"), post(2, "album", members=members), post(3, "three")]
    pair(source, deletes="follow")
    source.changes += ["list:1/2", post(21, "album", edited=30, members=members[1:])]
    summary = pair(source, deletes="follow")
    assert (summary.deleted, summary.updated) == (0, 1)
    source.changes += [*members]
    assert pair(source, deletes="follow").deleted == 1
    assert sorted(pair.texts().values()) == ["one", "three"]


def test_a_deleted_post_is_marked_once_and_comes_back(tmp_path, source):
    """The post stays with a note above; told twice it is edited once; back at its source it is as it was."""
    pair = Wall(tmp_path)
    pair(source, deletes="mark")
    source.changes.append(GONE)
    assert pair(source, deletes="mark", deleted_note="Удалено").updated == 1
    assert pair.texts()[GONE] == "Удалено\n\ntwo"
    source.changes.append(GONE)
    again = pair(source, deletes="mark", deleted_note="Удалено")
    assert (again.already, again.delivered) == (1, 0)
    source.changes.append(post(2, "two"))
    assert pair(source, deletes="mark").updated == 1
    assert pair.texts()[GONE] == "two"


def test_a_mark_that_the_place_refuses_lies_there_once(tmp_path, source):
    """An edit that the place cannot make is a dead letter with its reason, not a second one a run."""
    pair = Wall(tmp_path)
    pair(source, deletes="mark")
    source.changes.append(GONE)
    pair.place.errors = [("refused", Rejected("422: too old to be edited"))]
    assert pair(source, deletes="mark").dead_by == {"rejected": 1}
    source.changes.append(GONE)
    assert pair(source, deletes="mark").dead_by == {"rejected": 1}
    letters = pair.store.dead_letters(DeadLetterFilter())
    assert [(job.item_id, job.failures[-1].message) for job in letters] == [(GONE, "422: too old to be edited")]


def test_an_archive_marks_or_empties(tmp_path, source):
    """Marked, text and note stay; followed, line and page say it no more."""
    pair = Archive(tmp_path)
    pair(source, deletes="mark")
    source.changes.append(GONE)
    assert pair(source, deletes="mark").deleted == 1
    assert (pair.marked(), pair.notes()) == ({GONE: "two"}, {"one", "two", "three"})
    pair, source = Archive(tmp_path / "other"), FollowedSource([], changes=source.changes[:3])
    pair(source, deletes="follow")
    source.changes.append(GONE)
    assert pair(source, deletes="follow").deleted == 1
    assert (pair.marked(), pair.notes()) == ({GONE: None}, {"one", "three"})


def test_a_place_that_cannot_mark_says_so_before_anything(tmp_path, source):
    """A feed has no place for it."""
    pair = Archive(tmp_path)
    place = DzenDestination(DzenSettings(place=str(tmp_path / "feed"), base_url="https://example.com"))
    with pytest.raises(ConfigurationError, match="--deletes follow"):
        pair.to(place, source, {"deletes": "mark"})
    assert source.asked == []


def test_a_reply_names_the_object_it_answers(tmp_path, source):
    """Where that came here too; an edit still does; what is not here is not named."""
    pair = Wall(tmp_path)
    source.changes += [post(4, "yes", reply_to="list:1/2"), post(5, "to whom?", reply_to="list:1/99")]
    pair(source)
    assert pair.place.answered == {"list:1/4": "o2"}


def test_a_dry_run_counts_from_the_same_place(pair, source):
    """What it calls pending is what the real run delivers."""
    pair(source)
    source.changes += [post(4, "four"), post(1, "one, edited", edited=9)]
    dry = pair(source, dry_run=True)
    real = pair(source)
    assert (dry.seen, dry.pending) == (real.seen, real.delivered) == (2, 2)


def test_a_deletion_of_what_is_in_doubt_is_not_forgotten(tmp_path):
    """It is told once, while nobody knows whether the item arrived: once that is known, it goes, its edits with it."""
    wall, source = Wall(tmp_path), FollowedSource([], changes=[post(1, "one")])
    wall.place.errors = [lost()]
    assert wall(source, deletes="follow").dead_by == {"unknown": 1}
    source.changes.append(post(1, "one, edited", edited=9))
    assert wall(source, deletes="follow").pending == 1
    source.changes.append("list:1/1")
    assert wall(source, deletes="follow").pending == 1
    (letter,) = wall.store.dead_letters(DeadLetterFilter())
    adopt(wall.store, letter.key, "o1", "", "person")
    assert wall(source, deletes="follow").deleted == 1
    assert wall.place.objects == {}


def test_a_dead_letter_of_what_is_deleted_is_closed(tmp_path):
    """Nothing brings it back."""
    wall, source = Wall(tmp_path), FollowedSource([], changes=[post(1, "one")])
    wall.place.errors = [("refused", Rejected("422: no"))]
    assert wall(source, deletes="follow").dead_by == {"rejected": 1}
    source.changes.append("list:1/1")
    wall(source, deletes="follow")
    assert wall.store.dead_letters(DeadLetterFilter()) == []
    assert wall(source, deletes="follow").delivered == 0


@pytest.mark.parametrize("deletes", ["follow", "mark"])
def test_what_nobody_could_read_is_closed_when_it_is_deleted(tmp_path, deletes):
    """There was nothing to delete, and is nothing to mark."""
    piece = Unreadable(where="list, entry 1", error="too new", data=b"{", sha256="9f", item_id="list:1/1")
    wall, source = Wall(tmp_path), FollowedSource([], changes=[piece])
    assert wall(source, deletes=deletes).dead_by == {"rejected": 1}
    source.changes.append("list:1/1")
    wall(source, deletes=deletes)
    assert wall.store.dead_letters(DeadLetterFilter()) == []


class Shared(FollowedSource):
    """A source that one run at a time reads."""

    exclusive = "a session"

    def guard(self, check):
        """Take no notice."""


def test_what_one_run_at_a_time_reads_is_never_older(pair):
    """An album that lost the picture edited last looks older than it was; of another source that is an old export."""
    album, left = post(1, "caption", edited=9), post(1, "left alone")
    for kind, text in ((FollowedSource, "caption"), (Shared, "left alone")):
        source = kind([], changes=[album])
        pair(source, reread=True)
        source.changes.append(left)
        pair(source)
        assert text in pair.texts().values()


def test_readers_in_turns_each_know_an_edit_for_one(pair, source):
    """What another reader has taken over meanwhile hides no edit from the first, and is sent by one of them alone."""
    other = FollowedSource([], changes=[stamp(entry, "other") for entry in source.changes])
    other.service = "other"
    pair(source)
    assert pair(other).already == 3
    edited = post(1, "one, edited", edited=9)
    source.changes.append(edited)
    assert pair(source).updated == 1
    other.changes.append(stamp(edited, "other"))
    assert pair(other).updated == 0
    again = post(1, "one, edited again", edited=11)
    other.changes.append(stamp(again, "other"))
    assert pair(other).updated == 1
    assert "one, edited again" in pair.texts().values()
