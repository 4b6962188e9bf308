"""The pack's own sides: its flows as a person runs them, or the same roads without Prefect."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.frame import ROOT, Absent, Cost, Ground, Side

START = "start"


def pair(ground: Ground, export: Path, place: str, *formats: str, prefect: bool = True) -> list[str]:
    """Return the command that carries an export into an archive's folder, or into a database by its URL."""
    service = "sql" if "://" in place else "local"
    if not (prefect and ground.prefect):
        return [sys.executable, "-m", "bench.plain", service, str(export), place, *formats]
    flow = ROOT / "flows" / f"telegram_export_to_{service}.py"
    where = ["--database" if service == "sql" else "--archive", place]
    return [sys.executable, str(flow), "--export", str(export), *where, *(["--formats", *formats] if formats else [])]


def archive(ground: Ground, name: str = "archive") -> Path:
    """Return the round's archive of a name."""
    return ground.new(name)


def sqlite(ground: Ground, name: str = "sqlite") -> str:
    """Return the URL of the round's SQLite file of a name."""
    return f"sqlite:///{ground.new(name)}.db"


def postgres(ground: Ground) -> str:
    """Return the URL of the PostgreSQL database of this run; raises Absent."""
    if "postgres" not in ground.services:
        raise Absent(ground.services.get("no postgres", "no PostgreSQL"))
    return ground.services["postgres"]


def _start(ground: Ground) -> Sequence[str]:
    """Carry one message: what is paid before anything is carried."""
    return pair(ground, ground.export(1), str(ground.new(START)))


def _jsonl(ground: Ground) -> Sequence[str]:
    """Carry an export into an empty archive."""
    return pair(ground, ground.export(ground.items), str(archive(ground)))


def _again(ground: Ground) -> Sequence[str]:
    """Carry the same export into the archive that it has made."""
    return pair(ground, ground.export(ground.items), str(archive(ground)))


def _newer(ground: Ground) -> Sequence[str]:
    """Carry a newer export into a copy of that archive."""
    copy = ground.new("newer")
    shutil.copytree(archive(ground), copy)
    return pair(ground, ground.export(ground.items, newer=True), str(copy))


STARTED = Side(START, _start, lambda _: 1)
JSONL = Side("export → JSONL", _jsonl)
AGAIN = Side("the same export again", _again)
NEWER = Side("a newer export", _newer)
LIMIT_JSONL = Side(
    "limit, JSONL", lambda ground: ground.limit("jsonl", ground.export(ground.items), ground.new("limit.jsonl"))
)


def net(costs: Mapping[str, Cost], name: str) -> Cost:
    """Return what a side cost less Prefect's start, which is listed apart."""
    whole, start = costs[name], costs[START]
    return whole._replace(wall=max(whole.wall - start.wall, 0.01), cpu=max(whole.cpu - start.cpu, 0.01))
