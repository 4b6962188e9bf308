"""Publishing with the job store on, beside the bare client; `bench/publishing.py` measures Prefect's engine too."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.frame import ROOT, Absent, Bar, Ground, Row, Side

MOST = 2000


def _side(way: str, most: int) -> Side:
    """Return the side that publishes so many items; with one it pays for the imports alone."""

    def prepare(ground: Ground) -> Sequence[str]:
        if "publishing" not in ground.services:
            raise Absent("no server to publish to")
        items = str(min(most, ground.items))
        script = str(ROOT / "bench" / "publishing.py")
        return [sys.executable, script, "--items", items, "--measure", way, ground.services["publishing"]]

    return Side(f"publishing, {way}, {most:,}", prepare, lambda ground: min(most, ground.items))


BARE, PLAIN = (_side(way, MOST) for way in ("bare", "plain"))
BARE_START, PLAIN_START = (_side(way, 1) for way in ("bare", "plain"))

ROWS = (
    Row(
        "publishing",
        "publishing to a server that answers in 20 ms, 20 at once, speed of the bare client's",
        (BARE_START, PLAIN_START, BARE, PLAIN),
        lambda costs: (
            max(costs[BARE.name].wall - costs[BARE_START.name].wall, 0.01)
            / max(costs[PLAIN.name].wall - costs[PLAIN_START.name].wall, 0.01)
        ),
        Bar("at least 0.5", least=0.5),
        "wall",
    ),
)
