"""Servers that a run of the bench needs, started for it alone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.servers import postgres


@contextmanager
def started(wanted: bool) -> Iterator[dict[str, str]]:  # noqa: FBT001 - asked once
    """Start PostgreSQL, where it is wanted and installed; yields its address and its password apart."""
    if not wanted:
        yield {}
        return
    # Its name must be short, for a socket's.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        url, stop = postgres.start(folder)
    except postgres.NoPostgres as error:
        yield {"no postgres": str(error)}
        shutil.rmtree(folder)
        return
    parsed = make_url(url)
    try:
        bare = f"postgresql://{parsed.username}@{parsed.host}:{parsed.port}/{parsed.database}"
        yield {"postgres": bare, "postgres password": str(parsed.password)}
    finally:
        stop()
        shutil.rmtree(folder)
