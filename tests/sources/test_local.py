"""An archive as a source: what it yields, and what becomes of one that is damaged, foreign or newer."""

from __future__ import annotations

import sqlite3

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Unreadable
from adapters.contracts.ports import Batch, MediaMissing
from adapters.contracts.version import Change, compare
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.sources.local import LocalSource
from adapters.sources.telegram_export import TelegramExportSource
from tests.conformance.archived import PLACE, Archive, post
from tests.exports import SAMPLE


@pytest.fixture
def archive(tmp_path):
    """An archive of forty items."""
    return Archive(tmp_path)


def read(source, cursor=""):
    """Return all entries."""
    return [entry for page in source.read(cursor) for entry in page.entries]


def test_its_items_are_those_that_went_in(archive):
    """Place, versions and content are the first reader's: to a destination nothing has happened."""
    source = LocalSource(archive.folder)
    assert source.identity == PLACE
    for item in read(source):
        if not isinstance(item, Unreadable):
            went_in = archive.items[item.id]
            assert compare(item, went_in.version) is Change.SAME
            assert (item.text, item.published_at, item.members) == (went_in.text, went_in.published_at, went_in.members)


def test_its_media_are_those_that_went_in(archive):
    """The bytes are found by the path in the line."""
    source = LocalSource(archive.folder)
    album = next(item for item in read(source) if item.id == f"{PLACE}/21")
    found = []
    for medium in album.media:
        with source.media(medium).open() as file:
            found.append(file.read())
    assert found == [b"a.jpg" * 50, b"b.jpg" * 50]
    assert [(medium.path, medium.sha256) for medium in album.media] == [("", ""), ("", "")]


def test_every_kind_of_post_comes_back_as_it_went_in(tmp_path):
    """The sample has one of each kind: every line gives its version again, whatever its media are."""
    export, place = TelegramExportSource(SAMPLE), LocalDestination(LocalSettings(archive=tmp_path / "archive"))
    went_in = [entry for page in export.read() for entry in page.entries]
    with place.open(export.identity) as session:
        session.commit(Batch(items=went_in), export.media)
    versions = {item.id: item.version for item in went_in}
    assert {entry.id: getattr(entry, "version", entry) for entry in read(LocalSource(tmp_path / "archive"))} == versions
    (tmp_path / "archive" / "index.sqlite").unlink()
    with place.open(export.identity) as session:
        assert session.versions(list(versions)).keys() == versions.keys()


def test_a_damaged_medium_is_missing(archive):
    """Bytes that are not those that were archived are published nowhere."""
    source = LocalSource(archive.folder)
    medium = next(item for item in read(source) if item.id == f"{PLACE}/21").media[0]
    (archive.folder / medium.ref).unlink()
    (archive.folder / medium.ref).write_bytes(b"x" * 250)
    with pytest.raises(MediaMissing, match="damaged"):
        source.media(medium)


def test_a_link_out_of_the_archive_is_missing(archive, tmp_path):
    """A symbolic link in `media/` must not publish what lies elsewhere."""
    source = LocalSource(archive.folder)
    medium = next(item for item in read(source) if item.id == f"{PLACE}/21").media[0]
    (tmp_path / "secret").write_bytes(b"secret")
    (archive.folder / medium.ref).unlink()
    (archive.folder / medium.ref).symlink_to(tmp_path / "secret")
    with pytest.raises(MediaMissing, match="inside"):
        source.media(medium)


def test_a_line_whose_content_was_changed_is_shown(archive):
    """Valid JSON, another text: its version says that this is not what was archived."""
    part = archive.folder / "items" / "000001.jsonl"
    part.write_bytes(part.read_bytes().replace(b'"text":"post 3"', b'"text":"post X"'))
    damaged = [entry for entry in read(LocalSource(archive.folder)) if isinstance(entry, Unreadable)]
    assert [(piece.item_id, piece.where.rpartition(" ")[2]) for piece in damaged] == [
        (f"{PLACE}/3", "3"),
        (f"{PLACE}/31", "30"),
    ]
    assert "run the pair that writes the archive" in damaged[0].error


def test_what_another_reader_called_it_is_its_version(archive):
    """The archive noted another reader's version of the same content: places are compared with that."""
    part = archive.folder / "items" / "000001.jsonl"
    line = part.read_bytes().splitlines()[0]
    part.write_bytes(part.read_bytes().replace(line, line[:-1] + b',"taken_over":"telegram.1:aa"}'))
    assert read(LocalSource(archive.folder))[0].version == "telegram.1:aa"


def test_without_its_index_it_is_read_all_the_same(archive):
    """The index is derived: the items' ids tell whose archive it is."""
    whole = read(LocalSource(archive.folder))
    (archive.folder / "index.sqlite").unlink()
    source = LocalSource(archive.folder)
    assert source.identity == PLACE
    assert read(source) == whole


def test_a_newer_format_is_left_alone(archive):
    """Half understood is not understood."""
    with sqlite3.connect(archive.folder / "index.sqlite") as index:
        index.execute("UPDATE meta SET format = 99")
    index.close()
    with pytest.raises(ConfigurationError, match="use a newer release"):
        _ = LocalSource(archive.folder).identity


@pytest.mark.parametrize(("name", "why"), [("nowhere", "is not there"), ("from", "is no archive")])
def test_what_is_no_archive_is_said_to_be_none(archive, tmp_path, name, why):
    """With the option to change."""
    with pytest.raises(ConfigurationError, match=f"--archive .*{why}"):
        read(LocalSource(tmp_path / name))


def test_an_edit_begins_the_reading_anew(archive):
    """The edited line lies before the cursor: going on from there would miss it."""
    cursor = next(iter(LocalSource(archive.folder, page_size=20).read())).cursor
    archive.commit(post(3, "edited"))
    assert f"{PLACE}/3" in [entry.id for entry in read(LocalSource(archive.folder), cursor)]
