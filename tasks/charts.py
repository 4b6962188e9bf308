"""Charts of a pair's history: a picture for Prefect's pages, and bars of letters for tables and terminals.

A picture is SVG in a `data:` address: Prefect's Markdown shows it, but takes all shapes from SVG that stands in the
page itself (measured on 3.8.8). It holds numbers and dates alone, and its colours are read on light and on dark.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterator, Sequence

from adapters.contracts.runs import PastRun

SHOWN = 30
"""How many runs a chart shows."""
BARS = "▁▂▃▄▅▆▇█"
WIDTH, UP, DOWN, LEFT, TOP = 660, 76, 34, 44, 22
"""Pixels: the whole width, the room above and below the axis, and what labels take."""
GREY, BLUE, RED, AMBER = "#8b8d98", "#3e8bf0", "#e5484d", "#e79d13"


def sparkline(past: Sequence[PastRun]) -> str:
    """Return what runs delivered, the newest first, as a letter a run, the oldest first; the lowest is nothing."""
    numbers = [run.delivered for run in reversed(past)]
    top = _height(max(numbers, default=0)) or 1
    return "".join(BARS[math.ceil(_height(number) / top * (len(BARS) - 1))] for number in numbers)


def chart(past: Sequence[PastRun]) -> str:
    """Return runs, the newest first, as a picture in Markdown; empty where there is no run."""
    if not past:
        return ""
    runs = list(reversed(past))
    drawn = b64encode(_svg(runs).encode()).decode()
    told = f"delivered in the last {len(runs)} runs: {sparkline(past)}"
    return f"![{told}](data:image/svg+xml;base64,{drawn})"


def _svg(runs: Sequence[PastRun]) -> str:
    """Draw runs: up what was delivered, down the dead letters made; heights grow with the digits of a number."""
    top, bottom = (max(getattr(run, name) for run in runs) for name in ("delivered", "died"))
    shapes = "".join([*_grid(top), *_bars(runs, top, bottom), *_labels(runs, top, bottom)])
    height = TOP + UP + DOWN + 18
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="system-ui,sans-serif" font-size="11" fill="{GREY}">{shapes}</svg>'
    )


def _grid(top: int) -> Iterator[str]:
    """Draw the axis, and a line for each power of ten."""
    yield _line(TOP + UP, 1)
    tens = [10**power for power in range(len(str(top)))] if top else []
    for ten in tens[:: math.ceil(len(tens) / 4) or 1]:
        y = TOP + UP - UP * _height(ten) / _height(top)
        yield _line(y, 0.25) + _text(LEFT - 6, y + 4, _short(ten), "end")


def _bars(runs: Sequence[PastRun], top: int, bottom: int) -> Iterator[str]:
    """Draw a run's two bars, and a mark where it did neither."""
    step = (WIDTH - LEFT) / SHOWN
    for place, run in enumerate(runs):
        x, axis = LEFT + place * step, TOP + UP
        if run.delivered:
            high = UP * _height(run.delivered) / _height(top)
            yield _bar(x, axis - high, step, high, BLUE)
        if run.died:
            low = (DOWN - 4) * _height(run.died) / _height(bottom)
            yield _bar(x, axis + 2, step, low, RED)
        if not run.delivered and not run.died:
            colour = {"failed": RED, "waits": AMBER}.get(run.ended, GREY)
            yield f'<circle cx="{x + step / 2:.1f}" cy="{axis - 4}" r="2" fill="{colour}"/>'


def _labels(runs: Sequence[PastRun], top: int, bottom: int) -> Iterator[str]:
    """Say what the colours are, how large the largest, and from when to when."""
    legend = [(BLUE, f"delivered, at most {top:,}"), (RED, f"dead letters made, at most {bottom:,}")]
    x = LEFT
    for colour, told in legend:
        yield f'<rect x="{x}" y="3" width="9" height="9" rx="2" fill="{colour}"/>' + _text(x + 14, 12, told, "start")
        x += 30 + 6 * len(told)
    y, last = TOP + UP + DOWN + 12, LEFT + (len(runs) - 0.5) * (WIDTH - LEFT) / SHOWN
    yield _text(LEFT, y, f"{runs[0].at:%Y-%m-%d %H:%M}", "start")
    if len(runs) > SHOWN // 2:
        yield _text(last, y, f"{runs[-1].at:%Y-%m-%d %H:%M}", "end")


def _height(number: int) -> float:
    """Return how high a number stands: 1 shows beside 100,000, and zero is nothing."""
    return math.log2(1 + number)


def _short(number: int) -> str:
    """Write a power of ten in few letters."""
    thousand, million = 1_000, 1_000_000
    if number >= million:
        return f"{number // million}M"
    return f"{number // thousand}k" if number >= thousand else str(number)


def _bar(x: float, y: float, step: float, high: float, colour: str) -> str:
    """Draw a bar."""
    return f'<rect x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{high:.1f}" rx="2" fill="{colour}"/>'


def _line(y: float, opacity: float) -> str:
    """Draw a line over the whole width."""
    ends = f'x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"'
    return f'<line {ends} stroke="{GREY}" stroke-width="1" stroke-opacity="{opacity}"/>'


def _text(x: float, y: float, told: str, anchor: str) -> str:
    """Write numbers, dates and words of our own."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{told}</text>'
