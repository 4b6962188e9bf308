"""The media store of jobs: bytes kept once by their content, where every worker reaches them; and what a file is."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import puremagic

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.item import Media
from adapters.contracts.ports import MediaFile, MediaMissing

BLOCK = 1 << 20
HEAD = 4096
"""Bytes at a file's begin that tell what it is."""


@dataclass(frozen=True)
class FolderMediaStore:
    """Media in a folder: `<root>/ab/ab12…`, named by the SHA-256 of their bytes."""

    root: Path

    def keep(self, media: Media, file: MediaFile) -> Media:
        """Copy a medium's bytes, or find them kept already; returns it with its `sha256`.

        The copy is complete before it has its name: a crash leaves a temporary file, never half a medium. Raises
        MediaMissing when the bytes end before the size their source tells, and ConfigurationError when they cannot be
        read or kept.
        """
        try:
            return self._kept(media, file)
        except OSError as error:
            what = f"{error.strerror or error} ({error.filename})" if error.filename else error.strerror or error
            raise ConfigurationError(
                f"the media of jobs cannot be kept in {self.root}: {what}; make room there or mend the folder's rights "
                "and run again: nothing is lost"
            ) from error

    def _kept(self, media: Media, file: MediaFile) -> Media:
        """Keep a medium; raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._target(file) as copy:
            digest = _copy(media, file, copy.file)
            copy.file.flush()
            os.fsync(copy.file.fileno())
            path = self._path(digest)
            path.parent.mkdir(exist_ok=True)
            copy.path.replace(path)
        return media.model_copy(update={"sha256": digest})

    @contextmanager
    def _target(self, file: MediaFile) -> Iterator[_Copy]:
        """Open what a medium is copied to: the begin of an earlier copy of the same bytes, or an empty file.

        What the source can name again is left where it breaks off; anything else is cleared away. Of two workers that
        copy the same bytes, one takes the file of that name.
        """
        with ExitStack() as stack:
            if file.same:
                path = self.root / f".{hashlib.sha256(file.same.encode()).hexdigest()}.part"
                target = stack.enter_context(path.open("a+b"))
                if _alone(target, path):
                    yield _Copy(path, target)
                    return
            path = self.root / f".{uuid4().hex}.tmp"
            stack.callback(path.unlink, missing_ok=True)
            yield _Copy(path, stack.enter_context(path.open("a+b")))

    def media(self, media: Media) -> MediaFile:
        """Find a kept medium and see that its bytes are still the ones that were kept; raises MediaMissing."""
        path = self._path(media.sha256)
        try:
            size = path.stat().st_size
            with path.open("rb") as kept:
                whole = hashlib.file_digest(kept, "sha256").hexdigest() == media.sha256
        except OSError:
            raise MediaMissing(f"{media.name or media.kind} was not kept") from None
        if not whole:
            raise MediaMissing(
                f"{media.name or media.kind}: its kept bytes are damaged ({path}); remove that file and run the pair "
                "again with its source"
            )
        return MediaFile(open=lambda: path.open("rb"), size=size, path=path)

    def _path(self, sha256: str) -> Path:
        """Return where a digest's bytes lie."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):  # noqa: PLR2004 - SHA-256 in hex
            raise MediaMissing("a medium that nobody kept")
        return self.root / sha256[:2] / sha256


def in_memory(data: bytes) -> MediaFile:
    """Return bytes as a file."""
    return MediaFile(lambda: io.BytesIO(data), len(data))


def type_of(file: MediaFile) -> str:
    """Return what a file is by its first bytes, as a MIME type; empty where they say nothing. Names are not asked."""
    with file.open() as stream:
        head = stream.read(HEAD)
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return ""
    return next((match.mime_type for match in found if match.mime_type), "")


@dataclass(frozen=True)
class FileLimits:
    """What files a place takes as they are."""

    size: int | None = None
    """Bytes."""
    refused: frozenset[str] = frozenset()
    """MIME types that it does not take."""

    def check(self, name: str, mime: str, size: int) -> None:
        """Raise Rejected, saying what is wrong with a file of that type and size."""
        if size == 0:
            raise Rejected(f"{name}: the file is empty")
        if self.size is not None and size > self.size:
            raise Rejected(f"{name}: {size:,} bytes, {self.size:,} are allowed")
        if mime in self.refused:
            raise Rejected(f"{name}: files of the type {mime} are not taken")


@dataclass(frozen=True)
class _Copy:
    """Where a medium is being copied to."""

    path: Path
    file: BinaryIO


def _alone(target: BinaryIO, path: Path) -> bool:
    """Take a copy for this worker; it may have been finished, and renamed, just before."""
    try:
        fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(target.fileno()).st_ino == path.stat().st_ino
    except OSError:
        return False


def _copy(media: Media, file: MediaFile, target: BinaryIO) -> str:
    """Copy what a target lacks of a file and return the digest of the whole; raises MediaMissing for half a medium."""
    target.seek(0)
    digest, size = hashlib.sha256(), 0
    while block := target.read(BLOCK):
        digest.update(block)
        size += len(block)
    if size and not _can_seek(file):
        target.truncate(0)
        digest, size = hashlib.sha256(), 0
    for block in _blocks(media, file, size):
        digest.update(block)
        size += len(block)
        target.write(block)
    if size != file.size:
        target.truncate(0)
        raise MediaMissing(f"{media.name or media.ref}: {size:,} of {file.size:,} bytes could be read")
    return digest.hexdigest()


def _can_seek(file: MediaFile) -> bool:
    """Say whether reading can begin in the middle."""
    with file.open() as source:
        return source.seekable()


def _blocks(media: Media, file: MediaFile, start: int) -> Iterator[bytes]:
    """Yield a medium's bytes from `start` on; what goes wrong in reading them is its source's trouble."""
    try:
        with file.open() as source:
            if start:
                source.seek(start)
            while block := source.read(BLOCK):
                yield block
    except OSError as error:
        raise ConfigurationError(
            f"{media.name or media.ref} cannot be read: {error.strerror or error}; mend that and run again: nothing is "
            "lost"
        ) from error
