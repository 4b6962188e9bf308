"""The job store's engines: `adapters.databases`, in the store's words."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine

from adapters.contracts.errors import StoreUnavailable
from adapters.databases import engines

JOB_STORE = engines.Use(
    what="the job store",
    setting="SYNDICATE_DATABASE_URL",
    example="syndicate.db",
    consequence="Nothing is sent without it",
    error=StoreUnavailable,
)


def sqlite_engine(path: Path) -> Engine:
    """Return an engine for a SQLite file, made with its folder (0600) at the first connection."""
    return engines.sqlite_engine(path, JOB_STORE)


def engine_of(url: str) -> Engine:
    """Return an engine for a sqlite or postgresql URL; raises ConfigurationError, never repeating a password."""
    return engines.engine_of(url, JOB_STORE)


def reaching(engine: Engine) -> AbstractContextManager[None]:
    """Turn what means "this store cannot be used now" into StoreUnavailable."""
    return engines.reaching(engine, JOB_STORE)
