"""The media store of jobs: whole files under the name of their content, and nothing else."""

import errno
import hashlib
import io
import os

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.media import BLOCK, FolderMediaStore

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
