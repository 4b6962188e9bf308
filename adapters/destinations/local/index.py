"""The index of an archive: what lies where, in SQLite; derived from the parts, and rebuilt from them when lost."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, starmap
from pathlib import Path
from typing import NamedTuple

import orjson

from adapters.archive import FORMAT
from adapters.contracts.errors import ConfigurationError, LeaseLost
from adapters.destinations.local.parts import Staged

DELETED = "deleted:"
"""Stands before the version of an item that is marked as deleted."""
CHUNK = 500
"""Ids asked for at once."""

_SCHEMA = (
    (
        "CREATE TABLE meta (birth_id TEXT NOT NULL, format INTEGER NOT NULL, source_id TEXT NOT NULL,"
        " generation INTEGER NOT NULL)"
    ),
    (
        "CREATE TABLE parts (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, next_sha256 TEXT NOT NULL,"
        " bytes INTEGER NOT NULL, lines INTEGER NOT NULL) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE items (id TEXT PRIMARY KEY, part TEXT NOT NULL, line INTEGER NOT NULL, version TEXT NOT NULL,"
        " changed_at TEXT NOT NULL, whole INTEGER NOT NULL, trace TEXT NOT NULL DEFAULT '') WITHOUT ROWID"
    ),
    "CREATE INDEX items_part ON items (part)",
    "CREATE TABLE members (member TEXT PRIMARY KEY, item_id TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX members_item ON members (item_id)",
    "CREATE TABLE media (path TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE item_media (item_id TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (item_id, path)) WITHOUT ROWID",
    "CREATE INDEX item_media_path ON item_media (path)",
    "CREATE TABLE cursors (selection TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT}


@dataclass(frozen=True)
class Meta:
    """Whose archive it is, and how often it has changed."""

    birth_id: str
    format: int
    source_id: str
    generation: int


class Row(NamedTuple):
    """One item of the index."""

    id: str
    part: str
    line: int
    """From 0; -1 when the line was lost and the item shall be written to this part again."""
    version: str
    """Empty: not held, only its place in a part is known. `deleted:…`: marked as deleted."""
    changed_at: str
    whole: int
    trace: str = ""
    """To be kept of the bytes it was read from; a row that is looked up does not say it."""


class Part(NamedTuple):
    """One part of the index."""

    name: str
    sha256: str
    """Empty for a part that has no file."""
    next_sha256: str
    """What a commit under way makes of it; empty otherwise."""
    bytes: int
    lines: int


def is_damage(error: sqlite3.Error) -> bool:
    """Tell damage from a full or locked disk."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGE


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database file with the mode `ro`, `rw` or `rwc`."""
    # A caller's thread pool may open in one thread and commit in another; there is one writer all the same.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10, check_same_thread=False
    )


class Index:
    """The tables, in the words of the archive. Anything else than looking needs a `transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._run = connection.execute

    @classmethod
    def empty(cls) -> Index:
        """Return an index of nothing, in memory."""
        index = cls(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        index.create("", "", 0)
        return index

    @property
    def connection(self) -> sqlite3.Connection:
        """The database, for what else is kept in it."""
        return self._connection

    def create(self, birth_id: str, source_id: str, generation: int) -> None:
        """Make the tables."""
        for statement in _SCHEMA:
            self._run(statement)
        self._run("INSERT INTO meta VALUES (?, ?, ?, ?)", (birth_id, FORMAT, source_id, generation))

    def keep_traces(self) -> None:
        """Make room for traces in an index that an earlier release has made; to be called in a transaction."""
        if not any(row[1] == "trace" for row in self._run("PRAGMA table_info(items)")):
            self._run("ALTER TABLE items ADD COLUMN trace TEXT NOT NULL DEFAULT ''")

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def check(self) -> None:
        """Read through the whole file; raises sqlite3.DatabaseError when it is damaged."""
        found = self._run("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)

    def meta(self) -> Meta:
        """Return the one row about the archive itself; raises sqlite3.DatabaseError where there is none."""
        found = self._run("SELECT birth_id, format, source_id, generation FROM meta").fetchone()
        if found is None:
            raise sqlite3.DatabaseError("the index has no meta row")
        return Meta(*found)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nothing is written to the disk when nothing changes."""
        self._run("PRAGMA synchronous = FULL")
        # KiB. With SQLite's own two mebibytes a large index is read again and again while rows are put into it.
        self._run("PRAGMA cache_size = -16384")
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself.
            if self._connection.in_transaction:
                self._run("ROLLBACK")
            raise

    def advance(self, generation: int) -> int:
        """Return the generation after this one; raises LeaseLost when the archive is at another.

        The step is random, so that an archive restored from a backup does not come to a generation it once had.
        """
        new = generation + 1 + secrets.randbelow(1 << 31)
        done = self._run("UPDATE meta SET generation = ? WHERE generation = ?", (new, generation))
        if done.rowcount == 0:
            raise LeaseLost("another run has written to this archive since this one opened it")
        return new

    def rows(self, ids: Iterable[str]) -> dict[str, Row]:
        """Return what is known of these ids."""
        return {row.id: row for chunk in _chunks(ids) for row in self._rows(chunk)}

    def _rows(self, chunk: str) -> Iterator[Row]:
        found = self._run(
            "SELECT id, part, line, version, changed_at, whole FROM items WHERE id IN (SELECT value FROM json_each(?))",
            (chunk,),
        )
        return starmap(Row, found)

    def owners(self, members: Iterable[str]) -> dict[str, str]:
        """Return the item's id for each of these ids that is an album's member."""
        found: dict[str, str] = {}
        if not self._run("SELECT EXISTS (SELECT 1 FROM members)").fetchone()[0]:
            return found
        for chunk in _chunks(members):
            found.update(
                self._run(
                    "SELECT member, item_id FROM members WHERE member IN (SELECT value FROM json_each(?))", (chunk,)
                ).fetchall()
            )
        return found

    def members(self, ids: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield (item id, member) of those of these items that are albums."""
        for chunk in _chunks(ids):
            yield from self._run(
                "SELECT item_id, member FROM members WHERE item_id IN (SELECT value FROM json_each(?))"
                " ORDER BY item_id, member",
                (chunk,),
            ).fetchall()

    def held_ids(self) -> Iterator[str]:
        """Yield the ids held and not deleted, in pages, so that a commit may come between."""
        last = ""
        while True:
            page = self._run(
                "SELECT id, version FROM items WHERE id > ? ORDER BY id LIMIT 1000",
                (last,),
            ).fetchall()
            if not page:
                return
            last = page[-1][0]
            yield from (item_id for item_id, version in page if version and not version.startswith(DELETED))

    def part_rows(self, part: str) -> list[Row]:
        """Return all that is known to belong to a part."""
        found = self._run("SELECT id, part, line, version, changed_at, whole FROM items WHERE part = ?", (part,))
        return [Row(*row) for row in found]

    def count(self, part: str) -> int:
        """Return how many items a part has, lost ones too."""
        return int(self._run("SELECT count(*) FROM items WHERE part = ?", (part,)).fetchone()[0])

    def parts(self) -> dict[str, Part]:
        """Return every part by its name."""
        found = self._run("SELECT name, sha256, next_sha256, bytes, lines FROM parts ORDER BY name")
        return {row[0]: Part(*row) for row in found}

    def set_part(self, part: Part) -> None:
        """Write a part's row."""
        self._run("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)", part)

    def intend(self, staged: Sequence[Staged]) -> None:
        """Note what the parts are about to become."""
        for part in staged:
            self._run("INSERT OR IGNORE INTO parts VALUES (?, '', '', 0, 0)", (part.name,))
            self._run("UPDATE parts SET next_sha256 = ? WHERE name = ?", (part.sha256, part.name))

    def put(self, rows: Iterable[Row]) -> None:
        """Write items' rows."""
        self._connection.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def unchanged(self, traces: Mapping[str, str]) -> set[str]:
        """Return the ids of those items that are held, whole, with this trace."""
        found: set[str] = set()
        if not self._run("SELECT EXISTS (SELECT 1 FROM items)").fetchone()[0]:
            return found
        several = list(traces.items())
        for start in range(0, len(several), CHUNK):
            asked = self._run(
                "SELECT items.id FROM json_each(?) AS asked JOIN items ON items.id = asked.key"
                " WHERE trace = asked.value AND whole = 1 AND version <> '' AND substr(version, 1, 8) <> 'deleted:'",
                (orjson.dumps(dict(several[start : start + CHUNK])).decode(),),
            )
            found.update(chain.from_iterable(asked))
        return found

    def trace(self, traces: Mapping[str, str]) -> None:
        """Keep traces of items that are held."""
        self._connection.executemany(
            "UPDATE items SET trace = ? WHERE id = ?", [(trace, item_id) for item_id, trace in traces.items()]
        )

    def forget(self, ids: Iterable[str]) -> None:
        """Drop the members and media noted for these items."""
        several = [(item_id,) for item_id in ids]
        self._connection.executemany("DELETE FROM members WHERE item_id = ?", several)
        self._connection.executemany("DELETE FROM item_media WHERE item_id = ?", several)

    def forget_wholly(self, ids: Iterable[str]) -> list[str]:
        """Drop all that is noted of these items but their lines; return the paths of media that nobody has any more."""
        several = list(ids)
        paths = [path for chunk in _chunks(several) for path in self._paths(chunk)]
        self.forget(several)
        nobodys = [
            path for path in paths if not self._run("SELECT 1 FROM item_media WHERE path = ?", (path,)).fetchone()
        ]
        self._connection.executemany("DELETE FROM media WHERE path = ?", [(path,) for path in nobodys])
        return nobodys

    def _paths(self, chunk: str) -> Iterator[str]:
        found = self._run(
            "SELECT DISTINCT path FROM item_media WHERE item_id IN (SELECT value FROM json_each(?))", (chunk,)
        )
        return (row[0] for row in found.fetchall())

    def put_members(self, members: Iterable[tuple[str, str]]) -> None:
        """Note (member, item id) pairs."""
        self._connection.executemany("INSERT OR REPLACE INTO members VALUES (?, ?)", members)

    def put_media(self, media: Iterable[tuple[str, str, int]]) -> None:
        """Note (item id, path, bytes) of media that lie in the archive."""
        several = list(media)
        self._connection.executemany("INSERT OR REPLACE INTO media VALUES (?, ?)", [(m[1], m[2]) for m in several])
        self._connection.executemany("INSERT OR IGNORE INTO item_media VALUES (?, ?)", [m[:2] for m in several])

    def media(self) -> Iterator[tuple[str, int]]:
        """Yield (path, bytes) of all media, in the order of the paths."""
        return iter(self._run("SELECT path, bytes FROM media ORDER BY path"))

    def lose_media(self, path: str) -> int:
        """Drop a medium that is gone and mark its items as not whole; return how many items that are."""
        self._run("DELETE FROM media WHERE path = ?", (path,))
        done = self._run(
            "UPDATE items SET whole = 0 WHERE id IN (SELECT item_id FROM item_media WHERE path = ?)", (path,)
        )
        return done.rowcount

    def cursor(self, selection: str) -> str:
        """Return a selection's cursor, or an empty string."""
        found = self._run("SELECT value FROM cursors WHERE selection = ?", (selection,)).fetchone()
        return str(found[0]) if found else ""

    def set_cursor(self, selection: str, value: str) -> None:
        """Keep a selection's cursor."""
        self._run("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (selection, value))

    def void_cursors(self) -> None:
        """Make every selection begin anew."""
        self._run("DELETE FROM cursors")


def belongs(meta: Meta, archive: Path, source_id: str) -> None:
    """Raise ConfigurationError unless this release may use the archive for this source."""
    if meta.format > FORMAT:
        raise ConfigurationError(
            f"{archive} is an archive of format {meta.format}, this release knows {FORMAT}: use a newer release"
        )
    if meta.source_id != source_id:
        raise ConfigurationError(f"{archive} belongs to {meta.source_id}, not to {source_id}; choose another --archive")


def _chunks(ids: Iterable[str]) -> Iterator[str]:
    """Yield the ids as JSON arrays of at most 500; what UTF-8 cannot write is held nowhere."""
    several = list(ids)
    for start in range(0, len(several), CHUNK):
        chunk = several[start : start + CHUNK]
        try:
            yield orjson.dumps(chunk).decode()
        except orjson.JSONEncodeError:
            yield orjson.dumps([one for one in chunk if one.encode("utf-8", "ignore").decode() == one]).decode()
