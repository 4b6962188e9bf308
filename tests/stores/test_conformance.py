"""Our store keeps the job store's promises in each of its places."""

from __future__ import annotations

import pytest

from adapters.conformance.stores import KeepingSuite, StoreSuite
from adapters.stores.memory import memory_store
from adapters.stores.sql import SqlKeepingStore, engine_of


class TestMemory(StoreSuite, KeepingSuite):
    """In memory: another handle is the same one, for the store dies with its process."""

    @pytest.fixture
    def store(self, clock):
        """An empty store in memory."""
        opened = memory_store(clock)
        yield opened
        opened.close()

    @pytest.fixture
    def reopen(self, store):
        """The store itself."""
        return lambda: store


class InDatabase(StoreSuite, KeepingSuite):
    """In a database that the fixture `place` names."""

    @pytest.fixture
    def reopen(self, place, clock):
        """One more store over the same database, with connections of its own."""
        opened = []

        def another():
            opened.append(SqlKeepingStore(engine_of(place), clock))
            return opened[-1]

        yield another
        for one in opened:
            one.close()

    @pytest.fixture
    def store(self, reopen):
        """An empty store."""
        return reopen()


class TestSqlite(InDatabase):
    """In a file."""

    @pytest.fixture
    def place(self, tmp_path):
        """The URL of a file that is not there yet."""
        return f"sqlite:///{tmp_path / 'jobs.db'}"


@pytest.mark.postgres
class TestPostgres(InDatabase):
    """In PostgreSQL."""

    @pytest.fixture
    def place(self, postgres_url):
        """The URL of an empty database."""
        return postgres_url
