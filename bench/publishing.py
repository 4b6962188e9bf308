"""Publishing to a server that answers in 20 ms, 20 requests at once: the bare client beside the pack, job store on.

    python bench/publishing.py [--items 2000] [--rounds 5]

Each measurement is a process of its own; they take turns, so that what else the machine does befalls all of them. The
bare client is the pack's own, httpx, in 20 threads, with the same bodies and nothing kept. The pack records jobs,
claims them, marks each before its first byte and keeps its receipt, in SQLite with `synchronous=FULL`; `prefect` does
so in a flow run, against a Prefect server that has been started before. What one post takes is taken off each: a flow
run's own begin and end, and the making of the store, are not in the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import orjson

from adapters.contracts.item import ContentItem, Media
from adapters.contracts.ports import MediaFile, MediaMissing, Page
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.version import stamp
from adapters.destinations.webhook import WebhookDestination, WebhookSettings, content_of
from adapters.http import Client
from adapters.media import FolderMediaStore
from adapters.stores.sql import SqlJobStore, sqlite_engine
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers

ROOT = Path(__file__).resolve().parents[1]
PARALLEL = 20
ANSWERS_AFTER = 0.02
WAYS = ("bare", "plain", "prefect")
DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Posts:
    """A source of so many short posts."""

    service: ClassVar[str] = "bench"
    identity = "bench:1"
    title = "A bench"

    def __init__(self, number: int) -> None:
        self.entries = [
            stamp(
                ContentItem(id=f"bench:1/{n}", published_at=DAY + timedelta(minutes=n), text=f"post {n} " * 20), "bench"
            )
            for n in range(number)
        ]

    def fingerprint(self) -> str:
        """Say that it cannot be told."""
        return ""

    def head(self) -> datetime:
        """Return when the newest was published."""
        return self.entries[-1].published_at

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield all posts, 500 a page."""
        for place in range(int(cursor or 0), len(self.entries), 500):
            end = min(place + 500, len(self.entries))
            yield Page(self.entries[place:end], str(end))

    def gone(self, ids: object) -> list[str]:
        """Return nothing."""
        del ids
        return []

    def media(self, media: Media) -> MediaFile:
        """Find nothing."""
        raise MediaMissing(media.ref)

    def close(self) -> None:
        """Give back nothing."""


class Answers(asyncio.Protocol):
    """A server in as few lines as HTTP allows: it answers each request 20 ms after its last byte."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing received."""
        self._transport, self._got = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._got += data
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            length = int(self._got[:end].lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
            if len(self._got) < end + 4 + length:
                return
            self._got = self._got[end + 4 + length :]
            asyncio.get_running_loop().call_later(ANSWERS_AFTER, self._answer)

    def _answer(self) -> None:
        """Say that all is well."""
        if not self._transport.is_closing():
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")  # type: ignore[attr-defined]


async def serve() -> None:
    """Serve on a free port, and tell it."""
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def bare(url: str, number: int, folder: Path) -> Callable[[], object]:
    """Return what sends the same bodies with the same client and nothing else."""
    del folder
    client, posts = Client(), Posts(number).entries

    def send(item: ContentItem) -> None:
        body = {"action": "create", "key": f"webhook:bench|{item.id}|1", "id": item.id, "version": item.version}
        client.send(
            "POST",
            url,
            content=orjson.dumps(body | {"item": content_of(item)}),
            headers={"content-type": "application/json", "idempotency-key": item.id},
            deadline=25.0,
        )

    def run() -> None:
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(send, posts))

    return run


def plain(url: str, number: int, folder: Path) -> Callable[[], object]:
    """Return what publishes without Prefect."""
    return lambda: road(url, number, folder, PlainEngine(RetryPolicy()))


def prefect(url: str, number: int, folder: Path) -> Callable[[], object]:
    """Return what publishes in a flow run."""
    from prefect import flow  # noqa: PLC0415 - only this measurement waits for it

    from tasks.engine import PrefectEngine  # noqa: PLC0415 - only this measurement waits for it

    @flow(name="bench-publishing")
    def publishing() -> None:
        road(url, number, folder, PrefectEngine(RetryPolicy()))

    flow(lambda: None, name="bench-warm")()
    return publishing


def road(url: str, number: int, folder: Path, engine: object) -> None:
    """Publish all posts."""
    store = SqlJobStore.open(sqlite_engine(folder / "store.db"))
    place = WebhookDestination(WebhookSettings(url=url, name="bench", honours_key=True))
    summary = PublishingRoad(
        "bench → webhook",
        Posts(number),
        "bench:1",
        place,
        {},
        store,
        FolderMediaStore(folder / "media"),
        Options(from_beginning=True, parallel=PARALLEL),
        RetryPolicy(),
        engine,  # type: ignore[arg-type]
        Watchers(),
        str(time.time_ns()),
    ).run()
    store.close()
    if summary.delivered != number or summary.errors:
        raise RuntimeError(f"{summary.delivered} of {number} delivered: {summary.errors}")


def measured(way: str, url: str, number: int) -> dict[str, float]:
    """Do one measurement in this process."""
    with tempfile.TemporaryDirectory() as folder:
        run = {"bare": bare, "plain": plain, "prefect": prefect}[way](url, number, Path(folder))
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return took | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


@contextmanager
def started(*command: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process, and end it afterwards."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | variables, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def main() -> None:
    """Take turns, and print medians, spreads and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", nargs="*", default=WAYS)
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "URL"), help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve())
    elif arguments.measure:
        print(json.dumps(measured(*arguments.measure, arguments.items)))
    else:
        compare(arguments.items, arguments.rounds, arguments.ways)


def compare(items: int, rounds: int, ways: list[str]) -> None:
    """Measure each way in turns."""
    me = [sys.executable, str(Path(__file__).resolve())]
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as home, started(*me, "--serve") as server, api(Path(home)) as variables:
        url = f"http://127.0.0.1:{int((server.stdout or sys.stdin).readline())}/"
        for number in range(rounds):
            for way in ways if number % 2 == 0 else reversed(ways):
                one, all_of_them = (
                    alone([*me, "--items", str(n), "--measure", way, url], variables) for n in (1, items)
                )
                took = {name: all_of_them[name] - one[name] for name in ("wall", "cpu")}
                found[way].append(took | {"peak": all_of_them["peak"]})
                print(f"round {number + 1} {way}: {items / took['wall']:.0f}/s", file=sys.stderr, flush=True)
    show(items, found)


def alone(command: list[str], variables: dict[str, str]) -> dict[str, float]:
    """Do one measurement in a process of its own."""
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, check=True, stdout=subprocess.PIPE, text=True)
    took: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return took


@contextmanager
def api(home: Path) -> Iterator[dict[str, str]]:
    """Start a Prefect server, and yield the variables that name it."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])
    variables = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_PORT": port,
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    }
    with started(sys.executable, "-m", "prefect", "server", "start", "--port", port, **variables):
        until = time.monotonic() + 240
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(port)), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
        yield variables | {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}


def show(items: int, found: dict[str, list[dict[str, float]]]) -> None:
    """Print the table."""
    print(
        f"{items} items, {PARALLEL} at once, answers after {ANSWERS_AFTER * 1000:.0f} ms; load {os.getloadavg()[0]:.1f}"
    )
    print("| way | items a second | spread | of the bare client | CPU ms an item | peak MiB |")
    print("|---|---:|---|---:|---:|---:|")
    rates = {way: [items / one["wall"] for one in runs] for way, runs in found.items()}
    for way, runs in found.items():
        ratio = statistics.median(own / bare for own, bare in zip(rates[way], rates["bare"], strict=True))
        cpu = statistics.median(one["cpu"] for one in runs) / items * 1000
        peak = statistics.median(one["peak"] for one in runs)
        spread = f"{min(rates[way]):.0f} to {max(rates[way]):.0f}"
        print(f"| {way} | {statistics.median(rates[way]):.0f} | {spread} | {ratio:.2f} | {cpu:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
