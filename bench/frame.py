"""What a measurement is made of: sides that run as whole processes, and rows that set them side by side."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from bench import exports

ROOT = Path(__file__).resolve().parents[1]

By = Literal["wall", "cpu", "memory"]


class Absent(Exception):
    """A side cannot be measured on this machine; the message says why."""


class Cost(NamedTuple):
    """What one whole process has cost, with all processes that it started."""

    wall: float
    """Seconds of the clock."""
    cpu: float
    """Seconds of the processors."""
    memory: float
    """MiB of the largest process of the tree."""
    others: float = 0.0
    """How many processors were at work for somebody else meanwhile, on average."""
    items: int = 0
    """How many items it was to carry."""


@dataclass
class Ground:
    """Where one round is run."""

    inputs: Path
    """What is made once and kept over the rounds."""
    folder: Path
    """The round's own, empty at its begin."""
    items: int
    """Messages of a normal input."""
    many: int
    """Messages of a large one."""
    prefect: bool
    """Whether the pack runs as Prefect flows; without, the same roads carried by the plain engine."""
    peers: Path | None
    """The Python of the peers' environment; None where they are not wanted."""
    services: dict[str, str] = field(default_factory=dict)
    """Addresses of the servers that were started for this run."""

    @property
    def environment(self) -> dict[str, str]:
        """What the sides need to reach these servers: no password stands in a command."""
        password = self.services.get("postgres password")
        return {"PGPASSWORD": password} if password else {}

    def new(self, name: str) -> Path:
        """Return a path in the round's folder where nothing lies yet, the same for the same name."""
        return self.folder / hashlib.sha256(name.encode()).hexdigest()[:12]

    def export(self, items: int, *, newer: bool = False) -> Path:
        """Return the folder of an export of so many messages; `newer`: 0.5 % edited, 0.5 % more."""
        return exports.export(self.inputs, items, newer=newer)

    def limit(self, mode: str, *arguments: object) -> list[str]:
        """Return the command of a limit."""
        return [sys.executable, "-m", "bench.limit", mode, *map(str, arguments)]

    def peer(self, script: str, *arguments: object) -> list[str]:
        """Return the command of a peer's script in bench/; raises Absent."""
        if self.peers is None:
            raise Absent("run without peers")
        return [str(self.peers), str(ROOT / "bench" / script), *map(str, arguments)]


@dataclass(frozen=True)
class Side:
    """One program in a comparison. Sides of one name are run once a round, whichever rows ask for them."""

    name: str
    prepare: Callable[[Ground], Sequence[str]]
    """Lays out what is not measured, and returns the command that is; raises Absent."""
    items: Callable[[Ground], int] = lambda ground: ground.items


@dataclass(frozen=True)
class Row:
    """One line of the table: sides measured one after another in each round, and what their costs come to."""

    name: str
    """By which `--only` finds it."""
    work: str
    """What is done, for people."""
    sides: tuple[Side, ...]
    figure: Callable[[Mapping[str, Cost]], float]
    """What one round's costs, by the names of the sides, come to; KeyError where a side is absent."""
    bar: Bar
    by: By
    """What the figure is made of: the clock suffers most from others at work, memory not at all."""


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach."""

    words: str
    most: float = float("inf")
    least: float = float("-inf")

    def holds(self, figure: float) -> bool:
        """Say whether a figure reaches it."""
        return self.least <= figure <= self.most
