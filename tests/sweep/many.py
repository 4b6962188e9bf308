"""Eight processes carry one pair at once into one counting server, and some of them are killed at it."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.exports import ROOT
from tests.servers.counting import Counting
from tests.sweep.child import Run
from tests.sweep.tracing import ENVIRONMENT

PROCESSES = 8
DOOMED = 3
"""So many of them are killed once and started again."""
LEASE = 4.0
"""Seconds: short, so that what a killed process held comes back soon; longer than a stutter of this machine."""
UNAVAILABLE = 1
"""The exit code of a run whose store was not there: it is started again."""


@dataclass
class Crowd:
    """Processes that carry one pair."""

    folder: Path
    told: Run
    processes: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    restarts: int = 0
    failures: list[str] = field(default_factory=list)

    def start(self, number: int) -> None:
        """Start a process; the first two are one run, which Prefect has started twice."""
        told = replace(self.told, run_id=f"run-{max(number, 1)}", lease=LEASE)
        with (self.folder / f"said-{number}").open("a") as said:
            self.processes[number] = subprocess.Popen(
                told.arguments(), cwd=ROOT, env=ENVIRONMENT, stdout=said, stderr=said, text=True
            )

    def kill(self, number: int) -> bool:
        """Kill a process and start it again; returns whether it was still at work."""
        process = self.processes[number]
        process.kill()
        killed = process.wait() < 0
        self.start(number)
        return killed

    def settle(self, seconds: float) -> None:
        """Wait until all have come to their ends; whom the store failed is started again."""
        deadline = time.monotonic() + seconds
        while self.processes:
            for number, process in list(self.processes.items()):
                code = process.poll()
                if code is None:
                    continue
                del self.processes[number]
                if code == UNAVAILABLE:
                    self.restarts += 1
                    self.start(number)
                elif code:
                    said = (self.folder / f"said-{number}").read_text(encoding="utf-8")
                    self.failures.append(f"process {number} ended with {code}: {said[-1500:]}")
            if time.monotonic() > deadline:
                self.close()
                raise TimeoutError(f"not done after {seconds:.0f} s")
            time.sleep(0.05)

    def close(self) -> None:
        """End whoever is left."""
        for process in self.processes.values():
            process.kill()
            process.wait()


def carry(told: Run, server: Counting, *, seed: int, disturb: Callable[[], None], seconds: float) -> Crowd:
    """Let eight processes carry everything, three of them killed at random moments; `disturb` is done half-way."""
    chance = random.Random(seed)
    crowd = Crowd(Path(told.folder), told)
    number = told.state
    moments = sorted(chance.uniform(0.1, 0.8) * number for _ in range(DOOMED))
    events: list[tuple[float, Callable[[], object]]] = [
        (moment, lambda doomed=doomed: crowd.kill(doomed))
        for doomed, moment in zip(chance.sample(range(PROCESSES), DOOMED), moments, strict=True)
    ]
    events.append((number / 2, disturb))
    for one in range(PROCESSES):
        crowd.start(one)
    deadline = time.monotonic() + seconds
    for moment, do in sorted(events, key=lambda event: event[0]):
        while server.state()["effects"] < moment:
            if time.monotonic() > deadline or not any(p.poll() is None for p in crowd.processes.values()):
                break
            time.sleep(0.02)
        do()
    crowd.settle(max(1.0, deadline - time.monotonic()))
    # What the last process that died had in its hands is for the next run.
    time.sleep(LEASE)
    crowd.start(PROCESSES)
    crowd.settle(seconds)
    return crowd
