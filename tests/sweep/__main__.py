"""The whole sweep: python -m tests.sweep [--every K] [--only NAME]."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from tests.servers import postgres
from tests.sweep.feeds import Feed
from tests.sweep.roads import Archive, Road, Webhook
from tests.sweep.sweep import Row, Sweep, show
from tests.sweep.tables import Tables

ERRORS = ("ENOSPC", "EIO")


@contextmanager
def server() -> Iterator[str]:
    """Start a PostgreSQL of our own; its folder's name must be short, for a socket's."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        url, stop = postgres.start(folder)
        try:
            yield url
        finally:
            stop()
    finally:
        shutil.rmtree(folder)


def sweeps(only: str, every: int, url: str) -> Iterator[tuple[Row, bool]]:
    """Do the sweeps whose names hold a text; yields each with whether it must fail."""
    kinds: list[tuple[Road, tuple[str, ...]]] = [
        (Archive("naive", "naive"), ("KILL",)),
        (Archive(), ("KILL", *ERRORS)),
        (Archive("pages", "pages"), ("KILL", *ERRORS)),
        (Tables(), ("KILL", *ERRORS)),
        (Feed(), ("KILL", *ERRORS)),
        (Webhook("webhook-keys"), ("KILL", *ERRORS, "STOP")),
        (Webhook("webhook-holds", honours_key=False), ("KILL", *ERRORS, "STOP")),
        (Webhook("webhook-keys-parallel", parallel=4), ("KILL", *ERRORS, "STOP")),
        (Webhook("webhook-holds-parallel", honours_key=False, parallel=4), ("KILL", *ERRORS, "STOP")),
    ]
    if url:
        kinds += [
            (Tables("sql-postgres", postgres=url), ("KILL",)),
            (Webhook("webhook-keys-postgres", postgres=url), ("KILL", "STOP")),
            (Webhook("webhook-holds-postgres-parallel", honours_key=False, postgres=url, parallel=4), ("KILL", "STOP")),
            (Webhook("webhook-holds-postgres", honours_key=False, postgres=url), ("KILL", "STOP")),
        ]
    for kind, faults in kinds:
        wanted = [fault for fault in faults if only in f"{kind.name}-{fault}"]
        if wanted:
            with Sweep(kind) as prepared:
                for fault in wanted:
                    yield prepared.sweep(fault, every=every), kind.road == "naive"


def main() -> int:
    """Sweep, print the table, and say whether the promise holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweep", description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only each K-th point")
    parser.add_argument("--only", default="", help="only sweeps whose name (naive-KILL, archive-EIO …) holds this")
    parser.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL out")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "*"
    rows, held = [], True
    with tempfile.TemporaryDirectory() if arguments.no_postgres else server() as url:
        began = time.monotonic()
        for row, must_fail in sweeps(arguments.only, arguments.every, "" if arguments.no_postgres else url):
            rows.append(row)
            held = held and (row.doubled > 0 and row.fired == row.points if must_fail else row.held)
            took = time.monotonic() - began
            found = f"{row.lost} lost, {row.doubled} doubled, {row.torn} torn"
            print(
                f"{row.road} {row.fault}: {row.fired} of {row.points}, {found}, {took:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    show(rows, Console(width=140))
    return 0 if held and rows else 1


if __name__ == "__main__":
    sys.exit(main())
