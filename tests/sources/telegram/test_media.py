"""A file's bytes: streamed, gone on with, references that expire, files that are cut, other data centres."""

from __future__ import annotations

import hashlib

import pytest
from telethon.tl import types

from adapters.contracts.errors import LeaseLost
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import MediaMissing
from adapters.media import FolderMediaStore
from tests.sources.telegram.conftest import read

DATA = hashlib.sha256(b"lake").digest() * 50_000


def medium_of(source, number=-1):
    """Return the first file of an item."""
    told, _ = read(source)
    return told[number].media[0]


@pytest.mark.parametrize("dc", [2, 4])
def test_a_file_is_read_from_wherever_it_lies(lake, dc):
    """Whole, and from the middle of a part, with parts that Telegram allows."""
    lake.channel.post("a file", media=lake.world.document(DATA, "lake.bin", dc=dc))
    source = lake.source()
    file = source.media(medium_of(source))
    assert file.size == len(DATA)
    with file.open() as stream:
        assert stream.read() == DATA
        stream.seek(700_001)
        assert stream.read(100) == DATA[700_001:700_101]
        assert stream.seek(-5, 2) == len(DATA) - 5
        assert stream.read() == DATA[-5:]


@pytest.mark.parametrize("kind", ["photo", "document"])
def test_an_expired_reference_is_asked_for_again(lake, kind):
    """Telethon would raise for a photo: the message is read again, once, and the file goes on."""
    made = lake.world.photo(DATA) if kind == "photo" else lake.world.document(DATA, "lake.bin")
    lake.channel.post("a file", media=made)
    source = lake.source()
    file = source.media(medium_of(source))
    with file.open() as stream:
        assert stream.read(10) == DATA[:10]
        lake.channel.renew_references()
        assert stream.read() == DATA[10:]
    assert lake.asked().count("GetMessages") == 1


def test_a_file_whose_message_is_gone_is_missing(lake):
    """It says so, and of which message."""
    number = lake.channel.post("a file", media=lake.world.document(DATA, "lake.bin"))
    source = lake.source()
    medium = medium_of(source)
    file = source.media(medium)
    lake.channel.renew_references()
    lake.channel.delete(number)
    with file.open() as stream, pytest.raises(MediaMissing, match=r"lake\.bin"):
        stream.read()
    with pytest.raises(MediaMissing, match=r"lake\.bin"):
        lake.source().media(medium)


def test_another_picture_is_not_the_old_one(lake):
    """A message that was given a new file has the old one no more."""
    number = lake.channel.post("a picture", media=lake.world.photo(b"old" * 50))
    source = lake.source()
    medium = medium_of(source)
    lake.channel.edit(number, media=lake.world.photo(b"new" * 50))
    with pytest.raises(MediaMissing):
        lake.source().media(medium)


def test_a_cut_file_is_no_success(lake, tmp_path):
    """Telethon takes it in silence."""
    media = lake.world.document(DATA, "lake.bin")
    lake.world.cut(media, 900_000)
    lake.channel.post("a file", media=media)
    source = lake.source()
    medium = medium_of(source)
    with pytest.raises(MediaMissing, match="900,000 of its 1,600,000 bytes"):
        FolderMediaStore(tmp_path / "media").keep(medium, source.media(medium))


def test_a_lost_file_is_missing(lake):
    """Telegram itself has it no more."""
    media = lake.world.document(DATA, "lake.bin")
    lake.world.lose(media)
    lake.channel.post("a file", media=media)
    source = lake.source()
    with source.media(medium_of(source)).open() as stream, pytest.raises(MediaMissing, match=r"lake\.bin"):
        stream.read()


def test_a_copy_that_broke_off_goes_on(lake, tmp_path):
    """Another process asks only for what is not there yet."""
    lake.channel.post("a file", media=lake.world.document(DATA, "lake.bin"))
    source, store = lake.source(), FolderMediaStore(tmp_path / "media")
    medium = medium_of(source)
    lake.asked()

    def until_the_third():
        if len(lake.world.asked("GetFile")) == 2:
            raise LeaseLost("somebody else has it")

    source.guard(until_the_third)
    with pytest.raises(LeaseLost):
        store.keep(medium, source.media(medium))
    lake.asked()
    kept = store.keep(medium, lake.source().media(medium))
    assert kept.sha256 == hashlib.sha256(DATA).hexdigest()
    assert [call.request.offset for call in lake.world.asked("GetFile")] == [1 << 20, 3 << 19]


def test_a_dropped_connection_costs_nothing(lake):
    """Before the request and behind it: the part is asked for again."""
    lake.channel.post("a file", media=lake.world.document(DATA, "lake.bin"))
    source = lake.source()
    file = source.media(medium_of(source))
    for when in ("before", "after"):
        lake.world.drop(when, "GetFile", nth=2)
        with file.open() as stream:
            assert stream.read() == DATA


def test_a_contacts_card_is_a_file(lake):
    """As in an export."""
    card = "BEGIN:VCARD\nFN:Ада\nEND:VCARD"
    contact = types.MessageMediaContact("79990000009", "Ада", "", card, 0)
    lake.channel.post("", media=contact)
    source = lake.source()
    medium = medium_of(source)
    assert (medium.kind, medium.name, medium.mime) == (MediaKind.DOCUMENT, "contact.vcf", "text/vcard")
    with source.media(medium).open() as stream:
        assert stream.read().decode() == card


@pytest.mark.parametrize("ref", ["../1/photo/2", "0/photo/1", "1/photo", "1/vcard/x", "99999999999999999999/photo/1"])
def test_what_is_no_reference_asks_nobody(lake, ref):
    """References come back from places, and may be anything."""
    source = lake.source()
    read(source)
    lake.asked()
    with pytest.raises(MediaMissing):
        source.media(Media(kind=MediaKind.PHOTO, ref=ref))
    assert len(lake.asked()) <= 1
