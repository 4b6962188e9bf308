"""The line to Telegram: waits, trouble that passes, what a person must mend, and what nobody may read."""

from __future__ import annotations

import inspect
import logging
import struct

import pytest
from pydantic import SecretStr
from telethon import errors
from telethon.tl import functions

from adapters.contracts.errors import ConfigurationError, LeaseLost, RateLimited, SyndicateError, Transient
from adapters.sources.telegram import Login, line, login_of
from adapters.sources.telegram.errors import meaning
from tests.emulators.telegram import API_HASH, API_ID
from tests.sources.telegram.conftest import read, texts


def every_error():
    """Return every class of error that Telethon has."""
    found = {one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, Exception)}
    return sorted(found, key=lambda one: one.__name__)


def made(kind):
    """Make an error as Telethon would."""
    if kind is errors.MultiError:
        asked = functions.PingRequest(1)
        return kind([ValueError(), ValueError()], [None, None], [asked, asked])
    for arguments in (
        {"request": None, "capture": 7},
        {"request": None},
        {"request": None, "message": "TEXT", "code": 400},
        {"request": None, "code": 64},
        {"invalid_constructor_id": 7, "remaining": b""},
        {"checksum": 1, "valid_checksum": 2},
        {"payload": struct.pack("<i", -404)},
        {},
    ):
        try:
            return kind(**arguments)
        except TypeError:
            continue
    raise AssertionError(f"nobody knows how {kind} is made")


def test_every_error_of_telethon_means_something():
    """None is taken for a bug of ours, and none repeats what was sent."""
    assert len(every_error()) > 500
    for kind in every_error():
        meant = meaning(made(kind), "reading The Lake")
        assert isinstance(meant, SyndicateError), kind
        assert str(meant).startswith("reading The Lake: ")
        assert kind.__name__ in str(meant) or isinstance(meant, Transient)


def test_a_bug_is_no_trouble_of_telegrams():
    """Ours are not hidden behind a polite word."""
    assert meaning(KeyError("x"), "reading") is None


@pytest.mark.parametrize(
    ("code", "message", "kind", "says"),
    [
        (406, "AUTH_KEY_DUPLICATED", ConfigurationError, "sign in again"),
        (401, "AUTH_KEY_UNREGISTERED", ConfigurationError, "sign in again"),
        (401, "SESSION_REVOKED", ConfigurationError, "sign in again"),
        (401, "USER_DEACTIVATED", ConfigurationError, "sign in again"),
        (400, "CHANNEL_PRIVATE", ConfigurationError, "join it"),
        (400, "CHANNEL_INVALID", ConfigurationError, "join it"),
        (400, "API_ID_INVALID", ConfigurationError, "my.telegram.org"),
        (400, "SOMETHING_NEW", ConfigurationError, "refuses"),
        (420, "FLOOD_WAIT_61", RateLimited, "61 s"),
        (420, "SLOWMODE_WAIT_90", RateLimited, "90 s"),
        (420, "FLOOD_PREMIUM_WAIT_90", RateLimited, "90 s"),
    ],
)
def test_what_telegram_says_is_an_error_of_ours(lake, code, message, kind, says):
    """With the chat's name, and what to do."""
    source = lake.source()
    read(source)
    lake.world.fail_next("GetHistory", code, message)
    with pytest.raises(kind, match=says) as caught:
        read(source)
    assert "The Lake" in str(caught.value)
    assert lake.waits == []


def test_a_short_wait_is_waited_here(lake):
    """As long as Telegram said, then the reading goes on where it was."""
    number = lake.channel.post("post")
    source = lake.source()
    lake.world.flood("GetHistory", 3)
    assert texts(read(source)[0]) == [(1, ""), (number, "post")]
    assert lake.waits == [3]


def test_a_long_wait_is_the_runs(lake):
    """Above a minute in all: it is told how long, and nothing is asked meanwhile."""
    source = lake.source()
    read(source)
    lake.world.flood("GetHistory", 61)
    lake.asked()
    with pytest.raises(RateLimited) as caught:
        read(source)
    assert (caught.value.retry_after, lake.waits) == (61, [])
    assert lake.asked().count("GetHistory") == 1
    lake.clock.move(61)
    assert texts(read(lake.source())[0]) == [(1, "")]


def test_short_waits_are_not_endless(lake):
    """A server that asks for a little more each time is waited for a minute in all."""
    source = lake.source()
    read(source)
    lake.world.fail_next("GetHistory", 420, "FLOOD_WAIT_3", times=100)
    with pytest.raises(RateLimited):
        read(source)
    assert sum(lake.waits) == line.PATIENCE


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection_is_dialled_again(lake, when):
    """Telethon sends the request again: reading twice is reading."""
    number = lake.channel.post("post")
    source = lake.source()
    lake.world.drop(when, "GetHistory")
    assert texts(read(source)[0]) == [(1, ""), (number, "post")]


def test_nobody_there_is_trouble_that_passes(lake):
    """After a few tries, and the same source goes on once somebody is."""
    source = lake.source()
    read(source)
    lake.world.outage()
    with pytest.raises(Transient, match=r"no connection|no answer"):
        read(source)
    assert len(lake.waits) == line.TRIES - 1
    lake.world.back()
    assert texts(read(source)[0]) == [(1, "")]


def test_a_request_has_a_deadline(lake):
    """Telethon has none: it would wait for ever."""
    source = lake.source(deadline=0.2)
    read(source)
    lake.world.silent("GetHistory")
    with pytest.raises(Transient, match="no answer in time"):
        read(source)


def test_a_session_that_two_use_is_ended_and_says_so(lake):
    """AUTH_KEY_DUPLICATED: only signing in helps."""
    lake.world.one_at_a_time = True
    first, second = lake.source(), lake.source()
    read(first)
    with pytest.raises(ConfigurationError, match=r"two addresses.*sign in again"):
        read(second)


def test_the_guard_is_asked_before_each_request(lake):
    """Whose lease is over asks Telegram nothing more."""
    lake.channel.post("a picture", media=lake.world.photo(b"p" * 50))
    source = lake.source()
    told, _ = read(source)
    medium = told[-1].media[0]

    def lost():
        raise LeaseLost("somebody else has it")

    source.guard(lost)
    lake.asked()
    with pytest.raises(LeaseLost):
        read(source)
    with pytest.raises(LeaseLost):
        source.gone([lake.name(1)])
    with source.media(medium).open() as stream, pytest.raises(LeaseLost):
        stream.read()
    assert lake.asked() == []


def test_the_session_is_named_without_giving_it_away(lake):
    """The same in every process; another session, another name; nobody is asked."""
    name = lake.source().exclusive
    assert name == lake.source("@other").exclusive
    assert name != lake.source(session=lake.account.session()).exclusive
    assert name.startswith("telegram-session:")
    assert not [secret for secret in lake.world.secrets() if secret in name]
    assert lake.asked() == []


@pytest.mark.parametrize("text", ["", "1", "0", "1AAAA", "1" + "A" * 352, "é", "1é" * 50])
def test_what_is_no_session_is_said(text):
    """And not repeated."""
    login = Login(api_id=API_ID, api_hash=API_HASH, session=text or " ")
    with pytest.raises(ConfigurationError, match="sign in again") as caught:
        _ = login.account
    assert len(text) < 3 or text not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{}", "null", '{"api_id": "x", "api_hash": "canary", "session": 5}', "canary"])
def test_a_secret_that_holds_no_session_is_not_repeated(text):
    """A block may hold anything."""
    with pytest.raises(ConfigurationError, match="sign in again") as caught:
        login_of(text, "the block 'x'")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_secret_in_logs_or_faces(lake, caplog):
    """Even with everything logged, and with errors in between."""
    caplog.set_level(logging.DEBUG)
    source = lake.source()
    lake.channel.post("post")
    lake.world.drop("after", "GetHistory")
    read(source)
    lake.account.revoke()
    with pytest.raises(ConfigurationError) as caught:
        read(source)
    seen = f"{caplog.text} {caught.value} {source!r} {vars(source)} {lake.login()!r} {lake.login().model_dump()}"
    assert [secret for secret in [*lake.world.secrets(), lake.session] if secret in seen] == []
    assert isinstance(lake.login().session, SecretStr)


def test_addresses_are_kept_without_secrets(lake):
    """A name is asked for once in the life of a file, and a damaged file costs one question."""
    read(lake.source())
    kept = (lake.folder / "addresses.json").read_text()
    assert [secret for secret in lake.world.secrets() if secret in kept] == []
    lake.asked()
    read(lake.source())
    assert "ResolveUsername" not in lake.asked()
    (lake.folder / "addresses.json").write_text("[1")
    read(lake.source())
    assert lake.asked().count("ResolveUsername") == 1
