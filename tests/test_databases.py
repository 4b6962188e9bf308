"""Databases: a process that stands still keeps nobody waiting for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.databases import engines
from adapters.stores.sql.engines import JOB_STORE


@pytest.mark.postgres
def test_a_transaction_that_stands_still_is_ended(postgres_url, monkeypatch):
    """PostgreSQL ends it, so that its locks are free; its owner learns of that at its next step."""
    monkeypatch.setattr(engines, "IDLE", 0.2)
    engine = engines.engine_of(postgres_url, JOB_STORE)
    with engine.connect() as stopped, engine.connect() as other:
        stopped.execute(text("CREATE TABLE t (n int)"))
        stopped.commit()
        stopped.execute(text("LOCK TABLE t"))
        # Waits until the lock is free.
        other.execute(text("SELECT pg_sleep(0.4)"))
        other.execute(text("INSERT INTO t VALUES (1)"))
        other.commit()
        with pytest.raises(DBAPIError):
            stopped.execute(text("SELECT 1"))
        stopped.invalidate()
    engine.dispose()
