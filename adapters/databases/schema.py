"""A schema: made, and brought up to date, once, however many processes start at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from adapters.contracts.errors import ConfigurationError
from adapters.databases.engines import Use, place_of

_LOCK = 0x73796E6469636174


@dataclass(frozen=True)
class Schema:
    """Some tables of ours in a database that may hold others' too."""

    use: Use
    tables: frozenset[str]
    """Their names: those that another program has already are in the way."""
    head: str
    """The newest revision, written down so that a schema in order opens without alembic, which loads slowly."""
    version_table: str
    """Not alembic's own name: the database may be Prefect's, which has that one."""
    migrations: Path

    @property
    def _version(self) -> Table:
        return Table(self.version_table, MetaData(), Column("version_num", String(32), primary_key=True))

    def revision(self, connection: Connection) -> str | None:
        """Return the revision that the database says it has; raises where there is no such table."""
        return connection.scalar(select(self._version.c.version_num))

    def is_current(self, engine: Engine) -> bool:
        """Say whether nothing is to be done; False where that cannot be told."""
        try:
            with engine.connect() as connection:
                return self.revision(connection) == self.head
        except (OperationalError, ProgrammingError):
            # No such table, or no such database: the careful way finds out which.
            return False

    def upgrade(self, connection: Connection) -> bool:
        """Run what is missing, inside the caller's writing transaction; returns whether anything was.

        Raises ConfigurationError when a newer release, or another program, made what is there.
        """
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        present = set(inspect(connection).get_table_names())
        where = place_of(connection.engine)
        if self.version_table in present:
            if self.revision(connection) == self.head:
                return False
        elif taken := present & self.tables:
            raise ConfigurationError(
                f"the database {where} holds tables of another program ({', '.join(sorted(taken))}): "
                f"give {self.use.what} a database of its own"
            )
        self._migrate(connection, where)
        return True

    def stamp(self, connection: Connection) -> None:
        """Say that an empty database, whose tables were made without alembic, is at the head."""
        version = self._version
        version.create(connection)
        connection.execute(insert(version).values(version_num=self.head))

    def _migrate(self, connection: Connection, where: str) -> None:
        from alembic import command  # noqa: PLC0415  a quarter of a second that a schema in order need not pay
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util.exc import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(self.migrations).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigurationError(
                f"{self.use.what} at {where} was made by a newer release of prefect-syndicate: install that release "
                "here too, or name another one"
            ) from error
