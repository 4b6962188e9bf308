"""The setup of a server: makes what is missing, mends what differs, leaves the rest alone; and the alarms it makes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, PREFECT_HOME, temporary_settings

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PairRecord, RunRecord, Tally
from adapters.stores.sql import SqlJobStore, engine_of
from deployments.setup import setup
from tests.deployments.conftest import SECRET, kill
from tests.exports import ROOT, export, message

QUIET = "✓"
OK, UNKNOWN = 200, 404


def test_checking_an_empty_server_names_all_that_is_missing_and_makes_nothing(stack):
    """Exit code 1, a line for each."""
    code, said = stack.check()
    assert code == 1
    for what in (
        "syndicate",
        "vk-shop",
        "syndicate-alarms",
        "syndicate-webhook",
        "watch/default",
        "syndicate: a run failed",
    ):
        assert f"{what}  missing" in said
    assert "watch/default is not deployed: nobody takes crashed runs up again" in said
    assert stack.get("/work_pools/filter", {}) == []
    assert stack.get("/deployments/filter", {}) == []


def test_twice_is_once(stack):
    """The first run makes everything, the second has nothing to do; no secret is ever said, or shown by the server."""
    first, second = stack.setup(), stack.setup()
    assert (first[0], second[0]) == (0, 0)
    assert "watch/default  made" in first[1]
    assert "nothing to change" in second[1]
    assert all(line.startswith((QUIET, "nothing")) for line in second[1].splitlines())
    (pool,) = stack.get("/work_pools/filter", {})
    env = pool["base_job_template"]["variables"]["properties"]["env"]["default"]
    assert (pool["type"], env) == ("process", {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"})
    queues = {one["name"]: one["concurrency_limit"] for one in stack.get("/work_pools/syndicate/queues/filter", {})}
    assert queues == {"default": None, "vk-shop": 2}
    shown = str(stack.get("/block_documents/filter", {}))
    for secret in (SECRET, "a-secret-path"):
        assert secret not in first[1] + second[1] + shown


def test_what_somebody_has_changed_is_named_and_mended(stack):
    """Each thing that differs, and only those; what was switched off on purpose stays off."""
    deployed = next(one for one in stack.get("/deployments/filter", {}) if "webhook" in one["entrypoint"])
    stack.patch(f"/deployments/{deployed['id']}", {"tags": ["mine"], "description": "mine"})
    queue = next(one for one in stack.get("/work_pools/syndicate/queues/filter", {}) if one["name"] == "vk-shop")
    stack.patch(f"/work_pools/syndicate/queues/{queue['name']}", {"concurrency_limit": 9})
    automations = {one["name"]: one for one in stack.get("/automations/filter", {})}
    stack.delete(f"/automations/{automations['syndicate: a run failed']['id']}")
    off = automations["syndicate: a silent pair delivers again"]
    stack.patch(f"/automations/{off['id']}", {"enabled": False})
    other = {"SYNDICATE_WEBHOOK_SECRET": "another-secret"}
    code, said = stack.check(**other)
    wrong = [line.split(maxsplit=1)[1] for line in said.splitlines() if line.startswith("!")]
    assert code == 1
    assert wrong == [
        "queue       vk-shop  differs: 9 where 2 at once is meant",
        "block       syndicate-webhook  differs from the environment",
        "deployment  telegram-export-to-webhook/default  differs: description, tags",
        "automation  syndicate: a run failed  missing",
    ]
    assert "4 changed" in stack.setup(**other)[1]
    assert "nothing to change" in stack.check(**other)[1]
    now = {one["name"]: one["enabled"] for one in stack.get("/automations/filter", {})}
    assert [name for name, enabled in now.items() if not enabled] == [off["name"]]
    stack.patch(f"/automations/{off['id']}", {"enabled": True})


def test_a_failed_run_is_told_of_with_reason_and_link(stack, counting, tmp_path):
    """One message for one run, with the next step."""
    place = counting(reject_containing="text 2")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 4)])
    run_id = stack.scheduled(
        "telegram-export-to-webhook", export=str(source), url=place.url, name="bad", from_beginning=True
    )
    stack.execute(run_id).wait(600)
    body = stack.sink.wait("syndicate: failed: telegram_export → webhook")["body"]
    assert "1 dead letters" in body
    assert "Next: mend the cause, then click Retry" in body
    assert len(stack.sink.of(run_id)) == 1


def test_a_crashed_run_is_taken_up_again_and_of_a_healthy_one_nothing_is_told(stack, counting, tmp_path):
    """Ended in mid-run it has the watcher started, which schedules it; it goes on and sends nothing twice."""
    place = counting(delay=0.5, honour_key=True)
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 7)])
    # A place that honours the key: without it what was under way may have arrived, and that is told of.
    given = {"export": str(source), "url": place.url, "name": "crash", "honours_key": True, "from_beginning": True}
    run_id = stack.scheduled("telegram-export-to-webhook", **given)
    process = stack.execute(run_id)
    stack._wait_for(lambda: len(place.log()) > 1, 600)
    kill(process, signal.SIGTERM)
    run = stack.reaches(run_id, "Crashed")
    assert run["run_count"] == 1
    stack._wait_for(lambda: len(stack.runs("watch")) > 0, 1000)
    (look,) = stack.runs("watch")
    stack.execute(look["id"]).wait(600)
    assert stack.state(look["id"])["message"].endswith("; 1 crashed run taken up again")
    assert stack.state(run_id)["name"] == "AwaitingRetry"
    stack.sink.wait("syndicate: crashed, taken up again")
    place.control(delay=0)
    stack.execute(run_id).wait(600)
    assert stack.state(run_id)["name"] == "Completed"
    sent = [effect["id"] for effect in place.effects()]
    assert len(sent) == len(set(sent))
    assert len(stack.sink.of(run_id)) == 1


def test_a_crash_that_no_automation_hears_of_is_seen_at_the_watchers_next_look(stack):
    """Prefect tells its automations of some a quarter of an hour late, here never; taken up once, told once."""
    (heard,) = [one for one in stack.get("/automations/filter", {}) if one["name"].endswith("is taken up again")]
    stack.patch(f"/automations/{heard['id']}", {"enabled": False})
    run_id = stack.scheduled("telegram-export-to-webhook", export="/srv/export", url="https://example.org", name="lost")
    for state in ("RUNNING", "CRASHED"):
        stack.get(f"/flow_runs/{run_id}/set_state", {"state": {"type": state}})
    stack.watch()
    stack.watch()
    assert stack.state(run_id)["name"] == "AwaitingRetry"
    stack._wait_for(lambda: len(stack.sink.of(run_id)) > 0, 1000)
    stack.get(f"/flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLED"}, "force": True})
    stack.patch(f"/automations/{heard['id']}", {"enabled": True})
    assert [one["subject"].rpartition(": ")[0] for one in stack.sink.of(run_id)] == [
        "syndicate: crashed, taken up again"
    ]


def test_too_many_dead_letters_are_told_of_once(stack, counting, tmp_path):
    """One run that its place refuses more items of than the number allows; a second look has nothing new to tell."""
    place = counting(reject_containing="text")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 23)])
    given = {"export": str(source), "url": place.url, "name": "refuses", "from_beginning": True}
    stack.execute(stack.scheduled("telegram-export-to-webhook", **given)).wait(600)
    stack.watch()
    body = stack.sink.wait("syndicate: dead letters: telegram_export → webhook")["body"]
    assert "webhook:refuses: more than 20 dead letters" in body
    assert "Next: python flows/dead_letters.py list --destination webhook:refuses" in body
    stack.watch()
    assert [name for name in stack.sink.subjects() if "dead letters:" in name] == [
        "syndicate: dead letters: telegram_export → webhook"
    ]


def test_silence_and_its_end_are_told_once_by_the_watcher(stack):
    """The store's history is hours old, and the watcher looks three times."""
    clock = [datetime.now(UTC) - timedelta(hours=6)]
    store = SqlJobStore.open(engine_of(stack.environment["SYNDICATE_DATABASE_URL"]), lambda: clock[0])
    store.save_pair(PairRecord(source_id="telegram:1", destination_id="vk:-2", service="vk", name="telegram → vk"))

    def deliver(number):
        store.begin_run(RunRecord(run_id=f"r{number}", source_id="telegram:1", destination_id="vk:-2"))
        store.end_run(f"r{number}", "completed", Tally(seen=1, delivered=1, created=1))

    for number in range(5):
        clock[0] += timedelta(minutes=20)
        deliver(number)
    stack.watch()
    body = stack.sink.wait("syndicate: silent: telegram → vk")["body"]
    assert "usually something is delivered every 20 min" in body
    stack.watch()
    clock[0] = datetime.now(UTC)
    deliver(6)
    store.close()
    stack.watch()
    stack.sink.wait("syndicate: delivers again: telegram → vk")
    assert [name for name in stack.sink.subjects() if name.endswith("telegram → vk")] == [
        "syndicate: silent: telegram → vk",
        "syndicate: delivers again: telegram → vk",
    ]


class Odd(BaseHTTPRequestHandler):
    """A server that is none of ours."""

    status, version = 200, "3.8.8"

    def do_GET(self):
        if self.path.startswith("/api/csrf-token"):
            # As a server answers that knows none.
            self.status = self.status if self.status != OK else UNKNOWN
        self._answer(self.version if self.path.endswith("version") else True)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer([])

    def _answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"status": 401}, "lets us do nothing (401): set PREFECT_API_AUTH_STRING"),
        ({"status": 404}, "PREFECT_API_URL ends in /api"),
        ({"version": "3.4.0"}, "runs Prefect 3.4.0"),
        (None, "no server answers at http://127.0.0.1:9/api"),
        ("", "which server? Set PREFECT_API_URL"),
    ],
)
def test_a_server_that_cannot_be_set_up_is_one_clear_line(answers, said, tmp_path):
    """It names what to do, and not the password in the address."""
    server, api = None, answers
    if answers is None:
        api = "http://me:hunter2@127.0.0.1:9/api"
    elif answers:
        server = HTTPServer(("127.0.0.1", 0), type("Answering", (Odd,), answers))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = f"http://me:hunter2@127.0.0.1:{server.server_port}/api"
    named = {PREFECT_API_URL: api or None, PREFECT_HOME: str(tmp_path), PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(named), pytest.raises(ConfigurationError, match=re.escape(said)) as raised:
        setup(check=True)
    if server:
        server.shutdown()
        server.server_close()
    assert "hunter2" not in str(raised.value)


def test_the_command_line_says_what_it_does_without_prefect():
    """And what is wrong in one line."""
    command = [sys.executable, "-X", "importtime", "deployments/setup.py"]
    told = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, "--check" in told.stdout, " prefect\n" in told.stderr) == (0, True, False)
    wrong = subprocess.run([*command[:1], command[3], "--chek"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr.startswith("error ")) == (1, True)
