"""A live Telegram channel as people run it: signed in, followed, shared by two runs, made to wait."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import orjson
import pytest

from adapters.sources.telegram import Login
from adapters.stores.sql import SqlJobStore, engine_of
from tasks import holding
from tests.emulators.telegram import API_HASH, API_ID, Telegram
from tests.exports import ROOT


@pytest.fixture
def world():
    """A Telegram with an account that has a password."""
    with Telegram() as running:
        yield running


@pytest.fixture
def account(world):
    """Somebody with an account."""
    return world.account(phone="+79990000001", code="24680", password="canary-password-71")  # noqa: S106


def variables(account):
    """Return the environment of a flow that reads as this account."""
    return {
        "SYNDICATE_TELEGRAM_API_ID": str(API_ID),
        "SYNDICATE_TELEGRAM_API_HASH": API_HASH,
        "SYNDICATE_TELEGRAM_SESSION": account.session(),
    }


def items(archive):
    """Return the texts of an archive that are not marked as deleted."""
    lines = [line for part in sorted((archive / "items").glob("*.jsonl")) for line in part.read_bytes().splitlines()]
    kept = [orjson.loads(line) for line in lines]
    return {one["id"]: one.get("text", "") for one in kept if "deleted_at" not in one}


def secrets_in(world, folder, *told):
    """Return which secrets are in what was told, or in a file of a folder."""
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != "session.json")
    seen = kept.decode(errors="replace") + "".join(told)
    return [secret for secret in world.secrets() if secret in seen]


def test_a_channel_is_followed(run, world, account, home, tmp_path):
    """New, edited and deleted posts reach the archive; waiting for Telegram ends the run with 75; nothing is told."""
    lake = world.channel("The Lake", username="lake")
    first, second = lake.post("first"), lake.post("second", media=world.photo(b"p" * 100))
    mine = variables(account)
    pair = ("--channel", "@lake", "--archive", tmp_path / "archive", "--deletes", "follow")
    code, output, summary = run("telegram_to_local", *pair, **mine)
    assert (code, summary["created"]) == (0, 3), output
    world.flood("GetHistory", 3600)
    code, output, summary = run("telegram_to_local", *pair, **mine)
    assert (code, "asks to wait" in output, bool(summary["come_back"])) == (75, True, True), output
    world.back()
    lake.edit(first, "first, edited")
    lake.delete(second)
    third = lake.post("third")
    code, output, summary = run("telegram_to_local", *pair, **mine)
    assert (code, summary["created"], summary["updated"], summary["deleted"]) == (0, 1, 1, 1), output
    there = {f"telegram:{lake.id}/{first}": "first, edited", f"telegram:{lake.id}/{third}": "third"}
    assert items(tmp_path / "archive") == there
    assert len(world.asked("ResolveUsername")) == 1
    assert secrets_in(world, home, output, json.dumps(summary)) == []


@pytest.mark.long
def test_a_session_in_use_elsewhere_is_said_by_whom(run, world, account, tmp_path):
    """The second run waits, names the first, and comes back later; a dry run keeps out too."""
    world.channel("The Lake", username="lake").post("first")
    mine = variables(account)
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    store = SqlJobStore.open(engine_of(url))
    name = "telegram-session:" + session_of(mine)
    with holding.held(store, name, "run of the morning"):
        code, output, summary = run(
            "telegram_to_local",
            *("--channel", "@lake", "--archive", tmp_path / "archive", "--dry-run"),
            SYNDICATE_DATABASE_URL=url,
            **mine,
        )
    store.close()
    assert (code, summary["come_back"] is not None) == (75, True), output
    assert f"process {os.getpid()}, run of the morning, since" in output
    assert world.calls == []


def session_of(mine):
    """Return the name of a session."""
    login = Login(api_id=API_ID, api_hash=API_HASH, session=mine["SYNDICATE_TELEGRAM_SESSION"])
    return login.account


def signing_in(world, home, api, tmp_path, answers, *arguments):
    """Sign in as a person would, in a process of its own."""
    program = [sys.executable, "-m", "tests.servers.telegram", str(world.port), str(ROOT / "flows" / "sign_in.py")]
    environment = os.environ | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PYTHONPATH": str(ROOT),
        "SYNDICATE_TELEGRAM_API_ID": str(API_ID),
        "SYNDICATE_TELEGRAM_API_HASH": API_HASH,
    }
    done = subprocess.run(
        [*program, "telegram", *map(str, arguments)],
        cwd=tmp_path,
        env=environment,
        input="\n".join(answers) + "\n",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        start_new_session=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.served
def test_a_person_signs_in_and_the_flows_find_the_session(run, world, account, home, api, tmp_path):
    """A wrong code and a wrong password are asked again; the file is its owner's alone; no secret is shown."""
    answers = (account.phone, "11111", account.code, "wrong", account.password)
    code, output = signing_in(world, home, api, tmp_path, answers)
    assert code == 0, output
    kept = home / "syndicate-telegram" / "session.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "signed in to Telegram as Ada" in output
    session = json.loads(kept.read_text())["session"]
    assert [secret for secret in [*world.secrets(), session] if secret in output] == []
    assert secrets_in(world, home, output) == []
    world.channel("The Lake", username="lake").post("first")
    pair = ("--channel", "@lake", "--archive", tmp_path / "archive")
    code, output, summary = run("telegram_to_local", *pair)
    assert (code, summary["created"]) == (0, 2), output
