"""Feeds parsed and cleaned, beside feedparser; `python -m bench.rss` measures the same, and more, without the frame."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.feeds import KINDS, feed
from bench.frame import Bar, Ground, Row, Side

MOST = 10_000


def _side(name: str, kind: str, most: int = MOST) -> Side:
    """Return the side that reads a feed of a kind; of one entry it pays for the imports alone."""

    def prepare(ground: Ground) -> Sequence[str]:
        entries = min(most, ground.items)
        path = ground.inputs / f"{kind}-{entries}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(feed(kind, entries))
        return [sys.executable, "-m", "bench.rss", "--alone", name, str(path)]

    return Side(f"{kind}, {name}, {most:,}", prepare, lambda ground: min(most, ground.items))


def _row(kind: str) -> Row:
    """Return the row of a kind of feed."""
    whole = {name: _side(name, kind) for name in ("ours", "feedparser")}
    start = {name: _side(name, kind, 1) for name in whole}
    return Row(
        f"rss-{kind}",
        f"a feed ({kind}) parsed and cleaned, entries a CPU second of feedparser's",
        (*start.values(), *whole.values()),
        lambda costs: (
            (costs[whole["feedparser"].name].cpu - costs[start["feedparser"].name].cpu)
            / max(costs[whole["ours"].name].cpu - costs[start["ours"].name].cpu, 0.01)
        ),
        Bar("at least 10", least=10),
        "cpu",
    )


ROWS = tuple(_row(kind) for kind in KINDS)
