"""The kit on the database, SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from adapters.conformance.bulk import BulkSuite, Shelf
from adapters.conformance.bulk.shelf import post
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
