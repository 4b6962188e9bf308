"""Servers that a run of the bench needs, started for it alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from bench.frame import ROOT
from tests.servers import postgres


@contextmanager
def started(rows: Collection[str]) -> Iterator[dict[str, str]]:
    """Start what these rows need; yields addresses by name."""
    services: dict[str, str] = {}
    with ExitStack() as stack:
        if any("postgres" in row for row in rows):
            services |= stack.enter_context(_postgres())
        if "publishing" in rows:
            services["publishing"] = stack.enter_context(_answering())
        yield services


@contextmanager
def _answering() -> Iterator[str]:
    """Start the server that is published to; yields its address."""
    command = [sys.executable, str(ROOT / "bench" / "publishing.py"), "--serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int((process.stdout or sys.stdin).readline())}/"
        finally:
            process.terminate()


@contextmanager
def _postgres() -> Iterator[dict[str, str]]:
    """Start PostgreSQL, where it is installed; yields its address and its password apart."""
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
