"""strace: which system calls of a run can be struck, and striking one."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests.exports import ROOT
from tests.sweep.child import UNTRACED, Run

FILES = (
    *("fsync", "fdatasync", "write", "pwrite64", "ftruncate"),
    *("rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat", "mkdir", "mkdirat"),
)
"""What changes files or makes changes last."""
SOCKETS = ("sendto", "recvfrom")
STOPPED = 1.5
"""The longest that a run is stopped, in seconds of ours; for the runs' own clocks it is an age."""
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)")
ENVIRONMENT = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "NO_PROXY": "*"}
"""Nothing of Python's own is written, and one run makes the same calls as the next."""


class NoStrace(Exception):
    """The sweep needs strace."""


class NotFired(Exception):
    """What was to be injected never was: the point does not count."""


@dataclass(frozen=True)
class Point:
    """A system call of a run, counted as strace counts: by name, within its thread."""

    call: str
    number: int
    what: str
    """The call's arguments, for people."""

    def __str__(self) -> str:
        return f"{self.call}#{self.number}({self.what})"


@dataclass(frozen=True)
class Ended:
    """How a traced run ended."""

    code: int
    output: str
    errors: str
    log: str

    @property
    def fired(self) -> bool:
        """Whether something was injected."""
        return any(sign in self.log for sign in ("(INJECTED)", "killed by SIGKILL", "stopped by SIGSTOP"))

    @property
    def unclean(self) -> str:
        """Say in what way this is no end that was promised: done, or one clear line and exit code 1."""
        lines = self.errors.strip().splitlines()
        if self.code in {0, -signal.SIGKILL} and "Traceback" not in self.errors:
            return ""
        if self.code == 1 and len(lines) == 1:
            return ""
        return f"ended with {self.code}: {self.errors[-1500:]}"


def command(log: Path, *options: str) -> list[str]:
    """Return the beginning of a command that runs another one under strace."""
    program = shutil.which("strace")
    if program is None:
        raise NoStrace("the crash sweep needs strace: apt install strace")
    return [program, "-f", "-qq", "-yy", "-s", "0", "-o", str(log), *options]


def chosen(log: str, wanted: Callable[[str, str], bool]) -> list[Point]:
    """Read from a log which calls are wanted, given name and arguments."""
    counts: Counter[tuple[str, str]] = Counter()
    found = []
    for line in log.splitlines():
        call = _CALL.match(line)
        if call is None:
            continue
        thread, name, rest = call.groups()
        counts[thread, name] += 1
        if wanted(name, rest):
            found.append(Point(name, counts[thread, name], rest[:160]))
    return found


class Nursery:
    """Children for one thread, each a process of its own; see `tests.sweep.child`."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.sweep.child"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, told: Run, folder: Path) -> Ended:
        """Do a run undisturbed."""
        self._start(told, folder, traced=False)
        return self._ended(folder)

    def points(self, told: Run, folder: Path, wanted: Callable[[str, str], bool]) -> list[Point]:
        """Do a run without harm and return those of its calls that are wanted, in their order."""
        calls = ",".join(f"?{name}" for name in (*FILES, *SOCKETS))
        ended = self._traced(told, folder, "-e", f"trace={calls}", "-e", "signal=none")
        if ended.code:
            raise RuntimeError(f"the undisturbed run failed with {ended.code}: {ended.errors}")
        return chosen(ended.log, wanted)

    def strike(self, told: Run, folder: Path, point: Point, fault: str) -> Ended:
        """Do a run and let a fault befall it at a point: "KILL" or the name of an error."""
        ended = self._traced(told, folder, *injection(point, fault))
        if not ended.fired or (fault == "KILL" and ended.code != -signal.SIGKILL):
            raise NotFired(f"{fault} at {point} did not happen: ended with {ended.code}: {ended.errors}")
        return ended

    def stop(self, told: Run, folder: Path, point: Point, meanwhile: Callable[[], None]) -> Ended:
        """Do a run, stop it behind a point, begin something meanwhile, and let it go on after `STOPPED` seconds.

        It is not waited for: a run stopped in a transaction keeps everyone out until it goes on.
        """
        child = self._start(told, folder, traced=True)
        tracer = self._tracer(folder, child, *injection(point, "STOP"))
        log = folder / "log"
        stopped = False
        while not stopped and tracer.poll() is None:
            time.sleep(0.02)
            stopped = "stopped by SIGSTOP" in log.read_text(errors="replace")
        if not stopped:
            self._ended(folder, tracer)
            raise NotFired(f"STOP at {point} did not happen")
        other = Thread(target=meanwhile)
        other.start()
        other.join(STOPPED)
        # A call is counted a thread: one of several may come to its point, and stop the run, later than another.
        with suppress(ProcessLookupError):
            while tracer.poll() is None:
                os.kill(child, signal.SIGCONT)
                time.sleep(0.05)
        ended = self._ended(folder, tracer)
        other.join()
        return ended

    def _traced(self, told: Run, folder: Path, *options: str) -> Ended:
        """Do a run under strace."""
        child = self._start(told, folder, traced=True)
        return self._ended(folder, self._tracer(folder, child, *options))

    def _start(self, told: Run, folder: Path, *, traced: bool) -> int:
        """Have a child made and return its process id; it waits for its tracer."""
        output, errors = str(folder / "output"), str(folder / "errors")
        asked = {"told": told.told(), "traced": traced, "output": output, "errors": errors}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    @staticmethod
    def _tracer(folder: Path, child: int, *options: str) -> subprocess.Popen[str]:
        """Attach strace to a child."""
        log = folder / "log"
        log.touch()
        return subprocess.Popen([*command(log, *options), "-p", str(child)], stderr=subprocess.PIPE, text=True)

    def _ended(self, folder: Path, tracer: subprocess.Popen[str] | None = None) -> Ended:
        """Wait for the child's end."""
        code, log = int(self._process.stdout.readline()), ""
        if tracer is not None:
            complaint = tracer.communicate(timeout=60)[1]
            log = (folder / "log").read_text(encoding="utf-8", errors="replace")
            if code == UNTRACED:
                raise NotFired(f"strace could not attach: {complaint}")
        texts = [(folder / name).read_text(encoding="utf-8", errors="replace") for name in ("output", "errors")]
        return Ended(code, *texts, log)


def injection(point: Point, fault: str) -> list[str]:
    """Return strace's options by which a fault befalls at a point."""
    what = f"signal={fault}" if fault in {"KILL", "STOP"} else f"error={fault}"
    return ["-e", f"trace={point.call}", "-e", f"inject={point.call}:{what}:when={point.number}"]
