"""Pruning: old records, results and media that nobody will ask for again, dropped batch by batch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect.filesystems import LocalFileSystem
from prefect.results import get_default_result_storage

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.keeping import KeepingStore
from adapters.media import FolderMediaStore
from tasks.deeds import Deed
from tasks.engine import cache_key

BATCH = 2_000
"""Jobs a transaction."""


@dataclass
class Freed:
    """What has been dropped, or would be."""

    payloads: int = 0
    revisions: int = 0
    runs: int = 0
    marks: int = 0
    history: int = 0
    results: int = 0
    media: int = 0
    bytes: int = 0
    notes: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return it in one line."""
        parts = [
            (self.payloads, "delivered items' texts"),
            (self.revisions, "earlier revisions"),
            (self.runs, "ended runs"),
            (self.marks + self.history, "entries of their lists"),
            (self.results, "results"),
            (self.media, "media"),
        ]
        told = ", ".join(f"{number:,} {name}" for number, name in parts if number)
        return f"{told or 'nothing'}, about {_size(self.bytes)}"


def results_folder() -> Path | None:
    """Return the folder in which Prefect keeps results; None where it is no folder of this machine."""
    storage: Any = get_default_result_storage()
    return Path(str(storage.basepath)).expanduser() if isinstance(storage, LocalFileSystem) else None


def prune(store: KeepingStore, media: FolderMediaStore, results: Path | None, days: int, *, dry_run: bool) -> Deed:
    """Drop what is older than so many days and needed by nobody, or tell what that would be.

    `results` is the folder in which Prefect keeps them, None where it is none of this machine's.
    """
    if days < 1:
        raise ConfigurationError(f"--days {days} is too little: what was sent today is still counted; give 1 or more")
    before = store.now() - timedelta(days=days)
    freed = _foretold(store, before, results) if dry_run else _dropped(store, before, results)
    if results is None:
        freed.notes.append("Prefect keeps its results elsewhere than in a folder of this machine: they are not pruned")
    for path in _unnamed(media, store.kept_media(before), before):
        freed.media += 1
        freed.bytes += path.stat().st_size if dry_run else _remove(path, before)
    line = f"dry run: {freed.line()} would be dropped" if dry_run else f"{freed.line()} dropped"
    deed = Deed(line, notes=freed.notes)
    deed.left = "receipts, versions, open jobs, dead letters and their media, and what open runs count"
    deed.next_step = "the same without --dry-run" if dry_run else ""
    return deed


def _foretold(store: KeepingStore, before: datetime, results: Path | None) -> Freed:
    """Count what would be dropped."""
    told = store.prunable(before)
    freed = Freed(told.payloads, told.revisions, told.runs, told.marks, told.history, bytes=told.bytes)
    for keys in _batches(store, before):
        for path in _of(results, keys):
            freed.results += 1
            freed.bytes += path.stat().st_size
    return freed


def _dropped(store: KeepingStore, before: datetime, results: Path | None) -> Freed:
    """Drop it, each batch whole: killed in between, the next time goes on."""
    freed = Freed()
    for keys in _batches(store, before):
        # Before the jobs: afterwards nobody would know whose results they were.
        for path in _of(results, keys):
            freed.results += 1
            freed.bytes += path.stat().st_size
            path.unlink(missing_ok=True)
        told = store.prune_jobs(before, keys)
        freed.payloads += told.payloads
        freed.revisions += told.revisions
        freed.bytes += told.bytes
    while number := store.prune_marks(before, BATCH):
        freed.marks += number
    told = store.prune_runs(before)
    freed.runs, freed.history = told.runs, told.history
    return freed


def _batches(store: KeepingStore, before: datetime) -> Iterator[list[str]]:
    """Yield the jobs of which something can be dropped."""
    after = 0
    while page := store.done_jobs(before, after, BATCH):
        after = page[-1][0]
        yield [key for _, key in page]


def _of(results: Path | None, keys: Sequence[str]) -> Iterator[Path]:
    """Yield the files of those results that are kept of jobs."""
    for path in [] if results is None else (results / cache_key(key) for key in keys):
        if path.is_file():
            yield path


def _unnamed(media: FolderMediaStore, named: set[str], before: datetime) -> Iterator[Path]:
    """Yield what lies in the media store from before a moment and no item names; copies that broke off, too."""
    for folder, _, files in os.walk(media.root):
        for name in files:
            path = Path(folder) / name
            ours = name.startswith(".") or (len(name) == 64 and path.parent.name == name[:2])  # noqa: PLR2004 - SHA-256
            if ours and name not in named and path.stat().st_mtime < before.timestamp():
                yield path


def _remove(path: Path, before: datetime) -> int:
    """Remove a file and return its size; one that somebody has just kept anew comes back to its place."""
    aside = path.with_name(f".{uuid4().hex}.tmp")
    path.rename(aside)
    known = aside.stat()
    if known.st_mtime >= before.timestamp():
        aside.rename(path)
        return 0
    aside.unlink()
    return known.st_size


def _size(number: int) -> str:
    """Return bytes for people."""
    for unit in ("bytes", "KiB", "MiB"):
        if number < 1024:  # noqa: PLR2004 - a binary unit
            return f"{number:,.0f} {unit}"
        number //= 1024
    return f"{number:,.0f} GiB"
