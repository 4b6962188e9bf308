"""A Telegram session of a pair: where it comes from, who may read it, and how a person signs in."""

from __future__ import annotations

import io
import json
import os
import stat

import pytest
from rich.console import Console

from adapters.contracts.errors import ConfigurationError
from adapters.stores.memory import memory_store
from tasks.holding import LEASE
from tasks.sources.telegram import FromTelegram, Telegram, kept
from tasks.telegram_sign_in import Terminal, sign_in_telegram
from tests.emulators.telegram import API_HASH, API_ID, client_factory
from tests.emulators.telegram import Telegram as World

CODE, PASSWORD = "24680", "canary-password-71"


@pytest.fixture
def world():
    """A Telegram."""
    with World() as running:
        yield running


@pytest.fixture
def store():
    """A job store."""
    opened = memory_store()
    yield opened
    opened.close()


class Person:
    """Somebody at a terminal, who answers what is asked and sees what is shown."""

    def __init__(self, monkeypatch, *answers):
        self.answers, self.shown = list(answers), io.StringIO()
        self.typed = []
        monkeypatch.setattr("builtins.input", lambda *_: self.answer("shown"))
        monkeypatch.setattr("getpass.getpass", lambda *_, **__: self.answer("hidden"))

    def answer(self, how):
        if not self.answers:
            raise EOFError
        self.typed.append((how, self.answers[0]))
        return self.answers.pop(0)

    def terminal(self, world):
        return Terminal(Console(file=self.shown, width=200), client_factory(world))


@pytest.fixture
def application(monkeypatch):
    """The application's id and hash in the environment."""
    monkeypatch.setenv("SYNDICATE_TELEGRAM_API_ID", str(API_ID))
    monkeypatch.setenv("SYNDICATE_TELEGRAM_API_HASH", API_HASH)


def test_a_person_signs_in(world, store, tmp_path, monkeypatch, application):
    """What was mistyped is asked again; secrets are typed unseen and shown nowhere; the file is its owner's alone."""
    account = world.account(phone="+79990000001", code=CODE, password=PASSWORD)
    person = Person(monkeypatch, account.phone, "11111", CODE, "wrong", PASSWORD)
    file = tmp_path / "deep" / "session.json"
    told = sign_in_telegram(person.terminal(world), store, "", str(file))
    assert told == "signed in to Telegram as Ada"
    assert ("hidden", PASSWORD) in person.typed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    shown = person.shown.getvalue()
    session = json.loads(file.read_text())["session"]
    assert [secret for secret in [*world.secrets(), session] if secret in shown + told] == []
    lake = world.channel("The Lake", username="lake")
    source = Telegram(channel="@lake", session_file=str(file)).open()
    assert source.identity == f"telegram:{lake.id}"
    source.close()


def test_the_application_is_asked_for_where_nothing_names_it(world, store, tmp_path, monkeypatch):
    """Its hash unseen; at the next sign-in it is known, and a session in use is not replaced."""
    account = world.account(phone="+79990000001", code=CODE)
    file = tmp_path / "session.json"
    person = Person(monkeypatch, str(API_ID), API_HASH, account.phone, CODE)
    sign_in_telegram(person.terminal(world), store, "", str(file))
    assert ("hidden", API_HASH) in person.typed
    before = kept("", str(file))
    store.hold(f"telegram-session:{before.account}", "run of the morning", LEASE / 1000)
    person = Person(monkeypatch, account.phone, CODE)
    sign_in_telegram(person.terminal(world), store, "", str(file))
    assert kept("", str(file)).account != before.account


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (["+79990000001", "1", "2", "3"], "not the code"),
        (["+79990000001", CODE, "a", "b", "c"], "not the account's password"),
        (["no phone"], "no phone number"),
        (["+79"], "refuses"),
        (["+79990000001"], "nobody answers"),
    ],
)
def test_what_does_not_let_in_keeps_nothing(world, store, tmp_path, monkeypatch, application, answers, says):
    """One clear line, no file, no secret in it."""
    world.account(phone="+79990000001", code=CODE, password=PASSWORD)
    person = Person(monkeypatch, *answers)
    with pytest.raises(ConfigurationError, match=says) as caught:
        sign_in_telegram(person.terminal(world), store, "", str(tmp_path / "session.json"))
    assert list(tmp_path.iterdir()) == []
    assert [secret for secret in world.secrets() if secret in str(caught.value)] == []


def test_a_session_comes_from_where_it_is_named(world, tmp_path, monkeypatch, application):
    """A file before the environment; a file that others can read is refused, and what is none is not repeated."""
    account = world.account(phone="+79990000001")
    monkeypatch.setenv("SYNDICATE_TELEGRAM_SESSION", account.session())
    environment = Telegram(channel="@lake").open()
    file = tmp_path / "session.json"
    file.write_text(json.dumps({"api_id": API_ID, "api_hash": API_HASH, "session": account.session()}))
    with pytest.raises(ConfigurationError, match=f"chmod 600 {file}"):
        Telegram(channel="@lake", session_file=str(file)).open()
    file.chmod(0o600)
    named = FromTelegram(from_channel="@lake", session_file=str(file)).open()
    assert named.exclusive != environment.exclusive
    file.write_text('{"session": "canary-session"}')
    with pytest.raises(ConfigurationError, match=r"sign_in\.py telegram") as caught:
        Telegram(channel="@lake", session_file=str(file)).open()
    assert "canary" not in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"sign_in\.py telegram"):
        Telegram(channel="@lake", session_file=str(tmp_path / "none.json")).open()
    assert world.calls == []
    assert os.environ["SYNDICATE_TELEGRAM_API_HASH"] not in repr(named)
