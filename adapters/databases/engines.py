"""Engines: how a database is reached, and what it means when it cannot be."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy import exc as sql

from adapters.contracts.errors import ConfigurationError

BUSY = 30.0
"""Seconds to wait for another process's transaction."""
IDLE = 60.0
"""Seconds that PostgreSQL lets a transaction stand still."""
BEGIN = "syndicate_begin"
"""The execution option that names how a transaction begins in SQLite."""
_CLOSED_TO_US = {"25006": "it is read-only", "42501": "this user may not do that there"}


@dataclass(frozen=True)
class Use:
    """What a database is used for, in the words of its errors."""

    what: str
    """ "the job store"."""
    setting: str
    """Where a person names it."""
    example: str
    """A file name for SQLite."""
    consequence: str
    """What does not happen without it."""
    error: type[ConfigurationError] = ConfigurationError
    """Raised when it cannot be reached."""


def sqlite_engine(path: Path, use: Use) -> Engine:
    """Return an engine for a SQLite file, made with its folder (0600) at the first connection."""
    path = path.expanduser().absolute()
    engine = create_engine(
        URL.create("sqlite", database=str(path)), hide_parameters=True, connect_args={"timeout": BUSY}
    )

    @event.listens_for(engine, "do_connect")
    def make_file(*_: Any) -> None:
        """Make the file before SQLite does, which would let everyone read it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
        except OSError as error:
            raise use.error(
                f"{use.what} {path} cannot be opened ({error.strerror}): mend the folder's rights or name another "
                f"place in {use.setting}"
            ) from error

    prepare(engine)
    return engine


def engine_of(url: str, use: Use) -> Engine:
    """Return an engine for a sqlite or postgresql URL; raises ConfigurationError, never repeating a password."""
    try:
        parsed = make_url(url)
    except (sql.ArgumentError, ValueError):
        parsed = None
    if parsed is None:
        raise ConfigurationError(
            f"the URL of {use.what} cannot be read: write postgresql://user:password@host:5432/name, with %-escapes "
            f"for special characters, or sqlite:////path/{use.example}"
        )
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in {None, "", ":memory:"} or parsed.query or parsed.drivername not in _SQLITE:
            raise ConfigurationError(
                f"the URL of {use.what} must name a file and no options: sqlite:////path/{use.example}"
            )
        return sqlite_engine(Path(str(parsed.database)), use)
    if parsed.drivername not in _POSTGRESQL:
        raise ConfigurationError(
            f"{use.what} cannot be kept in {parsed.drivername}: write postgresql://… or sqlite:////path/{use.example}"
        )
    if find_spec("psycopg") is None:
        raise ConfigurationError("PostgreSQL needs its driver: pip install prefect-syndicate[postgres]")
    wait: dict[str, Any] = {} if "connect_timeout" in parsed.query else {"connect_timeout": 10}
    if "options" not in parsed.query:
        # A process that is stopped in the middle of a transaction would keep all others waiting for ever.
        wait["options"] = f"-c idle_in_transaction_session_timeout={int(IDLE * 1000)}"
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True, connect_args=wait
    )


_SQLITE = frozenset({"sqlite", "sqlite+pysqlite"})
_POSTGRESQL = frozenset({"postgresql", "postgresql+psycopg", "postgres"})


def prepare(engine: Engine) -> None:
    """Make a SQLite engine durable and its transactions real, whoever made it; other engines are left as they are."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "begin", _begin):
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begin)


def _connected(connection: Any, _record: object) -> None:
    """Set what SQLite forgets with each connection."""
    # The driver shall begin no transactions of its own: it would begin them too late.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={int(BUSY * 1000)}")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")
    # KiB. With SQLite's own two mebibytes a large index is read again and again while rows are put into it.
    connection.execute("PRAGMA cache_size=-16384")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: Any) -> None:
    """Turn the write-ahead log on, once in a file's life; SQLite does not wait for others here, so we do."""
    deadline = time.monotonic() + BUSY
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory"}:
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    """Begin at once: a transaction that reads first and writes later would fail instead of waiting."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(BEGIN, 'IMMEDIATE')}")


@contextmanager
def reaching(engine: Engine, use: Use) -> Iterator[None]:
    """Turn what means "this database cannot be used now" into the use's error."""
    try:
        yield
    except sql.DBAPIError as error:
        why = _CLOSED_TO_US.get(str(getattr(error.orig, "sqlstate", "")), "")
        # A plain DatabaseError is SQLite's "file is not a database".
        if not why and not (
            isinstance(error, sql.OperationalError | sql.InterfaceError) or type(error) is sql.DatabaseError
        ):
            raise
        raise _unavailable(engine, use, why or str(error.orig)) from error
    except sql.TimeoutError as error:
        raise _unavailable(engine, use, "all connections are in use") from error


def place_of(engine: Engine) -> str:
    """Name the database for people, without user and password."""
    url = engine.url
    if not url.host:
        return url.database or "in memory"
    return f"{url.host}:{url.port or 5432}/{url.database or ''}"


def _unavailable(engine: Engine, use: Use, why: str) -> ConfigurationError:
    """Say what is wrong, where, and what to do."""
    lines = why.strip().splitlines()
    line = lines[0] if lines else "no reason given"
    for secret in (engine.url.password, engine.url.query.get("password")):
        line = line.replace(str(secret), "***") if secret else line
    return use.error(
        f"{use.what} at {place_of(engine)} cannot be used: {line}. {use.consequence}: see that the "
        "database runs, is reachable and writable from here and not locked by another program, then run again"
    )
