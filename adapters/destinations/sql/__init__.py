"""Destination: a database for people who query, SQLite or PostgreSQL, see `adapters.destinations.sql.tables`.

It OVERWRITES: one row an item, in its latest version. Several sources may share a database; one run writes at a time.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.contracts.ports import BulkSession
from adapters.databases.engines import BEGIN, engine_of, place_of, prepare, reaching
from adapters.databases.schema import Schema
from adapters.destinations.sql.session import DATABASE, SqlSession
from adapters.destinations.sql.tables import CONTENT, cursors, metadata, place, sources

SCHEMA = Schema(
    use=DATABASE,
    tables=frozenset(metadata.tables),
    head="0002",
    version_table="syndicate_sql_version",
    migrations=Path(__file__).with_name("migrations"),
)
LOCK = 0x73796E6473716C
"""PostgreSQL's advisory lock of who writes; such locks belong to one database."""

PATIENCE = 5.0
"""Seconds to wait for it: what a killed run had asked for last is done to its end before its lock is free."""

__all__ = ["CONTENT", "SCHEMA", "SqlDestination", "engine_of"]


class SqlDestination:
    """A database."""

    service: ClassVar[str] = "sql"
    marks: ClassVar[bool] = True

    def __init__(self, engine: Callable[[], Engine]) -> None:
        """Take what makes the engine; nothing is opened before it is needed."""
        self._make = engine
        self._made: Engine | None = None
        self._birth: str | None = None
        self._new_birth = uuid4().hex

    @property
    def identity(self) -> str:
        """`sql:<birth id>`, as the database says; where there is none yet, the one that this object would give it."""
        if self._birth is None and self._exists():
            with reaching(self._engine, DATABASE), self._connected() as connection, connection.begin():
                known = inspect(connection).has_table(place.name)
                self._birth = connection.scalar(select(place.c.birth_id)) if known else None
        return f"{self.service}:{self._birth or self._new_birth}"

    @contextmanager
    def open(self, source_id: str) -> Iterator[BulkSession]:
        """Take the database for writing, its tables made or brought up to date, and keep other runs out until closed.

        Raises ConfigurationError when it cannot be reached, holds another program's tables or is of a newer release,
        and Transient when another run is writing there.
        """
        with self._locked() as connection:
            with reaching(self._engine, DATABASE), connection.begin():
                SCHEMA.upgrade(connection)
                self._be_born(connection, source_id)
            yield SqlSession(connection, source_id)

    @contextmanager
    def peek(self, source_id: str) -> Iterator[BulkSession]:
        """Look at the database without changing it; where there is none, an empty one of this process is looked at."""
        current = self._exists() and self._has_tables()
        if current:
            with self._connected() as connection:
                yield SqlSession(connection, source_id)
            return
        empty = create_engine("sqlite://")
        prepare(empty)
        with empty.connect() as connection:
            with connection.begin():
                metadata.create_all(connection, tables=[*CONTENT, place, sources, cursors])
            yield SqlSession(connection, source_id)
        empty.dispose()

    @property
    def _engine(self) -> Engine:
        if self._made is None:
            self._made = self._make()
            prepare(self._made)
        return self._made

    def _exists(self) -> bool:
        """Say whether there is anything to connect to: SQLite would make a file by looking."""
        url = self._engine.url
        return url.get_backend_name() != "sqlite" or Path(str(url.database)).exists()

    def _has_tables(self) -> bool:
        """Say whether our tables are there, of this release; raises ConfigurationError for a newer one's."""
        with reaching(self._engine, DATABASE), self._connected() as connection, connection.begin():
            if not inspect(connection).has_table(SCHEMA.version_table):
                return False
            if SCHEMA.revision(connection) == SCHEMA.head:
                return True
        raise ConfigurationError(
            f"{DATABASE.what} at {place_of(self._engine)} is of another release of prefect-syndicate: an older one is "
            "brought up to date by a run without --dry-run, for a newer one that release is needed"
        )

    def _be_born(self, connection: Connection, source_id: str) -> None:
        """Draw the database's identity, once, and begin a source's number."""
        if not connection.scalar(select(func.count()).select_from(place)):
            connection.execute(insert(place).values(birth_id=self._new_birth))
        if not connection.scalar(select(func.count()).select_from(sources).where(sources.c.source == source_id)):
            connection.execute(insert(sources).values(source=source_id, generation=0))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Open a connection that reads."""
        with reaching(self._engine, DATABASE):
            connection = self._engine.connect().execution_options(**{BEGIN: "DEFERRED"})
        try:
            if self._engine.dialect.name == "postgresql":
                with reaching(self._engine, DATABASE), connection.begin():
                    # A plan that was made for an empty table would be kept while thousands of rows are put into it.
                    connection.execute(text("SET plan_cache_mode = force_custom_plan"))
            yield connection
        finally:
            connection.close()
            self._engine.dispose()

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """Be the only writer, on a connection that is kept."""
        if self._engine.dialect.name == "sqlite":
            with self._file_locked():
                with reaching(self._engine, DATABASE):
                    connection = self._engine.connect().execution_options(**{BEGIN: "IMMEDIATE"})
                try:
                    yield connection
                finally:
                    connection.close()
                    self._engine.dispose()
            return
        with self._connected() as connection:
            deadline = time.monotonic() + PATIENCE
            while not self._lock(connection, "pg_try_advisory_lock"):
                if time.monotonic() > deadline:
                    raise self._busy()
                time.sleep(0.1)
            try:
                yield connection
            finally:
                # Closing the session gives the lock back as well, however it ends, but only when the server notices.
                with suppress(DBAPIError, ConfigurationError):
                    self._lock(connection, "pg_advisory_unlock")
                connection.invalidate()

    def _lock(self, connection: Connection, verb: str) -> bool:
        """Take or give back the lock of who writes; returns whether that was done."""
        with reaching(self._engine, DATABASE), connection.begin():
            return bool(connection.scalar(text(f"SELECT {verb}(:lock)"), {"lock": LOCK}))

    @contextmanager
    def _file_locked(self) -> Iterator[None]:
        """Lock a file beside SQLite's: SQLite itself locks for a transaction only."""
        path = Path(str(self._engine.url.database))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"{DATABASE.what} {path} cannot be written ({error.strerror}): mend the folder's rights or name "
                f"another place in {DATABASE.setting}"
            ) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise self._busy() from error
            yield
        finally:
            os.close(descriptor)

    def _busy(self) -> Transient:
        """Say that another run is at work."""
        return Transient(f"another run is writing to {place_of(self._engine)}")
