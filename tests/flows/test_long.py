"""The two roads at length: hundreds of thousands of messages, ten kills, a place that does all it can to be doubled.

Minutes each: `pytest -m long`.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import time
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from textwrap import indent

import pytest

from tests.exports import SAMPLE, export, lines, message
from tests.flows.test_sql import given

pytestmark = pytest.mark.long

MANY = 100_000
MILLION = 1_000_000
SEED = 20261125


def tiled(folder, number, edited=frozenset(), new=0):
    """Write an export of `number` messages and `new` more: the sample's, over and over, each with its number."""
    chat = json.loads((SAMPLE / "result.json").read_text(encoding="utf-8"))
    kinds = cycle([one for one in chat["messages"] if one["type"] == "message" and isinstance(one["text"], list)])
    folder.mkdir(exist_ok=True)
    with (folder / "result.json").open("w", encoding="utf-8") as file:
        head = {name: value for name, value in chat.items() if name != "messages"}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "messages": [\n')
        for n, kind in zip(range(1, number + new + 1), kinds, strict=False):
            text = f"number {n}{' edited' if n in edited else ''}"
            at = 1_735_689_600 + n * 60
            made = {key: value for key, value in kind.items() if key not in {"edited", "edited_unixtime", "photo"}}
            made |= {"id": n, "date_unixtime": str(at)} | ({"edited_unixtime": str(at + 9)} if n in edited else {})
            made["text_entities"] = [*kind["text_entities"], {"type": "plain", "text": text}]
            made["text"] = [*kind["text"], text]
            # As tdesktop lays it out.
            written = indent(json.dumps(made, ensure_ascii=False, indent=1), "  ")
            file.write(written + (",\n" if n < number + new else "\n"))
        file.write(" ]\n}")
    return folder


def kill(process):
    """Kill a run and all it started."""
    assert process.poll() is None, process.stdout.read()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_ten_kills_lose_and_double_nothing(run, tmp_path):
    """Killed ten times while it writes: equal to one undisturbed run; then exactly what has changed is written."""
    chance = random.Random(SEED)
    source, archive = tiled(tmp_path / "export", MANY), tmp_path / "archive"
    arguments = ["--export", source, "--archive", archive]
    reached = []
    for _ in range(10):
        before = sum(file.stat().st_size for file in archive.glob("items/*"))
        process = run.start("telegram_export_to_local", *arguments)
        while sum(file.stat().st_size for file in archive.glob("items/*")) == before:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.7))
        kill(process)
        reached.append(sum(file.stat().st_size for file in archive.glob("items/*.jsonl")))
    code, output, summary = run("telegram_export_to_local", *arguments)
    assert (code, summary["delivered"] > 0) == (0, True), (output, reached)
    assert run("telegram_export_to_local", "--export", source, "--archive", tmp_path / "calm")[2]["delivered"] == MANY
    assert lines(archive) == lines(tmp_path / "calm")
    edited = frozenset(range(100, MANY, 200))
    tiled(source, MANY, edited, new=500)
    code, output, summary = run("telegram_export_to_local", *arguments)
    counts = {name: summary[name] for name in ("created", "updated", "already")}
    assert counts == {"created": 500, "updated": len(edited), "already": MANY - len(edited)}, output
    now = {item["id"]: item["text"] for item in lines(archive)}
    assert {int(name.rpartition("/")[2]) for name, text in now.items() if text.endswith(" edited")} == edited


@pytest.fixture(params=["archive", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request, tmp_path, monkeypatch):
    """A place that is empty: the flow that fills it, and its arguments."""
    if request.param == "archive":
        return "telegram_export_to_local", ["--archive", tmp_path / "archive"]
    if request.param == "sqlite":
        return "telegram_export_to_sql", ["--database", f"sqlite:///{tmp_path / 'place.db'}"]
    return "telegram_export_to_sql", ["--database", given(request.getfixturevalue("postgres_url"), monkeypatch)]


def watched(process):
    """Wait for a run; return what it said, and the most memory its own process had, in MiB."""
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except FileNotFoundError:
            break
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        peak = max(peak, int(found[1]) if found else 0)
        time.sleep(0.2)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output, peak / 1024


def test_a_million_messages_stay_under_250_mib(run, place, tmp_path):
    """The flow's process does not grow with the export; again nothing is written, and then exactly what has changed."""
    flow, arguments = place
    source = tiled(tmp_path / "export", MILLION)
    output, peak = watched(run.start(flow, "--export", source, *arguments))
    assert "1,000,000 new" in output
    assert 50 < peak < 250
    summary = run(flow, "--export", source, *arguments)[2]
    assert (summary["already"], summary["delivered"]) == (MILLION, 0)
    edited = frozenset(range(100, MILLION, 200))
    tiled(source, MILLION, edited, new=5_000)
    summary = run(flow, "--export", source, *arguments)[2]
    counts = (summary["updated"], summary["created"], summary["already"])
    assert counts == (len(edited), 5_000, MILLION - len(edited))


def an_hour_passes(home):
    """Let an hour pass for the job store."""
    hour = timedelta(hours=1) // timedelta(microseconds=1)
    store = sqlite3.connect(home / "syndicate.db")
    with store:
        store.execute("UPDATE pauses SET until = until - ?", (hour,))
        store.execute("UPDATE jobs SET not_before = not_before - ? WHERE not_before IS NOT NULL", (hour,))
    store.close()


@pytest.mark.parametrize("honours", [True, False])
def test_two_thousand_items_each_once(run, counting, tmp_path, home, honours):
    """Every tenth answer lost, throttled, an hour's ban, an outage, three kills: judged by the server's own log."""
    number = 2_000
    server = counting(
        honour_key=honours, lose_every=10, throttle_every=150, retry_after="2", throttle_once_at=900, delay=0.002
    )
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, number + 1)])
    arguments = ["--export", source, "--url", server.url, "--name", f"many-{honours}", "--from-beginning"]
    arguments += ["--honours-key"] if honours else []
    for reached in (200, 600):
        process = run.start("telegram_export_to_webhook", *arguments)
        while len(server.effects()) < reached:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.02)
        server.control(delay=0.5)
        time.sleep(0.3)
        kill(process)
        server.control(delay=0.002)
    code, output, summary = run("telegram_export_to_webhook", *arguments)
    assert (code, summary["pending"] > 0) in {(75, True), (2, True)}, output
    sent = len(server.log())
    assert run("telegram_export_to_webhook", *arguments)[0] == 75
    assert len(server.log()) == sent, "sent within the hour it was told to wait"
    an_hour_passes(home)
    process = run.start("telegram_export_to_webhook", *arguments)
    while len(server.effects()) < 1500:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)
    server.control(closed_for=15.0)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == (0 if honours else 2), output
    code, output, summary = run("telegram_export_to_webhook", *arguments)
    created = [effect["id"] for effect in server.effects()]
    assert len(created) == len(set(created))
    if honours:
        assert (code, summary["already"], len(created)) == (0, number, number), output
        return
    dead = {
        json.loads(line)["item"]: json.loads(line)["reason"]
        for line in run("dead_letters", "list", "--json", "--destination", "webhook:many-False")[1].splitlines()
    }
    lost = set(created[9::10])
    assert set(dead.values()) == {"unknown"}
    assert lost <= set(dead)
    # Besides the lost answers: what was in flight at a kill, or as the server went away.
    assert len(set(dead) - lost) <= 4
    assert number - len(created) <= 4
    assert set(dead) | set(created) == {f"telegram:42/{n}" for n in range(1, number + 1)}
