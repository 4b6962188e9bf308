"""The overview as people see it: with a server, whose page it is, and without one, from the records alone."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.schedules import IntervalSchedule

from tests.exports import ROOT, export, message

pytestmark = pytest.mark.served

EXECUTE = "from flows.overview import overview; overview()"


@pytest.fixture
def client(api):
    """Prefect's own client, which has patience with a busy server."""
    with SyncPrefectClient(api) as asked:
        yield asked


@pytest.fixture
def look(run):
    """Return a function that prints the overview and returns it as it is for programs."""

    def looked(**variables):
        code, output, _ = run.plain("overview", "--json", **variables)
        assert code == 0, output
        told = json.loads(output)
        return {one["destination"] or one["deployment"]: one for one in told["rows"]}, told["notes"]

    return looked


def test_every_pair_is_on_the_page(run, client, look, counting, tmp_path):
    """Its last run with a link, what is dead, the budget, a schedule that has not run yet; one artifact tells it."""
    place = counting(reject_containing="text 3")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)])
    webhook = ("--url", place.url, "--name", "seen", "--from-beginning", "--per-day", "9")
    code, output, _ = run("telegram_export_to_webhook", "--export", source, *webhook)
    assert code == 2, output
    code, output, _ = run("telegram_export_to_local", "--export", source, "--archive", tmp_path / "archive")
    assert code == 0, output
    planned(client, "rss-to-local", ["source:rss", "destination:local"])

    rows, notes = look()
    archive = next(name for name in rows if name.startswith("local:"))
    hook, feed = rows["webhook:seen"], rows["rss-to-local/x"]
    assert (hook["state"], hook["dead"], hook["has_page"]) == ("dead letters", {"rejected": 1}, True)
    assert (hook["begun_in_day"], hook["per_day"], hook["history"]) == (4, 9, "█")
    assert (rows[archive]["state"], rows[archive]["pair"]) == ("well", "telegram_export → local")
    assert feed["state"] == "never run"
    assert timedelta(0) < datetime.fromisoformat(feed["next_run"]) - datetime.now(UTC) < timedelta(hours=1)
    assert notes == []

    done = subprocess.run(
        [sys.executable, "-c", EXECUTE], cwd=ROOT, env=run.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kept = ArtifactFilter(key=ArtifactFilterKey(any_=["overview"]))
    (artifact,) = client.read_artifacts(artifact_filter=kept)
    assert artifact.description == "3 pairs: 1 dead letters, 1 well, 1 never run"
    assert f"[**dead letters**](/runs/flow-run/{hook['last_run']})" in artifact.data
    assert client.read_flow_run(artifact.flow_run_id).name == f"overview, {artifact.description}"

    # Without a server the records tell what they know, and what is not known is said.
    rows, (note,) = look(PREFECT_API_URL="http://127.0.0.1:9/api")
    assert "does not answer" in note
    assert {name: (one["state"], one["has_page"], one["history"]) for name, one in rows.items()} == {
        "webhook:seen": ("dead letters", False, "█"),
        archive: ("well", False, "█"),
    }


def planned(client, flow, tags):
    """Make a deployment that runs every hour, as `prefect deploy` would."""
    hourly = DeploymentScheduleCreate(schedule=IntervalSchedule(interval=timedelta(hours=1)), active=True)
    made = client.create_deployment(flow_id=client.create_flow_from_name(flow), name="x", tags=tags, schedules=[hourly])
    client._client.post(f"/deployments/{made}/schedule", json={})
