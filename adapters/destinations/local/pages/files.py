"""Files of pages: replaced whole, left alone where they are right already, and looked after."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.destinations.local.files import remove, sync_folder
from adapters.destinations.local.pages.ledger import Page

_OURS = re.compile(
    r"markdown/\d{4}/\d\d/\d{4}-\d\d-\d\d-[a-z0-9_-]+\.md"
    r"|site/(\d{4}/\d\d(-\d+)?|tags/[a-z0-9_-]+)\.html"
    r"|site/search/(p|w)/[0-9/-]+\.js",
    re.ASCII,
)
MANY = 200
"""From so many files on, one sync of the whole disk is cheaper than one a file."""


@dataclass(frozen=True)
class Made:
    """A page's content, and what it was made from."""

    path: str
    format: str
    kind: str
    name: str
    inputs: bytes
    data: bytes


def digest(data: bytes) -> bytes:
    """Return a short hash: it finds damage and differences, and guards against nobody."""
    return hashlib.blake2b(data, digest_size=16).digest()


def write(archive: Path, several: Sequence[Made]) -> list[Page]:
    """Put pages in place, each whole, down to the disk; return what is to be noted of them.

    A file that has the very bytes already is not touched.
    """
    new = [made for made in several if not _has(archive / made.path, made.data)]
    for made in new:
        path = archive / made.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(path).open("wb") as file:
            file.write(made.data)
            if len(new) < MANY:
                file.flush()
                os.fsync(file.fileno())
    if len(new) >= MANY:
        os.sync()
    for made in new:
        _temporary(archive / made.path).replace(archive / made.path)
    for folder in sorted({(archive / made.path).parent for made in new}):
        sync_folder(folder)
    return [_noted(archive, made) for made in several]


def take_away(archive: Path, paths: Iterable[str]) -> None:
    """Remove pages that are no longer, and their folders where nothing else is left."""
    for path in paths:
        remove([archive / path])
        folder = (archive / path).parent
        while folder != archive and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def clear_leftovers(folder: Path) -> None:
    """Remove the temporary files of a run that was killed."""
    for parent, _, names in os.walk(folder):
        remove(Path(parent) / name for name in names if name.startswith(".") and name.endswith(".tmp"))


def changed(archive: Path, pages: Iterable[Page]) -> Iterator[tuple[Page, Page | None]]:
    """Yield the pages whose files are not as they were noted, with what to note instead: None where one is damaged.

    A file of the right size and time is taken to be right; one that has merely been copied is read once.
    """
    folder, there = "", dict[str, tuple[int, int]]()
    for page in pages:
        parent, _, name = page.path.rpartition("/")
        if parent != folder:
            folder, there = parent, _stats(archive / parent)
        size, time = there.get(name, (-1, 0))
        if (size, time) == (page.size, page.changed):
            continue
        right = size == page.size and digest((archive / page.path).read_bytes()) == page.digest
        yield page, page._replace(changed=time) if right else None


def ours(archive: Path, folder: str) -> Iterator[str]:
    """Yield the files of a format's folder that have a name such as we give, relative to the archive."""
    for parent, _, names in os.walk(archive / folder):
        for name in names:
            path = (Path(parent) / name).relative_to(archive).as_posix()
            if _OURS.fullmatch(path):
                yield path


def _has(path: Path, data: bytes) -> bool:
    """Say whether a file holds these bytes."""
    try:
        return path.stat().st_size == len(data) and path.is_file() and path.read_bytes() == data
    except OSError:
        return False


def _temporary(path: Path) -> Path:
    """Return where a page's new content waits."""
    return path.with_name(f".{path.name}.tmp")


def _noted(archive: Path, made: Made) -> Page:
    """Return what is to be noted of a page that lies in place."""
    found = (archive / made.path).stat()
    return Page(
        made.path,
        made.format,
        made.kind,
        made.name,
        made.inputs,
        digest(made.data),
        found.st_size,
        found.st_mtime_ns,
    )


def _stats(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of a folder's regular files by name; of a missing folder, nothing."""
    if not folder.is_dir():
        return {}
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                found[entry.name] = (status.st_size, status.st_mtime_ns)
    return found
