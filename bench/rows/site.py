"""An archive with its site, against tg-archive's pages."""

from bench import ours
from bench.frame import Bar, Row, Side
from bench.ours import STARTED, net

SITE = Side(
    "export → archive with its site",
    lambda ground: ours.pair(ground, ground.export(ground.items), str(ground.new("site")), "jsonl", "site"),
)
TG_ARCHIVE = Side(
    "tg-archive, its pages",
    lambda ground: ground.peer("peer_tg_archive.py", ground.export(ground.items), ground.new("tg-archive")),
)

ROWS = (
    Row(
        "site",
        "archive with its site, messages a second of tg-archive's pages",
        (STARTED, SITE, TG_ARCHIVE),
        lambda costs: costs[TG_ARCHIVE.name].wall / net(costs, SITE.name).wall,
        Bar("at least 2", least=2),
        "wall",
    ),
)
