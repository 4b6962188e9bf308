"""Feeds: entries parsed and cleaned in a second of a processor, beside feedparser, fastfeedparser and the limit.

    python -m bench.rss                  feeds of three kinds, 10,000 entries each, five rounds: some minutes
    python -m bench.rss --entries 1000   smaller ones

Each figure is of a process of its own, after its imports and some entries of each kind; rounds are interleaved,
medians are shown. Ours makes the items that destinations get, with dates, files, markup and version. Feedparser makes
dates, files and sanitized HTML with whole addresses, as it does unasked. The limit parses with lxml, cleans the text
with nh3, and makes nothing of it.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.feeds import KINDS, feed

ROOT = Path(__file__).resolve().parents[1]
URL = "https://blog.example/feed"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
TEXTS = (
    "{http://purl.org/rss/1.0/modules/content/}encoded",
    "{http://www.w3.org/2005/Atom}content",
    "description",
)
"""Where a feed of ours has its text, the best first."""


def ours(data: bytes) -> Sequence[Any]:
    """Make items, as the source does."""
    document, entry = import_module("adapters.sources.rss.document"), import_module("adapters.sources.rss.entry")
    items: Sequence[Any] = entry.entries_of(document.read(data, URL, ""), entry.Reading("rss:bench", URL, NOW, {}))
    return items


def feedparser(data: bytes) -> Sequence[Any]:
    """Parse and clean, as feedparser does unasked."""
    entries: Sequence[Any] = import_module("feedparser").parse(io.BytesIO(data)).entries
    return entries


def fastfeedparser(data: bytes) -> Sequence[Any]:
    """Parse; nothing is cleaned."""
    entries: Sequence[Any] = import_module("fastfeedparser").parse(data).entries
    return entries


def limit(data: bytes) -> Sequence[Any]:
    """Parse and clean with libraries in C and Rust, and note nothing but the text of each element."""
    etree, nh3 = import_module("lxml.etree"), import_module("nh3")
    entries = []
    for _, entry in etree.iterparse(io.BytesIO(data), tag=("item", "{http://www.w3.org/2005/Atom}entry")):
        found = {child.tag: child.text for child in entry}
        text = next((found[name] for name in TEXTS if found.get(name)), "")
        entries.append(found | {"text": nh3.clean(text)})
        entry.clear()
    return entries


SIDES: dict[str, Callable[[bytes], Sequence[Any]]] = {
    one.__name__: one for one in (ours, feedparser, fastfeedparser, limit)
}


def alone(side: str, path: str) -> None:
    """Do one side's work in this process, and print the entries and the seconds of the processor."""
    data = Path(path).read_bytes()
    for kind in KINDS:
        SIDES[side](feed(kind, 50))
    began = time.process_time()
    count = len(SIDES[side](data))
    print(count, time.process_time() - began)


def measured(side: str, path: Path) -> float:
    """Return the entries in a second of a side, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.rss", "--alone", side, path],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    count, seconds = done.stdout.split()
    return int(count) / float(seconds)


def main() -> None:
    """Measure and print a table."""
    asked = argparse.ArgumentParser(
        prog="python -m bench.rss", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--entries", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--alone", nargs=2, metavar=("SIDE", "FILE"), help="measure in this process")
    found = asked.parse_args()
    if found.alone:
        alone(*found.alone)
        return
    libraries = ", ".join(f"{name} {version(name)}" for name in ("feedparser", "fastfeedparser", "lxml", "nh3"))
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, {libraries}")
    print(f"load {os.getloadavg()[0]:.1f}; {found.entries:,} entries, {found.rounds} rounds\n")
    print(f"| feed | bytes an entry | {' | '.join(SIDES)} | ours of feedparser | ours of the limit |")
    print(f"|---|---:|{'---:|' * (len(SIDES) + 2)}")
    with tempfile.TemporaryDirectory() as made:
        for kind in KINDS:
            path = Path(made, kind)
            size = path.write_bytes(feed(kind, found.entries))
            rounds = [{side: measured(side, path) for side in SIDES} for _ in range(found.rounds)]
            median = {side: statistics.median(one[side] for one in rounds) for side in SIDES}
            times = statistics.median(one["ours"] / one["feedparser"] for one in rounds)
            share = statistics.median(one["ours"] / one["limit"] for one in rounds)
            figures = " | ".join(f"{median[side]:,.0f}" for side in SIDES)
            print(f"| {kind} | {size // found.entries:,} | {figures} | {times:.1f} | {share:.2f} |", flush=True)


if __name__ == "__main__":
    main()
