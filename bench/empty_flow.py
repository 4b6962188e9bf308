"""What a run costs beside an empty flow: whole processes, in a warm home, side by side in interleaved rounds.

"empty" is a flow without a line in it, as anybody writes it: Prefect starts its own server. "empty, our start" is the
same flow on the pack's command line, which starts that server beside the imports. "sample, nothing new" is the bundled
sample once more into its archive, "sample, anew" into an archive of its own. What a command leaves behind (Prefect's
server outlives its run) is waited for and counted, so that nobody's seconds are lost.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

FLOW = Path(__file__).resolve().parents[1] / "flows" / "telegram_export_to_local.py"
EMPTY = """
from prefect import flow

@flow
def empty():
    pass

empty()
"""
EMPTY_OURS = """
from tasks.cli import main
from tasks.flow import flow

@flow(name="empty")
def empty() -> object:
    return None

main(empty)
"""
PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h: orphans below this process become its children, so that their seconds can be asked for."""
PATIENCE = 20.0
"""Seconds that a server may take to end after its run."""


class Cost(NamedTuple):
    """Seconds of the clock until the command had ended, and of the processors, those of all it started too."""

    wall: float
    cpu: float


def measure(home: Path, *command: str) -> Cost:
    """Run a command in a folder of its own beside its home; raises when it fails."""
    environment = os.environ | {"PREFECT_HOME": str(home), "SYNDICATE_WITNESS": str(home / "witness"), "CI": "1"}
    # Containers like to set it, and each run would compile every module again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment |= {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
    }
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, *command], cwd=home.parent, env=environment, capture_output=True, check=True)
    wall = time.monotonic() - began
    _reap()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _reap() -> None:
    """Wait for what a command has left behind; what does not end is told to."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            gone, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if gone:
            continue
        if time.monotonic() > until:
            for child in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGTERM)
            until = time.monotonic() + PATIENCE
        time.sleep(0.05)


def one_round(folder: Path, number: int) -> dict[str, Cost]:
    """Measure everything once."""
    home = folder / "home"
    return {
        "empty": measure(home, str(folder / "empty.py")),
        "empty, our start": measure(home, str(folder / "empty_ours.py")),
        "sample, nothing new": measure(home, str(FLOW), "--archive", str(folder / "archive")),
        "sample, anew": measure(home, str(FLOW), "--archive", str(folder / f"archive-{number}")),
    }


def main() -> None:
    """Warm up, measure, and print a table of medians and spreads."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=5)
    number = asked.parse_args().rounds
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "empty.py").write_text(EMPTY, encoding="utf-8")
        (folder / "empty_ours.py").write_text(EMPTY_OURS, encoding="utf-8")
        one_round(folder, 0)
        rounds = [one_round(folder, one + 1) for one in range(number)]
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, ", end="")
    print(f"load {os.getloadavg()[0]:.1f}, {number} rounds\n")
    show(rounds)


def show(rounds: Sequence[dict[str, Cost]]) -> None:
    """Print each command's seconds, and what they are beside the empty flow's of the same round."""
    print(
        "| what | processor seconds | of the empty flow's | seconds | of the empty flow's |\n|---|---:|---:|---:|---:|"
    )
    for what in rounds[0]:
        cells = []
        for field in Cost._fields:
            seconds = [getattr(one[what], field) for one in rounds]
            ratios = [getattr(one[what], field) / getattr(one["empty"], field) for one in rounds]
            median = statistics.median(ratios)
            spread = f"{median:.2f} ({min(ratios):.2f}…{max(ratios):.2f})"
            cells = [f"{statistics.median(seconds):.1f}", spread, *cells]
        print(f"| {what} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
