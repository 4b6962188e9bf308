"""Media: hashed and put in place by a rename, or linked where they lie on the same file system."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.frame import Bar, Ground, Row, Side

FILES = 1000


def _files(ground: Ground, size: int) -> Path:
    """Return a folder of files that differ, of so many bytes each."""
    number = min(FILES, ground.items)
    made = ground.inputs / f"media-{number}-{size}"
    if not made.exists():
        beside = made.with_name(f".{made.name}")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for index in range(number):
            (beside / f"{index:05}.bin").write_bytes(index.to_bytes(8, "big") * (size // 8))
        beside.rename(made)
    return made


def _keep(how: str, size: int) -> Side:
    """Return the side that keeps them one way."""

    def prepare(ground: Ground) -> Sequence[str]:
        place = ground.new(f"media {how}")
        return [sys.executable, "-m", "bench.keeping", how, str(_files(ground, size)), str(place)]

    return Side(f"media, {how}", prepare, lambda ground: min(FILES, ground.items))


BIG, SMALL = 1 << 20, 1 << 12
COPIED, LINKED, NONE = _keep("copied", BIG), _keep("linked", SMALL), _keep("none", BIG)
COPYFILE = Side(
    "media, shutil.copyfile",
    lambda ground: ground.limit("copies", _files(ground, BIG), ground.new("copies")),
    lambda ground: min(FILES, ground.items),
)

ROWS = (
    Row(
        "media",
        "1,000 files of 1 MiB hashed and put in place, speed of `shutil.copyfile`",
        (COPIED, NONE, COPYFILE),
        lambda costs: costs[COPYFILE.name].wall / max(costs[COPIED.name].wall - costs[NONE.name].wall, 0.01),
        Bar("at least 0.5", least=0.5),
        "wall",
    ),
    Row(
        "links",
        "files of 4 KiB hashed and linked, a second",
        (LINKED, NONE),
        lambda costs: costs[LINKED.name].items / max(costs[LINKED.name].wall - costs[NONE.name].wall, 0.01),
        Bar("at least 5,000", least=5000),
        "wall",
    ),
)
