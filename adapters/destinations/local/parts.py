"""Parts of an archive: JSONL files of at most 5,000 lines, one item a line, replaced whole."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError
from pydantic_core import to_json

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem, ItemKind
from adapters.contracts.version import SCHEMES, version
from adapters.destinations.local.files import BLOCK, sync_folder

PART_ITEMS = 5000
"""Lines a part has at most."""

LINE_BYTES = 64 << 20
"""Bytes a line has at most: a damaged file without line ends must not fill the memory."""

FOLDERS = ("items", "service")
"""Posts, and the place's own records of events."""

_NAME = re.compile(r"[0-9]{6,}\.jsonl", re.ASCII)


class ArchivedItem(ContentItem):
    """A line of a part: the item, and what the archive itself has to say about it."""

    deleted_at: datetime | None = None
    """When the archive learnt that the item was deleted in its place; None while it is there."""
    taken_over: str = ""
    """The version another reader or scheme gives to this content; `version` stays the one the line was written with,
    because a line is verified by it."""


@dataclass
class Changes:
    """What becomes of one part: lines replaced in place, and lines put behind the last."""

    replaced: dict[int, tuple[str, Callable[[bytes], bytes]]] = field(default_factory=dict)
    """By line number from 0: the id that has to be there, and the old line's successor."""
    appended: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Staged:
    """A part's new content, waiting beside it under a temporary name."""

    name: str
    sha256: str
    size: int
    lines: int


class IndexMismatch(Exception):
    """The index says that an item is where another one is."""


def folder_of(item: ContentItem) -> str:
    """Return the folder whose parts hold items of this kind."""
    return "items" if item.kind is ItemKind.POST else "service"


def names(archive: Path) -> list[str]:
    """Return the names of all parts that lie in an archive, relative to it, in order."""
    found = []
    for folder in FOLDERS:
        if (archive / folder).is_dir():
            found += [f"{folder}/{path.name}" for path in (archive / folder).iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found)


def next_name(folder: str, last: str) -> str:
    """Return the name of the part behind `last`, or of a folder's first."""
    number = int(Path(last).stem) + 1 if last else 1
    return f"{folder}/{number:06}.jsonl"


def temporary(archive: Path, name: str) -> Path:
    """Return where a part's new content waits; no glob for `*.jsonl` finds it."""
    path = archive / name
    return path.with_name(f".{path.name}.tmp")


def encode(item: ContentItem) -> bytes:
    """Return an item's line; raises Rejected when it cannot be written or is longer than 64 MiB."""
    try:
        line = item.to_json()
    except (ValueError, RecursionError) as error:
        raise Rejected(f"{_readable(item.id)} cannot be written as JSON: {_readable(str(error))}") from error
    if len(line) >= LINE_BYTES:
        raise Rejected(f"{item.id} has {len(line)} bytes as JSON; a line may have {LINE_BYTES}")
    return line + b"\n"


def decode(line: bytes) -> ArchivedItem | None:
    """Return what a line holds, or None when it is no item."""
    try:
        return ArchivedItem.model_validate_json(line)
    except ValidationError:
        return None


def verified(item: ArchivedItem) -> bool | None:
    """Tell whether a line's content still gives its version; None where this release cannot compute it."""
    reader, _, scheme = item.version.partition(":")[0].rpartition(".")
    if not scheme.isdecimal() or int(scheme) not in SCHEMES:
        return None
    return version(item, reader, int(scheme)) == item.version


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a part, the last one too when its end is missing."""
    return iter(lambda: file.readline(LINE_BYTES), b"")


def stage(archive: Path, name: str, changes: Changes, size: int, count: int) -> Staged:
    """Write a part's new content beside it, down to the disk; raises IndexMismatch.

    `size` and `count` are the bytes and lines of the part as it is; 0 where there is none yet.
    """
    path = archive / name
    path.parent.mkdir(exist_ok=True)
    with temporary(archive, name).open("wb") as target:
        written = _Hashing(target)
        if count:
            with path.open("rb") as source:
                written.extend(_replaced(source, name, changes) if changes.replaced else _blocks(source, size))
        written.extend(changes.appended)
        target.flush()
        os.fsync(target.fileno())
    return Staged(name, written.sha256.hexdigest(), written.size, count + len(changes.appended))


def place(archive: Path, names: Iterable[str]) -> None:
    """Put staged parts in the place of the old ones, for good."""
    folders = set()
    for name in names:
        temporary(archive, name).replace(archive / name)
        folders.add((archive / name).parent)
    for folder in folders:
        sync_folder(folder)


def _replaced(source: BinaryIO, name: str, changes: Changes) -> Iterator[bytes]:
    for number, line in enumerate(lines(source)):
        if number not in changes.replaced:
            yield line
            continue
        item_id, successor = changes.replaced[number]
        if not line.startswith(b'{"id":' + to_json(item_id) + b","):
            raise IndexMismatch(f"line {number + 1} of {name} is not {item_id}")
        yield successor(line)


def _blocks(source: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (block := source.read(min(BLOCK, size))):
        size -= len(block)
        yield block


def _readable(text: str) -> str:
    """Make a text printable that holds what UTF-8 cannot."""
    return text.encode("utf-8", "backslashreplace").decode()


class _Hashing:
    """A file that knows the hash and the size of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def extend(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._file.write(piece)
            self.sha256.update(piece)
            self.size += len(piece)
