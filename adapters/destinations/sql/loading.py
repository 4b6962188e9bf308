"""Loading: many rows into a table at once, each where its key is, by each database's quickest road."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, Table, text

OWN = frozenset({"seq", "search"})
"""Columns that the database fills."""


def insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, their values in the order of the table's columns, of items that are known to be absent.

    In SQLite, what a person's hand has left of an item gives way: foreign keys are off there for most programs.
    """
    if not rows:
        return
    names = _names(table)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert(table, names, "INSERT OR REPLACE"), list(rows))
    else:
        _copy(connection, f"COPY {table.name} ({', '.join(names)}) FROM STDIN", rows)


def upsert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, their values in the order of the table's columns, in place of those with the same key.

    Of several rows with one key the last one holds. All names in the statements are our own tables'.
    """
    if not rows:
        return
    names = _names(table)
    key = ["id"] if "id" in names else [column.name for column in table.primary_key.columns]
    places = [names.index(name) for name in key]
    unique = {tuple(row[place] for place in places): row for row in rows}.values()
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    conflict = f"ON CONFLICT ({', '.join(key)}) DO " + (f"UPDATE SET {sets}" if sets else "NOTHING")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"{_insert(table, names)} {conflict}", list(unique))
        return
    # Temporary tables live as long as a session, and are empty between its transactions.
    columns, staged = ", ".join(names), f"syndicate_staged_{table.name}"
    like = f"SELECT {columns} FROM {table.name} LIMIT 0"  # noqa: S608
    connection.execute(text(f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged} ON COMMIT DELETE ROWS AS {like}"))
    _copy(connection, f"COPY {staged} ({columns}) FROM STDIN", unique)
    connection.execute(text(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {staged} {conflict}"))  # noqa: S608
    connection.execute(text(f"TRUNCATE {staged}"))


def _names(table: Table) -> list[str]:
    """Return the names of the columns that rows bring."""
    return [column.name for column in table.columns if column.name not in OWN]


def _insert(table: Table, names: Sequence[str], verb: str = "INSERT") -> str:
    """Return SQLite's statement for a row."""
    return f"{verb} INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


@contextmanager
def text_indexed(connection: Connection) -> Iterator[None]:
    """Put the texts of rows that are new in `items` into SQLite's full-text index, at once when all are there.

    A trigger a row makes FTS5 write its index out for each of them. PostgreSQL computes a column, and changed and
    removed rows have their triggers.
    """
    if connection.dialect.name != "sqlite" or not connection.scalar(_HAS_INDEX):
        yield
        return
    newest = connection.scalar(_NEWEST)
    yield
    connection.execute(_INDEXED, {"newest": newest})


_HAS_INDEX = text("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'items_search')")
_NEWEST = text("SELECT coalesce(max(seq), 0) FROM items")
_INDEXED = text("INSERT INTO items_search (rowid, title, text) SELECT seq, title, text FROM items WHERE seq > :newest")


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Send rows by COPY, which takes a tenth of the time of inserts."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def one_of(connection: Connection, column: str, ids: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return a condition that a column is one of many ids, as one parameter however many there are."""
    known = [item_id for item_id in ids if item_id.isprintable()]
    if connection.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(:ids))", {"ids": orjson.dumps(known).decode()}  # noqa: S608
    # One text that the server takes apart: a list's dumping takes longer than the look-up. A line's end is printable
    # in no id.
    return f"{column} = ANY(string_to_array(:ids, chr(10)))", {"ids": "\n".join(known)}
