"""Checks of guarding: one writer, one source, all or nothing, and a place that knows itself."""

from __future__ import annotations

import pytest

from adapters.conformance.bulk.shelf import SOURCE, BulkBase, Shelf, bytes_of, commit, medium, missing, post
from adapters.conformance.suite import applies
from adapters.contracts.errors import ConfigurationError, LeaseLost, Rejected, Transient
from adapters.contracts.item import Media
from adapters.contracts.ports import Batch, MediaFile
from adapters.contracts.store import Cursor
from adapters.contracts.version import stamp

refuses = applies(lambda suite: suite.refuses)
with_media = applies(lambda suite: suite.carries_media)


class Killed(BaseException):
    """What no adapter catches: the process ends here."""


class Guarding(BulkBase):
    """Identity, locks, fences, refusals, dry looks."""

    def test_the_place_is_called_the_same_by_everybody(self, shelf: Shelf) -> None:
        """From its first commit on."""
        commit(shelf, post(1))
        identity = shelf.open().identity
        service, _, name = identity.partition(":")
        assert shelf.open().identity == identity
        assert (service, bool(name), "|" in identity) == (shelf.open().service, True, False)

    @applies(lambda suite: suite.moves)
    def test_a_place_that_was_moved_is_the_same_place(self, shelf: Shelf) -> None:
        """Its name is its own, not its address's."""
        commit(shelf, post(1))
        identity = shelf.open().identity
        assert shelf.move is not None
        assert shelf.move()().identity == identity

    def test_nothing_is_made_by_building_an_adapter(self, shelf: Shelf) -> None:
        """Nor by asking who it is."""
        before = shelf.digest()
        _ = shelf.open().identity
        assert shelf.digest() == before

    def test_a_dry_look_changes_nothing(self, shelf: Shelf) -> None:
        """Not even where nothing is yet."""
        for _ in range(2):
            before = shelf.digest()
            with shelf.open().peek(SOURCE) as session:
                session.versions([f"{SOURCE}/1"])
                session.cursor("all")
                assert list(session.held_ids()) == list(shelf.texts())
            assert shelf.digest() == before
            commit(shelf, post(1))

    def test_opening_and_closing_keeps_the_generation(self, shelf: Shelf) -> None:
        """An untouched place can be told from a touched one."""
        commit(shelf, post(1))
        assert _generation(shelf) == _generation(shelf)

    def test_a_commit_changes_the_generation(self, shelf: Shelf) -> None:
        """Never back to one that was."""
        seen = [_generation(shelf)]
        for number in range(1, 5):
            done = commit(shelf, post(1, f"text {number}", number))
            seen.append(_generation(shelf))
            assert done.generation == seen[-1]
        assert len(set(seen)) == len(seen)

    def test_one_writes_at_a_time(self, shelf: Shelf) -> None:
        """The second is told to wait, and the first goes on undisturbed."""
        with shelf.open().open(SOURCE) as session:
            with pytest.raises(Transient), shelf.open().open(SOURCE):
                pass
            session.commit(Batch([post(1)]), missing)
        commit(shelf, post(2))
        assert len(shelf.texts()) == 2

    def test_an_error_in_between_frees_the_place(self, shelf: Shelf) -> None:
        """Whatever it was."""
        with pytest.raises(ZeroDivisionError), shelf.open().open(SOURCE):
            raise ZeroDivisionError
        commit(shelf, post(1))
        assert len(shelf.texts()) == 1

    @applies(lambda suite: not suite.one_source)
    def test_sources_side_by_side_do_not_meet(self, shelf: Shelf) -> None:
        """Each has its own items, cursors and generation."""
        commit(shelf, post(1), cursor=Cursor("all", "9"))
        before = _generation(shelf)
        with shelf.open().open("kit:2") as session:
            assert (list(session.held_ids()), session.cursor("all")) == ([], "")
            session.commit(Batch([stamp(post(1).model_copy(update={"id": "kit:2/1"}), "kit")]), missing)
            assert list(session.held_ids()) == ["kit:2/1"]
        assert _generation(shelf) == before
        with shelf.open().open(SOURCE) as session:
            assert (list(session.held_ids()), session.cursor("all")) == ([f"{SOURCE}/1"], "9")
        assert len(shelf.texts()) == 2

    @applies(lambda suite: suite.one_source)
    def test_another_source_is_kept_out(self, shelf: Shelf) -> None:
        """One place, one source: a clear error, and nothing is changed."""
        commit(shelf, post(1))
        before = shelf.digest()
        with pytest.raises(ConfigurationError) as caught, shelf.open().open("kit:2"):
            pass
        assert len(str(caught.value)) > len("source")
        assert shelf.digest() == before

    def test_what_changed_meanwhile_is_not_overwritten(self, shelf: Shelf) -> None:
        """A session that lost its place to another writes nothing."""
        commit(shelf, post(1, "old"))
        with shelf.open().peek(SOURCE) as stale:
            commit(shelf, post(1, "new", 5))
            with pytest.raises((LeaseLost, ConfigurationError)):
                stale.commit(Batch([post(1, "stale", 3)]), missing)
        assert shelf.texts() == {f"{SOURCE}/1": "new"}

    @refuses
    def test_a_refused_batch_leaves_nothing(self, shelf: Shelf) -> None:
        """Neither its good items nor its cursor; the place goes on working."""
        assert shelf.refused is not None
        commit(shelf, post(1))
        with pytest.raises(Rejected) as caught:
            commit(shelf, post(1, "edited", 5), post(2), shelf.refused, post(3), cursor=Cursor("all", "9"))
        assert shelf.refused.id in str(caught.value)
        assert shelf.texts() == {f"{SOURCE}/1": "text 1"}
        with shelf.open().open(SOURCE) as session:
            assert session.cursor("all") == ""
            session.commit(Batch([post(2)]), missing)
        assert list(shelf.texts()) == [f"{SOURCE}/1", f"{SOURCE}/2"]

    @with_media
    def test_killed_in_the_middle_of_a_batch(self, shelf: Shelf) -> None:
        """The process ends as it reads a file: nothing of the batch is there, and the next run writes it all."""
        files = {name: shelf.file(name) for name in ("a.png", "b.png")}
        asked = 0

        def dies(wanted: Media) -> MediaFile:
            nonlocal asked
            asked += 1
            if asked > 1:
                raise Killed
            return bytes_of(files)(wanted)

        commit(shelf, post(1))
        items = [post(n, media=(medium(name, files[name]),)) for n, name in ((2, "a.png"), (3, "b.png"))]
        with pytest.raises(Killed):
            commit(shelf, *items, cursor=Cursor("all", "9"), media=dies)
        assert list(shelf.texts()) == [f"{SOURCE}/1"]
        with shelf.open().open(SOURCE) as session:
            assert session.cursor("all") == ""
        commit(shelf, *items, media=bytes_of(files))
        assert len(shelf.texts()) == 3

    @applies(lambda suite: suite.wipes)
    def test_a_place_taken_away_is_made_again(self, shelf: Shelf) -> None:
        """It holds nothing, says so, and is filled anew."""
        commit(shelf, post(1), cursor=Cursor("all", "9"))
        before = _generation(shelf)
        assert shelf.wipe is not None
        shelf.wipe()
        with shelf.open().open(SOURCE) as session:
            assert session.generation != before
            assert session.cursor("all") == ""
            assert session.versions([f"{SOURCE}/1"]) == {}
            session.commit(Batch([post(1)]), missing)
        assert list(shelf.texts()) == [f"{SOURCE}/1"]


def _generation(shelf: Shelf) -> str:
    """Ask the place for its generation."""
    with shelf.open().open(SOURCE) as session:
        return session.generation
