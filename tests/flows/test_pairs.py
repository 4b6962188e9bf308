"""The verbs for whole pairs, as commands: paused, told, forgotten and pruned, judged by what the webhook got."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from tests.exports import export, message

pytestmark = pytest.mark.served

PAIR = ["--source", "telegram:42", "--destination", "webhook:verbs"]


def test_a_pairs_life(run, counting, home, tmp_path):
    """Told what is there, run, paused, resumed, pruned and forgotten; never anything twice that nobody asked for."""
    server, store = counting(), {"SYNDICATE_DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.db'}"}
    texts = [message(n, f"text {n}") for n in range(1, 4)]
    source = export(tmp_path / "export", texts)
    arguments = ["--export", source, "--url", server.url, "--name", "verbs", "--from-beginning"]

    def verb(*given):
        code, output, _ = run.plain("pairs", *given, **store)
        return code, output

    def carry():
        return run("telegram_export_to_webhook", *arguments, **store)

    receipts = tmp_path / "receipts.csv"
    receipts.write_text("item_id,remote_id\ntelegram:42/1,by-hand\ntelegram:42/2\n")
    code, output = verb("import-receipts", receipts, *PAIR)
    assert (code, "line 3: remote_id is missing" in output) == (1, True), output
    receipts.write_text("item_id,remote_id\ntelegram:42/1,by-hand\n")
    assert verb("import-receipts", receipts, *PAIR)[0] == 0
    code, output, summary = carry()
    assert (code, summary["delivered"], summary["already"]) == (0, 2, 1), output

    assert verb("pause", *PAIR, "--why", "the hook moves")[0] == 0
    export(source, [message(1, "edited", 10), *texts[1:], message(4, "text 4")])
    code, output, _ = carry()
    assert (code, "paused  the hook moves" in output) == (0, True), output
    assert len(server.effects()) == 2
    (told,) = [json.loads(line) for line in verb("list", "--json")[1].splitlines()]
    assert (told["held"], told["state"]) == ("3", "paused: the hook moves")
    assert verb("resume", *PAIR)[0] == 0

    assert _older(tmp_path / "jobs.db", home) == 2
    code, output = verb("prune", "--days", "30")
    assert (code, "2 delivered items' texts" in output, "2 results" in output) == (0, True, True), output
    assert carry()[2]["delivered"] == 2
    sent = [(effect["action"], effect["id"], effect["remote_id"]) for effect in server.effects()[2:]]
    assert sent == [("update", "telegram:42/1", "by-hand"), ("create", "telegram:42/4", sent[1][2])]

    assert "4 objects, 0 waiting jobs, 0 dead letters would be forgotten" in verb("forget", *PAIR)[1]
    assert verb("forget", *PAIR, "--item", "telegram:42/2", "--yes")[0] == 0
    code, output, summary = carry()
    assert (summary["delivered"], summary["already"]) == (1, 3), output
    assert [effect["id"] for effect in server.effects()[4:]] == ["telegram:42/2"]


def _older(database, home):
    """Let everything in the store be 40 days older; returns how many results Prefect keeps."""
    store = sqlite3.connect(database)
    days = timedelta(days=40) // timedelta(microseconds=1)
    with store:
        store.execute("UPDATE jobs SET updated_at = updated_at - ?", (days,))
        store.execute("UPDATE runs SET ended_at = ended_at - ?", (days,))
    store.close()
    return sum(file.is_file() and len(file.name) == 64 for file in Path(home, "storage").iterdir())


def test_a_running_pair_is_not_forgotten(run, counting, tmp_path):
    """The run goes on undisturbed; afterwards it may be."""
    server, store = counting(delay=3.0), {"SYNDICATE_DATABASE_URL": f"sqlite:///{tmp_path / 'jobs.db'}"}
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 12)])
    arguments = ["--export", source, "--url", server.url, "--name", "verbs", "--from-beginning"]
    process = run.start("telegram_export_to_webhook", *arguments, **store)
    while not server.effects():
        assert process.poll() is None, process.stdout.read()
    code, output, _ = run.plain("pairs", "forget", *PAIR, "--yes", **store)
    server.control(delay=0.0)
    assert (code, "is not forgotten while a run is going" in " ".join(output.split())) == (1, True), output
    assert process.wait() == 0
    assert len(server.effects()) == 11
