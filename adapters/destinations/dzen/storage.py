"""Where a feed lies: files that are replaced whole or not at all, and one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.contracts.errors import ConfigurationError, LeaseLost, SyndicateError, Transient

PUBLIC, STATE = "public", "state"
"""What a web server shows, and what is nobody's business."""
ABSENT = ""
"""The tag of a file that is not there."""
_PASSES_BY_ITSELF = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EBUSY, errno.EAGAIN, errno.EINTR}


@dataclass(frozen=True)
class Stored:
    """A file as it was read."""

    data: bytes
    tag: str
    """Changes with each replacement."""


class Storage(Protocol):
    """A folder or a bucket. Names are relative to it, with `/`; media names to its public part.

    Every call raises Transient for what may pass and ConfigurationError for what a person must mend.
    """

    @property
    def where(self) -> str:
        """Name the place, for people."""

    def locked(self) -> AbstractContextManager[None]:
        """Be the only writer, and clear away what a killed one left; raises Transient when another one is there."""

    def read(self, name: str) -> Stored | None:
        """Return a file, or None where there is none."""

    def replace(self, name: str, data: bytes, mime: str, expected: str) -> str:
        """Put a file in the place of the one with that tag, whole or not at all; return its tag.

        Raises LeaseLost when another one is there: somebody else has written.
        """

    def staging(self) -> Path:
        """Return a folder of this machine in which a medium can be prepared, under a name `.….tmp`."""

    def keep(self, staged: Path, name: str, mime: str) -> None:
        """Take a prepared medium into the public part; one that is there already stays."""

    def close(self) -> None:
        """Give back what is open; may be called twice."""


class Folder:
    """A folder: `public` is for the web server, `state` is not."""

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().absolute()

    @property
    def where(self) -> str:
        """Return the folder's path."""
        return str(self._root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold a lock on a file; it is free as soon as its holder is dead."""
        with _troubles(self._root):
            self._refuse_foreign()
            for folder in (self._root / STATE, self._root / PUBLIC):
                folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._root / STATE / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Transient(f"another run is writing to {self._root}") from error
            with _troubles(self._root):
                for pattern in (f"{PUBLIC}/.*.tmp", f"{STATE}/.*.tmp"):
                    for left in self._root.glob(pattern):
                        left.unlink()
            yield
        finally:
            os.close(descriptor)

    def read(self, name: str) -> Stored | None:
        """Read a file."""
        with _troubles(self._root):
            try:
                with (self._root / name).open("rb") as file:
                    return Stored(file.read(), _tag(os.fstat(file.fileno())))
            except FileNotFoundError:
                return None

    def replace(self, name: str, data: bytes, mime: str, expected: str) -> str:
        """Replace a file by renaming; its time is always a later second, for web servers tell versions by seconds."""
        del mime
        path = self._root / name
        with _troubles(self._root):
            before = path.stat() if path.exists() else None
            if (_tag(before) if before else ABSENT) != expected:
                raise LeaseLost(f"another run has written to {self._root} since this one opened it")
            temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                    file.flush()
                    if before and int(os.fstat(file.fileno()).st_mtime) <= int(before.st_mtime):
                        os.utime(file.fileno(), (int(before.st_mtime) + 1,) * 2)
                    os.fsync(file.fileno())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            _sync(path.parent)
            return _tag(path.stat())

    def staging(self) -> Path:
        """Return the public folder: what is prepared there is renamed, not copied."""
        return self._root / PUBLIC

    def keep(self, staged: Path, name: str, mime: str) -> None:
        """Rename a prepared medium into its place."""
        del mime
        path = self._root / PUBLIC / name
        with _troubles(self._root):
            if path.is_file() and path.stat().st_size == staged.stat().st_size:
                return
            made = [folder for folder in (path.parent.parent, path.parent) if not folder.is_dir()]
            path.parent.mkdir(parents=True, exist_ok=True)
            with staged.open("rb") as file:
                os.fsync(file.fileno())
            staged.replace(path)
            for folder in (path.parent, *(folder.parent for folder in made)):
                _sync(folder)

    def close(self) -> None:
        """Hold nothing open."""

    def _refuse_foreign(self) -> None:
        """Raise ConfigurationError for a folder that holds something else than a feed."""
        there = {entry.name for entry in self._root.iterdir()} if self._root.exists() else set()
        if there - {PUBLIC, STATE}:
            raise ConfigurationError(f"{self._root} is not empty and no feed of this pack; choose another --feed")


def _tag(status: os.stat_result) -> str:
    """Tell one version of a file from all others."""
    return f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _troubles(root: Path) -> Iterator[None]:
    """Turn errors of the file system into what their reader shall do."""
    try:
        yield
    except OSError as error:
        raise trouble(root, error) from error


def trouble(root: Path, error: OSError) -> SyndicateError:
    """Say what an error of the file system means for whoever runs the feed."""
    where = f" ({error.filename})" if error.filename else ""
    what = f"the feed in {root} cannot be written: {error.strerror or error}{where}"
    if error.errno in _PASSES_BY_ITSELF:
        return Transient(what)
    return ConfigurationError(f"{what}; mend the disk's room or the folder's rights and run again: nothing is lost")
