"""The alarms that take minutes, on a real worker: a run that gives no sign of life, and a watcher that is gone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.exports import export, message
from tests.servers.prefect import kill_family

pytestmark = pytest.mark.long


@pytest.fixture
def worked(stack):
    """The server set up, with a worker."""
    assert stack.setup()[0] == 0
    stack._processes.append(work(stack))
    return stack


def work(stack):
    """Start a worker."""
    return stack._start("worker", "start", "--pool", "syndicate", "--limit", "2")


def test_a_killed_run_is_crashed_and_taken_up_again_twice_and_then_given_up(worked, counting, tmp_path):
    """Twice its processes, which the worker tells, then the worker too, which nobody tells; nothing is sent twice."""
    place = counting(delay=3.0)
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 200)])
    run_id = worked.scheduled(
        "telegram-export-to-webhook", export=str(source), url=place.url, name="zombie", from_beginning=True
    )
    for count in (1, 2, 3):
        worked.reaches(run_id, "Running", 600)
        seen = len(place.log())
        worked._wait_for(lambda seen=seen: len(place.log()) > seen + 1, 300)
        if count < 3:
            _kill(run_id)
            worked._wait_for(lambda count=count: len(worked.sink.of(run_id)) == count, 600)
        else:
            kill_family(worked._processes[-1])
    assert worked.reaches(run_id, "Crashed", 600)["run_count"] == 3
    assert "no sign of life" in worked.sink.wait("syndicate: crashed, given up")["body"]
    subjects = [one["subject"].rpartition(": ")[0] for one in worked.sink.of(run_id)]
    assert subjects == [*["syndicate: crashed, taken up again"] * 2, "syndicate: crashed, given up"]
    place.control(delay=0)
    worked._processes[-1] = work(worked)
    worked.run("flow-run", "retry", run_id)
    # Failed, where something was under way at a kill: it may have arrived, and lies where a person decides.
    worked._wait_for(lambda: worked.state(run_id)["name"] in {"Completed", "Failed"}, 900)
    arrived = [effect["id"] for effect in place.effects()]
    assert len(arrived) == len(set(arrived)) >= 199 - 3


def test_a_watcher_that_is_gone_is_told_of_once(worked):
    """No look for as long as the alarm waits, which is shortened here."""
    (one,) = [one for one in worked.get("/automations/filter", {}) if "watcher" in one["name"]]
    sent = {name: one[name] for name in ("name", "description", "enabled", "actions")}
    worked.put(f"/automations/{one['id']}", sent | {"trigger": one["trigger"] | {"within": 60}})
    worked.watch()
    body = worked.sink.wait("syndicate: no look at the pairs", 240)["body"]
    assert "see whether a worker of the pool syndicate is up" in body
    assert len([name for name in worked.sink.subjects() if "no look" in name]) == 1


def _kill(run_id):
    """Kill the processes of a run, as a machine that loses its power does."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"PREFECT__FLOW_RUN_ID={run_id}".encode() in environment:
            os.kill(int(process.name), signal.SIGKILL)
