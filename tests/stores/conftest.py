"""The places a job store can be kept in."""

from __future__ import annotations

import pytest

from adapters.conformance.stores import Clock
from adapters.stores.memory import memory_store
from adapters.stores.sql import SqlJobStore, engine_of


@pytest.fixture
def clock():
    """A clock of the test's own."""
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    """The URL of an empty database that several processes can share."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request, tmp_path, clock):
    """An empty job store, in each of its places."""
    if request.param == "memory":
        opened = memory_store(clock)
    elif request.param == "sqlite":
        opened = SqlJobStore(engine_of(f"sqlite:///{tmp_path / 'jobs.db'}"), clock)
    else:
        opened = SqlJobStore(engine_of(request.getfixturevalue("postgres_url")), clock)
    yield opened
    opened.close()
