"""A Prefect server that `deployments/setup.py` is run on, with a file of few pairs and a place for alarms.

It keeps its records in PostgreSQL: with SQLite Prefect loses events at any load, or tells of one four times
(deployments/README.md, Alarms).
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import redirect_stdout
from io import StringIO

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
from sqlalchemy import make_url

from deployments.setup import QUIET, setup
from flows.watch import watch
from tests.exports import ROOT
from tests.servers import postgres
from tests.servers.prefect import PREFECT, Api
from tests.servers.sink import Sink

PAIRS = """\
deployments:
  - name: default
    entrypoint: flows/telegram_export_to_webhook.py:telegram_export_to_webhook
    tags: [source:telegram_export, destination:webhook]
    work_pool: {name: syndicate, work_queue_name: vk-shop}
  - name: default
    entrypoint: flows/watch.py:watch
    tags: [watch]
    work_pool: {name: syndicate}
    concurrency_limit: {limit: 1, collision_strategy: CANCEL_NEW}
    schedules:
      - {cron: "17 4 * * *", timezone: UTC, active: false}
"""
SECRET = "a-secret-that-nobody-prints"  # noqa: S105 - this is the test


class Stack(Api):
    """A server, its setup, its alarms."""

    def __init__(self, folder):
        self.sink, self._cluster = Sink(), postgres.Cluster()
        database = make_url(self._cluster.url).set(drivername="postgresql+asyncpg")
        super().__init__(
            folder,
            PREFECT_API_DATABASE_CONNECTION_URL=database.render_as_string(hide_password=False),
            SYNDICATE_ALARM_URL=self.sink.url,
            SYNDICATE_WEBHOOK_SECRET=SECRET,
        )
        self.pairs = folder / "pairs.yaml"
        self.pairs.write_text(PAIRS, encoding="utf-8")

    def setup(self, **variables):
        """Run the setup in this process, which has Prefect's imports behind it; returns exit code and what it said."""
        return self._here(lambda: setup(prefect_file=[self.pairs]), variables)

    def check(self, **variables):
        """Run it as with --check."""
        return self._here(lambda: setup(check=True, prefect_file=[self.pairs]), variables)

    def watch(self):
        """Look after the pairs once."""
        assert self._here(lambda: watch(return_state=True).is_completed(), {})[0] is True

    def _here(self, do, variables):
        """Do something as if this process had been started for this server; returns its result and what it said."""
        api = {PREFECT_API_URL: self.api, PREFECT_HOME: self.environment["PREFECT_HOME"]}
        with pytest.MonkeyPatch.context() as patch, temporary_settings(api), redirect_stdout(StringIO()) as said:
            for name, value in (self.environment | QUIET | variables).items():
                patch.setenv(name, value)
            return do(), said.getvalue()

    def scheduled(self, deployment, **parameters):
        """Let a deployment have a run that no worker has taken yet; returns its id."""
        (flow,) = self.get("/deployments/filter", {"flows": {"name": {"any_": [deployment]}}})
        return self.get(f"/deployments/{flow['id']}/create_flow_run", {"parameters": parameters})["id"]

    def runs(self, flow):
        """Return the runs of a flow's deployments."""
        mine = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"deployment_id": {"is_null_": False}}}
        return self.get("/flow_runs/filter", mine)

    def execute(self, run_id):
        """Execute a run in a process of its own, as a worker does."""
        return subprocess.Popen(
            [*PREFECT, "flow-run", "execute", run_id],
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )

    def state(self, run_id):
        """Return a run's state."""
        return self.get(f"/flow_runs/{run_id}")["state"]

    def reaches(self, run_id, name, seconds=240):
        """Wait until a run is in a state; returns the run."""
        self._wait_for(lambda: self.state(run_id)["name"] == name, seconds, lambda: self.state(run_id))
        return self.get(f"/flow_runs/{run_id}")

    def stop(self):
        """End server, its database and sink."""
        super().stop()
        self._cluster.stop()
        self.sink.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """An empty server; a module's tests go on with what the ones before have made of it."""
    running = Stack(tmp_path_factory.mktemp("stack"))
    yield running
    running.stop()


def kill(process, how):
    """End a run's process and its children so."""
    os.killpg(process.pid, how)
    process.wait()
