"""Prefect as on a server of one's own: API server, process work pool and worker, each a process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import tenacity

from tests.exports import ROOT

BUSY = 503
PATIENCE = 120
"""Seconds for one answer: the server itself waits a minute for its SQLite before it says that it is busy."""
PREFECT = [sys.executable, "-m", "prefect"]


def family(pid):
    """Return a process and all that it has started, the eldest first."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [pid, *(one for child in children.stdout.split() for one in family(int(child)))]


def kill_family(process):
    """Kill a process and all that it has started with SIGKILL, as a machine that loses its power does."""
    for pid in family(process.pid):
        # One that ended just now need not be killed.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


class Api:
    """A running server, and nothing else."""

    def __init__(self, folder: Path, **variables: str):
        port = _free_port()
        self.api = f"http://127.0.0.1:{port}/api"
        self.environment = os.environ | {
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_API_PORT": str(port),
            "SYNDICATE_DATABASE_URL": f"sqlite:///{folder}/syndicate.db",
            "SYNDICATE_WITNESS": str(folder / "witness"),
            **variables,
        }
        self._log = (folder / "prefect.log").open("w", encoding="utf-8")
        self._processes = [self._start("server", "start", "--port", str(port))]
        self._wait_for(lambda: self.get("/health"), 240)

    def _start(self, *arguments):
        return subprocess.Popen(
            [*PREFECT, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, *arguments):
        """Run a prefect command and return what it printed."""
        done = subprocess.run(
            [*PREFECT, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path, body=None):
        """Ask the API."""
        return self._ask(path, None if body is None else json.dumps(body).encode(), None)

    def patch(self, path, body):
        """Change something at the API."""
        self._ask(path, json.dumps(body).encode(), "PATCH")

    def put(self, path, body):
        """Replace something at the API."""
        self._ask(path, json.dumps(body).encode(), "PUT")

    def delete(self, path):
        """Delete something at the API."""
        self._ask(path, None, "DELETE")

    @tenacity.retry(
        retry=tenacity.retry_if_exception(lambda error: getattr(error, "code", 0) == BUSY),
        wait=tenacity.wait_fixed(1),
        stop=tenacity.stop_after_delay(120),
        reraise=True,
    )
    def _ask(self, path, body, method):
        """Send a request, again where the server's SQLite is busy, as Prefect's own client does."""
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.api + path, body, head, method=method)  # noqa: S310 - our own loopback
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - our own loopback
            return json.loads(answer.read() or b"null")

    def _wait_for(self, true, seconds, what=lambda: ""):
        until = time.monotonic() + seconds
        while True:
            try:
                if true() not in {False, None}:
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                raise AssertionError(f"not within {seconds} s: {what()}\n{Path(self._log.name).read_text()[-3000:]}")
            time.sleep(0.5)

    def stop(self):
        """End worker, runs and server."""
        for process in reversed(self._processes):
            # Some test may have killed it, and the runs in its hands with it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._log.close()


class Prefect(Api):
    """A running server with the pack deployed and one worker that takes one run at a time."""

    def __init__(self, folder: Path, **variables: str):
        super().__init__(folder, **variables)
        self.run("work-pool", "create", "syndicate", "--type", "process")
        self.run("--no-prompt", "deploy", "--all")
        # What looks after pairs by the clock would take the one worker's time from what is tested.
        for one in self.get("/deployments/filter", {}):
            for schedule in one["schedules"]:
                self.delete(f"/deployments/{one['id']}/schedules/{schedule['id']}")
        self._processes.append(self._start("worker", "start", "--pool", "syndicate", "--limit", "1"))

    def deployment_run(self, deployment, /, **parameters):
        """Run a deployment as a person does; returns the flow run's id."""
        given = [part for key, value in parameters.items() for part in ("--param", f"{key}={json.dumps(value)}")]
        said = self.run("deployment", "run", deployment, *given)
        return re.search(r"UUID: ([0-9a-f-]{36})", said)[1]

    def state(self, run_id):
        """Return a flow run's state."""
        return self.get(f"/flow_runs/{run_id}")["state"]

    def wait(self, run_id, *names, seconds=180):
        """Wait until a flow run is in a state of one of these names; returns the state."""
        self._wait_for(lambda: self.state(run_id)["name"] in names, seconds, lambda: self.state(run_id))
        return self.state(run_id)

    def artifacts(self, run_id):
        """Return a flow run's artifacts by key, the newest of each."""
        oldest_first = sorted(self.artifact_ids(run_id), key=lambda found: found["created"])
        return {found["key"]: found["data"] for found in oldest_first}

    def artifact_ids(self, run_id):
        """Return a flow run's artifacts as the API has them."""
        return self.get("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run_id]}}})

    def deployment(self, flow):
        """Return the id of a flow's deployment."""
        (found,) = [
            one for one in self.get("/deployments/filter", {}) if one["entrypoint"].endswith(flow.replace("-", "_"))
        ]
        return found["id"]

    def runs(self):
        """Return the ids of all flow runs that somebody started: no schedule's."""
        asked = {"limit": 200, "sort": "EXPECTED_START_TIME_ASC"}
        return {found["id"] for found in self.get("/flow_runs/filter", asked) if not found["auto_scheduled"]}


def start_backfill(server, summary, *arguments):
    """Start a backfill beside a server, as a person does."""
    command = [sys.executable, str(ROOT / "flows" / "backfill.py"), "--summary", str(summary), *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def shards_of(pair, since, until, **options):
    """Return the arguments of a backfill."""
    named = [f"{name}={value}" for name, value in options.items()]
    return ["--pair", pair, "--since", since, "--until", until, "--option", *named]


def shards(server):
    """Return the names of the states of all shards' runs."""
    runs = server.get("/flow_runs/filter", {"limit": 200})
    return [one["state"]["name"] for one in runs if any(tag.startswith("shard:") for tag in one["tags"])]


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
