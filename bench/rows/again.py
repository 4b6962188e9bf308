"""Carrying again: nothing new, and one message in a hundred new or edited."""

from collections.abc import Callable, Mapping

from bench.frame import Bar, Cost, Row, Side
from bench.ours import AGAIN, JSONL, NEWER, STARTED, net


def _share(side: Side) -> Callable[[Mapping[str, Cost]], float]:
    """Say what share of the full run's CPU a side takes."""
    return lambda costs: net(costs, side.name).cpu / net(costs, JSONL.name).cpu


ROWS = (
    Row(
        "nothing-new",
        "nothing new, share of the full run's CPU",
        (STARTED, JSONL, AGAIN),
        _share(AGAIN),
        Bar("at most 0.2", most=0.2),
        "cpu",
    ),
    Row(
        "one-percent",
        "1 % new and edited, share of the full run's CPU",
        (STARTED, JSONL, NEWER),
        _share(NEWER),
        Bar("at most 0.25", most=0.25),
        "cpu",
    ),
)
