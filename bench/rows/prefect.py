"""What Prefect itself takes of a run."""

from bench.frame import Bar, Row, Side
from bench.ours import JSONL, STARTED, net, pair

BARE = Side(
    "export → JSONL, without Prefect",
    lambda ground: pair(ground, ground.export(ground.items), str(ground.new("bare")), prefect=False),
)
BARE_START = Side(
    "start, without Prefect",
    lambda ground: pair(ground, ground.export(1), str(ground.new("bare start")), prefect=False),
    lambda _: 1,
)

ROWS = (
    Row(
        "prefect",
        "Prefect's share of a full run's wall time",
        (STARTED, JSONL, BARE_START, BARE),
        lambda costs: 1 - (costs[BARE.name].wall - costs[BARE_START.name].wall) / net(costs, JSONL.name).wall,
        Bar("at most 0.2", most=0.2),
        "wall",
    ),
)
