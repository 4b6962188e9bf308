"""A session: the one writer of one source's items in a database, from opening to closing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, select, text, update

from adapters.contracts.errors import ConfigurationError, LeaseLost
from adapters.contracts.item import ContentItem, Media
from adapters.contracts.ports import Batch, Committed, Held, MediaFile
from adapters.contracts.store import Cursor
from adapters.databases.engines import BEGIN, Use, place_of, reaching
from adapters.destinations.sql.loading import insert, one_of, text_indexed, upsert
from adapters.destinations.sql.rows import Rows, moment, moment_of, rows_of
from adapters.destinations.sql.tables import cursors, items, media, members, sources, tags

DATABASE = Use(
    what="the database",
    setting="--database",
    example="archive.db",
    consequence="What was written is complete",
    error=ConfigurationError,
)
FURTHER = 1 << 30
"""A generation grows by up to so much, so that a restored backup does not count its way to a number that was."""
PAGE = 10_000
"""Rows fetched at a time where all of them are wanted."""


class SqlSession:
    """Writes batches; see `adapters.contracts.ports.BulkSession`."""

    repaired: Sequence[str] = ()

    def __init__(self, connection: Connection, source: str) -> None:
        """Take the connection that holds the lock; the schema is there."""
        self._connection = connection
        self._source = source
        self._as_text = connection.dialect.name == "sqlite"
        self._absent: set[str] = set()
        """Ids that were asked for since the last commit, and are neither an item's nor a member's."""
        with self._transaction():
            self._number = self._generation()

    @property
    def generation(self) -> str:
        """The number that the source's items had when this session last looked."""
        return str(self._number)

    def versions(self, ids: Sequence[str]) -> dict[str, Held]:
        """Return what is held of these ids, an album's members too."""
        with self._transaction():
            rows = self._rows(ids)
            owners = self._owners([item_id for item_id in ids if item_id not in rows])
            rows |= self._rows(sorted(set(owners.values()) - rows.keys()))
        self._absent.update(item_id for item_id in ids if item_id not in rows and item_id not in owners)
        held = {}
        for asked in ids:
            row = rows.get(owners.get(asked, asked))
            if row is not None and row.deleted_at is None:
                held[asked] = Held(row.version, moment_of(row.changed_at), item_id="" if row.id == asked else row.id)
        return held

    def unchanged(self, traces: Mapping[str, str]) -> set[str]:
        """Return the ids of those of these items that are held with this trace."""
        condition, values = one_of(self._connection, "id", list(traces))
        asked = text(f"SELECT id, trace FROM items WHERE {condition} AND trace <> '' AND deleted_at IS NULL")  # noqa: S608
        with self._transaction():
            return {row.id for row in self._connection.execute(asked, values) if traces[row.id] == row.trace}

    def held_ids(self) -> Iterator[str]:
        """Yield the ids of all items held and not marked as deleted."""
        wanted = select(items.c.seq, items.c.id).where(items.c.source == self._source, items.c.deleted_at.is_(None))
        last = 0
        while True:
            with self._transaction():
                page = wanted.where(items.c.seq > last).order_by(items.c.seq).limit(PAGE)
                rows = self._connection.execute(page).all()
            if not rows:
                return
            yield from (row.id for row in rows)
            last = rows[-1].seq

    def members(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other ids of each of these items that is an album."""
        if not ids:
            return {}
        condition, values = one_of(self._connection, "item_id", ids)
        asked = text(f"SELECT id, item_id FROM members WHERE {condition} AND id <> item_id ORDER BY id")  # noqa: S608
        found: dict[str, list[str]] = {}
        with self._transaction():
            for row in self._connection.execute(asked, values):
                found.setdefault(row.item_id, []).append(row.id)
        return found

    def cursor(self, selection: str) -> str:
        """Return the cursor kept for a selection, or an empty string."""
        mine = (cursors.c.source == self._source, cursors.c.selection == selection)
        with self._transaction():
            return self._connection.scalar(select(cursors.c.value).where(*mine)) or ""

    def commit(self, batch: Batch, media: Callable[[Media], MediaFile]) -> Committed:
        """Write a batch and its cursor in one transaction.

        A database holds no files, so `media` is not asked. Raises Rejected when an item cannot be written, LeaseLost
        when somebody else has written here, and ConfigurationError when the database cannot be used; then nothing is.
        """
        del media
        with self._transaction(writing=True):
            if self._generation() != self._number:
                where = place_of(self._connection.engine)
                raise LeaseLost(f"another run has written to {where} since this one opened it")
            self._write(batch.items, batch.traces)
            self._trace(batch)
            self._delete(batch.deleted)
            self._mark(batch.marked)
            for item_id, version in batch.take_over:
                self._connection.execute(update(items).where(items.c.id == item_id).values(version=version))
            if batch.cursor is not None:
                self._move(batch.cursor)
            number = self._number + 1 + secrets.randbelow(FURTHER)
            self._connection.execute(update(sources).where(sources.c.source == self._source).values(generation=number))
        self._number = number
        self._absent.clear()
        return Committed(self.generation)

    def _generation(self) -> int:
        """Return the number of the source's items; 0 where there are none yet."""
        mine = sources.c.source == self._source
        return self._connection.scalar(select(sources.c.generation).where(mine)) or 0

    def _write(self, found: Sequence[ContentItem], traces: Mapping[str, str]) -> None:
        """Write items, in place of what was there of them."""
        held = self._held_names([name for item in found for name in item.names if name not in self._absent])
        new, old = dict[str, ContentItem](), dict[str, ContentItem]()
        for item in found:
            item_id = next((held[name] for name in item.names if name in held), "") if held else ""
            if not item_id:
                new[item.id] = item
            else:
                old[item_id] = item if item_id == item.id else item.model_copy(update={"id": item_id})
        with text_indexed(self._connection):
            self._put(insert, rows_of(self._source, new.values(), traces, as_text=self._as_text))
            if old:
                self._drop_parts(list(old))
                self._put(upsert, rows_of(self._source, old.values(), traces, as_text=self._as_text))

    def _put(self, write: Callable[[Connection, Table, Sequence[Any]], None], rows: Rows) -> None:
        """Write what items have become; nothing of what belongs to them is there."""
        write(self._connection, items, rows.items)
        # A member may have been another album's.
        upsert(self._connection, members, rows.members)
        insert(self._connection, media, rows.media)
        insert(self._connection, tags, rows.tags)

    def _trace(self, batch: Batch) -> None:
        """Keep the traces of items that are there already."""
        written = {item.id for item in batch.items}
        found = [{"one": one, "new": trace} for one, trace in batch.traces.items() if one not in written]
        if found:
            self._connection.execute(
                update(items).where(items.c.id == bindparam("one")).values(trace=bindparam("new")), found
            )

    def _drop_parts(self, ids: Sequence[str]) -> None:
        """Remove what belongs to items."""
        condition, values = one_of(self._connection, "item_id", ids)
        for table in (members, media, tags):
            self._connection.execute(text(f"DELETE FROM {table.name} WHERE {condition}"), values)  # noqa: S608

    def _delete(self, ids: Sequence[str]) -> None:
        """Remove items, with all that belongs to them."""
        if ids:
            self._drop_parts(ids)
            condition, values = one_of(self._connection, "id", ids)
            self._connection.execute(text(f"DELETE FROM items WHERE {condition}"), values)  # noqa: S608

    def _mark(self, ids: Sequence[str]) -> None:
        """Mark what was deleted in its place; the row stays."""
        if ids:
            condition, values = one_of(self._connection, "id", ids)
            now = moment(datetime.now(UTC), self._as_text)
            marking = text(f"UPDATE items SET deleted_at = :now WHERE deleted_at IS NULL AND {condition}")  # noqa: S608
            self._connection.execute(marking, {"now": now, **values})

    def _move(self, cursor: Cursor) -> None:
        """Keep a cursor; an empty one is none."""
        mine = {"source": self._source, "selection": cursor.selection}
        old = (cursors.c.source == self._source, cursors.c.selection == cursor.selection)
        self._connection.execute(delete(cursors).where(*old))
        if cursor.value:
            self._connection.execute(cursors.insert().values(value=cursor.value, **mine))

    def _held_names(self, ids: Sequence[str]) -> dict[str, str]:
        """Return under which id each of these names is held, deleted or not."""
        return self._owners(ids) | {name: name for name in self._rows(ids)}

    def _rows(self, ids: Sequence[str]) -> dict[str, Row[Any]]:
        """Return the rows of these ids."""
        return {row.id: row for row in self._select("SELECT id, version, changed_at, deleted_at FROM items", ids)}

    def _owners(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the items of which these ids are members."""
        return {row.id: row.item_id for row in self._select("SELECT id, item_id FROM members", ids)}

    def _select(self, what: str, ids: Sequence[str]) -> Sequence[Row[Any]]:
        """Return the rows of a table that has these ids."""
        if not ids:
            return ()
        condition, values = one_of(self._connection, "id", ids)
        return self._connection.execute(text(f"{what} WHERE {condition}"), values).all()

    @contextmanager
    def _transaction(self, *, writing: bool = False) -> Iterator[None]:
        """Do something in a transaction of its own; what means that the database is out of reach is said so."""
        # A writer begins at once in SQLite, where one that has read first could not go on.
        self._connection.execution_options(**{BEGIN: "IMMEDIATE" if writing else "DEFERRED"})
        with reaching(self._connection.engine, DATABASE), self._connection.begin():
            yield
