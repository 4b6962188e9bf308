"""Crashed runs are taken up again twice, once each; a silent one is called crashed only if it could have been heard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.states import AwaitingRetry

from tasks.crashes import LOOKED, NO_SIGN, POOL, SIGN, _change, mend
from tests.servers.prefect import Api

LATER = timedelta(minutes=13)
"""So long after its start a run is looked at."""


class World:
    """A server with one deployment in the pool, whose runs get their states as their workers would set them."""

    def __init__(self, folder):
        self.api = Api(folder)
        self.client = SyncPrefectClient(self.api.api)
        self.api.get("/work_pools/", {"name": POOL, "type": "process"})
        self.flow, watcher = (self.api.get("/flows/", {"name": name})["id"] for name in ("pair", "watch"))
        self.watcher = UUID(watcher)

    def run(self, *states, flow=""):
        """Make a run of a deployment, and let it go through these states; returns its id."""
        told = {"name": "default", "flow_id": flow or self.flow, "work_pool_name": POOL}
        deployment = self.api.get("/deployments/", told)["id"]
        run_id = self.api.get(f"/deployments/{deployment}/create_flow_run", {})["id"]
        self.goes_on(run_id, *states)
        return run_id

    def goes_on(self, run_id, *states):
        """Let a run go through these states."""
        for state in states:
            self.api.get(f"/flow_runs/{run_id}/set_state", {"state": {"type": state, "message": "as told"}})

    def state(self, run_id):
        """Return a run's state."""
        return self.api.get(f"/flow_runs/{run_id}")["state"]

    def hears(self, *signs):
        """Let the server have heard of these: events, of whom, and when."""
        told = [
            {
                "id": str(uuid4()),
                "event": event,
                "occurred": occurred.isoformat(),
                "payload": {},
                "resource": {"prefect.resource.id": resource},
                "related": [],
            }
            for event, resource, occurred in signs
        ]
        self.api.get("/events", told)
        end = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        asked = {"id": {"id": [one["id"] for one in told]}, "occurred": {"until": end}}
        heard = lambda: len(self.api.get("/events/filter", {"filter": asked})["events"]) == len(told)  # noqa: E731
        self.api._wait_for(heard, 120)

    def mend(self, after=timedelta(0)):
        """Look once, after so long; returns the runs that were taken up."""
        return [str(run.run_id) for run in mend(self.client, self.watcher, datetime.now(UTC) + after)]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A server of these tests' own."""
    made = World(tmp_path_factory.mktemp("crashes"))
    yield made
    made.api.stop()


def test_a_crashed_run_is_taken_up_twice_and_then_left(world):
    """Each crash once, however often somebody looks; the words are for people."""
    run_id = world.run()
    for _ in range(2):
        world.goes_on(run_id, "RUNNING", "CRASHED")
        (taken,) = mend(world.client, world.watcher, datetime.now(UTC))
        assert str(taken.run_id) == run_id
        assert "pair, run " in taken.body
        assert "UTC: as told\nNext: nothing, it is taken up again and sends nothing twice." in taken.body
        state = world.state(run_id)
        assert (state["name"], state["message"]) == ("AwaitingRetry", "taken up again after a crash")
        assert world.mend() == []
    world.goes_on(run_id, "RUNNING", "CRASHED")
    assert world.mend() == []
    assert world.state(run_id)["name"] == "Crashed"


def test_what_never_began_or_is_old_or_the_watchers_own_is_left(world):
    """Nor what failed, which waits for a person."""
    world.run("CRASHED")
    world.run("RUNNING", "FAILED")
    world.run("RUNNING", "CRASHED", flow=str(world.watcher))
    assert world.mend() == []
    run_id = world.run("RUNNING", "CRASHED")
    assert world.mend(timedelta(days=2)) == []
    assert world.mend() == [run_id]


def test_a_run_that_has_gone_on_since_it_was_looked_at_is_never_reset(world):
    """Somebody clicked Retry between the look and the change."""
    run_id = world.run("RUNNING", "CRASHED")
    seen = world.client.read_flow_run(UUID(run_id))
    world.goes_on(run_id, "SCHEDULED", "RUNNING")
    assert _change(world.client, seen, AwaitingRetry()) is False
    assert world.state(run_id)["name"] == "Running"
    world.goes_on(run_id, "COMPLETED")


def test_a_silent_run_is_crashed_once_it_could_have_been_heard(world):
    """Silent since before the last look; one that is heard again and one that never was heard are left."""
    begun = datetime.now(UTC)
    silent, heard, new = world.run("RUNNING"), world.run("RUNNING"), world.run("RUNNING")
    world.hears(
        (SIGN, f"prefect.flow-run.{silent}", begun + timedelta(seconds=30)),
        (SIGN, f"prefect.flow-run.{heard}", begun + timedelta(minutes=8)),
        (LOOKED, "syndicate.watch", begun + timedelta(minutes=12)),
    )
    assert world.mend(LATER) == []
    world.hears((LOOKED, "syndicate.watch", begun + timedelta(minutes=9)))
    assert world.mend(LATER) == [silent]
    states = world.api.get("/flow_run_states/?flow_run_id=" + silent)
    assert ("Crashed", NO_SIGN) in [(one["name"], one["message"]) for one in states]
    assert {world.state(one)["name"] for one in (heard, new)} == {"Running"}
