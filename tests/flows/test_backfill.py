"""Backfills: a year in shards, in this process and over two workers; the same command again goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.exports import ROOT, export, message
from tests.servers.prefect import Prefect


def year(folder, months, each):
    """Write an export with so many messages in each of the first months of 2024, a day apart."""
    messages = []
    for month in range(1, months + 1):
        for day in range(1, each + 1):
            number = len(messages) + 1
            at = int(datetime(2024, month, day, 12, tzinfo=UTC).timestamp())
            messages.append(message(number, f"post {number}") | {"date_unixtime": str(at)})
    return export(folder, messages)


@pytest.mark.served
def test_in_this_process_shard_by_shard(run, counting, tmp_path):
    """Without a deployment the shards run here; those that are done are not run again."""
    source, place = year(tmp_path / "export", 3, 4), counting(reject_containing="post 7")
    told = ["--pair", "telegram_export_to_webhook", "--since", "2024-01-01", "--until", "2024-04-01"]
    told += ["--option", f"export={source}", f"url={place.url}", "name=blog"]
    code, output, summary = run("backfill", *told)
    assert (code, summary["seen"], summary["delivered"], summary["dead"]) == (2, 12, 11, 1), output
    asked = place.state()["requests"]
    code, output, summary = run("backfill", *told)
    assert (code, summary["seen"], summary["delivered"], summary["already"], summary["dead"]) == (0, 12, 8, 3, 1), (
        output
    )
    assert place.state()["requests"] == asked


class TwoWorkers(Prefect):
    """A server with two workers, which can be killed and replaced."""

    def __init__(self, folder, **variables):
        super().__init__(folder, **variables)
        self.work()

    def work(self):
        """Start one more worker."""
        self._processes.append(self._start("worker", "start", "--pool", "syndicate", "--limit", "1"))

    def kill_workers(self):
        """Kill the workers and what they run, as a machine that fails does."""
        for worker in self._processes[1:]:
            for run in _children(worker.pid):
                os.kill(run, signal.SIGKILL)
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        del self._processes[1:]

    def backfill(self, summary, *told):
        """Start a backfill as a person does."""
        command = [sys.executable, str(ROOT / "flows" / "backfill.py"), "--summary", str(summary), *map(str, told)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def shards(self):
        """Return the names of the states of the shards' runs."""
        runs = self.get("/flow_runs/filter", {"limit": 200})
        return [one["state"]["name"] for one in runs if any(tag.startswith("shard:") for tag in one["tags"])]


def _children(parent):
    """Return the processes below one, the lowest first."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    below = [int(line) for line in found.stdout.split()]
    return [one for child in below for one in _children(child)] + below


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Prefect server with two workers."""
    running = TwoWorkers(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


def told(pair, since, until, **options):
    """Return the arguments of a backfill."""
    named = [f"{name}={value}" for name, value in options.items()]
    return ["--pair", pair, "--since", since, "--until", until, "--option", *named]


def test_over_two_workers(server, counting, tmp_path):
    """Three months over two workers: each item once, and one sum; again, nothing is run."""
    source, place, file = year(tmp_path / "export", 3, 4), counting(), tmp_path / "summary.json"
    arguments = told(
        "telegram_export_to_webhook", "2024-01-01", "2024-04-01", export=source, url=place.url, name="pool"
    )
    first = server.backfill(file, *arguments)
    output, _ = first.communicate(timeout=300)
    assert first.returncode == 0, output
    summary = json.loads(file.read_text())
    assert (summary["seen"], summary["delivered"]) == (12, 12)
    assert server.shards() == ["Completed"] * 3
    again = server.backfill(file, *arguments)
    output, _ = again.communicate(timeout=300)
    assert (again.returncode, json.loads(file.read_text())["delivered"]) == (0, 12), output
    assert server.shards() == ["Completed"] * 3
    assert Counter(effect["id"] for effect in place.effects()) == {f"telegram:42/{n}": 1 for n in range(1, 13)}


@pytest.mark.long
def test_killed_in_the_middle(server, counting, tmp_path):
    """A year to a webhook and to a database; both workers are killed in the middle: nothing twice, nothing missing."""
    source, place, file = year(tmp_path / "export", 12, 20), counting(delay=0.05), tmp_path / "summary.json"
    database = tmp_path / "place.db"
    hook = told("telegram_export_to_webhook", "2024-01-01", "2025-01-01", export=source, url=place.url, name="killed")
    base = told("telegram_export_to_sql", "2024-01-01", "2025-01-01", export=source, database=f"sqlite:///{database}")
    before = len(server.shards())
    started = server.backfill(file, *hook)
    until = time.monotonic() + 300
    while len(place.effects()) < 50:
        assert time.monotonic() < until, "nothing arrives"
        time.sleep(0.2)
    server.kill_workers()
    started.kill()
    started.communicate()
    server.work()
    server.work()
    for arguments in (hook, base):
        running = server.backfill(file, *arguments, "--take-over")
        output, _ = running.communicate(timeout=900)
        assert running.returncode in {0, 2}, output
    assert len(server.shards()) - before == 24
    letters = server_letters(server)
    arrived = Counter(effect["id"] for effect in place.effects())
    assert set(arrived.values()) == {1}
    assert {f"telegram:42/{n}" for n in range(1, 241)} <= arrived.keys() | letters
    with sqlite3.connect(database) as kept:
        assert kept.execute("SELECT count(*) FROM items").fetchone() == (240,)
    kept.close()


def server_letters(server):
    """Return the items of the dead letters in the server's job store: what was on its way when a worker died."""
    store = sqlite3.connect(server.environment["SYNDICATE_DATABASE_URL"].removeprefix("sqlite:///"))
    found = {row[0] for row in store.execute("SELECT item_id FROM jobs WHERE reason = 'unknown'")}
    store.close()
    return found
