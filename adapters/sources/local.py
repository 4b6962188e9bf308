"""Source: an archive that the pack has made on disk, to be published even when its first source is gone."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import ClassVar

import orjson

from adapters.archive import FORMAT, INDEX, ArchivedItem, decode, lines, names, verified
from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Entry, Media, Unreadable
from adapters.contracts.ports import MediaFile, MediaMissing, Page

KEPT_BYTES = 1 << 20
REF = re.compile(r"media/[0-9a-f]{2}/([0-9a-f]{64})(\.[a-z0-9]{1,8})?", re.ASCII)
LINE_ID = re.compile(rb'\{"id":("(?:[^"\\]|\\.){1,400}")')
PUBLISHED = re.compile(rb'"published_at":"([^"]{10,40})"')
DELETED = b'"deleted_at":"'
MENDED = "run the pair that writes the archive once more: it mends what its source still has"


class LocalSource:
    """One archive, a part after the other; items keep the ids and versions that their first reader gave them."""

    service: ClassVar[str] = "local"

    def __init__(self, archive: Path, page_size: int = 1000) -> None:
        self._archive = Path(archive).expanduser().absolute()
        self._page_size = page_size
        self._identity = ""
        self._fingerprint = ""

    @property
    def identity(self) -> str:
        """The identity of the place that the archive was made from: `telegram:1234567890`."""
        if not self._identity:
            self._identity = self._from_index() or self._from_lines()
        return self._identity

    @property
    def title(self) -> str:
        """The archive's folder."""
        return self._archive.name

    def fingerprint(self) -> str:
        """Return the hash of all parts, names and bytes."""
        if not self._fingerprint:
            digest = hashlib.sha256()
            for name in self._parts():
                digest.update(f"{name}\n".encode())
                with self._open(name) as part:
                    digest.update(hashlib.file_digest(part, "sha256").digest())
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def head(self) -> datetime | None:
        """Return when the newest item was published."""
        newest: datetime | None = None
        for _, _, line in self._lines():
            found = PUBLISHED.search(line)
            if found and DELETED not in line:
                # The item's own date is the first in its line: `item.ContentItem` has it before all that nests.
                try:
                    at = datetime.fromisoformat(found.group(1).decode("ascii", "replace"))
                except ValueError:
                    continue
                newest = at if newest is None or at > newest else newest
        return newest

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield the pages behind a cursor: `{"of": fingerprint, "part": name, "line": number}`.

        An archive that has changed is begun anew: an edit takes the place of its old line.
        """
        start = self._resume(cursor)
        done, total = self._sizes(before=start[0])
        page: list[Entry] = []
        last = start
        for name, number, line in self._lines(start):
            done += len(line)
            last = (name, number)
            entry = self._entry(name, number, line)
            if entry is not None:
                page.append(entry)
            if len(page) >= self._page_size:
                yield Page(page, self._cursor(last), done, total)
                page = []
        if page:
            yield Page(page, self._cursor(last), total, total)

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those of the ids that the archive has marked as deleted."""
        deleted = set()
        for name, number, line in self._lines():
            if DELETED in line:
                item = decode(line)
                if item is None:
                    raise ConfigurationError(f"{self._archive / name}, line {number} is damaged; {MENDED}")
                if item.deleted_at is not None:
                    deleted.add(item.id)
        return [item_id for item_id in ids if item_id in deleted]

    def media(self, media: Media) -> MediaFile:
        """Find a medium's bytes; raises MediaMissing, also where they are not those that were archived."""
        named = REF.fullmatch(media.ref)
        if not named:
            raise MediaMissing(f"{media.ref[:80]!r} is no medium of an archive")
        path = self._archive / media.ref
        try:
            inside = path.resolve(strict=True).is_relative_to(self._archive.resolve()) and path.is_file()
            if not inside:
                raise MediaMissing(f"{media.ref} is no file inside the archive")
            with path.open("rb") as file:
                sha256, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        except (OSError, RuntimeError) as error:  # Python below 3.13 raises RuntimeError for links in a circle
            raise MediaMissing(f"{media.ref} cannot be read ({getattr(error, 'strerror', error)})") from None
        if sha256 != named.group(1):
            raise MediaMissing(f"{media.ref} is damaged: its bytes are not those that were archived")
        return MediaFile(open=lambda: path.open("rb"), size=size, path=path)

    def close(self) -> None:
        """Nothing stays open."""

    def _parts(self) -> list[str]:
        """Return the names of the parts; raises ConfigurationError where there is no archive."""
        try:
            found = names(self._archive)
        except OSError as error:
            raise ConfigurationError(f"--archive {self._archive} cannot be read: {error.strerror}") from error
        if not found and not (self._archive / INDEX).is_file():
            what = (
                "is not there" if not self._archive.exists() else "is no archive of this pack: it has no items/*.jsonl"
            )
            raise ConfigurationError(f"--archive {self._archive} {what}; name the folder that a pair has written")
        return found

    def _sizes(self, before: str) -> tuple[int, int]:
        """Return the bytes of the parts before one of them, and of all."""
        sizes = {}
        for name in self._parts():
            with self._open(name) as part:
                sizes[name] = part.seek(0, os.SEEK_END)
        return sum(size for name, size in sizes.items() if name < before), sum(sizes.values())

    @contextmanager
    def _open(self, name: str) -> Iterator[BufferedReader]:
        """Open a part; a writer may put another in its place meanwhile, which this reading does not see."""
        try:
            with (self._archive / name).open("rb") as part:
                yield part
        except OSError as error:
            raise ConfigurationError(
                f"{self._archive / name} cannot be read: {error.strerror or error}; check the disk and its rights"
            ) from error

    def _lines(self, start: tuple[str, int] = ("", 0)) -> Iterator[tuple[str, int, bytes]]:
        """Yield part, line number from 1 and line, behind a place."""
        for name in self._parts():
            if name < start[0]:
                continue
            with self._open(name) as part:
                for number, line in enumerate(lines(part), 1):
                    if (name, number) > start:
                        yield name, number, line

    def _entry(self, name: str, number: int, line: bytes) -> Entry | None:
        """Read one line; None for an item that is marked as deleted."""
        item = decode(line)
        if item is None:
            return self._unreadable(name, number, line, "this line is no item")
        if verified(item) is False:
            return self._unreadable(name, number, line, "this line's content is not what was archived")
        return None if item.deleted_at is not None else _plain(item)

    def _unreadable(self, name: str, number: int, line: bytes, error: str) -> Unreadable:
        """Keep a damaged line with its place, and its id where that much is legible."""
        found = LINE_ID.match(line)
        try:
            item_id = str(orjson.loads(found.group(1))) if found else ""
        except orjson.JSONDecodeError:
            item_id = ""
        return Unreadable(
            where=f"{self._archive / name}, line {number}",
            error=f"{error}; {MENDED}",
            data=line[:KEPT_BYTES],
            sha256=hashlib.sha256(line).hexdigest(),
            item_id=item_id if item_id.startswith(f"{self.identity}/") else "",
        )

    def _from_index(self) -> str:
        """Ask the index whose archive this is; an empty string where it cannot be asked."""
        path = self._archive / INDEX
        self._parts()
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as index:
                source_id, made = index.execute("SELECT source_id, format FROM meta").fetchone()
        except (sqlite3.Error, TypeError, ValueError):
            return ""
        if made > FORMAT:
            raise ConfigurationError(
                f"{self._archive} is an archive of format {made}, this release knows {FORMAT}: use a newer release"
            )
        return str(source_id)

    def _from_lines(self) -> str:
        """Take the identity from the items' own ids, which begin with it, where the index is lost or in use."""
        for _, _, line in self._lines():
            item = decode(line)
            if item is not None and item.id.count("/") == 1:
                return item.id.partition("/")[0]
        raise ConfigurationError(f"{self._archive} does not say which place it was made from; {MENDED}")

    def _cursor(self, last: tuple[str, int]) -> str:
        """Write a cursor."""
        return orjson.dumps({"of": self.fingerprint(), "part": last[0], "line": last[1]}).decode()

    def _resume(self, cursor: str) -> tuple[str, int]:
        """Read a cursor; one of another content begins anew."""
        if not cursor:
            return "", 0
        try:
            value = orjson.loads(cursor)
            if value["of"] != self.fingerprint():
                return "", 0
            return str(value["part"]), int(value["line"])
        except (ValueError, KeyError, TypeError):
            return "", 0


def _plain(item: ArchivedItem) -> ContentItem:
    """Return a line's item as any source yields it: what only the archive says is turned into the item's own words."""
    kept = {name: getattr(item, name) for name in ContentItem.model_fields}
    media = tuple(m.model_copy(update={"ref": m.path, "path": "", "sha256": ""}) for m in item.media)
    return ContentItem.model_construct(**kept | {"media": media, "version": item.taken_over or item.version})
