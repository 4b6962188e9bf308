"""The kit on the database, SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import sqlite3
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from adapters.conformance.bulk import BulkSuite, Shelf
from adapters.conformance.bulk.shelf import post
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import Batch
from adapters.databases.engines import engine_of
from adapters.destinations.sql import SqlDestination
from adapters.destinations.sql.session import DATABASE


def shelf_of(url, **more):
    """Return the place behind a URL."""
    look = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))

    def there():
        return "postgresql" in url or Path(url.removeprefix("sqlite:///")).exists()

    def rows(what):
        if not there():
            return []
        with look.connect() as connection:
            return list(connection.execute(text(what))) if inspect(connection).has_table("items") else []

    def digest():
        if not there():
            return ""
        with look.connect() as connection:
            tables = sorted(name for name in inspect(connection).get_table_names() if "items_search" not in name)
            whole = {name: text(f"SELECT * FROM {name}") for name in tables}  # noqa: S608 - the database's own names
            kept = [(name, sorted(map(str, connection.execute(query)))) for name, query in whole.items()]
        return hashlib.sha256(str(kept).encode()).hexdigest() if kept else ""

    return Shelf(
        open=lambda: SqlDestination(partial(engine_of, url, DATABASE)),
        texts=lambda: dict(map(tuple, rows("SELECT id, text FROM items WHERE deleted_at IS NULL"))),
        marked=lambda: dict(map(tuple, rows("SELECT id, text FROM items WHERE deleted_at IS NOT NULL"))),
        digest=digest,
        media=list,
        # A lone surrogate has no place in UTF-8.
        refused=post(9).model_copy(update={"text": "\ud800"}),
        **more,
    )


class Sql(BulkSuite):
    """What both have in common: no files, many sources in one place."""

    carries_media = False
    one_source = False


class TestSqlite(Sql):
    """SQLite."""

    adapter = SqlDestination

    @pytest.fixture
    def shelf(self, tmp_path):
        """A file of its own for each check."""
        path = tmp_path / "place" / "archive.db"
        url = f"sqlite:///{path}"

        def move():
            moved = path.rename(tmp_path / "moved.db")
            return lambda: SqlDestination(partial(engine_of, f"sqlite:///{moved}", DATABASE))

        return shelf_of(url, wipe=path.unlink, move=move)


@pytest.mark.postgres
class TestPostgresql(Sql):
    """PostgreSQL."""

    adapter = SqlDestination
    moves = False
    wipes = False

    @pytest.fixture
    def shelf(self, postgres_url):
        """A database of its own for each check."""
        return shelf_of(postgres_url)


def committed(url, *posts):
    """Write posts as one batch."""
    with SqlDestination(partial(engine_of, url, DATABASE)).open("kit:1") as session:
        session.versions([one.id for one in posts])
        session.commit(Batch(posts), lambda medium: None)


def found(path, word):
    """Return the ids of the items that a search in SQLite finds; raises where its index is not that of the texts."""
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)")
        rows = connection.execute(
            "SELECT id FROM items JOIN items_search ON items_search.rowid = seq WHERE items_search MATCH ? ORDER BY id",
            (word,),
        )
        return [row[0] for row in rows]


def said(number, words):
    """Return a post with these words."""
    return post(number).model_copy(update={"text": words, "version": f"kit.1:{words}"})


def test_sqlite_searches_what_is_there(tmp_path):
    """New, edited and deleted, in one batch and over several; an edit in the same batch as something new."""
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    committed(url, said(1, "green tea"), said(2, "black tea"))
    committed(url, said(2, "black coffee"), said(3, "white tea"))
    assert found(path, "tea") == ["kit:1/1", "kit:1/3"]
    assert found(path, "coffee") == ["kit:1/2"]
    with SqlDestination(partial(engine_of, url, DATABASE)).open("kit:1") as session:
        session.commit(Batch((said(4, "tea again"),), deleted=("kit:1/3",)), lambda medium: None)
    assert found(path, "tea") == ["kit:1/1", "kit:1/4"]


def test_a_database_of_the_first_schema_is_searched_on(tmp_path):
    """Its trigger would put each new text into the index a second time."""
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    committed(url, said(1, "green tea"))
    with sqlite3.connect(path) as connection:
        insert = "INSERT INTO items_search (rowid, title, text) VALUES (new.seq, new.title, new.text)"
        connection.execute(f"CREATE TRIGGER items_inserted AFTER INSERT ON items BEGIN {insert}; END")
        connection.execute("ALTER TABLE items DROP COLUMN trace")
        connection.execute("UPDATE syndicate_sql_version SET version_num = '0001'")
    committed(url, said(2, "black tea"))
    assert found(path, "tea") == ["kit:1/1", "kit:1/2"]


def test_what_a_hand_has_left_of_a_row_gives_way(tmp_path):
    """A row deleted in a shell, where SQLite's foreign keys are off, leaves its media; its item is written again."""
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    pictured = said(1, "tea").model_copy(
        update={"media": (Media(kind=MediaKind.PHOTO, missing="not here"),), "tags": ("a",)}
    )
    committed(url, pictured)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM items")
    committed(url, pictured)
    assert found(path, "tea") == ["kit:1/1"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT (SELECT count(*) FROM media), (SELECT count(*) FROM tags)").fetchone() == (
            1,
            1,
        )
