"""Follows command lines of flows, one after the other, in this folder and process: `follow.py RESULT.json < lines`.

Importing Prefect takes seconds; so it is done once. Writes each line's exit code; what it printed goes to stdout.
"""

from __future__ import annotations

import json
import runpy
import shlex
import sys
from pathlib import Path


def follow(line: str) -> int | str | None:
    """Run a flow's file as Python does when it is named; returns the exit code."""
    print(f"$ {line}", flush=True)
    sys.argv = shlex.split(line)[1:]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return 0


if __name__ == "__main__":
    result = Path(sys.argv[1])
    result.write_text(json.dumps([follow(line.strip()) for line in sys.stdin]), encoding="utf-8")
