"""Measure the pack beside the limit and its peers, and write the table.

    python -m bench                              all rows, 100,000 messages, five rounds: half an hour
    python -m bench --only jsonl,nothing-new     some of them
    python -m bench --into docs/speed.md         write the table into a page, between its marks

Rounds are interleaved: each measures every side once. A row is concluded only from rounds in which nobody else was at
work, and only where they agree.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench import peers, servers, table
from bench.frame import Absent, Cost, Ground, Row, Side
from bench.measure import Broken, adopt_orphans, machine, measure
from bench.ours import STARTED
from bench.rows import ROWS

NAMED = ("prefect-syndicate", "prefect", "orjson", "pydantic", "sqlalchemy", "psycopg")


def main() -> None:
    """Measure, print, write."""
    asked = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--only", default="", help=f"rows, with commas between: {', '.join(row.name for row in ROWS)}")
    asked.add_argument("--items", type=int, default=100_000, help="messages of a normal export")
    asked.add_argument(
        "--many", type=int, default=0, help="messages of the large one; ten times as many where not said"
    )
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--folder", type=Path, help="where inputs are kept for the next run; else they are made anew")
    asked.add_argument("--without-prefect", action="store_true", help="the same roads carried by the plain engine")
    asked.add_argument("--without-peers", action="store_true", help="do not install and measure them")
    asked.add_argument("--into", type=Path, help="a page to write the tables into")
    asked.add_argument("--json", type=Path, help="a file for everything that was measured")
    found = asked.parse_args()
    rows = _chosen(found.only)
    adopt_orphans()
    with ExitStack() as stack:
        folder = found.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        folder.mkdir(parents=True, exist_ok=True)
        about = _about(found)
        ground = Ground(
            inputs=folder.absolute() / "inputs",
            folder=folder.absolute() / "round",
            items=found.items,
            many=found.many or 10 * found.items,
            prefect=not found.without_prefect,
            peers=None if found.without_peers else peers.python(folder.absolute() / "peers"),
            services=stack.enter_context(servers.started({row.name for row in rows})),
        )
        absent: dict[str, str] = {}
        if ground.prefect:
            # A Prefect that has never run here makes its database first, for half a minute.
            _round(ground, [STARTED], absent, 0)
        sides = list(dict.fromkeys(side for row in rows for side in row.sides))
        rounds = [_round(ground, sides, absent, number) for number in range(1, found.rounds + 1)]
    about |= {"load after": machine()["load before"]}
    findings = [table.judge(row, rounds, absent) for row in rows]
    text = table.markdown(about, findings, rounds)
    print(text)
    if found.into:
        table.put(text, found.into)
    if found.json:
        found.json.write_text(json.dumps(table.as_json(about, findings, rounds), indent=1), encoding="utf-8")


def _chosen(only: str) -> list[Row]:
    """Return the rows asked for; ends the program for a name that none has."""
    wanted = [name for name in only.split(",") if name]
    if unknown := set(wanted) - {row.name for row in ROWS}:
        sys.exit(
            f"--only {', '.join(sorted(unknown))}: there is no such row; there are {', '.join(r.name for r in ROWS)}"
        )
    return [row for row in ROWS if not wanted or row.name in wanted]


def _round(ground: Ground, sides: Sequence[Side], absent: dict[str, str], number: int) -> dict[str, Cost]:
    """Measure each side once, in order; what cannot be measured is noted in `absent`."""
    costs: dict[str, Cost] = {}
    with _fresh(ground.folder):
        environment = {
            "PREFECT_HOME": str(ground.inputs / "prefect"),
            "SYNDICATE_DATABASE_URL": f"sqlite:///{ground.folder}/syndicate.db",
            "SYNDICATE_WITNESS": str(ground.folder / "witness"),
            "CI": "1",
            **ground.environment,
        }
        for side in sides:
            if side.name in absent:
                continue
            print(f"round {number}: {side.name}", file=sys.stderr, flush=True)
            try:
                command = side.prepare(ground)
                costs[side.name] = measure(command, ground.folder, environment, side.items(ground))
            except (Absent, Broken) as error:
                absent[side.name] = str(error).splitlines()[0]
                print(f"round {number}: {side.name}: {error}", file=sys.stderr, flush=True)
    return costs


@contextmanager
def _fresh(folder: Path) -> Iterator[None]:
    """Have an empty folder for a round, gone behind it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _about(found: argparse.Namespace) -> dict[str, str]:
    """Name what was measured, on what, with what."""
    versions = [f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in NAMED)]
    command = ["python -m bench", f"--items {found.items}", f"--rounds {found.rounds}"]
    command += [f"--only {found.only}"] if found.only else []
    return {
        "command": " ".join(command),
        "inputs": f"{found.items:,} messages, rounds: {found.rounds}",
        **machine(),
        "versions": ", ".join(versions),
    }


def _version(name: str) -> str:
    """Return an installed library's version."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    main()
