"""The local archive: read back, untouched when nothing changed, mended when damaged, whole when killed."""

import errno
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.contracts.errors import ConfigurationError, LeaseLost, Rejected, SyndicateError
from adapters.contracts.item import ContentItem, ItemKind, Media, MediaKind
from adapters.contracts.ports import Batch, MediaFile, MediaMissing
from adapters.contracts.store import Cursor
from adapters.contracts.version import stamp
from adapters.destinations.local import ArchivedItem, LocalDestination, LocalSettings

SOURCE = "telegram:1"
START = datetime(2024, 1, 1, tzinfo=UTC)


def item(number, text="text", **fields):
    """Return an item with its version."""
    fields = {"id": f"{SOURCE}/{number}", "published_at": START + timedelta(minutes=number)} | fields
    return stamp(ContentItem(text=f"{text} {number}", **fields), "telegram_export")


def photo(name="photo.jpg", ref="photo.jpg", **fields):
    """Return a medium that the source has."""
    return Media(kind=MediaKind.PHOTO, name=name, ref=ref, **fields)


def no_media(medium):
    """Be a source that has no bytes."""
    raise MediaMissing(f"no {medium.ref} here")


def at(folder):
    """Return the destination in a folder."""
    return LocalDestination(LocalSettings(archive=folder))


def commit(folder, items=(), media=no_media, **batch):
    """Open, commit once, close."""
    with at(folder).open(SOURCE) as session:
        return session.commit(Batch(list(items), **batch), media)


def lines(folder):
    """Return every line of an archive, parsed, in the order of the files."""
    return [json.loads(line) for path in sorted(folder.glob("[is]*/*.jsonl")) for line in path.open("rb")]


def ids(folder):
    """Return the ids in an archive as a reader of its files sees them."""
    return [line["id"] for line in lines(folder)]


def state(folder):
    """Return bytes and times of all files."""
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def held(folder):
    """Return the ids held, what was repaired, and the cursor."""
    with at(folder).open(SOURCE) as session:
        return sorted(session.held_ids()), list(session.repaired), session.cursor("all")


@pytest.fixture
def archive(tmp_path):
    """Return a folder with three parts: 10,010 items, a cursor."""
    folder = tmp_path / "archive"
    commit(folder, [item(n) for n in range(10_010)], cursor=Cursor("all", "here"))
    return folder


@pytest.fixture
def export(tmp_path):
    """Return a folder with one photo, and the callable that finds it."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(b"bytes of a photo")

    def media(medium):
        path = folder / medium.ref
        if not path.is_file():
            raise MediaMissing("not included in the export")
        return MediaFile(open=lambda: path.open("rb"), size=path.stat().st_size, path=path)

    return folder, media


def test_what_is_written_is_read_back(tmp_path):
    """Items, members, cursor and service messages come back as they went in."""
    album = item(1, members=(f"{SOURCE}/1", f"{SOURCE}/2"), raw=({"views": 3, "x": [1.5, None]},))
    service = item(3, kind=ItemKind.SERVICE, action="pin_message")
    commit(tmp_path / "a", [album, service], cursor=Cursor("all", "c1"))
    posts = [ArchivedItem.model_validate_json(line) for line in (tmp_path / "a/items/000001.jsonl").open("rb")]
    assert posts == [ArchivedItem(**dict(album))]
    assert [line["action"] for line in lines(tmp_path / "a") if line.get("kind")] == ["pin_message"]
    assert (tmp_path / "a/service/000001.jsonl").read_text().count("\n") == 1
    with at(tmp_path / "a").open(SOURCE) as session:
        found = session.versions([f"{SOURCE}/{n}" for n in range(9)])
        assert {name: (h.version, h.item_id) for name, h in found.items()} == {
            f"{SOURCE}/1": (album.version, ""),
            f"{SOURCE}/2": (album.version, f"{SOURCE}/1"),
            f"{SOURCE}/3": (service.version, ""),
        }
        assert found[f"{SOURCE}/1"].changed_at == album.published_at
        assert session.cursor("all") == "c1"
        assert session.cursor("other") == ""


def test_parts_have_at_most_5000_lines(archive):
    """Ten thousand and ten items fill two parts and begin a third."""
    counts = [path.read_bytes().count(b"\n") for path in sorted((archive / "items").iterdir())]
    assert counts == [5000, 5000, 10]


def test_twice_the_same_changes_nothing(archive):
    """The same batch again leaves every byte and every time as it was, and the generation too."""
    before = state(archive)
    with at(archive).open(SOURCE) as session:
        generation = session.generation
        batch = Batch([item(n) for n in range(10_010)], cursor=Cursor("all", "here"))
        assert session.commit(batch, no_media).generation == generation
    assert state(archive) == before


def test_an_edit_touches_one_part(archive):
    """An edited item keeps its line; the other parts are not written."""
    before = state(archive)
    commit(archive, [item(7000, "edited")])
    changed = {path.name for path, value in state(archive).items() if before[path] != value}
    assert changed == {"000002.jsonl", "index.sqlite"}
    assert lines(archive)[7000]["text"] == "edited 7000"
    assert ids(archive) == [f"{SOURCE}/{n}" for n in range(10_010)]


def test_a_deleted_item_is_marked_and_may_come_back(tmp_path):
    """A deletion marks the line; the item's return clears the mark in the same line."""
    folder = tmp_path / "a"
    commit(folder, [item(1), item(2)])
    commit(folder, marked=[f"{SOURCE}/1", f"{SOURCE}/99"])
    assert [("deleted_at" in line, line["text"]) for line in lines(folder)] == [(True, "text 1"), (False, "text 2")]
    assert held(folder)[0] == [f"{SOURCE}/2"]
    with at(folder).open(SOURCE) as session:
        assert session.versions([f"{SOURCE}/1"]) == {}
    commit(folder, [item(1)])
    assert [("deleted_at" in line, line["id"]) for line in lines(folder)] == [
        (False, f"{SOURCE}/1"),
        (False, f"{SOURCE}/2"),
    ]


def test_a_deleted_item_leaves_its_place_and_no_file(tmp_path, export):
    """Its line says only that it was, what nobody else has of its files goes, and its return fills the line again."""
    folder, media = export
    (folder / "other.jpg").write_bytes(b"another photo")
    archive = tmp_path / "a"
    mine, shared = photo(ref="other.jpg", name="other.jpg"), photo()
    commit(archive, [item(1, media=(mine, shared)), item(2, media=(shared,))], media)
    commit(archive, deleted=[f"{SOURCE}/1", f"{SOURCE}/99"])
    first, second = lines(archive)
    assert set(first) == {"id", "version", "published_at", "deleted_at"}
    assert [path.read_bytes() for path in (archive / "media").rglob("*.jpg")] == [b"bytes of a photo"]
    assert held(archive)[0] == [second["id"]]
    (archive / "index.sqlite").unlink()
    with at(archive).open(SOURCE) as session:
        assert session.versions([f"{SOURCE}/1"]) == {}
    commit(archive, [item(1, media=(mine, shared))], media)
    assert [line["text"] for line in lines(archive)] == ["text 1", "text 2"]
    assert len([*(archive / "media").rglob("*.jpg")]) == 2


def test_a_version_taken_over_survives_the_index(tmp_path):
    """Another reader's version is noted in the line, whose own one still verifies it."""
    folder = tmp_path / "a"
    commit(folder, [item(1)])
    commit(folder, take_over=[(f"{SOURCE}/1", "telegram_live.1:abc")])
    (folder / "index.sqlite").unlink()
    with at(folder).open(SOURCE) as session:
        assert session.versions([f"{SOURCE}/1"])[f"{SOURCE}/1"].version == "telegram_live.1:abc"
    assert lines(folder)[0]["version"] == item(1).version


def test_an_album_damaged_keeps_its_line(tmp_path):
    """An album that comes back under another member's id is written where it lay, not twice."""
    folder = tmp_path / "a"
    commit(folder, [item(1, members=(f"{SOURCE}/1", f"{SOURCE}/2")), item(9)])
    part = folder / "items/000001.jsonl"
    part.write_bytes(part.read_bytes().replace(b"text 9", b"test 9"))
    commit(folder, [item(2, "grown", members=(f"{SOURCE}/2", f"{SOURCE}/1", f"{SOURCE}/3")), item(9)])
    assert ids(folder) == [f"{SOURCE}/1", f"{SOURCE}/9"]


def test_a_medium_is_linked_and_named_by_its_hash(tmp_path, export):
    """On one file system the archive's medium is the export's file, and its line names hash and path, not the ref."""
    folder, media = export
    commit(tmp_path / "a", [item(1, media=(photo(),))], media)
    medium = lines(tmp_path / "a")[0]["media"][0]
    kept = tmp_path / "a" / medium["path"]
    assert kept.read_bytes() == b"bytes of a photo"
    assert kept.stat().st_ino == (folder / "photo.jpg").stat().st_ino
    assert medium["path"] == f"media/{medium['sha256'][:2]}/{medium['sha256']}.jpg"
    assert "ref" not in medium
    assert not list((tmp_path / "a").rglob("*.tmp"))


def test_a_medium_without_a_path_is_copied(tmp_path, export):
    """Bytes that come as a stream are copied; the same bytes are kept once."""
    folder, media = export

    def streamed(medium):
        return MediaFile(open=media(medium).open, size=media(medium).size)

    commit(tmp_path / "a", [item(1, media=(photo(), photo())), item(2, media=(photo(),))], streamed)
    kept = [path for path in (tmp_path / "a/media").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [b"bytes of a photo"]
    assert kept[0].stat().st_ino != (folder / "photo.jpg").stat().st_ino


def test_a_symbolic_link_is_not_kept_as_a_medium(tmp_path, export):
    """A link in the export is followed for its bytes and never lies in the archive."""
    folder, media = export
    (folder / "link.jpg").symlink_to(folder / "photo.jpg")
    commit(tmp_path / "a", [item(1, media=(photo(ref="link.jpg"),))], media)
    kept = tmp_path / "a" / lines(tmp_path / "a")[0]["media"][0]["path"]
    assert (kept.is_symlink(), kept.read_bytes()) == (False, b"bytes of a photo")


def test_a_disk_that_is_full_for_a_medium_is_no_medium_missing(tmp_path, export, monkeypatch):
    """Once there is no room for a linked medium: the commit says so, and the item is not kept without its file."""
    _, media = export
    sync, failing = os.fsync, [errno.ENOSPC]

    def once(descriptor):
        if failing:
            raise OSError(failing.pop(), "No space left on device")
        sync(descriptor)

    with at(tmp_path / "a").open(SOURCE) as session:
        monkeypatch.setattr(os, "fsync", once)
        with pytest.raises(ConfigurationError, match="make room there"):
            session.commit(Batch([item(1, media=(photo(),))]), media)
        assert session.versions([f"{SOURCE}/1"]) == {}
        assert session.commit(Batch([item(1, media=(photo(),))]), media).media_missing == ()


def test_a_missing_medium_is_said_and_fetched_later(tmp_path, export):
    """An item without its medium is written, not whole, and whole once the source has it."""
    folder, media = export
    late = item(1, media=(photo(ref="late.jpg"),))
    assert commit(tmp_path / "a", [late], media).media_missing == (f"{late.id}: not included in the export",)
    assert lines(tmp_path / "a")[0]["media"][0]["missing"] == "not included in the export"
    with at(tmp_path / "a").open(SOURCE) as session:
        assert session.versions([late.id])[late.id].whole is False
        (folder / "late.jpg").write_bytes(b"late")
        assert session.commit(Batch([late]), media).media_missing == ()
        assert session.versions([late.id])[late.id].whole is True
    assert "missing" not in lines(tmp_path / "a")[0]["media"][0]


def test_a_medium_of_another_size_is_missing(tmp_path, export):
    """Bytes that are fewer than the source said are not kept."""
    _, media = export

    def longer(medium):
        return MediaFile(open=media(medium).open, size=99, path=media(medium).path)

    done = commit(tmp_path / "a", [item(1, media=(photo(),))], longer)
    assert done.media_missing == (f"{SOURCE}/1: the file has 16 bytes where its source says 99",)
    assert not [path for path in (tmp_path / "a/media").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/abs/x.s/h", "a.jpg/../../b", "x.\u202egpj", "a\0.jp g", "x." * 999]
)
def test_no_name_leaves_the_archive(tmp_path, export, name):
    """A hostile name, ref or id reaches neither a path nor an extension."""
    _, media = export
    hostile = item(1, id=f"{SOURCE}/../{name}", media=(photo(name=name, ref=name, mime=name, path=name),))
    commit(tmp_path / "in/a", [hostile], lambda _: media(photo()))
    medium = lines(tmp_path / "in/a")[0]["media"][0]
    assert (tmp_path / "in/a" / medium["path"]).resolve().is_relative_to(tmp_path / "in/a/media")
    assert medium["path"].isascii()
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a"]


def _flip(folder):
    part = folder / "items/000002.jsonl"
    data = bytearray(part.read_bytes())
    data[data.index(b"text 7000")] ^= 1
    part.write_bytes(data)


def _truncate(folder):
    part = folder / "items/000002.jsonl"
    os.truncate(part, part.stat().st_size - 30)


def _delete_part(folder):
    (folder / "items/000002.jsonl").unlink()


def _append(folder):
    with (folder / "items/000002.jsonl").open("ab") as part:
        part.write(b"no json\n")


def _double(folder):
    shutil.copy(folder / "items/000001.jsonl", folder / "items/000009.jsonl")


@pytest.mark.parametrize("damage", [_flip, _truncate, _delete_part, _append, _double])
def test_a_damaged_part_is_noticed_and_mended(archive, damage):
    """Damage is named, voids the cursor, changes the generation, and the source's items bring everything back."""
    before = lines(archive)
    with at(archive).open(SOURCE) as session:
        generation = session.generation
    damage(archive)
    with at(archive).open(SOURCE) as session:
        assert len(session.repaired) == 1
        assert session.repaired[0].startswith("items/00000")
        assert session.cursor("all") == ""
        assert session.generation != generation
        asked = [f"{SOURCE}/{n}" for n in range(10_010)]
        lost = set(asked) - session.versions(asked).keys()
        assert len(lost) == (0 if damage is _double else 5000)
        session.commit(Batch([item(n) for n in range(10_010) if f"{SOURCE}/{n}" in lost]), no_media)
    # A line that was lost is written behind the others of its part.
    assert {line["id"]: line for line in lines(archive)} == {line["id"]: line for line in before}
    assert len(lines(archive)) == len(before)
    assert held(archive)[1] == []


def test_a_damaged_part_is_kept_and_its_intact_lines_stay(archive):
    """What the source cannot bring back is still there, and the damaged file as it was found."""
    _flip(archive)
    damaged = (archive / "items/000002.jsonl").read_bytes()
    held(archive)
    assert (archive / "damaged/items-000002.jsonl.1").read_bytes() == damaged
    assert set(ids(archive)) == {f"{SOURCE}/{n}" for n in range(10_010)} - {f"{SOURCE}/7000"}


@pytest.mark.parametrize("damage", [None, b"", b"this is no database", "page"])
def test_a_lost_index_is_rebuilt(archive, damage):
    """Without its index, or with a broken one, an archive still holds all of its items."""
    index = archive / "index.sqlite"
    data = bytearray(index.read_bytes())
    before = [path.read_bytes() for path in sorted((archive / "items").iterdir())]
    index.unlink()
    if damage == "page":
        data[8192:90000] = os.urandom(90000 - 8192)
        index.write_bytes(data)
    elif damage is not None:
        index.write_bytes(damage)
    found, repaired, cursor = held(archive)
    assert len(found) == 10_010
    assert len(repaired) == 1
    assert cursor == ""
    assert [path.read_bytes() for path in sorted((archive / "items").iterdir())] == before
    assert (archive / "index.sqlite.damaged-1").exists() == bool(damage)
    assert held(archive)[1] == []


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"short")])
def test_a_lost_medium_is_noticed_and_fetched_again(tmp_path, export, damage):
    """A medium that is gone or of another size makes its item not whole, until it is written again."""
    folder, media = export
    commit(tmp_path / "a", [item(1, media=(photo(),)), item(2)], media)
    path = tmp_path / "a" / lines(tmp_path / "a")[0]["media"][0]["path"]
    (folder / "photo.jpg").rename(folder / "moved")
    shutil.copy(folder / "moved", folder / "photo.jpg")
    damage(path)
    with at(tmp_path / "a").open(SOURCE) as session:
        assert len(session.repaired) == 1
        assert [h.whole for h in session.versions([f"{SOURCE}/1", f"{SOURCE}/2"]).values()] == [False, True]
        session.commit(Batch([item(1, media=(photo(),))]), media)
    assert path.read_bytes() == b"bytes of a photo"
    assert held(tmp_path / "a")[1] == []


def test_a_deleted_archive_is_a_new_one(archive):
    """An emptied place has another identity and generation, so that no cache mistakes it for the old one."""
    old = at(archive).identity
    shutil.rmtree(archive)
    fresh = at(archive)
    promised = fresh.identity
    with fresh.open(SOURCE) as session:
        assert (list(session.held_ids()), session.repaired) == ([], ())
    assert old != promised == fresh.identity == at(archive).identity


def test_one_writer_at_a_time(archive):
    """A second process finds the archive taken, and free again afterwards."""
    program = "import sys; from pathlib import Path; from adapters.destinations.local import *\n"
    program += f"with LocalDestination(LocalSettings(archive=Path(sys.argv[1]))).open({SOURCE!r}): pass"
    with at(archive).open(SOURCE):
        refused = subprocess.run([sys.executable, "-c", program, archive], capture_output=True, text=True, check=False)
        assert "Transient: another run is writing" in refused.stderr
    subprocess.run([sys.executable, "-c", program, archive], check=True)


def test_a_writer_that_ignored_the_lock_is_noticed(archive):
    """A commit onto somebody else's generation is refused before a part is replaced."""
    with at(archive).open(SOURCE) as session:
        with sqlite3.connect(archive / "index.sqlite") as other:
            other.execute("UPDATE meta SET generation = generation + 1")
        before = lines(archive)
        with pytest.raises(LeaseLost):
            session.commit(Batch([item(1, "edited")]), no_media)
        assert lines(archive) == before
    assert not list(archive.rglob("*.tmp"))


def test_who_may_not_use_an_archive(archive, tmp_path):
    """Another source, a newer format, a foreign folder and a file are refused, untouched."""
    (tmp_path / "file").touch()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/thesis.txt").touch()
    newer = tmp_path / "newer"
    shutil.copytree(archive, newer)
    with sqlite3.connect(newer / "index.sqlite") as index:
        index.execute("UPDATE meta SET format = 2")
    before = state(tmp_path)
    for folder, source, why in [
        (archive, "telegram:2", "belongs to telegram:1"),
        (newer, SOURCE, "newer release"),
        (tmp_path / "foreign", SOURCE, "no archive"),
        (tmp_path / "file", SOURCE, "Not a directory"),
    ]:
        for use in (at(folder).open, at(folder).peek):
            with pytest.raises(ConfigurationError, match=why), use(source):
                pass
    assert {path: value for path, value in state(tmp_path).items() if path.name != ".lock"} == {
        path: value for path, value in before.items() if path.name != ".lock"
    }


def test_an_unwritable_item_is_rejected_by_name(archive):
    """One that is no text refuses the batch, which leaves nothing behind."""
    before = state(archive)
    with pytest.raises(Rejected, match=f"{SOURCE}/20000"):
        commit(archive, [item(1, "edited"), item(20000).model_copy(update={"text": "\udc80"})])
    assert state(archive) == before


def test_peek_writes_nothing(archive, tmp_path):
    """Looking changes no byte, makes no folder, and sees what is held."""
    before = state(archive)
    with at(archive).peek(SOURCE) as session:
        assert sum(1 for _ in session.held_ids()) == 10_010
    with at(tmp_path / "none").peek(SOURCE) as session:
        assert (list(session.held_ids()), session.versions(["a"]), session.cursor("all")) == ([], {}, "")
    (archive / "index.sqlite").write_bytes(b"no database")
    with at(archive).peek(SOURCE) as session:
        assert list(session.held_ids()) == []
    (archive / "index.sqlite").write_bytes(before[archive / "index.sqlite"][0])
    assert {path: value[0] for path, value in state(archive).items()} == {p: v[0] for p, v in before.items()}
    assert not (tmp_path / "none").exists()


def work(folder, export):
    """Do what the killed run does: three commits with media, the last one an edit, parts of twelve lines."""
    from adapters.destinations.local import parts  # noqa: PLC0415 - changed here only, in a process of its own

    parts.PART_ITEMS = 12

    def media(_):
        path = export / "photo.jpg"
        return MediaFile(open=lambda: path.open("rb"), size=path.stat().st_size, path=path)

    with at(folder).open(SOURCE) as session:
        for start in (0, 15):
            batch = [item(n, media=(photo(),)) for n in range(start, start + 15)]
            session.commit(Batch(batch, cursor=Cursor("all", str(start))), media)
        edits = [item(n, "edited", media=(photo(),)) for n in (1, 20)]
        session.commit(Batch(edits, cursor=Cursor("all", "end")), media)


def _strace(rule, folder, export):
    """Run the work in a process under a rule of strace; return its exit code."""
    root = Path(__file__).parents[2]
    program = [sys.executable, "-B", __file__, folder, export]
    return subprocess.run(
        ["strace", "-f", "-o", f"{folder}.log", *rule, *program],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    ).returncode


CALLS = "fsync,fdatasync,rename,unlink,link,linkat,pwrite64,ftruncate"
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="no strace to kill or starve a process with")


@needs_strace
def test_a_kill_at_any_step_loses_and_doubles_nothing(tmp_path, export):
    """Killed at each of 24 system calls and run again, the archive is line by line the one that was never killed."""
    folder, _ = export
    whole = tmp_path / "whole"
    assert _strace([f"-etrace={CALLS}"], whole, folder) == 0
    steps = Counter()
    points = []
    for call in re.findall(r"^\d+ +(\w+)\(", Path(f"{whole}.log").read_text(), re.MULTILINE):
        steps[call] += 1
        points.append((call, steps[call]))
    points = points[:: max(1, len(points) // 24)]
    assert len(points) >= 24

    def killed(point):
        call, when = point
        place = tmp_path / f"{call}{when}"
        code = _strace([f"-etrace={call}", f"-einject={call}:signal=KILL:when={when}"], place, folder)
        seen = ids(place)
        again = _strace(["-etrace=none"], place, folder)
        left = list(place.rglob(".*.tmp"))
        return code, len(seen) - len(set(seen)), again, left, lines(place) == lines(whole), held(place)[1:]

    with ThreadPoolExecutor(8) as pool:
        results = dict(zip(points, pool.map(killed, points), strict=True))
    good = (-signal.SIGKILL, 0, 0, [], True, ([], "end"))
    assert {point: result for point, result in results.items() if result != good} == {}


@needs_strace
@pytest.mark.parametrize("call", ["write", "pwrite64", "fsync", "fdatasync", "rename", "mkdir"])
def test_a_full_disk_stops_the_run_and_hurts_nothing(tmp_path, export, call):
    """Where there is no room, the run says so, and the next one finishes the work."""
    folder, _ = export
    assert _strace(["-etrace=none"], tmp_path / "whole", folder) == 0

    def starved(when):
        place = tmp_path / f"full{when}"
        rule = [f"-etrace={call}", f"-einject={call}:error=ENOSPC:when={when}+"]
        code = _strace(rule, place, folder)
        doubled, left = len(ids(place)) - len(set(ids(place))), list(place.rglob(".*.tmp"))
        return code, doubled, left, _strace(["-etrace=none"], place, folder), lines(place)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(starved, (1, 2, 4)))
    assert [result[1:] for result in results] == [(0, [], 0, lines(tmp_path / "whole"))] * 3
    assert results[0][0] == 3


if __name__ == "__main__":
    try:
        work(Path(sys.argv[1]), Path(sys.argv[2]))
    except ConfigurationError:
        os._exit(3)
    except SyndicateError:
        os._exit(4)
    except BaseException as error:  # noqa: BLE001 - the test reads the code
        Path(sys.argv[1] + ".error").write_text(repr(error))
        os._exit(5)
    os._exit(0)
