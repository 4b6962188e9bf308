"""Whole pairs on the publishing road: paused, told, forgotten and pruned, and what their next runs make of it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from adapters.contracts.errors import Rejected
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.jobs import Reason, Receipt
from adapters.contracts.keeping import Brought
from adapters.contracts.store import DeadLetterFilter
from adapters.media import FolderMediaStore, in_memory
from tasks.engine import cache_key
from tasks.prune import prune
from tests.fakes import DAY, FakePlace, ListSource, lost, post

PAIR = ("list:1", "fake:one")


def dropped(road, clock, tmp_path, days=30, **options):
    """Let time pass and prune; return what that came to."""
    clock.now += timedelta(days=days + 1)
    media, results = FolderMediaStore(tmp_path / "media"), tmp_path / "results"
    return prune(road.store, media, results, days, dry_run=options.get("dry_run", False))


class TestPaused:
    """A paused pair."""

    def test_nothing_is_read_or_sent(self, road):
        """Whatever starts it; resumed, it delivers."""
        source, place = ListSource([post(1)]), FakePlace()
        road(ListSource([]), place)
        road.store.pause_pair(*PAIR, "the token changes")
        summary = road(source, place)
        assert (summary.exit_code, summary.paused, summary.line) == (
            0,
            "the token changes",
            "list → fake: paused, the token changes",
        )
        assert (place.effects, road.store.known(PAIR[1], ["list:1/1"])) == ([], {})
        assert road(source, place, dry_run=True).pending == 1
        road.store.pause_pair(*PAIR, "")
        assert road(source, place).delivered == 1

    def test_in_the_middle_of_a_run(self, road):
        """What is on its way goes out, the next does not; the run ends well, and the next one goes on."""

        class Pausing(FakePlace):
            """A place at whose second write somebody pauses the pair."""

            def write(self, write):
                if len(self.effects) == 1:
                    road.store.pause_pair(*PAIR, "why")
                return super().write(write)

        place, source = Pausing(), ListSource([post(n) for n in range(1, 6)])
        summary = road(source, place)
        assert (summary.exit_code, summary.delivered, summary.pending, summary.paused) == (0, 2, 3, "why")
        road.store.pause_pair(*PAIR, "")
        assert road(source, FakePlace()).delivered == 3

    def test_its_letters_stay(self, road):
        """A redrive of a paused pair changes nothing."""
        place = FakePlace(errors=[("refused", Rejected("no"))])
        road(ListSource([post(1)]), place)
        (letter,) = road.store.dead_letters(DeadLetterFilter())
        road.store.pause_pair(*PAIR, "why")
        assert road(None, place, letters=lambda _: [[letter.key]]).paused == "why"
        assert road.store.dead_letters(DeadLetterFilter()) == [letter]


class TestRedriven:
    """A redrive, slice by slice."""

    def test_a_slice_at_a_time(self, road):
        """What has to wait keeps back what is behind it, as dead letters that anybody sees."""
        refused = [("refused", Rejected("no"))] * 4
        road(ListSource([post(n) for n in range(1, 5)]), FakePlace(errors=refused))
        keys = [job.key for job in road.store.dead_letters(DeadLetterFilter())]

        def slices(ended):
            assert ended == ""
            yield keys[:2]
            road.store.pause_pair(*PAIR, "why")
            yield keys[2:]

        summary = road(None, FakePlace(), letters=slices)
        assert (summary.carried, summary.delivered, summary.pending) == (4, 2, 2)

    def test_what_an_earlier_one_left(self, road):
        """Killed between making them pending and sending them: another redrive sends them, once."""
        place = FakePlace(errors=[("refused", Rejected("no"))] * 2)
        road(ListSource([post(1), post(2)]), place)
        keys = [job.key for job in road.store.dead_letters(DeadLetterFilter())]
        road.store.redrive(keys, run_id="dead/redrive/1")
        left = road.store.left_open(*PAIR, "/redrive/")
        summary = road(None, place, letters=lambda _: [], left=left)
        assert (summary.carried, summary.delivered, len(place.effects)) == (2, 2, 2)

    def test_it_says_how_it_had_ended(self, road):
        """Started anew after it had failed, a redrive knows; what is in doubt it is not asked for."""
        place = FakePlace(errors=[("refused", Rejected("no")), lost(), ("refused", Rejected("no"))])
        road(ListSource([post(1), post(2)]), place)
        keys = [job.key for job in road.store.dead_letters(DeadLetterFilter(reasons=(Reason.REJECTED,)))]
        asked = []

        def letters(ended):
            asked.append(ended)
            return [keys]

        for _ in range(2):
            road(None, place, letters=letters, run_id="again/redrive/1")
        assert asked == ["", "failed"]
        assert [effect[1] for effect in place.effects] == ["list:1/2", "list:1/1"]


class TestTold:
    """Receipts that a person brought."""

    def receipt(self, version=""):
        """The first item's."""
        return [Brought("list:1/1", Receipt(remote_id="theirs", at=DAY, version=version))]

    def test_is_not_sent_and_its_edits_are_followed(self, road):
        """With a version an edit before the first run is one; without, what is met first is what is there."""
        for version, edits in ((post(1, "before").version, 1), ("", 0)):
            road.store.forget(*PAIR, "", run_id="x")
            road.store.take_receipts(*PAIR, self.receipt(version), run_id="x")
            place = FakePlace()
            first = road(ListSource([post(1, "now", edited=5), post(2)]), place)
            assert (first.created, first.updated, first.already) == (1, edits, 1 - edits)
            second = road(ListSource([post(1, "later", edited=9), post(2)]), place)
            assert (second.created, second.updated) == (0, 1)
            assert place.objects["theirs"] == "later"

    def test_its_deletion_is_followed(self, road):
        """What was posted by hand goes when its source deletes it; marked it cannot be, for nothing is kept of it."""
        road.store.take_receipts(*PAIR, self.receipt(), run_id="x")
        place, gone = FakePlace(), ListSource([], deleted={"list:1/1"})
        marked = road(gone, place, deletes="mark")
        assert (marked.exit_code, marked.filtered_by) == (0, {"deleted, but nothing is kept to mark": 1})
        assert road(gone, place, deletes="follow").deleted == 1
        assert [effect[0] for effect in place.effects] == ["delete"]

    def test_a_letter_of_it_is_closed(self, road):
        """The item was refused, and somebody has posted it by hand since."""
        place = FakePlace(errors=[("refused", Rejected("no"))])
        road(ListSource([post(1)]), place)
        road.store.take_receipts(*PAIR, self.receipt(), run_id="x")
        assert road.store.dead_letters(DeadLetterFilter()) == []
        assert road(ListSource([post(1)]), place).already == 1


class TestForgotten:
    """What was forgotten."""

    @pytest.mark.parametrize("item", ["", "list:1/1"])
    def test_is_sent_anew_under_a_new_key(self, road, item):
        """A place that remembers keys takes it for something new."""
        place, source = FakePlace(), ListSource([post(1), post(2)])
        road(source, place)
        road.store.forget(*PAIR, item, run_id="x")
        summary = road(source, place, from_beginning=False)
        assert (summary.created, summary.already) == ((2, 0) if not item else (1, 1))
        assert len(place.keys) == len(place.effects)

    def test_an_item_that_was_skipped_is_sent(self, road):
        """The decision is forgotten, too."""
        place, source = FakePlace(errors=[("refused", Rejected("no"))]), ListSource([post(1)])
        road(source, place)
        road.store.skip([job.key for job in road.store.dead_letters(DeadLetterFilter())], run_id="x")
        assert road(source, place).filtered_by == {"skipped": 1}
        road.store.forget(*PAIR, "list:1/1", run_id="x")
        assert road(source, place).created == 1


class TestPruned:
    """What was pruned."""

    def test_nothing_is_sent_twice_and_all_is_followed(self, road, clock, tmp_path):
        """The next runs find everything there, follow an edit and a deletion, and redrive what is dead."""
        place = FakePlace(errors=[("refused", Rejected("no"))])
        road(ListSource([post(n) for n in range(1, 5)]), place)
        road(ListSource([post(n, "edited", edited=5) if n == 4 else post(n) for n in range(1, 5)]), place)
        before = len(place.effects)
        (tmp_path / "results").mkdir()
        for key in ("fake:one|list:1/2|1", "fake:one|list:1/1|1", "another flow's"):
            (tmp_path / "results" / cache_key(key)).write_text("a receipt")
        told = dropped(road, clock, tmp_path, dry_run=True).line
        assert dropped(road, clock, tmp_path).line == told.removeprefix("dry run: ").replace(
            "would be dropped", "dropped"
        )
        assert dropped(road, clock, tmp_path).line.startswith("nothing")
        assert (
            road(ListSource([post(n, "edited", edited=5) if n == 4 else post(n) for n in range(1, 5)]), place).already
            == 3
        )
        assert len(place.effects) == before
        assert road(ListSource([post(2, "new", edited=50)]), place).updated == 1
        source = ListSource([], deleted={"list:1/3"})
        assert road(source, place, deletes="follow", allow_mass_delete=True).deleted == 1
        left = {file.name for file in (tmp_path / "results").iterdir()}
        assert left == {cache_key("fake:one|list:1/1|1"), cache_key("another flow's")}, "what is dead may be sent again"
        (letter,) = road.store.dead_letters(DeadLetterFilter())
        assert road(None, place, letters=lambda _: [[letter.key]]).delivered == 1
        assert sorted(place.objects.values()) == ["edited", "new", "text"]

    def test_media_stay_as_long_as_somebody_needs_them(self, road, clock, tmp_path):
        """A dead letter's file and a new one stay; a delivered item's goes, and a copy that broke off."""
        kept = FolderMediaStore(tmp_path / "media")
        names = [
            kept.keep(Media(kind=MediaKind.PHOTO, ref=n), in_memory(n.encode())).sha256 for n in ("dead", "done", "new")
        ]
        pictures = [(Media(kind=MediaKind.PHOTO, ref="x", sha256=name),) for name in names]
        refused = FakePlace(errors=[("refused", Rejected("no"))])
        road(ListSource([post(1, media=pictures[0]), post(2, media=pictures[1])]), refused)
        (tmp_path / "media" / ".broken.part").write_bytes(b"half")
        for file in (tmp_path / "media").rglob("*"):
            if file.is_file() and file.name != names[2]:
                os.utime(file, (clock.now.timestamp(), clock.now.timestamp()))
        told = dropped(road, clock, tmp_path).line
        assert "2 media" in told
        left = {file.name for file in (tmp_path / "media").rglob("*") if file.is_file()}
        assert left == {names[0], names[2]}

    def test_too_recent(self, road, clock, tmp_path):
        """What was sent within a day is still counted by `--per-day`."""
        with pytest.raises(Exception, match="is too little"):
            dropped(road, clock, tmp_path, days=0)
