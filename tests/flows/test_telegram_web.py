"""The web preview as a flow's source: from a server in a process of its own into an archive."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.exports import ROOT, SAMPLE


@pytest.fixture
def preview(tmp_path):
    """Return a function that serves an export's folder as a channel's preview, and returns the options that read it."""
    started = []

    def serve(folder):
        command = [sys.executable, "-m", "tests.emulators.telegram_web", str(folder)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        address = f"http://127.0.0.1:{int(process.stdout.readline())}"
        archive = ("--archive", tmp_path / "archive")
        return ("--channel", "boat_and_tea", "--preview-address", address, "--pages-per-second", 1000, *archive)

    yield serve
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_channel_in_an_archive(run, preview, tmp_path):
    """New, again, edited, deleted; then a name that is nobody's."""
    folder = shutil.copytree(SAMPLE, tmp_path / "channel")
    given = (*preview(folder), "--look-back", 30)
    code, output, summary = run("telegram_web_to_local", *given, NO_PROXY="*")
    assert (code, summary["delivered"], summary["dead"]) == (0, 33, 0), output
    assert len(list((tmp_path / "archive" / "media").rglob("*.jpg"))) == 5
    told = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    told["messages"] = [one for one in told["messages"] if one["id"] != 13]
    told["messages"][9]["text_entities"] = [{"type": "plain", "text": "edited"}]
    (folder / "result.json").write_text(json.dumps(told), encoding="utf-8")
    code, output, summary = run("telegram_web_to_local", *given, "--deletes", "follow", NO_PROXY="*")
    assert (code, summary["updated"], summary["deleted"], summary["delivered"]) == (0, 1, 1, 2), output
    wrong = [*given]
    wrong[1] = "nobody_here"
    code, output, _ = run("telegram_web_to_local", *wrong, NO_PROXY="*")
    assert (code, "there is no public channel of that name" in output) == (1, True), output
    assert len(output.strip().splitlines()) == 1, output
