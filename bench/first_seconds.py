"""How long a person waits for a flow file: whole processes, from nothing to the prompt.

"alone" lets Prefect start its API itself, once it is imported: an empty prefect.toml makes the pack leave it to it,
as every run did before. Times are the best of the rounds; compare ratios, seconds are this machine's.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FLOW = Path(__file__).resolve().parents[1] / "flows" / "telegram_export_to_local.py"


class Cost(NamedTuple):
    """Seconds of the clock and of the processors, those of children too."""

    wall: float
    cpu: float


def measure(folder: Path, home: Path, *command: str) -> Cost:
    """Run a command in a folder."""
    environment = os.environ | {"PREFECT_HOME": str(home), "SYNDICATE_WITNESS": str(home / "witness"), "CI": "1"}
    # Containers like to set it, and each run would compile every module again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def one_round() -> dict[str, Cost]:
    """Measure everything once, what is compared side by side."""
    found: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as made:
        plain, alone = Path(made, "plain"), Path(made, "alone")
        for folder in (plain, alone):
            folder.mkdir()
        (alone / "prefect.toml").touch()
        found["python -c pass"] = measure(plain, plain / "home", "-c", "pass")
        found["import prefect.flows"] = measure(plain, plain / "home", "-c", "import prefect.flows")
        found["--help"] = measure(plain, plain / "home", str(FLOW), "--help")
        found["wrong usage"] = measure(plain, plain / "home", str(FLOW), "--since", "tomorrow")
        for what in ("first run", "next run"):
            found[f"{what}, alone"] = measure(alone, alone / "home", str(FLOW))
            found[what] = measure(plain, plain / "home", str(FLOW))
    return found


def best(rounds: Sequence[dict[str, Cost]]) -> dict[str, Cost]:
    """Return the best of the rounds."""
    return {
        what: Cost(min(one[what].wall for one in rounds), min(one[what].cpu for one in rounds)) for what in rounds[0]
    }


def main() -> None:
    """Measure and print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    found = best([one_round() for _ in range(asked.parse_args().rounds)])
    unit = found["import prefect.flows"]
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}\n")
    print("| what | seconds | of `import prefect.flows` | processor seconds |\n|---|---:|---:|---:|")
    for what, cost in found.items():
        print(f"| {what} | {cost.wall:.1f} | {cost.wall / unit.wall:.2f} | {cost.cpu:.1f} |")


if __name__ == "__main__":
    main()
