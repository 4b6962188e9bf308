"""The limit: what Python can do here with the same bytes and nothing else to care for; a process a measurement.

An export is cut at its messages' indentation and each is parsed by orjson; what is written is the message itself. There
is no version, no index, no archive's form, no second look at anything.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

BLOCK = 1 << 20
BATCH = 5000
COLUMNS = "id, at, type, text, edited, raw, hash"
CHANGED = (
    "ON CONFLICT (id) DO UPDATE SET at = excluded.at, type = excluded.type, text = excluded.text,"
    " edited = excluded.edited, raw = excluded.raw, hash = excluded.hash WHERE excluded.hash <> "
)
TABLE = "(id BIGINT PRIMARY KEY, at BIGINT, type TEXT, text TEXT, edited BIGINT, raw TEXT, hash TEXT)"


def messages(export: str) -> Iterator[dict[str, Any]]:
    """Yield the messages of a folder's result.json, with a block of it in memory at a time."""
    with Path(export, "result.json").open("rb") as file:
        buffer = file.read(BLOCK)
        buffer = buffer[buffer.index(b'"messages": [') + 13 :]
        while True:
            parts = buffer.split(b"\n  },")
            buffer = parts.pop()
            for part in parts:
                yield orjson.loads(part + b"}")
            block = file.read(BLOCK)
            if not block:
                break
            buffer += block
        end = buffer.rfind(b"\n  }")
        if end >= 0:
            yield orjson.loads(buffer[:end] + b"}")


def rows(export: str) -> Iterator[tuple[Any, ...]]:
    """Yield a row a message, with a hash of all that it says."""
    for one in messages(export):
        raw = orjson.dumps(one)
        text = one["text"]
        if not isinstance(text, str):
            text = "".join(part if isinstance(part, str) else part["text"] for part in text)
        edited = one.get("edited_unixtime")
        hashed = blake2b(raw, digest_size=16).hexdigest()
        yield one["id"], int(one["date_unixtime"]), one["type"], text, edited and int(edited), raw.decode(), hashed


def jsonl(export: str, out: str) -> None:
    """Write the messages as lines of a file."""
    with Path(out).open("wb", buffering=BLOCK) as file:
        file.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in messages(export))
        file.flush()
        os.fsync(file.fileno())


def sqlite(export: str, out: str) -> None:
    """Upsert the messages, and for each a row of record keeping, a transaction for 5,000."""
    connection = sqlite3.connect(out, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE IF NOT EXISTS m {TABLE}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS record (source TEXT, item TEXT, place TEXT, hash TEXT, state TEXT,"
        " PRIMARY KEY (source, item, place)) WITHOUT ROWID"
    )
    upsert = f"INSERT INTO m VALUES (?, ?, ?, ?, ?, ?, ?) {CHANGED} m.hash"
    note = (
        "INSERT INTO record VALUES ('export', ?, 'sqlite', ?, 'done') ON CONFLICT DO UPDATE SET hash = excluded.hash"
        " WHERE excluded.hash <> record.hash"
    )
    every = rows(export)
    while batch := list(islice(every, BATCH)):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(upsert, batch)
        connection.executemany(note, [(str(row[0]), row[6]) for row in batch])
        connection.execute("COMMIT")
    connection.close()


def postgres(export: str, url: str, table: str) -> None:
    """Send the messages by COPY, and upsert from there, a transaction for 5,000."""
    import psycopg  # noqa: PLC0415 - a limit without PostgreSQL shall not pay for its driver

    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} {TABLE}")
        connection.execute(f"CREATE TEMP TABLE staged (LIKE {table})")
        connection.commit()
        every = rows(export)
        while batch := list(islice(every, BATCH)):
            connection.execute("TRUNCATE staged")
            with connection.cursor() as cursor, cursor.copy(f"COPY staged ({COLUMNS}) FROM STDIN") as copy:
                for row in batch:
                    copy.write_row(row)
            connection.execute(f"INSERT INTO {table} SELECT * FROM staged {CHANGED} {table}.hash")
            connection.commit()


def copies(folder: str, out: str) -> None:
    """Copy a folder's files one by one."""
    Path(out).mkdir()
    for path in sorted(Path(folder).rglob("*.*")):
        shutil.copyfile(path, Path(out, path.name))


MODES: dict[str, Callable[..., None]] = {"jsonl": jsonl, "sqlite": sqlite, "postgres": postgres, "copies": copies}

if __name__ == "__main__":
    MODES[sys.argv[1]](*sys.argv[2:])
