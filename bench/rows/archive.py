"""An export into an archive's JSON lines."""

from bench.frame import Bar, Row, Side
from bench.ours import JSONL, LIMIT_JSONL, STARTED, net

DLT = Side(
    "dlt, JSONL", lambda ground: ground.peer("peer_dlt.py", "jsonl", ground.export(ground.items), ground.new("dlt"))
)

ROWS = (
    Row(
        "jsonl",
        "export → JSONL archive, CPU of the limit's",
        (STARTED, JSONL, LIMIT_JSONL),
        lambda costs: net(costs, JSONL.name).cpu / costs[LIMIT_JSONL.name].cpu,
        Bar("at most 3", most=3),
        "cpu",
    ),
    Row(
        "jsonl-dlt",
        "the same, dlt's CPU of the limit's",
        (LIMIT_JSONL, DLT),
        lambda costs: costs[DLT.name].cpu / costs[LIMIT_JSONL.name].cpu,
        Bar("a peer"),
        "cpu",
    ),
)
