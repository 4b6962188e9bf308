"""The schema: made, and brought up to date, once, however many processes start at the same time."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, func, insert, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from adapters.contracts.errors import ConfigurationError
from adapters.stores.sql.engines import place_of
from adapters.stores.sql.tables import metadata, store
from adapters.stores.sql.times import Clock, moment

HEAD = "0001"
"""The newest revision, written down here so that an up-to-date store opens without alembic, which loads slowly."""
VERSION_TABLE = "syndicate_version"
"""Not alembic's own name: the database may be Prefect's, which has that one."""
MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x73796E6469636174
_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))


def ensure(engine: Engine, reads: Engine, clock: Clock | None) -> None:
    """Bring the schema to HEAD; raises ConfigurationError when a newer release, or another program, made it."""
    try:
        with reads.connect() as connection:
            if _revision(connection) == HEAD:
                return
    except (OperationalError, ProgrammingError):
        # No such table, or no such database: the careful way finds out which.
        pass
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        present = set(inspect(connection).get_table_names())
        if VERSION_TABLE in present:
            if _revision(connection) == HEAD:
                return
        elif taken := present & set(metadata.tables):
            raise ConfigurationError(
                f"the database {place_of(engine)} holds tables of another program ({', '.join(sorted(taken))}): "
                "give the job store a database of its own"
            )
        _upgrade(connection)
        _be_born(connection, clock)


def create(engine: Engine, clock: Clock | None) -> None:
    """Make the newest schema in an empty database without alembic: for a store that lives and dies with its process."""
    with engine.begin() as connection:
        metadata.create_all(connection)
        _version.create(connection)
        connection.execute(insert(_version).values(version_num=HEAD))
        _be_born(connection, clock)


def _revision(connection: Connection) -> str | None:
    """Return the revision that the database says it has."""
    return connection.scalar(select(_version.c.version_num))


def _upgrade(connection: Connection) -> None:
    """Run what is missing, inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415  a quarter of a second that a store in order need not pay
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            f"the job store at {place_of(connection.engine)} was made by a newer release of prefect-syndicate: install "
            "that release here too, or name another store"
        ) from error


def _be_born(connection: Connection, clock: Clock | None) -> None:
    """Draw the store's identity, once."""
    if not connection.scalar(select(func.count()).select_from(store)):
        connection.execute(insert(store).values(birth_id=uuid4().hex, born_at=moment(connection, clock)))
