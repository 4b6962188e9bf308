"""The sweep: one fault at each point of a road, then an undisturbed run, then a look at what is really there."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Self

from rich.console import Console
from rich.table import Table

from tests.sweep.roads import Road, Verdict, World
from tests.sweep.tracing import NotFired, Nursery, Point

AT_ONCE = 2
LATER = 1000.0
"""Seconds by which all clocks are put forward before the second run: every lease is over then."""
STOPPABLE = frozenset({"sendto", "pwrite64", "fdatasync"})


@dataclass
class Row:
    """One sweep: a line of the table."""

    road: str
    store: str
    fault: str
    points: int = 0
    fired: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    redone: int = 0
    """The most items that one point had written or asked for again."""
    dead: int = 0
    """The most dead letters that one point left."""
    notes: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether the promise was kept at every point, and every point was struck."""
        return not (self.lost or self.doubled or self.torn or self.notes) and 0 < self.points == self.fired

    def add(self, point: Point, verdict: Verdict) -> None:
        """Add what a point came to."""
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.torn += verdict.torn
        self.redone = max(self.redone, verdict.redone)
        self.dead = max(self.dead, verdict.dead)
        wrong = [f"{name} {count}" for name in ("lost", "doubled", "torn") if (count := getattr(verdict, name))]
        self.notes += [f"{self.road} {self.store} {self.fault} {point}: {text}" for text in (*wrong, *verdict.notes)]


def _spread(points: Sequence[Point], every: int, most: int) -> list[Point]:
    """Choose points, from the first to the last."""
    if not most or most >= len(points):
        return list(points[::every])
    return [points[(2 * n + 1) * len(points) // (2 * most)] for n in range(most)]


def certain(points: Sequence[Point]) -> list[Point]:
    """Return those points that a run with threads is sure to reach: who makes the last calls of a kind is chance."""
    most: dict[str, int] = {}
    for point in points:
        most[point.call] = max(most.get(point.call, 0), point.number)
    each = {(point.call, point.number): point for point in reversed(points)}
    return [
        point
        for point in points
        if each[point.call, point.number] is point and 2 * point.number <= most[point.call] + 1
    ]


class Sweep:
    """A road that is prepared once, and swept with as many faults as one likes."""

    def __init__(self, kind: Road) -> None:
        self._kind = kind
        self._folder = tempfile.TemporaryDirectory()
        self._base = Path(self._folder.name) / "prepared" / "base"
        self._base.mkdir(parents=True)
        self._nurseries: SimpleQueue[Nursery] = SimpleQueue()
        # A stopped run keeps its nursery waiting; who works meanwhile needs another one.
        for _ in range(AT_ONCE * 2):
            self._nurseries.put(Nursery())
        with self._nursery() as nursery:
            kind.prepare(self._base, nursery)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the nurseries and clear up."""
        for _ in range(AT_ONCE * 2):
            self._nurseries.get().close()
        self._folder.cleanup()

    def sweep(self, fault: str, *, every: int = 1, most: int = 0) -> Row:
        """Strike each point of the road, or each `every`-th, or `most` spread evenly."""
        row = Row(self._kind.name, self._kind.store, fault)
        points = _spread(self.points(fault), every, most)
        row.points = len(points)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = pool.map(self.struck, [fault] * len(points), points)
            for point, verdict in zip(points, verdicts, strict=True):
                if isinstance(verdict, NotFired):
                    row.notes.append(f"{row.road} {row.store}: {verdict}")
                    continue
                row.fired += 1
                row.add(point, verdict)
        return row

    def points(self, fault: str) -> list[Point]:
        """Return the points at which a fault can befall."""
        folder = self._copied("points")
        try:
            with self._kind.world(folder) as world, self._nursery() as nursery:
                points = nursery.points(world.told, folder.parent, world.wanted)
        finally:
            shutil.rmtree(folder.parent)
        if getattr(self._kind, "parallel", 1) > 1:
            points = certain(points)
        if fault == "STOP":
            return [point for point in points if point.call in STOPPABLE]
        # Sockets fail with errors of their own; those are the counting server's to play.
        return [point for point in points if fault == "KILL" or point.call != "sendto"]

    def struck(self, fault: str, point: Point) -> Verdict | NotFired:
        """Let the fault befall one point, run again, and judge."""
        folder, verdict = self._copied(f"{point.call}-{point.number}"), Verdict()
        try:
            with self._kind.world(folder) as world:
                self._befall(world, fault, point, verdict)
                world.between(verdict)
                world.told.shift(LATER * 2)
                second = self._undisturbed(world, "second", verdict)
                if second is not None:
                    world.judge(verdict, second)
        except NotFired as error:
            return error
        finally:
            shutil.rmtree(folder.parent)
        return verdict

    def _befall(self, world: World, fault: str, point: Point, verdict: Verdict) -> None:
        """Do the disturbed run."""
        folder = Path(world.told.folder).parent

        def meanwhile() -> None:
            """Do all the work while the first run is stopped, its lease long over."""
            world.told.shift(LATER)
            self._undisturbed(world, "meanwhile", verdict)

        with self._nursery() as nursery:
            if fault == "STOP":
                ended = nursery.stop(world.told, folder, point, meanwhile)
            else:
                ended = nursery.strike(world.told, folder, point, fault)
        if ended.unclean:
            verdict.notes.append(f"the first run {ended.unclean}")

    def _undisturbed(self, world: World, run_id: str, verdict: Verdict) -> dict[str, Any] | None:
        """Run again and return the summary; this run has to do its work."""
        folder = Path(world.told.folder).parent / run_id
        folder.mkdir()
        with self._nursery() as nursery:
            ended = nursery.run(replace(world.told, run_id=run_id), folder)
        if ended.code == 0:
            found: dict[str, Any] = json.loads(ended.output)
            return found
        verdict.notes.append(f"the {run_id} run ended with {ended.code}: {ended.errors[-1500:]}")
        return None

    def _copied(self, name: str) -> Path:
        """Copy what was prepared for one point, in a folder of its own with room for the point's logs."""
        folder = self._base.parents[1] / name / "work"
        shutil.copytree(self._base, folder)
        return folder

    @contextmanager
    def _nursery(self) -> Iterator[Nursery]:
        """Borrow a nursery."""
        nursery = self._nurseries.get()
        try:
            yield nursery
        finally:
            self._nurseries.put(nursery)


def show(rows: Sequence[Row], console: Console) -> None:
    """Print the table, and below it whatever is not as promised."""
    table = Table(title="the crash sweep")
    for name in ("road", "store", "fault"):
        table.add_column(name)
    numbers = ("points", "fired", "lost", "doubled", "torn", "redone", "dead")
    for name in numbers:
        table.add_column(name, justify="right")
    for row in rows:
        bad = not row.held
        cells = (str(getattr(row, name)) for name in numbers)
        table.add_row(row.road, row.store, row.fault, *cells, style="red" if bad else None)
    console.print(table)
    for row in rows:
        for note in row.notes[:20]:
            console.print(note, markup=False, highlight=False, soft_wrap=True)
