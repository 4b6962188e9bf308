"""Parts of an archive: JSONL files of at most 5,000 lines, one item a line, replaced whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydantic_core import to_json

from adapters.archive import LINE_BYTES, lines
from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem, ItemKind
from adapters.destinations.local.files import BLOCK, sync_folder

PART_ITEMS = 5000
"""Lines a part has at most."""
TOGETHER = 64
"""Pieces that are written and hashed at once, of which each may have the length of a line or of a block."""


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
        several = iter(pieces)
        while some := b"".join(islice(several, TOGETHER)):
            self._file.write(some)
            self.sha256.update(some)
            self.size += len(some)
