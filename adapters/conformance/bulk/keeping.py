"""Checks of keeping: what was written is there once, in its latest version, and the place knows it."""

from __future__ import annotations

import pytest

from adapters.conformance.bulk.shelf import SOURCE, BulkBase, Shelf, bytes_of, commit, medium, post
from adapters.conformance.suite import applies
from adapters.contracts.ports import Batch
from adapters.contracts.store import Cursor

HOSTILE = ("<script>alert(1)</script>", "🙂 ‮abc‬ é", "a\nb\r\nc\td", "'; DROP TABLE items; --", "\x01\x1f\ufeff")
with_media = applies(lambda suite: suite.carries_media)


class Keeping(BulkBase):
    """Items, edits, deletions, albums, media."""

    def test_what_is_written_is_there(self, shelf: Shelf) -> None:
        """Each item once, with its text."""
        commit(shelf, *(post(n) for n in range(1, 6)))
        assert shelf.texts() == {f"{SOURCE}/{n}": f"text {n}" for n in range(1, 6)}

    def test_written_twice_is_there_once(self, shelf: Shelf) -> None:
        """The same batch again, by another process."""
        for _ in range(2):
            commit(shelf, post(1), post(2))
        assert shelf.texts() == {f"{SOURCE}/1": "text 1", f"{SOURCE}/2": "text 2"}

    def test_an_edit_takes_the_place_of_what_was(self, shelf: Shelf) -> None:
        """A, B, A: one item, the last text."""
        for text, edited in (("A", 0), ("B", 9), ("A", 19)):
            commit(shelf, post(1, text, edited), post(2))
            assert shelf.texts() == {f"{SOURCE}/1": text, f"{SOURCE}/2": "text 2"}

    def test_the_place_knows_what_it_holds(self, shelf: Shelf) -> None:
        """In the session that wrote it, and in the next."""
        item = post(1, edited=7)
        with shelf.open().open(SOURCE) as session:
            assert session.versions([item.id]) == {}
            session.commit(Batch([item]), bytes_of({}))
            assert session.versions([item.id])[item.id].version == item.version
        with shelf.open().open(SOURCE) as session:
            held = session.versions([item.id, f"{SOURCE}/2"])
            assert list(held) == [item.id]
            assert (held[item.id].version, held[item.id].changed_at) == (item.version, item.changed_at)
            assert list(session.held_ids()) == [item.id]

    def test_what_is_deleted_is_held_no_more(self, shelf: Shelf) -> None:
        """Neither shown nor known; what comes back is written anew."""
        commit(shelf, post(1), post(2))
        commit(shelf, deleted=[f"{SOURCE}/1", f"{SOURCE}/404"])
        assert list(shelf.texts()) == [f"{SOURCE}/2"]
        with shelf.open().open(SOURCE) as session:
            assert list(session.versions([f"{SOURCE}/1", f"{SOURCE}/2"])) == [f"{SOURCE}/2"]
            assert list(session.held_ids()) == [f"{SOURCE}/2"]
        commit(shelf, post(1, "back"))
        assert shelf.texts() == {f"{SOURCE}/1": "back", f"{SOURCE}/2": "text 2"}

    @applies(lambda suite: suite.adapter.marks)
    def test_what_is_marked_is_held_no_more_and_stays(self, shelf: Shelf) -> None:
        """Its text is there still, for who looks; what comes back is written anew."""
        commit(shelf, post(1), post(2))
        commit(shelf, marked=[f"{SOURCE}/1", f"{SOURCE}/404"])
        assert list(shelf.texts()) == [f"{SOURCE}/2"]
        assert shelf.marked() == {f"{SOURCE}/1": "text 1"}
        with shelf.open().open(SOURCE) as session:
            assert list(session.versions([f"{SOURCE}/1", f"{SOURCE}/2"])) == [f"{SOURCE}/2"]
            assert list(session.held_ids()) == [f"{SOURCE}/2"]
        commit(shelf, post(1, "back"))
        assert shelf.texts() == {f"{SOURCE}/1": "back", f"{SOURCE}/2": "text 2"}
        assert shelf.marked() == {}

    def test_a_deleted_item_leaves_nothing(self, shelf: Shelf) -> None:
        """Not even marked, neither it nor its album's members."""
        members = tuple(f"{SOURCE}/{n}" for n in (1, 2, 3))
        commit(shelf, post(1, members=members), post(4))
        commit(shelf, deleted=[f"{SOURCE}/1"])
        assert (shelf.texts(), shelf.marked()) == ({f"{SOURCE}/4": "text 4"}, {})
        with shelf.open().open(SOURCE) as session:
            assert session.versions(members) == {}

    def test_an_album_names_its_members(self, shelf: Shelf) -> None:
        """All but the one that names it, so that a source can be asked about each."""
        members = tuple(f"{SOURCE}/{n}" for n in (1, 2, 3))
        commit(shelf, post(1, members=members), post(4))
        with shelf.open().open(SOURCE) as session:
            assert session.members([f"{SOURCE}/1", f"{SOURCE}/4", f"{SOURCE}/404"]) == {members[0]: [*members[1:]]}

    def test_an_album_is_known_by_each_member(self, shelf: Shelf) -> None:
        """Whoever meets one picture of it finds the whole."""
        members = tuple(f"{SOURCE}/{n}" for n in (1, 2, 3))
        commit(shelf, post(1, members=members))
        with shelf.open().open(SOURCE) as session:
            held = session.versions(members)
        assert list(held) == list(members)
        assert {found.item_id or name for name, found in held.items()} == {f"{SOURCE}/1"}

    def test_a_version_is_taken_over_without_writing_the_item(self, shelf: Shelf) -> None:
        """Another reader's version of the same: noted, so that it is not compared for ever."""
        commit(shelf, post(1))
        with shelf.open().open(SOURCE) as session:
            session.commit(Batch((), take_over=[(f"{SOURCE}/1", "other.1:abc")]), bytes_of({}))
        with shelf.open().open(SOURCE) as session:
            assert session.versions([f"{SOURCE}/1"])[f"{SOURCE}/1"].version == "other.1:abc"
        assert shelf.texts() == {f"{SOURCE}/1": "text 1"}

    @pytest.mark.parametrize("text", HOSTILE)
    def test_texts_come_back_as_they_were(self, shelf: Shelf, text: str) -> None:
        """Byte for byte."""
        commit(shelf, post(1, text), post(2))
        assert shelf.texts()[f"{SOURCE}/1"] == text

    def test_the_cursor_comes_with_the_items(self, shelf: Shelf) -> None:
        """Kept by selection; another selection has its own."""
        assert _cursor(shelf, "all") == ""
        commit(shelf, post(1), cursor=Cursor("all", "7"))
        commit(shelf, post(2), cursor=Cursor("some", "3"))
        assert (_cursor(shelf, "all"), _cursor(shelf, "some"), _cursor(shelf, "none")) == ("7", "3", "")
        commit(shelf, cursor=Cursor("all", ""))
        assert _cursor(shelf, "all") == ""

    def test_many_items_in_one_batch(self, shelf: Shelf) -> None:
        """Hundreds, over many batches, with edits among them."""
        for begin in range(0, 600, 200):
            commit(shelf, *(post(n) for n in range(begin, begin + 200)))
        commit(shelf, *(post(n, "edited", 9) for n in range(0, 600, 3)))
        texts = shelf.texts()
        assert len(texts) == 600
        assert {name for name, text in texts.items() if text == "edited"} == {f"{SOURCE}/{n}" for n in range(0, 600, 3)}

    @with_media
    def test_media_lie_there(self, shelf: Shelf) -> None:
        """Each file, whole."""
        files = {name: shelf.file(name) for name in ("a.png", "b.png")}
        done = commit(shelf, post(1, media=_media(files)), media=bytes_of(files))
        assert not done.media_missing
        assert set(shelf.media()) >= set(files.values())

    @with_media
    def test_a_missing_file_does_not_lose_its_item(self, shelf: Shelf) -> None:
        """The item is there, and the commit says which file is not."""
        done = commit(shelf, post(1, media=_media({"a.png": b"first", "b.png": b"second"})), post(2))
        assert shelf.texts() == {f"{SOURCE}/1": "text 1", f"{SOURCE}/2": "text 2"}
        assert len(done.media_missing) == 2
        assert all(f"{SOURCE}/1" in line for line in done.media_missing)

    @with_media
    @pytest.mark.parametrize("name", ["../../climbs.png", "/absolute.png", "a\0b.png", "CON", "x" * 400, ""])
    def test_a_hostile_file_name_stays_inside(self, shelf: Shelf, name: str) -> None:
        """The item arrives, and its file under a name of the place's own."""
        files = {"ref": shelf.file("ref")}
        item = post(1, media=(medium("ref", files["ref"]).model_copy(update={"name": name}),))
        commit(shelf, item, media=bytes_of(files))
        assert shelf.texts() == {f"{SOURCE}/1": "text 1"}
        assert files["ref"] in shelf.media()


def _cursor(shelf: Shelf, selection: str) -> str:
    """Ask the place how far it is."""
    with shelf.open().open(SOURCE) as session:
        return session.cursor(selection)


def _media(files: dict[str, bytes]) -> tuple[object, ...]:
    """Name files."""
    return tuple(medium(name, data) for name, data in files.items())
