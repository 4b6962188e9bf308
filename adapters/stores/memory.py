"""A job store that lives in memory and dies with its process: for dry runs and tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import QueuePool, create_engine

from adapters.databases.engines import prepare
from adapters.stores.sql import SqlKeepingStore
from adapters.stores.sql.schema import create


def memory_store(clock: Callable[[], datetime] | None = None) -> SqlKeepingStore:
    """Return an empty store over SQLite's memory: one set of rules, two places for the bytes.

    The pool holds one connection, which is the database and the lock between threads at once.
    """
    engine = create_engine(
        "sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )
    prepare(engine)
    create(engine, clock)
    return SqlKeepingStore(engine, clock)
