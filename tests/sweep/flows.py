"""Whole flows under strace: a run of a flow file, killed where it touches the archive or the job store."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.exports import ROOT
from tests.sweep.tracing import ENVIRONMENT, FILES, NotFired, Point, chosen, command

LEASE = 3_600_000_000
"""Microseconds by which leases are moved into the past, instead of waiting for their minute."""


@dataclass(frozen=True)
class Flow:
    """A flow with an archive and a job store of its own in a folder."""

    file: str
    folder: Path
    home: Path
    arguments: tuple[str, ...]

    @property
    def archive(self) -> Path:
        """Where the archive is, for those flows that fill one."""
        return self.folder / "archive"

    @property
    def store(self) -> Path:
        """Where the job store is."""
        return self.folder / "store.db"

    def run(self) -> tuple[int, str, dict[str, object]]:
        """Run the flow to its end and return exit code, output and summary."""
        file = self.folder / "summary.json"
        process = self._start("--summary", str(file))
        output, _ = process.communicate(timeout=300)
        return process.returncode, output, json.loads(file.read_text()) if file.exists() else {}

    def points(self) -> list[Point]:
        """Run the flow without harm and return the calls that touch archive and store, as the busiest thread made them.

        strace counts by thread, and Prefect's threads come and go; only one of them does the pair's work.
        """
        log = self.folder.with_suffix(".log")
        process = self._start(strace=self._tracing(log, ",".join(f"?{name}" for name in FILES)))
        output, _ = process.communicate(timeout=300)
        if process.returncode:
            raise RuntimeError(output)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        ((busiest, _),) = Counter(line.split(maxsplit=1)[0] for line in lines).most_common(1)
        return chosen("\n".join(line for line in lines if line.startswith(busiest)), lambda *_: True)

    def kill(self, point: Point) -> None:
        """Run the flow, have it killed at a point, and kill all it started."""
        log = self.folder.with_suffix(".log")
        inject = f"inject={point.call}:signal=KILL:when={point.number}"
        process = self._start(strace=[*self._tracing(log, point.call), "-e", inject])
        while process.poll() is None and not _struck(log):
            time.sleep(0.05)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        if not _struck(log):
            raise NotFired(f"KILL at {point} did not happen: {output}")

    def leases_end(self) -> None:
        """Let all leases be over."""
        store = sqlite3.connect(self.store)
        with store:
            if store.execute("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").fetchone():
                store.execute("UPDATE jobs SET lease_until = lease_until - ? WHERE state = 'running'", (LEASE,))
        store.close()

    def _tracing(self, log: Path, calls: str) -> list[str]:
        """Return the beginning of a command that traces only what touches the archive and the job store."""
        items = self.archive / "items"
        watched = [self.archive / "index.sqlite", self.archive / "index.sqlite-journal", items / "000001.jsonl"]
        watched += [items / ".000001.jsonl.tmp", self.store, Path(f"{self.store}-wal")]
        paths = [part for path in watched for part in ("-P", str(path))]
        return [*command(log, *paths), "-e", "signal=none", "-e", f"trace={calls}"]

    def _start(self, *more: str, strace: list[str] | None = None) -> subprocess.Popen[str]:
        """Start the flow in a session of its own."""
        self.folder.mkdir(exist_ok=True)
        variables = {
            "PREFECT_HOME": str(self.home),
            "SYNDICATE_WITNESS": str(self.folder / "witness"),
            "SYNDICATE_DATABASE_URL": f"sqlite:///{self.store}",
        }
        return subprocess.Popen(
            [*(strace or []), sys.executable, str(ROOT / "flows" / f"{self.file}.py"), *self.arguments, *more],
            cwd=self.folder,
            env=ENVIRONMENT | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def _struck(log: Path) -> bool:
    """Say whether a call was never answered: what strace leaves of a kill when it traces by path."""
    return log.exists() and re.search(r"= \?$", log.read_text(errors="replace"), re.MULTILINE) is not None
