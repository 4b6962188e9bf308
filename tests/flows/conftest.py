"""Flows as people run them: processes of their own, with a state of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.exports import ROOT
from tests.servers.prefect import Api


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A state of its own for this module; Prefect's database is made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """One Prefect server for a module's runs, as on a server of one's own: each of them need not start its own."""
    server = Api(tmp_path_factory.mktemp("api"))
    yield server.api
    server.stop()


@pytest.fixture
def run(home, tmp_path, request):
    """Return a function that runs a flow file and returns exit code, output and summary.

    Nothing is set up, unless the test or its module is marked as `served`.
    """
    served = {"PREFECT_API_URL": request.getfixturevalue("api")} if "served" in request.keywords else {}

    def environment(**variables):
        own = {"PREFECT_HOME": str(home), "SYNDICATE_WITNESS": str(tmp_path / "w")}
        return os.environ | own | served | variables

    def start(flow, *arguments, stdin=None, **variables):
        return subprocess.Popen(
            [sys.executable, str(ROOT / "flows" / f"{flow}.py"), *map(str, arguments)],
            cwd=tmp_path,
            env=environment(**variables),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Whoever runs the tests in the background has SIGINT ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )

    def finish(flow, *arguments, **variables):
        file = tmp_path / "summary.json"
        file.unlink(missing_ok=True)
        summary = ("--summary", file) if flow != "dead_letters" else ()
        process = start(flow, *arguments, *summary, **variables)
        output, _ = process.communicate(timeout=900)
        return process.returncode, output, json.loads(file.read_text()) if file.exists() else {}

    def plain(flow, *arguments, **variables):
        """Run a flow that knows no summary."""
        process = start(flow, *arguments, **variables)
        output, _ = process.communicate(timeout=900)
        return process.returncode, output, {}

    finish.start, finish.plain, finish.environment = start, plain, environment
    return finish
