"""YouTube as people run it: signed in, uploaded, edited, waiting for the quota; and no secret anywhere."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.exports import film, films, message
from tests.servers.youtube import YouTube

pytestmark = pytest.mark.served

CHANNEL = "UCemulated0000000000000"
CANARIES = {
    "client_secret": "canary-client-17a2",
    "refresh_token": "canary-refresh-9b3e",
    "access_token": "canary-access-c41d",
    "session_mark": "canary-session-02ff",
}


@pytest.fixture
def server(tmp_path):
    """An emulator of YouTube."""
    running = YouTube(tmp_path, **CANARIES)
    running.variables = running.environment | {
        "YOUTUBE_CLIENT_SECRET": CANARIES["client_secret"],
        "YOUTUBE_REFRESH_TOKEN": CANARIES["refresh_token"],
    }
    yield running
    running.stop()


def test_videos_go_once_and_an_archive_brings_no_second(run, server, tmp_path):
    """An export, its edit, and the archive made of it: the same videos, one each; what has none is counted."""
    pair = ("--channel", CHANNEL, "--playlist", "PLemulated", "--from-beginning")
    source = films(tmp_path / "export", [film(1, "first"), message(2, "words alone"), film(3, "third")])
    code, output, summary = run("telegram_export_to_youtube", *pair, "--export", source, "--dry-run")
    assert (code, summary["pending"], summary["filtered_by"]) == (0, 2, {"no video": 1}), output
    assert not server.requests()
    code, output, summary = run("telegram_export_to_youtube", *pair, "--export", source, **server.variables)
    assert (code, summary["delivered"], summary["filtered_by"]) == (0, 2, {"no video": 1}), output
    films(source, [film(1, "first, edited", 60), message(2, "words alone"), film(3, "third")])
    assert run("telegram_export_to_local", "--export", source, "--archive", tmp_path / "archive")[0] == 0
    archive = ("--archive", tmp_path / "archive")
    code, output, summary = run("local_to_youtube", *pair, *archive, **server.variables)
    assert (code, summary["updated"], summary["already"], summary["created"]) == (0, 1, 1, 0), output
    state = server.state()
    assert sorted(one["snippet"]["description"] for one in state["videos"].values()) == ["first, edited", "third"]
    assert len(state["lists"]["PLemulated"]) == 2
    assert len(server.effects("insert")) == 2


def test_a_used_up_quota_ends_the_run_until_midnight_in_los_angeles(run, server, home, tmp_path):
    """Exit code 75 and when to come back; no secret in what is printed, kept as a result, or shown of the job."""
    source = films(tmp_path / "export", [film(11, "first"), film(12, "second")])
    server.control(uploads_a_day=1)
    pair = ("--channel", CHANNEL, "--from-beginning", "--export", source)
    code, output, summary = run("telegram_export_to_youtube", *pair, **server.variables)
    assert (code, summary["delivered"], summary["pending"]) == (75, 1, 1), output
    back = datetime.fromisoformat(summary["come_back"])
    here = back.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (here.hour, here.minute) in {(0, 1), (0, 2)}
    assert timedelta(0) < back - datetime.now(UTC) <= timedelta(hours=25, minutes=2)
    show = run("dead_letters", "show", f"youtube:{CHANNEL}|telegram:42/12|1", "--json", **server.variables)[1]
    assert "telegram:42/12" in show
    kept = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file() and "prefect.db" in file.name)
    told = output + show + json.dumps(summary) + kept.decode(errors="replace")
    assert [name for name, canary in CANARIES.items() if canary in told] == []


@pytest.mark.parametrize("paste", [False, True])
def test_a_person_signs_in_once(run, server, paste):
    """In a browser on this machine, or on another by pasting; the token that is printed lets flows in."""
    variables = {name: value for name, value in server.variables.items() if "REFRESH" not in name}
    process = start(run, variables, *(["--paste"] if paste else []))
    page = read_until(process, r"(http://127\S+/o/oauth2/\S+)")
    if paste:
        sent = urllib.request.build_opener(Stay).open(page).headers["Location"]
        output, _ = process.communicate(f"{sent}\n", timeout=300)
    else:
        with urllib.request.urlopen(page, timeout=60) as shown:  # noqa: S310 - our own loopback
            assert b"close this page" in shown.read()
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert f"YOUTUBE_REFRESH_TOKEN={CANARIES['refresh_token']}" in output
    assert f"--channel {CHANNEL}" in output
    assert server.effects() == []


class Stay(urllib.request.HTTPRedirectHandler):
    """A browser that cannot open what it is sent to."""

    def http_error_302(self, request, answer, code, message, headers):
        return answer


def start(run, variables, *arguments):
    """Start a sign-in with a terminal of ours."""
    return run.start("sign_in", "youtube", *arguments, stdin=subprocess.PIPE, **variables)


def read_until(process, pattern):
    """Read what a process prints until it says what is looked for."""
    said = ""
    while not (found := re.search(pattern, said)):
        line = process.stdout.readline()
        assert line, said
        said += line
    return found[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--channel", "@name"), "a channel's id begins with UC"),
        (("--channel", CHANNEL, "--privacy", "public", "--publish-at", "2026-12-24T18:00"), "only a private video"),
        (("--channel", CHANNEL, "--chunk", "1000000"), "multiple of 262144"),
        (("--channel", CHANNEL), "docs/youtube.md"),
        ((), "requires an argument"),
    ],
)
def test_what_cannot_work_is_one_clear_line(run, arguments, says):
    """Exit code 1, and what to do."""
    code, output, _ = run("telegram_export_to_youtube", *arguments)
    assert code == 1
    assert says in output
    assert len(output.strip().splitlines()) == 1, output
