"""The table: what the rounds came to, in Markdown for people and in JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.frame import Cost, Row

CROWD = {"wall": 0.2, "cpu": 0.7, "memory": float("inf")}
"""Processors at work for others, on average while a side ran, from which a round says nothing about its row."""
SPREAD = {"wall": 0.3, "cpu": 0.3, "memory": 0.3}
"""From how far the quiet rounds lie apart, in parts of their median, nothing is concluded where they disagree."""
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"

Round = Mapping[str, Cost]


@dataclass(frozen=True)
class Finding:
    """What the rounds say about one row."""

    name: str
    work: str
    bar: str
    median: float | None
    """None where no round has measured it."""
    spread: float
    """From the lowest to the highest round, in parts of the median."""
    rounds: list[float]
    quiet: int
    """How many rounds were quiet enough to count."""
    verdict: str


def judge(row: Row, rounds: Sequence[Round], absent: Mapping[str, str]) -> Finding:
    """Say what the rounds come to for a row: its median over the quiet ones, or over all where too few were."""
    missing = next((f"not measured: {absent[side.name]}" for side in row.sides if side.name in absent), "")
    measured = [one for one in rounds if all(side.name in one for side in row.sides)]
    if missing or not measured:
        return Finding(row.name, row.work, row.bar.words, None, 0.0, [], 0, missing or "not measured")
    figures = [row.figure(one) for one in measured]
    quiet = [
        figure
        for one, figure in zip(measured, figures, strict=True)
        if all(one[side.name].others <= CROWD[row.by] for side in row.sides)
    ]
    counted = quiet if len(quiet) * 2 > len(figures) else figures
    middle = median(counted)
    spread = (max(counted) - min(counted)) / abs(middle) if middle else 0.0
    verdict = "holds" if row.bar.holds(middle) else "missed"
    if counted is not quiet:
        verdict = f"no conclusion: others were at work in {len(figures) - len(quiet)} of {len(figures)} rounds"
    elif spread > SPREAD[row.by] and len({row.bar.holds(figure) for figure in counted}) > 1:
        verdict = f"no conclusion: the rounds lie {spread:.0%} apart"
    elif row.bar.words == "a peer":
        verdict = "–"
    return Finding(row.name, row.work, row.bar.words, middle, spread, figures, len(quiet), verdict)


def markdown(about: Mapping[str, str], findings: Sequence[Finding], rounds: Sequence[Round]) -> str:
    """Return both tables: the rows against their bars, and what each side has cost."""
    lines = [f"{name}: {value}  " for name, value in about.items()]
    lines += ["", "| row | work | median (spread) | bar | verdict |", "|---|---|---:|---|---|"]
    for one in findings:
        figure = "–" if one.median is None else f"{_number(one.median)} ({one.spread:.0%})"
        lines.append(f"| `{one.name}` | {one.work} | {figure} | {one.bar} | {one.verdict} |")
    lines += [
        "",
        "| side | items | wall, s | CPU, s | MiB | items/s | others, cores |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, cost in middle_costs(rounds).items():
        lines.append(
            f"| {name} | {cost.items:,} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.memory:.0f} | "
            f"{cost.items / cost.wall:,.0f} | {cost.others:.2f} |"
        )
    return "\n".join(lines) + "\n"


def middle_costs(rounds: Sequence[Round]) -> dict[str, Cost]:
    """Return the medians of what each side has cost."""
    names = dict.fromkeys(name for one in rounds for name in one)
    return {
        name: Cost(*(median(values) for values in zip(*(one[name] for one in rounds if name in one), strict=True)))
        for name in names
    }


def as_json(about: Mapping[str, str], findings: Sequence[Finding], rounds: Sequence[Round]) -> dict[str, object]:
    """Return everything that was measured."""
    return {
        "about": dict(about),
        "rows": [asdict(one) for one in findings],
        "rounds": [{name: cost._asdict() for name, cost in one.items()} for one in rounds],
    }


def put(text: str, page: Path) -> None:
    """Write the tables into a page, between its marks."""
    old = page.read_text(encoding="utf-8")
    new = re.sub(
        f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: f"{BEGIN}\n\n{text}\n{END}", old, count=1, flags=re.DOTALL
    )
    page.write_text(new, encoding="utf-8")


def _number(value: float) -> str:
    """Return a figure as people read it."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
