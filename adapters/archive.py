"""The archive's format: where its lines lie and what a line holds; shared by who writes one and who reads one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from adapters.contracts.item import ContentItem, MediaKind
from adapters.contracts.version import SCHEMES, version

INDEX = "index.sqlite"
"""Derived from the parts; its table `meta` says whose archive it is, and in which format."""

FORMAT = 1
"""The newest format that this release can read and write."""

FOLDERS = ("items", "service")
"""Posts, and the place's own records of events."""

LINE_BYTES = 64 << 20
"""Bytes a line has at most: a damaged file without line ends must not fill the memory."""

EMPTIED = frozenset({"id", "version", "kind", "published_at", "deleted_at"})
"""All that the line of an item says which is to be there no more."""

_NAME = re.compile(r"[0-9]{6,}\.jsonl", re.ASCII)


class ArchivedItem(ContentItem):
    """A line of a part: the item, and what the archive itself has to say about it."""

    deleted_at: datetime | None = None
    """When the archive learnt that the item was deleted in its place; None while it is there."""
    taken_over: str = ""
    """The versions that this and other readers or schemes give to this content, with spaces between; `version` stays
    the one the line was written with, because a line is verified by it."""


def names(archive: Path) -> list[str]:
    """Return the names of all parts that lie in an archive, relative to it, in order."""
    found = []
    for folder in FOLDERS:
        if (archive / folder).is_dir():
            found += [f"{folder}/{path.name}" for path in (archive / folder).iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found)


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a part, the last one too when its end is missing."""
    return iter(lambda: file.readline(LINE_BYTES), b"")


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
    return any(version(form, reader, int(scheme)) == item.version for form in _as_read(item))


def emptied(item: ArchivedItem, at: datetime) -> ArchivedItem:
    """Return what stays of an item that is to be there no more: that it was, and when it went."""
    bare = ArchivedItem(id=item.id, version=item.version, kind=item.kind, published_at=item.published_at, deleted_at=at)
    reader, _, scheme = item.version.partition(":")[0].rpartition(".")
    if not scheme.isdecimal() or int(scheme) not in SCHEMES:
        return bare
    return bare.model_copy(update={"version": version(bare, reader, int(scheme))})


def _as_read(item: ArchivedItem) -> Iterator[ContentItem]:
    """Yield the item as its reader may have had it: scheme 1 tells a duration of 0 from 0.0, which a line does not.

    Readers gave photos none, which is 0, and other media theirs, which is 0.0 where the source says nothing.
    """
    yield item
    for bare in (frozenset({MediaKind.PHOTO}), frozenset[MediaKind]()):
        media = tuple(m if m.kind in bare else m.model_copy(update={"duration": float(m.duration)}) for m in item.media)
        yield item.model_copy(update={"media": media})
