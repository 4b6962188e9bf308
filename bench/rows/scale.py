"""Ten times as many messages: time and memory."""

from bench.frame import Bar, Row, Side
from bench.ours import JSONL, STARTED, net, pair

MANY = Side(
    "export → JSONL, ten times",
    lambda ground: pair(ground, ground.export(ground.many), str(ground.new("many"))),
    lambda ground: ground.many,
)

ROWS = (
    Row(
        "memory",
        "memory, ten times the messages against once",
        (JSONL, MANY),
        lambda costs: costs[MANY.name].memory / costs[JSONL.name].memory,
        Bar("at most 1.15", most=1.15),
        "memory",
    ),
    Row(
        "mebibytes",
        "memory with ten times the messages, MiB of the largest process",
        (MANY,),
        lambda costs: costs[MANY.name].memory,
        Bar("under 250", most=250),
        "memory",
    ),
    Row(
        "time",
        "time, ten times the messages against once",
        (STARTED, JSONL, MANY),
        lambda costs: net(costs, MANY.name).wall / net(costs, JSONL.name).wall,
        Bar("at most 11", most=11),
        "wall",
    ),
)
