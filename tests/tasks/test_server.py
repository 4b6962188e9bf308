"""Prefect's API beside a run: only where nobody has chosen another, and gone when the run is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.server import chosen
from tests.exports import ROOT


@pytest.mark.parametrize(
    ("variables", "file", "text"),
    [
        ({"PREFECT_API_URL": "http://127.0.0.1:4200/api"}, "", ""),
        ({"PREFECT_PROFILE": "mine"}, "", ""),
        ({}, "home/profiles.toml", "[profiles.mine]\nPREFECT_API_URL = 'http://127.0.0.1:4200/api'"),
        ({}, "prefect.toml", ""),
        ({}, "pyproject.toml", "[tool.prefect.api]\nurl = 'http://127.0.0.1:4200/api'"),
        ({}, ".env", "PREFECT_API_URL=http://127.0.0.1:4200/api"),
    ],
)
def test_whoever_names_a_server_is_obeyed(tmp_path, variables, file, text):
    """In each place where Prefect looks for its settings."""
    (tmp_path / "home").mkdir()
    if file:
        (tmp_path / file).write_text(text)
    assert chosen({"PREFECT_HOME": str(tmp_path / "home")} | variables, tmp_path)


def test_a_project_that_only_uses_prefect_names_no_server(tmp_path):
    """Ours is such a one: a dependency is no setting."""
    assert not chosen({"PREFECT_HOME": str(tmp_path)}, ROOT)
    assert not chosen({"PREFECT_HOME": str(tmp_path)}, tmp_path)


def test_the_server_ends_with_a_run_that_is_killed(tmp_path):
    """SIGKILL leaves the run no last word; the server notices that nobody holds its pipe."""
    code = (
        "import time; import tasks.server as s; s.start_beside(); "
        "print(s.os.environ['PREFECT_API_URL'], flush=True); time.sleep(600)"
    )
    environment = os.environ | {"PREFECT_HOME": str(tmp_path)}
    environment.pop("PREFECT_API_URL", None)
    run = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
    run.stdout.readline()
    (server,) = _children(run.pid)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    until = time.monotonic() + 120
    while Path(f"/proc/{server}").exists() and "Z" not in Path(f"/proc/{server}/stat").read_text().split():
        assert time.monotonic() < until, "the server has outlived its run"
        time.sleep(0.2)


def _children(pid):
    """Return a process's children."""
    return [int(name) for name in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
