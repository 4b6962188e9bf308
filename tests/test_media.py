"""The media store of jobs: whole files under the name of their content, and nothing else."""

import errno
import hashlib
import io
import os

import pytest

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.media import BLOCK, FileLimits, FolderMediaStore, type_of

BYTES = b"bytes of a photo"


def photo(**fields):
    """Return a medium."""
    return Media(kind=MediaKind.PHOTO, **({"name": "photo.jpg", "ref": "photos/1.jpg"} | fields))


def source(content=BYTES, size=None):
    """Return a file as a source offers it."""
    return MediaFile(open=lambda: io.BytesIO(content), size=len(content) if size is None else size)


def files(root):
    """Return the names of all files below a folder."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path):
    """Return a store whose folder does not exist yet."""
    return FolderMediaStore(tmp_path / "deep" / "media")


@pytest.mark.parametrize("content", [b"", BYTES, b"x" * (2 * BLOCK + 1)], ids=["empty", "short", "blocks"])
def test_what_is_kept_is_found(store, content):
    """The bytes come back, with their size and path."""
    kept = store.keep(photo(), source(content))
    assert kept == photo(sha256=hashlib.sha256(content).hexdigest())
    found = store.media(kept)
    with found.open() as file:
        assert file.read() == content
    assert found.size == len(content)
    assert found.path == store.root / kept.sha256[:2] / kept.sha256


def test_kept_twice_is_one_file(store):
    """The same bytes under another name are the same file."""
    first = store.keep(photo(), source())
    second = store.keep(photo(name="copy.jpg", ref="photos/2.jpg"), source())
    assert first.sha256 == second.sha256
    assert files(store.root) == [f"{first.sha256[:2]}/{first.sha256}"]


@pytest.mark.parametrize("size", [len(BYTES) + 1, len(BYTES) - 1])
def test_another_size_than_told_is_missing(store, size):
    """Half a medium is none, and leaves nothing behind."""
    with pytest.raises(MediaMissing, match=r"photo\.jpg: 16 of"):
        store.keep(photo(), source(size=size))
    assert files(store.root) == []


def test_a_failing_read_leaves_nothing(store):
    """What breaks in the middle comes out, and no temporary file stays."""

    class Breaking(io.BytesIO):
        """Bytes that end in an error."""

        def read(self, size=-1):
            """Read once, then fail."""
            if self.tell():
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(ConfigurationError, match="cannot be read: the disk is gone; mend that"):
        store.keep(photo(), MediaFile(open=lambda: Breaking(BYTES), size=len(BYTES)))
    assert files(store.root) == []


@pytest.mark.parametrize(
    "sha256",
    [
        "",
        "ab",
        "../" * 21 + "x",
        "/etc/passwd".ljust(64, "0"),
        "A" * 64,
        "a" * 63 + "\n",
        "a" * 63 + "\0",
        "a" * 65,
        "\u0661" * 64,
    ],
)
def test_a_hostile_digest_is_missing(store, sha256):
    """A digest is 64 small hexadecimal digits and never a path."""
    with pytest.raises(MediaMissing):
        store.media(photo(sha256=sha256))


def test_what_nobody_kept_is_missing(store):
    """A digest that is one, of bytes that were never kept."""
    with pytest.raises(MediaMissing, match=r"photo\.jpg was not kept"):
        store.media(photo(sha256="a" * 64))


def test_a_full_disk_is_an_error_for_a_person(tmp_path, monkeypatch):
    """It says where, and what to do; nothing is left behind."""

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    store = FolderMediaStore(tmp_path / "media")
    with pytest.raises(ConfigurationError, match=r"cannot be kept in .*media: No space left on device; make room"):
        store.keep(photo(), source())
    assert list((tmp_path / "media").iterdir()) == []


# Copies that broke off


class Network(io.BytesIO):
    """Bytes that break off once, and count what is read."""

    def __init__(self, content, breaks_at=None):
        super().__init__(content)
        self.breaks_at, self.taken = breaks_at, 0

    def read(self, size=-1):
        """Read, or fail at the given place."""
        if self.breaks_at is not None and self.tell() >= self.breaks_at:
            raise OSError("the network is gone")
        block = super().read(size)
        self.taken += len(block)
        return block


LARGE = os.urandom(3 * BLOCK + 5)


def download(network, same="telegram:1/2 photo 3"):
    """Return a file that its source can name again."""
    return MediaFile(lambda: network, len(LARGE), same=same)


def test_a_copy_that_broke_off_goes_on(store):
    """What had come is not fetched again, and the whole is what was asked for."""
    with pytest.raises(ConfigurationError, match="network is gone"):
        store.keep(photo(), download(Network(LARGE, 2 * BLOCK)))
    assert [name.endswith(".part") for name in files(store.root)] == [True]
    again = Network(LARGE)
    kept = store.keep(photo(), MediaFile(lambda: NotClosed(again), len(LARGE), same="telegram:1/2 photo 3"))
    assert kept.sha256 == hashlib.sha256(LARGE).hexdigest()
    assert again.taken == len(LARGE) - 2 * BLOCK
    assert files(store.root) == [f"{kept.sha256[:2]}/{kept.sha256}"]


class NotClosed:
    """A stream that stays open, to be looked at afterwards."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self.stream

    def __exit__(self, *_):
        self.stream.seek(0)


def test_a_stream_that_cannot_seek_begins_anew(store):
    """Its bytes come from the begin, and the copy is whole all the same."""

    class Pipe(Network):
        def seekable(self):
            return False

    with pytest.raises(ConfigurationError):
        store.keep(photo(), MediaFile(lambda: Pipe(LARGE, BLOCK), len(LARGE), same="x"))
    kept = store.keep(photo(), MediaFile(lambda: Pipe(LARGE), len(LARGE), same="x"))
    assert kept.sha256 == hashlib.sha256(LARGE).hexdigest()


def test_another_file_takes_nothing_of_a_broken_copy(store):
    """Same size, same name: only what its source calls the same goes on."""
    with pytest.raises(ConfigurationError):
        store.keep(photo(), download(Network(LARGE, BLOCK), same="a"))
    other = os.urandom(len(LARGE))
    kept = store.keep(photo(), MediaFile(lambda: io.BytesIO(other), len(other), same="b"))
    assert kept.sha256 == hashlib.sha256(other).hexdigest()


def test_two_workers_at_the_same_copy_do_not_mix(store):
    """One has the named copy, the other makes its own."""
    done = []

    class Meanwhile(Network):
        def read(self, size=-1):
            if not done:
                done.append(store.keep(photo(), download(Network(LARGE))).sha256)
            return super().read(size)

    first = store.keep(photo(), download(Meanwhile(LARGE))).sha256
    assert done == [first] == [hashlib.sha256(LARGE).hexdigest()]
    assert files(store.root) == [f"{first[:2]}/{first}"]


def test_a_copy_that_is_too_long_begins_anew(store):
    """A part that cannot be the begin of this file does not stop it for ever."""
    with pytest.raises(MediaMissing):
        store.keep(photo(), MediaFile(lambda: io.BytesIO(LARGE), 10, same="x"))
    assert store.keep(photo(), MediaFile(lambda: io.BytesIO(BYTES), len(BYTES), same="x")).sha256


# What lies there


def test_damaged_bytes_are_missing(store):
    """They are never sent as what they were; kept again from the source, they are whole."""
    kept = store.keep(photo(), source())
    path = store.media(kept).path
    path.write_bytes(BYTES[:-1] + b"?")
    with pytest.raises(MediaMissing, match="damaged"):
        store.media(kept)
    store.keep(photo(), source())
    assert store.media(kept).size == len(BYTES)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 20, "image/jpeg"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 20, "image/webp"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 20, "video/mp4"),
        (b"OggS\0\2" + b"\0" * 20 + b"OpusHead", "application/ogg"),
        (b"ID3\x04\0\0\0\0\0\0" + b"\0" * 20, "audio/mpeg"),
        (b"<html>not a picture</html>", "text/html"),
        (b"hello", ""),
        (b"", ""),
    ],
)
def test_a_file_is_what_its_content_says(content, expected):
    """Whatever it is called."""
    assert type_of(source(content)) == expected


@pytest.mark.parametrize(
    ("mime", "size", "why"),
    [("video/mp4", 0, "empty"), ("video/mp4", 11, "11 bytes, 10 are"), ("audio/mpeg", 5, "audio/mpeg are not taken")],
)
def test_files_beyond_the_limits_are_refused(mime, size, why):
    """In words."""
    limits = FileLimits(size=10, refused=frozenset({"audio/mpeg"}))
    limits.check("ok", "video/mp4", 10)
    with pytest.raises(Rejected, match=why):
        limits.check("a.mp4", mime, size)
