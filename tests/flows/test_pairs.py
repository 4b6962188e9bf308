"""The verbs for whole pairs, as flows and as commands, judged by what the webhook got."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from textwrap import dedent

import pytest

from tests.exports import ROOT, export, message

pytestmark = pytest.mark.served

LIFE = dedent(
    """
    import json, sqlite3, sys
    from datetime import timedelta
    from pathlib import Path

    from flows import pairs
    from flows.telegram_export_to_webhook import telegram_export_to_webhook as carry
    from prefect.settings import get_current_settings
    from tests.exports import export, message

    url, folder = sys.argv[1], Path(sys.argv[2])
    pair = {"source": "telegram:42", "destination": "webhook:verbs"}
    texts = [message(n, f"text {n}") for n in range(1, 4)]
    told = {}

    def did(step, flow, /, **given):
        state = flow(**given, return_state=True)
        data = state.result(raise_on_failure=False) if state.is_completed() else None
        told[step] = [state.name, state.message, data]

    def run(step):
        source = str(folder / "export")
        did(step, carry, export=source, url=url, name="verbs", from_beginning=True)

    export(folder / "export", texts)
    receipts = folder / "receipts.csv"
    receipts.write_text("item_id,remote_id\\ntelegram:42/1,by-hand\\ntelegram:42/2\\n")
    did("bad line", pairs.import_pairs_receipts, file=str(receipts), **pair)
    receipts.write_text("item_id,remote_id\\ntelegram:42/1,by-hand\\n")
    did("imported", pairs.import_pairs_receipts, file=str(receipts), **pair)
    run("first")
    did("paused", pairs.pause_pairs, why="the hook moves", **pair)
    export(folder / "export", [message(1, "edited", 10), *texts[1:], message(4, "text 4")])
    run("while paused")
    did("resumed", pairs.resume_pairs, **pair)
    store, days = sqlite3.connect(folder / "jobs.db"), timedelta(days=40) // timedelta(microseconds=1)
    with store:
        store.execute("UPDATE jobs SET updated_at = updated_at - ?", (days,))
        store.execute("UPDATE runs SET ended_at = ended_at - ?", (days,))
    store.close()
    did("would be pruned", pairs.prune_records, days=30, dry_run=True)
    did("pruned", pairs.prune_records, days=30)
    run("after pruning")
    did("would be forgotten", pairs.forget_pair, **pair)
    did("forgotten", pairs.forget_pair, item="telegram:42/2", yes=True, **pair)
    run("after forgetting")
    did("listed", pairs.list_pairs)
    print("told:" + json.dumps(told, default=str))
    """
)


def test_a_pairs_life(api, counting, tmp_path):
    """Told what is there, run, paused, resumed, pruned and forgotten; never anything twice that nobody asked for."""
    server = counting()
    environment = os.environ | {
        "PREFECT_HOME": str(tmp_path / "home"),
        "PREFECT_API_URL": api,
        "PYTHONPATH": str(ROOT),
        "SYNDICATE_DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.db'}",
        "SYNDICATE_WITNESS": str(tmp_path / "witness"),
    }
    done = subprocess.run(
        [sys.executable, "-c", LIFE, server.url, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.rpartition("told:")[2])
    assert [told[name][0] for name in told] == [
        *("Failed", "Completed", "Completed", "Completed", "Paused"),
        *["Completed"] * 8,
    ]
    assert "line 3: remote_id is missing" in told["bad line"][1]
    assert (told["first"][2]["delivered"], told["first"][2]["already"]) == (2, 1)
    assert (told["while paused"][2]["seen"], told["while paused"][2]["delivered"]) == (0, 0)
    assert "the hook moves" in told["while paused"][1]
    assert "2 delivered items' texts" in told["would be pruned"][1]
    assert told["pruned"][1] == told["would be pruned"][1].removeprefix("dry run: ").replace("would be ", "")
    assert "2 results" in told["pruned"][1]
    assert (told["after pruning"][2]["delivered"], told["after pruning"][2]["already"]) == (2, 2)
    assert "4 objects, 0 waiting jobs, 0 dead letters would be forgotten" in told["would be forgotten"][1]
    assert (told["after forgetting"][2]["delivered"], told["after forgetting"][2]["already"]) == (1, 3)
    sent = [(effect["action"], effect["id"], effect["key"].rpartition("|")[2]) for effect in server.effects()]
    assert sent == [
        ("create", "telegram:42/2", "1"),
        ("create", "telegram:42/3", "1"),
        ("update", "telegram:42/1", "1"),
        ("create", "telegram:42/4", "1"),
        ("create", "telegram:42/2", "2"),
    ]


def test_a_running_pair_is_not_forgotten(run, counting, tmp_path):
    """As commands: the run goes on undisturbed, and what a person may not do is one line and exit code 1."""
    server, store = counting(delay=5.0), {"SYNDICATE_DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.db'}"}
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 100)])
    arguments = ["--export", source, "--url", server.url, "--name", "busy", "--from-beginning"]
    process = run.start("telegram_export_to_webhook", *arguments, **store)
    while not server.effects():
        assert process.poll() is None, process.stdout.read()
    pair = ["--source", "telegram:42", "--destination", "webhook:busy"]
    code, output, _ = run.plain("pairs", "forget", *pair, "--yes", **store)
    assert (code, "is not forgotten while a run is going" in " ".join(output.split())) == (1, True), output
    assert run.plain("pairs", "pause", *pair, "--why", "enough", **store)[0] == 0
    server.control(delay=0.0)
    output, _ = process.communicate(timeout=300)
    assert (process.returncode, "paused  enough" in output) == (0, True), output
    assert 0 < len(server.effects()) < 99
