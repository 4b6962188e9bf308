"""A database as a pair's destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.groups import Place

if TYPE_CHECKING:
    from adapters.destinations.sql import SqlDestination


class Sql(Place):
    """The database."""

    database: str = "sqlite:///archive.db"
    """sqlite:///archive.db, postgresql://user@host/name, or the name of a SqlAlchemyConnector block."""

    def open(self) -> SqlDestination:
        """Return the adapter; raises ConfigurationError for a URL with a password."""
        from adapters.destinations.sql import SqlDestination
        from tasks.credentials import engine_for

        return SqlDestination(engine_for(self.database))
