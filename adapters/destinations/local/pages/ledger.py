"""The ledger of pages: what each was made from, in tables of the archive's index; lost with it, and made anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS page_formats (name TEXT PRIMARY KEY, maker TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS page_parts (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS shown (id TEXT PRIMARY KEY, part TEXT NOT NULL, start INTEGER NOT NULL,"
        " size INTEGER NOT NULL, digest BLOB NOT NULL, at TEXT NOT NULL, month TEXT NOT NULL, page INTEGER NOT NULL,"
        " reply_to TEXT NOT NULL, author TEXT NOT NULL, post INTEGER NOT NULL) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS shown_part ON shown (part)",
    "CREATE INDEX IF NOT EXISTS shown_month ON shown (month)",
    "CREATE INDEX IF NOT EXISTS shown_reply ON shown (reply_to) WHERE reply_to <> ''",
    (
        "CREATE TABLE IF NOT EXISTS shown_tags (tag TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,"
        " PRIMARY KEY (tag, id)) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS shown_tags_id ON shown_tags (id)",
    "CREATE TABLE IF NOT EXISTS stale (kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS pages (path TEXT PRIMARY KEY, format TEXT NOT NULL, kind TEXT NOT NULL,"
        " name TEXT NOT NULL, inputs BLOB NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL,"
        " changed INTEGER NOT NULL) WITHOUT ROWID"
    ),
    "CREATE INDEX IF NOT EXISTS pages_unit ON pages (kind, name)",
)
_ORDER = "at, length(id), id"
"""Items in the order of their publication; ids of one place that differ in length are numbers."""
_TARGET = "coalesce((SELECT item_id FROM members WHERE member = {0}.reply_to), {0}.reply_to)"
"""The item that a reply answers, which may be an album named by one of its members."""

_ANSWERING = (
    "reply_to <> '' AND reply_to IN (SELECT id FROM gathered UNION"
    " SELECT member FROM members WHERE item_id IN (SELECT id FROM gathered))"
)
"""What answers the gathered items, an album by any of its members."""


class Shown(NamedTuple):
    """What the pages need to know of an item before they read it."""

    id: str
    part: str
    start: int
    """Where its line begins in the part, in bytes."""
    size: int
    digest: bytes
    """Of the line."""
    at: str
    month: str
    page: int
    """The number of its page within the month, from 1; 0 until it has one."""
    reply_to: str
    author: str
    post: int


class Link(NamedTuple):
    """A reply, seen from one of its ends: the item here, and the other one."""

    here: str
    other: Shown


class Page(NamedTuple):
    """A file that was made."""

    path: str
    """Relative to the archive."""
    format: str
    kind: str
    """With `name`, what has to be made anew when the file is lost: ("month", "2025-05")."""
    name: str
    inputs: bytes
    """The digest of all it was made from; empty when it is to be made anew in any case."""
    digest: bytes
    size: int
    """-1: not there, or not as it was made."""
    changed: int
    """The file's time of change, in nanoseconds."""


class Ledger:
    """The tables, in the words of the pages. Writing needs a transaction of the index."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._run = connection.execute

    def create(self) -> None:
        """Make the tables where they are not."""
        for statement in _SCHEMA:
            self._run(statement)

    def exists(self) -> bool:
        """Say whether pages were ever made here."""
        return self._run("SELECT 1 FROM sqlite_master WHERE name = 'page_formats'").fetchone() is not None

    def formats(self) -> dict[str, str]:
        """Return what is kept up, and by which maker it was last made."""
        return dict(self._run("SELECT name, maker FROM page_formats").fetchall())

    def set_format(self, name: str, maker: str) -> None:
        """Note that a format is kept up from now on, by this maker."""
        self._run("INSERT OR REPLACE INTO page_formats VALUES (?, ?)", (name, maker))

    # What lies in the parts.

    def changed_parts(self) -> list[str]:
        """Return the parts that are not as they were when the pages last learnt of them, gone ones too."""
        found = self._run(
            "SELECT name FROM (SELECT name, sha256 FROM parts WHERE sha256 <> '' EXCEPT SELECT * FROM page_parts"
            " UNION SELECT name, '' FROM page_parts WHERE name NOT IN (SELECT name FROM parts WHERE sha256 <> ''))"
            " ORDER BY name"
        )
        return [row[0] for row in found]

    def learnt(self, part: str) -> None:
        """Note that the pages know what the part holds now."""
        self._run("DELETE FROM page_parts WHERE name = ?", (part,))
        self._run("INSERT INTO page_parts SELECT name, sha256 FROM parts WHERE name = ? AND sha256 <> ''", (part,))

    def of_part(self, part: str) -> dict[str, Shown]:
        """Return what is known of a part's items."""
        return {row[0]: Shown(*row) for row in self._run("SELECT * FROM shown WHERE part = ?", (part,))}

    def put(self, rows: Iterable[Shown]) -> None:
        """Write items' rows."""
        self._connection.executemany("INSERT OR REPLACE INTO shown VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def drop(self, ids: Iterable[str], part: str) -> None:
        """Forget items that a part no longer holds."""
        self._connection.executemany("DELETE FROM shown WHERE id = ? AND part = ?", [(one, part) for one in ids])

    def set_tags(self, ids: Iterable[str], tags: Iterable[tuple[str, str, str]]) -> None:
        """Replace the tags of these items by (tag, id, the tag as it is written)."""
        self._connection.executemany("DELETE FROM shown_tags WHERE id = ?", [(one,) for one in ids])
        self._connection.executemany("INSERT OR IGNORE INTO shown_tags VALUES (?, ?, ?)", tags)

    # What has to be made anew.

    def stale(self, kind: str) -> Iterator[str]:
        """Yield the names that have to be made anew, in order; those made meanwhile are not met again."""
        last = ""
        while row := self._run(
            "SELECT name FROM stale WHERE kind = ? AND name > ? ORDER BY name LIMIT 1", (kind, last)
        ).fetchone():
            last = row[0]
            yield last

    def stale_notes(self, number: int) -> list[Shown]:
        """Return some of the items whose notes have to be made anew and who are still there."""
        found = self._run(
            "SELECT shown.* FROM stale JOIN shown ON shown.id = stale.name WHERE stale.kind = 'note'"
            " ORDER BY part, start LIMIT ?",
            (number,),
        )
        return [Shown(*row) for row in found]

    def some_stale(self, kinds: Sequence[str]) -> bool:
        """Say whether anything of these kinds has to be made anew."""
        return any(self._run("SELECT 1 FROM stale WHERE kind = ?", (kind,)).fetchone() for kind in kinds)

    def is_stale(self, kind: str, name: str) -> bool:
        """Say whether this one has to be made anew."""
        return self._run("SELECT 1 FROM stale WHERE kind = ? AND name = ?", (kind, name)).fetchone() is not None

    def mark(self, kind: str, names: Iterable[str]) -> None:
        """Have these made anew."""
        self._connection.executemany("INSERT OR IGNORE INTO stale VALUES (?, ?)", [(kind, name) for name in names])

    def mark_all(self, kind: str) -> None:
        """Have all of a kind made anew."""
        sources = {"note": "id FROM shown", "month": "month FROM shown", "tag": "tag FROM shown_tags"}
        if kind in sources:
            self._run(f"INSERT OR IGNORE INTO stale SELECT DISTINCT '{kind}', {sources[kind]}")
        self._run("UPDATE pages SET inputs = x'' WHERE kind = ?", (kind,))
        self._run("INSERT OR IGNORE INTO stale SELECT kind, name FROM pages WHERE kind = ?", (kind,))

    def mark_around(self, ids: Sequence[str]) -> None:
        """Have the site's pages made anew that name these items: by tag, as what they answer, as what answers them."""
        self._gather(ids)
        self._run("INSERT OR IGNORE INTO stale SELECT 'tag', tag FROM shown_tags WHERE id IN (SELECT id FROM gathered)")
        self._run(
            "INSERT OR IGNORE INTO stale SELECT 'month', month FROM shown WHERE id IN (SELECT "  # noqa: S608 - ours
            f"{_TARGET.format('answer')} FROM shown AS answer JOIN gathered ON gathered.id = answer.id"
            " WHERE answer.reply_to <> '')"
        )
        self._run(f"INSERT OR IGNORE INTO stale SELECT 'month', month FROM shown WHERE {_ANSWERING}")  # noqa: S608

    def mark_answers(self, ids: Sequence[str]) -> None:
        """Have the notes made anew that answer these items."""
        self._gather(ids)
        self._run(f"INSERT OR IGNORE INTO stale SELECT 'note', id FROM shown WHERE {_ANSWERING}")  # noqa: S608

    def _gather(self, ids: Sequence[str]) -> None:
        """Put ids where a statement can join them."""
        self._run("CREATE TEMP TABLE IF NOT EXISTS gathered (id TEXT PRIMARY KEY) WITHOUT ROWID")
        self._run("DELETE FROM gathered")
        self._connection.executemany("INSERT OR IGNORE INTO gathered VALUES (?)", [(one,) for one in ids])

    def fresh(self, kind: str, names: Iterable[str]) -> None:
        """Note that these are made."""
        self._connection.executemany("DELETE FROM stale WHERE kind = ? AND name = ?", [(kind, name) for name in names])

    def all_fresh(self, kind: str) -> None:
        """Note that nothing of a kind has to be made anew."""
        self._run("DELETE FROM stale WHERE kind = ?", (kind,))

    # What the pages show.

    def month(self, month: str) -> list[Shown]:
        """Return a month's items in order."""
        found = self._run(f"SELECT * FROM shown WHERE month = ? ORDER BY {_ORDER}", (month,))  # noqa: S608
        return [Shown(*row) for row in found]

    def tag(self, tag: str) -> list[Shown]:
        """Return the items with a tag in order."""
        found = self._run(
            f"SELECT shown.* FROM shown_tags JOIN shown USING (id) WHERE tag = ? ORDER BY {_ORDER}",  # noqa: S608
            (tag,),
        )
        return [Shown(*row) for row in found]

    def place(self, rows: Iterable[tuple[int, str]]) -> None:
        """Give items their (page, id)."""
        self._connection.executemany("UPDATE shown SET page = ? WHERE id = ?", rows)

    def answered(self, month: str) -> dict[str, Shown]:
        """Return, by the answer's id, what a month's items answer."""
        found = self._run(
            f"SELECT answer.id, target.* FROM shown AS answer JOIN shown AS target"  # noqa: S608
            f" ON target.id = {_TARGET.format('answer')} WHERE answer.month = ? AND answer.reply_to <> ''",
            (month,),
        )
        return {row[0]: Shown(*row[1:]) for row in found}

    def answers(self, month: str) -> dict[str, list[Shown]]:
        """Return, by the id of what is answered, the answers to a month's items in order."""
        found = self._run(
            "SELECT named.item, shown.* FROM (SELECT id AS name, id AS item FROM shown WHERE month = ?1 UNION"  # noqa: S608
            " SELECT member, item_id FROM members JOIN shown ON shown.id = item_id WHERE month = ?1) AS named"
            f" JOIN shown ON shown.reply_to = named.name AND shown.reply_to <> '' ORDER BY {_ORDER}",
            (month,),
        )
        several: dict[str, list[Shown]] = {}
        for item, *row in found:
            several.setdefault(item, []).append(Shown(*row))
        return several

    def targets(self, ids: Sequence[str]) -> dict[str, Shown]:
        """Return, by the answer's id, what these items answer."""
        several: dict[str, Shown] = {}
        for one in ids:
            row = self._run(
                f"SELECT target.* FROM shown AS answer JOIN shown AS target ON target.id = {_TARGET.format('answer')}"  # noqa: S608
                " WHERE answer.id = ? AND answer.reply_to <> ''",
                (one,),
            ).fetchone()
            if row:
                several[one] = Shown(*row)
        return several

    def months(self) -> list[tuple[str, int, int]]:
        """Return (month, posts, pages) in order."""
        found = self._run("SELECT month, sum(post), max(page) FROM shown GROUP BY month ORDER BY month")
        return [(row[0], row[1], row[2]) for row in found]

    def tags(self) -> list[tuple[str, str, int]]:
        """Return (tag, one of the ways it is written, items) in order."""
        found = self._run(
            "SELECT tag, min(name), count(*) FROM shown_tags JOIN shown USING (id) GROUP BY tag ORDER BY tag"
        )
        return [(row[0], row[1], row[2]) for row in found]

    def tag_name(self, tag: str) -> str:
        """Return one of the ways a tag is written, always the same one."""
        row = self._run("SELECT min(name) FROM shown_tags WHERE tag = ?", (tag,)).fetchone()
        return str(row[0] or tag)

    def main_author(self) -> str:
        """Return the name under which more than half of the items were published, or an empty string."""
        row = self._run("SELECT author, count(*) FROM shown GROUP BY author ORDER BY 2 DESC, 1 LIMIT 1").fetchone()
        return str(row[0]) if row and row[1] * 2 > self.count() else ""

    def count(self) -> int:
        """Return how many items there are."""
        return int(self._run("SELECT count(*) FROM shown").fetchone()[0])

    # What was made.

    def pages(self, kind: str, name: str) -> dict[str, Page]:
        """Return what was made for something, by path."""
        found = self._run("SELECT * FROM pages WHERE kind = ? AND name = ?", (kind, name))
        return {row[0]: Page(*row) for row in found}

    def page(self, path: str) -> Page | None:
        """Return what was made at a path."""
        row = self._run("SELECT * FROM pages WHERE path = ?", (path,)).fetchone()
        return Page(*row) if row else None

    def names(self, kind: str) -> list[str]:
        """Return the names of all of a kind that something was made for."""
        return [row[0] for row in self._run("SELECT DISTINCT name FROM pages WHERE kind = ?", (kind,))]

    def all_pages(self, format_: str) -> Iterator[Page]:
        """Yield all that was made in a format, in the order of the paths; writing may come between."""
        last = f"{format_}/"
        while page := self._run(
            "SELECT * FROM pages WHERE path > ? AND path < ? ORDER BY path LIMIT 1000", (last, f"{format_}0")
        ).fetchall():
            last = page[-1][0]
            yield from (Page(*row) for row in page)

    def put_pages(self, pages: Iterable[Page]) -> None:
        """Note what was made."""
        self._connection.executemany("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", pages)

    def drop_pages(self, paths: Iterable[str]) -> None:
        """Forget what is no longer there."""
        self._connection.executemany("DELETE FROM pages WHERE path = ?", [(path,) for path in paths])
