"""Backfills: a year in shards, in this process and over two workers; the same command again goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter

import pytest

from tests.exports import year
from tests.servers.prefect import Prefect, shards, shards_of, start_backfill


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


@pytest.mark.long
def test_as_a_deployment(server, counting, tmp_path):
    """Run by a worker, whose slot its own shards need: it gives the slot back, and comes to its end."""
    source, place = year(tmp_path / "export", 3, 4), counting()
    told = {"pair": "telegram_export_to_webhook", "since": "2024-01-01", "until": "2024-04-01", "at_once": 3}
    option = [f"export={source}", f"url={place.url}", "name=deployed"]
    run_id = server.deployment_run("backfill/default", **told, option=option)
    assert server.wait(run_id, "Completed", "Failed", "Crashed", seconds=900)["name"] == "Completed"
    assert len(place.effects()) == 12
    artifacts = server.artifacts(run_id)
    assert "| delivered | 12 |" in artifacts["summary"]
    assert [row["delivered"] for row in json.loads(artifacts["backfill"])] == [4, 4, 4]


@pytest.mark.long
def test_killed_in_the_middle(server, counting, tmp_path):
    """A year to a webhook and to a database; both workers are killed in the middle: nothing twice, nothing missing."""
    source, place, file = year(tmp_path / "export", 12, 20), counting(delay=0.05), tmp_path / "summary.json"
    database = tmp_path / "place.db"
    hook = shards_of(
        "telegram_export_to_webhook", "2024-01-01", "2025-01-01", export=source, url=place.url, name="killed"
    )
    base = shards_of(
        "telegram_export_to_sql", "2024-01-01", "2025-01-01", export=source, database=f"sqlite:///{database}"
    )
    before = len(shards(server))
    started = start_backfill(server, file, *hook)
    until = time.monotonic() + 900
    while len(place.effects()) < 50:
        assert time.monotonic() < until, "nothing arrives"
        time.sleep(0.2)
    server.kill_workers()
    started.kill()
    started.communicate()
    server.work()
    server.work()
    for arguments in (hook, base):
        running = start_backfill(server, file, *arguments, "--take-over")
        output, _ = running.communicate(timeout=1800)
        assert running.returncode in {0, 2}, output
    assert len(shards(server)) - before == 24
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
