"""The pack as deployments/README.md installs it without containers: PostgreSQL, server, setup.py, two workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from tests.exports import ROOT
from tests.servers.prefect import Api, Prefect, family, kill_family

WORKERS = ("one", "two")


class Installation(Prefect):
    """A whole installation on one machine, any part of which can be killed and started again."""

    def __init__(self, folder: Path, cluster: str, **variables: str):
        url = make_url(cluster)
        admin = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("prefect", "syndicate", "place"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        server = url.set(drivername="postgresql+asyncpg", database="prefect").render_as_string(hide_password=False)
        open_url = f"postgresql://{url.username}@{url.host}:{url.port}"
        self.folder = folder
        self.database = f"{open_url}/place"
        Api.__init__(
            self,
            folder,
            PREFECT_API_DATABASE_CONNECTION_URL=server,
            PREFECT_FLOWS_HEARTBEAT_FREQUENCY="30",
            SYNDICATE_DATABASE_URL=f"{open_url}/syndicate",
            SYNDICATE_MEDIA=str(folder / "media"),
            PGPASSWORD=str(url.password),
            **variables,
        )
        self.setup()
        self.workers = {name: self._worker(name) for name in WORKERS}

    def setup(self, *arguments):
        """Run deployments/setup.py and return what it printed."""
        command = [sys.executable, str(ROOT / "deployments" / "setup.py"), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _worker(self, name):
        """Start a worker that takes two runs at a time."""
        return self._start("worker", "start", "--pool", "syndicate", "--name", name, "--limit", "2")

    def kill_worker(self, name):
        """Kill a worker with SIGKILL, and the runs in its hands, as systemd does and as a machine that is gone."""
        kill_family(self.workers[name])

    def start_worker(self, name):
        """Start a worker again."""
        self.workers[name] = self._worker(name)

    def worker_of(self, run_id):
        """Return the name of the worker that has a flow run in its hands."""
        pid = int(self.get(f"/flow_runs/{run_id}")["infrastructure_pid"].rsplit(":", 1)[-1])
        (name,) = [name for name, worker in self.workers.items() if pid in family(worker.pid)]
        return name

    def deployment_id(self, name):
        """Return a deployment's id, by flow and name."""
        flow, deployment = name.split("/")
        return self.get(f"/deployments/name/{flow}/{deployment}")["id"]

    def kill_server(self):
        """Kill the API server with SIGKILL."""
        os.killpg(self._processes[0].pid, signal.SIGKILL)
        self._processes[0].wait()

    def start_server(self):
        """Start the API server again, on the same port."""
        port = self.environment["PREFECT_SERVER_API_PORT"]
        self._processes[0] = self._start("server", "start", "--port", port)
        self._wait_for(lambda: self.get("/health"), 240)

    def stop(self):
        """End workers, runs and server."""
        self._processes += self.workers.values()
        super().stop()
