"""Files of an archive: atomic replacement, and media kept by the hash of their bytes."""

from __future__ import annotations

import errno
import hashlib
import mimetypes
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from adapters.contracts.errors import ConfigurationError, SyndicateError, Transient
from adapters.contracts.item import Media
from adapters.contracts.ports import MediaFile, MediaMissing

BLOCK = 1 << 18
"""Bytes read or written at once: so many stay in the processor's cache until they are hashed."""

_EXTENSION = re.compile(r"[a-z0-9]{1,8}", re.ASCII)
_MENDED_BY_A_PERSON = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR}
_PASSES_BY_ITSELF = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EBUSY, errno.EAGAIN, errno.EINTR}


def trouble(archive: Path, error: OSError) -> SyndicateError:
    """Say what an error of the file system means for whoever runs the archive, and what to do about it."""
    what = f"cannot write to the archive {archive}: {error.strerror or error}"
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ConfigurationError(f"{what}{where}; make room there and run again: nothing is lost")
    if error.errno in _PASSES_BY_ITSELF:
        return Transient(f"{what}{where}")
    hint = "check the folder and its rights" if error.errno in _MENDED_BY_A_PERSON else "check the disk"
    return ConfigurationError(f"{what}{where}; {hint} and run again: nothing is lost")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's bytes survive a loss of power."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hex, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(paths: Iterable[Path]) -> None:
    """Delete files that may be gone already."""
    for path in paths:
        path.unlink(missing_ok=True)


def set_aside(path: Path, folder: Path, name: str) -> Path:
    """Keep a damaged file under a free name `<name><n>` in a folder, by a second link or a copy; the file stays."""
    folder.mkdir(exist_ok=True)
    number = 1
    while os.path.lexists(kept := folder / f"{name}{number}"):
        number += 1
    try:
        os.link(path, kept)
    except OSError:
        with path.open("rb") as source, kept.open("xb") as target:
            _copy(source, target)
        sync_file(kept)
    sync_folder(folder)
    return kept


class MediaStore:
    """Media under `media/<2 hex>/<sha256><.ext>`, each written whole or not at all.

    Where the export lies on the same file system a medium is a hard link to its file there: no second copy, but the
    bytes are shared, so that editing a file of the export in place changes the archive's medium with it. (Replacing or
    deleting the export's file does not.) The next opening notices a changed size, not a changed byte.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._folder = archive / "media"
        self._staged: list[tuple[Path, Path, int]] = []
        """(where it waits, where it belongs, bytes) of what has been kept and is not in its place yet."""
        self._touched: set[Path] = set()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what waits and was not put in its place: something went wrong before."""
        self._discard()

    def keep(self, media: Media, file: MediaFile) -> tuple[str, str, int]:
        """Take a medium's bytes; return its path relative to the archive, its SHA-256 and its size in bytes.

        It lies there, for good, after the next `sync`. Raises MediaMissing when the source's bytes cannot be read or
        are not as many as it said.
        """
        self._make(self._folder)
        staged = self._folder / f".{secrets.token_hex(8)}.tmp"
        try:
            sha256, size = self._linked(file, staged) or self._copied(file, staged)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        if size != file.size:
            staged.unlink()
            raise MediaMissing(f"the file has {size} bytes where its source says {file.size}")
        target = self._folder / sha256[:2] / (sha256 + extension(media))
        self._staged.append((staged, target, size))
        return target.relative_to(self._archive).as_posix(), sha256, size

    def sync(self) -> None:
        """Put everything kept so far in its place, so that it survives a loss of power."""
        # All at the end: the first sync writes the folder's journal for all of them.
        for staged, _, _ in self._staged:
            sync_file(staged)
        for staged, target, size in self._staged:
            self._make(target.parent)
            if not _is_file_of(target, size):
                staged.replace(target)
                self._touched.add(target.parent)
        self._discard()
        for folder in self._touched:
            sync_folder(folder)
        self._touched.clear()

    def _discard(self) -> None:
        """Remove what waits: what has been put in its place is there."""
        # Renaming a link onto another link of the same file leaves both, says POSIX.
        remove(staged for staged, _, _ in self._staged)
        self._staged.clear()

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir()
            self._touched.add(folder.parent)

    @staticmethod
    def _linked(file: MediaFile, staged: Path) -> tuple[str, int] | None:
        """Link the export's own file and hash it through that link, or return None where that cannot be."""
        if file.path is None:
            return None
        try:
            os.link(file.path, staged)
        except OSError:
            return None
        # link() does not follow symbolic links, and one in the archive would lead out of it.
        if not stat.S_ISREG(staged.lstat().st_mode):
            staged.unlink()
            return None
        with staged.open("rb") as bytes_:
            try:
                sha256 = hashlib.file_digest(bytes_, "sha256").hexdigest()
            except OSError as error:
                raise MediaMissing(f"its file cannot be read: {error.strerror or error}") from error
            return sha256, bytes_.tell()

    @staticmethod
    def _copied(file: MediaFile, staged: Path) -> tuple[str, int]:
        """Copy the bytes through a temporary file, hashing them on the way."""
        try:
            source = file.open()
        except OSError as error:
            raise MediaMissing(f"its file cannot be opened: {error.strerror or error}") from error
        with source, staged.open("xb") as target:
            return _copy(source, target)


def extension(media: Media) -> str:
    """Return a medium's extension with its dot, or nothing: from its name, its ref or its MIME type, if harmless."""
    for hint in (media.name, media.ref, mimetypes.guess_extension(media.mime) or ""):
        suffix = PurePosixPath(hint).suffix.lower().removeprefix(".")
        if _EXTENSION.fullmatch(suffix):
            return f".{suffix}"
    return ""


def _is_file_of(path: Path, size: int) -> bool:
    """Tell whether a regular file of this size is there already."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def _copy(source: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    """Copy a stream to a file; return the SHA-256 and the number of bytes."""
    sha256 = hashlib.sha256()
    size = 0
    while block := _block(source):
        target.write(block)
        sha256.update(block)
        size += len(block)
    return sha256.hexdigest(), size


def _block(source: BinaryIO) -> bytes:
    """Read a block; what the source cannot read is missing, and no fault of the archive."""
    try:
        return source.read(BLOCK)
    except OSError as error:
        raise MediaMissing(f"its bytes cannot be read: {error.strerror or error}") from error
