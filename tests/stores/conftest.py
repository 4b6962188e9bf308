"""The places a job store can be kept in, a PostgreSQL cluster of our own among them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from adapters.conformance.stores import Clock
from adapters.stores.memory import memory_store
from adapters.stores.sql import SqlJobStore, engine_of
from tests.servers import postgres


@pytest.fixture
def clock():
    """A clock of the test's own."""
    return Clock()


@pytest.fixture(scope="session")
def server():
    """The URL of a PostgreSQL server."""
    given = os.environ.get("SYNDICATE_TEST_POSTGRES")
    if given:
        yield given
        return
    # Not pytest's own folder: its name is too long for a socket's.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        url, stop = postgres.start(folder)
    except postgres.NoPostgres as error:
        shutil.rmtree(folder)
        pytest.skip(str(error))
    yield url
    stop()
    shutil.rmtree(folder)


@pytest.fixture
def postgres_url(server):
    """The URL of an empty PostgreSQL database."""
    name = f"t{uuid4().hex}"
    admin = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


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
