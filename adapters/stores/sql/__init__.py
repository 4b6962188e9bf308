"""The job store in SQL: SQLite where one machine works, PostgreSQL where several do."""

from adapters.stores.sql.engines import engine_of, sqlite_engine
from adapters.stores.sql.keeper import SqlKeepingStore
from adapters.stores.sql.store import SqlJobStore

__all__ = ["SqlJobStore", "SqlKeepingStore", "engine_of", "sqlite_engine"]
