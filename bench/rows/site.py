"""An archive with its site, against tg-archive's pages."""

import subprocess
from collections.abc import Sequence

from bench import ours
from bench.frame import Bar, Ground, Row, Side
from bench.ours import STARTED, net


def _tg_archive(ground: Ground) -> Sequence[str]:
    """Fill its database, and have its pages made."""
    folder = ground.new("tg-archive")
    subprocess.run(ground.peer("peer_tg_archive.py", "fill", ground.export(ground.items), folder), check=True)
    return ground.peer("peer_tg_archive.py", "build", folder)


SITE = Side(
    "export → archive with its site",
    lambda ground: ours.pair(ground, ground.export(ground.items), str(ground.new("site")), "jsonl", "site"),
)
TG_ARCHIVE = Side("tg-archive, its pages", _tg_archive)

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
