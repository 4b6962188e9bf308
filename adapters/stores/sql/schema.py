"""The job store's schema: `adapters.databases.schema`, with the store's birth."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, Engine, func, insert, select

from adapters.databases.schema import Schema
from adapters.stores.sql.engines import JOB_STORE
from adapters.stores.sql.tables import metadata, store
from adapters.stores.sql.times import Clock, moment

SCHEMA = Schema(
    use=JOB_STORE,
    tables=frozenset(metadata.tables),
    head="0004",
    version_table="syndicate_version",
    migrations=Path(__file__).with_name("migrations"),
)


def ensure(engine: Engine, reads: Engine, clock: Clock | None) -> None:
    """Bring the schema to the head; raises ConfigurationError when a newer release, or another program, made it."""
    if SCHEMA.is_current(reads):
        return
    with engine.begin() as connection:
        if SCHEMA.upgrade(connection):
            _be_born(connection, clock)


def create(engine: Engine, clock: Clock | None) -> None:
    """Make the newest schema in an empty database without alembic: for a store that lives and dies with its process."""
    with engine.begin() as connection:
        metadata.create_all(connection)
        SCHEMA.stamp(connection)
        _be_born(connection, clock)


def _be_born(connection: Connection, clock: Clock | None) -> None:
    """Draw the store's identity, once."""
    if not connection.scalar(select(func.count()).select_from(store)):
        connection.execute(insert(store).values(birth_id=uuid4().hex, born_at=moment(connection, clock)))
