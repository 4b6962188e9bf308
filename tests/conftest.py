"""What many tests need: a PostgreSQL cluster of our own."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.servers import postgres, s3
from tests.servers.counting import Counting
from tests.servers.wordpress import WordPress


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
        pytest.fail(f"{error}: install it, or leave these tests out with -m 'not postgres and not long'")
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


@pytest.fixture
def cluster():
    """A PostgreSQL of this test's own: its URL, and what crashes it and starts it again."""
    running = postgres.Cluster()
    yield running.url, running.restart
    running.stop()


@pytest.fixture(scope="session")
def moto(tmp_path_factory):
    """A bucket of a service that keeps conditions."""
    running = s3.moto(tmp_path_factory.mktemp("moto"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def rclone(tmp_path_factory):
    """A bucket of a service that ignores conditions."""
    running = s3.rclone(tmp_path_factory.mktemp("rclone"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def wordpress_server():
    """A WordPress of this process's own."""
    # Not pytest's own folder: its name is too long for a socket's.
    folder = Path(tempfile.mkdtemp(prefix="wp"))
    running = WordPress(folder)
    yield running
    running.stop()
    shutil.rmtree(folder)


@pytest.fixture
def wordpress(wordpress_server):
    """The same, without a post."""
    wordpress_server.empty()
    return wordpress_server


@pytest.fixture
def counting(tmp_path):
    """Return a function that starts a counting webhook, ended with the test."""
    started = []

    def start(**settings):
        started.append(Counting(tmp_path, **settings))
        return started[-1]

    yield start
    for server in started:
        server.stop()
