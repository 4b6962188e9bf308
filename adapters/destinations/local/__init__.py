"""The local archive: items as JSON lines, media by their hash, and an index that finds damage.

    ARCHIVE/items/000001.jsonl …    posts, at most 5,000 a part, one `ContentItem` a line
    ARCHIVE/service/000001.jsonl …  service messages and unsupported ones
    ARCHIVE/media/ab/abcd….jpg      media, named by the SHA-256 of their bytes; `media[].path` of a line names them
    ARCHIVE/markdown/2025/05/…      a note an item, with front matter; the archive's folder is Obsidian's vault
    ARCHIVE/site/index.html         a site that opens from disk
    ARCHIVE/damaged/                what was found damaged, as it was found
    ARCHIVE/index.sqlite            derived from the parts; delete it and it is rebuilt

A line has two keys more than the item's own, each left out where it says nothing: `deleted_at`, when the item was found
to be deleted at its place, and `taken_over`, the version that another reader gives to the same content.

The parts are the record. Markdown and site are derived from them when a session ends, see `pages.making`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from shutil import copy2
from typing import ClassVar, Literal

from adapters.archive import FOLDERS, INDEX, ArchivedItem, names
from adapters.contracts.errors import ConfigurationError, Transient
from adapters.contracts.item import Model
from adapters.contracts.ports import BulkSession
from adapters.destinations.local import index as tables
from adapters.destinations.local.files import trouble
from adapters.destinations.local.index import Index, Meta
from adapters.destinations.local.mend import clear_leftovers, mend
from adapters.destinations.local.pages.making import Pages
from adapters.destinations.local.pages.site import Cuts
from adapters.destinations.local.session import LocalSession, set_index_aside

__all__ = ["ArchivedItem", "LocalDestination", "LocalSettings"]


class LocalSettings(Model):
    """Where an archive lies and what is written there."""

    archive: Path
    formats: tuple[Literal["jsonl", "markdown", "site"], ...] = ("jsonl",)
    """JSONL is the record, and written whether it is named or not."""


class LocalDestination:
    """An archive on disk: OVERWRITES, one source an archive, one writer at a time."""

    service: ClassVar[str] = "local"
    marks: ClassVar[bool] = True

    def __init__(self, settings: LocalSettings, cuts: Cuts = Cuts()) -> None:  # noqa: B008 - a frozen value
        self._archive = settings.archive.expanduser().absolute()
        self._formats = settings.formats
        self._cuts = cuts
        self._new_birth = uuid.uuid4().hex

    @property
    def identity(self) -> str:
        """`local:<birth id>`, as the archive says; where there is none yet, the one that this object would give it."""
        try:
            with self._look() as index:
                meta = index.meta() if index else None
        except sqlite3.Error:
            meta = None
        return f"{self.service}:{meta.birth_id if meta else self._new_birth}"

    @contextmanager
    def open(self, source_id: str) -> Iterator[BulkSession]:
        """Take the archive for writing, making it where there is none, and mend what a crash or damage left.

        A session that ends well is followed by the making of the pages; what a killed run left unmade, the next makes.

        Raises ConfigurationError when the folder belongs to something or somebody else, cannot be written or is of a
        newer format, and Transient when another run is writing there.
        """
        with self._locked(), self._session(source_id) as session:
            yield session

    @contextmanager
    def peek(self, source_id: str) -> Iterator[BulkSession]:
        """Look at the archive without changing a byte of it; damage is neither looked for nor mended.

        Where there is no readable index, nothing is held. Raises ConfigurationError as `open` does.
        """
        self._refuse_foreign()
        with ExitStack() as stack:
            said = []
            try:
                index = stack.enter_context(self._look()) or Index.empty()
                meta = index.meta()
            except sqlite3.DatabaseError as error:
                if not tables.is_damage(error):
                    raise Transient(f"the index of {self._archive} cannot be read: {error}") from error
                index, said = Index.empty(), [f"{INDEX} is damaged and will be rebuilt"]
                meta = index.meta()
            if meta.birth_id:
                tables.belongs(meta, self._archive, source_id)
            yield LocalSession(self._archive, index, said)

    @contextmanager
    def _session(self, source_id: str) -> Iterator[LocalSession]:
        """Open the index, or rebuild it, mend, and in the end make the pages."""
        with self._troubles():
            clear_leftovers(self._archive)
            index, said = self._index(source_id)
        with closing(index):
            pages = Pages(self._archive, index, self._formats, source_id, self._cuts)
            with self._troubles():
                said = [*said, *pages.check()]
            yield LocalSession(self._archive, index, said)
            with self._troubles():
                pages.make()

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        """Say of the system's errors what they mean for the archive."""
        try:
            yield
        except OSError as error:
            raise trouble(self._archive, error) from error
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"the index of {self._archive} cannot be used: {error}; check the disk and the rights, run again"
            ) from error

    def _index(self, source_id: str) -> tuple[Index, list[str]]:
        """Return the index, in agreement with the parts, and what had to be mended."""
        path = self._archive / INDEX
        old: Meta | None = None
        said: list[str] = []
        if path.exists() and path.stat().st_size:
            index = Index(tables.connect(path, "rw"))
            try:
                old = index.meta()
                tables.belongs(old, self._archive, source_id)
                index.check()
                with index.transaction():
                    index.keep_traces()
                    said = mend(self._archive, index, rebuilt=False)
            except BaseException as error:
                index.close()
                if not (isinstance(error, sqlite3.DatabaseError) and tables.is_damage(error)):
                    raise
            else:
                return index, said
            kept = set_index_aside(self._archive)
            said = [f"{INDEX} was damaged and is kept as {kept}: rebuilt from the parts"]
        elif names(self._archive):
            said = [f"{INDEX} was missing: rebuilt from the parts"]
        return self._rebuilt(old, source_id, said)

    def _rebuilt(self, old: Meta | None, source_id: str, said: list[str]) -> tuple[Index, list[str]]:
        """Make an index out of what the parts hold, which may be nothing."""
        path = self._archive / INDEX
        path.with_name(f"{INDEX}-journal").unlink(missing_ok=True)
        index = Index(tables.connect(path, "rwc"))
        try:
            with index.transaction():
                index.create(old.birth_id if old else self._new_birth, source_id, old.generation if old else 0)
                said = said + mend(self._archive, index, rebuilt=True)
        except BaseException:
            index.close()
            raise
        return index, said

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only writer."""
        self._refuse_foreign()
        try:
            self._archive.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._archive / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise trouble(self._archive, error) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Transient(f"another run is writing to {self._archive}") from error
            yield
        finally:
            os.close(descriptor)

    def _refuse_foreign(self) -> None:
        """Raise ConfigurationError for a file, or a folder that holds something else than an archive."""
        try:
            there = {entry.name for entry in self._archive.iterdir()}
        except FileNotFoundError:
            return
        except OSError as error:
            raise trouble(self._archive, error) from error
        ours = any(name == INDEX or name in FOLDERS for name in there)
        if there - {".lock", "media", "damaged"} and not ours:
            raise ConfigurationError(f"{self._archive} is not empty and no archive; choose another --archive")

    @contextmanager
    def _look(self) -> Iterator[Index | None]:
        """Open the index for reading, or None where there is none; raises sqlite3.DatabaseError."""
        path = self._archive / INDEX
        if not path.is_file() or not path.stat().st_size:
            yield None
            return
        journal = path.with_name(f"{INDEX}-journal")
        if not journal.exists():
            with closing(Index(tables.connect(path, "ro"))) as index:
                yield index
            return
        # What a killed run has left half written is undone beside the archive, which stays as it is.
        with tempfile.TemporaryDirectory() as folder:
            for file in (path, journal):
                copy2(file, folder)
            with closing(Index(tables.connect(Path(folder) / INDEX, "rw"))) as index:
                yield index
