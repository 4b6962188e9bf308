"""Measuring: a command as a whole process, and who else was at work on the machine meanwhile."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.frame import ROOT, Cost

TICK = os.sysconf("SC_CLK_TCK")
MIB = 1024
"""What is counted is KiB."""
LOOKS = 0.05
"""Seconds between two looks at a side's memory: a process's own peak, of which the last look may miss its end."""
PEAK = re.compile(r"^VmHWM:\s*(\d+)", re.MULTILINE)


PR_SET_CHILD_SUBREAPER = 36


class Broken(Exception):
    """A side did not do its work."""


def adopt_orphans() -> None:
    """Become the parent of what a started server leaves behind, so that its work is not taken for somebody else's."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str], items: int) -> Cost:
    """Run a command in a folder to its end; raises Broken with its last words where it fails."""
    with tempfile.TemporaryFile() as said:
        busy, own = _busy(), _own()
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**_environment(), "PYTHONPATH": str(ROOT), **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        with _largest(process.pid) as largest:
            _, status, used = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        others = max(0.0, (_busy() - busy) - (_own() - own)) / max(wall, 1 / TICK)
        if process.returncode:
            said.seek(0)
            last = said.read()[-2000:].decode(errors="replace")
            raise Broken(f"{' '.join(command)} ended with {process.returncode}: {last}")
    return Cost(wall, used.ru_utime + used.ru_stime, largest[0] / MIB, others, items)


@contextmanager
def _largest(process: int) -> Iterator[list[int]]:
    """Look at a process and its descendants until this ends; yields the KiB of the largest, so far, of them.

    What `wait4` tells of memory would do, but begins with what this process had when it started that one.
    """
    ended, found = threading.Event(), [0]

    def look() -> None:
        """Note each process's own peak, which only grows."""
        while not ended.wait(LOOKS):
            found[0] = max([found[0], *(_peak(one) for one in _family(process))])

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _family(process: int) -> Iterator[int]:
    """Yield a process and its descendants that live."""
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _peak(process: int) -> int:
    """Return the KiB that a process had at the most; 0 where it is gone."""
    try:
        found = PEAK.search(Path(f"/proc/{process}/status").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _environment() -> dict[str, str]:
    """Return this process's environment; without what containers like to set: each run would compile every module."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _busy() -> float:
    """Return the seconds that the machine's processors have been at work since it was started."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    user, nice, system, _idle, _waiting, interrupts, soft = map(int, fields[1:8])
    return (user + nice + system + interrupts + soft) / TICK


def _own() -> float:
    """Return the seconds that this process and all that descend from it have used, the living ones too."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    mine = resource.getrusage(resource.RUSAGE_SELF)
    total = sum((ended.ru_utime, ended.ru_stime, mine.ru_utime, mine.ru_stime))
    return total + sum(seconds for _, seconds in _descendants())


def _descendants() -> list[tuple[int, float]]:
    """Return (id, seconds) of the processes that descend from this one, with those that they have waited for."""
    parents: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").iterdir():
        if not path.name.isdigit():
            continue
        try:
            fields = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.name)] = int(fields[1]), sum(map(int, fields[11:15])) / TICK
    found, wanted = [], {os.getpid()}
    while wanted:
        children = {child for child, (parent, _) in parents.items() if parent in wanted}
        found += [(child, parents[child][1]) for child in children]
        wanted = children
    return found


def machine() -> dict[str, str]:
    """Name the machine and what it is busy with."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{model or os.uname().machine}, {os.cpu_count()} processors, {memory:.0f} GiB",
        "load before": " ".join(f"{one:.2f}" for one in os.getloadavg()),
    }
