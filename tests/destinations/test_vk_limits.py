"""VK's limits in the whole pair: the guid's hour, each error as the facts say, the day's number, and the token."""

from __future__ import annotations

import logging

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import Reason, State
from tests.destinations.vk_pair import Pair, whole
from tests.fakes import ListSource, post
from tests.servers.vk import UNPACED, USER_TOKEN, Vk

HOUR = 3600
DAILY = {"when": "before", "code": 214, "message": "you can only add 50 posts a day"}
BOTH = [post(1, "one"), post(2, "two")]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


@pytest.fixture
def vk(emulator):
    """The emulator, empty; a request that no correct client sends fails the test."""
    emulator.control(reset=True, daily_posts=50, captcha=False, echo_token=False)
    yield emulator
    assert emulator.invalid() == []


@pytest.fixture
def pair(vk, tmp_path):
    """A new pair."""
    return Pair(vk, tmp_path)


def waits(pair, summary):
    """Return the seconds until a run that waits shall come back."""
    return (summary.come_back - pair.clock()).total_seconds()


@pytest.mark.parametrize("over", [-1, 1])
def test_the_hour_of_a_guid(vk, pair, over):
    """A second before its end and a second after: one post; whether by the guid or by a look, as it must be."""
    source = ListSource([post(1, "once")])
    vk.fault("reset", method="wall.post")
    vk.fault("error", code=29, when="before", method="wall.post", at=2)
    assert pair.run(source).pending == 1
    sent = vk.calls("wall.post")[0]["at"]
    job = pair.store.get(pair.store.known(pair.destination().identity, ["list:1/1"])["list:1/1"].newest.key)
    pair.clock.wait(HOUR + over - (vk.state()["now"] - sent))
    # The wait that VK asked for is made shorter or longer, so that the next request comes just then.
    pair.store.update(pair.store.get(job.key).model_copy(update={"not_before": None}))
    summary = pair.run(source, wait=True)
    assert (summary.delivered, pair.texts()) == (1, ["once"])


@pytest.mark.parametrize("code", [1, 10, 36])
def test_an_error_that_leaves_it_open(vk, pair, code):
    """Done, and then an error all the same: the guid makes it one post."""
    vk.fault("error", code=code, method="wall.post")
    assert pair.run(ListSource([post(1, "once")])).delivered == 1
    assert pair.texts() == ["once"]


def test_too_many_a_second_is_a_short_wait(vk, pair):
    """Error 6: the run goes on by itself."""
    vk.fault("error", code=6, when="before", method="wall.post", times=7)
    assert pair.run(ListSource(BOTH)).delivered == 2
    assert pair.letters() == []


@pytest.mark.parametrize("code", [9, 29])
def test_flood_and_rate_are_long_waits(vk, pair, code):
    """The worker's slot is free meanwhile; nothing else is sent before, and no attempt is used up."""
    vk.fault("error", code=code, when="before", method="wall.post")
    summary = pair.run(ListSource(BOTH))
    assert (summary.pending, summary.dead, waits(pair, summary) > 60) == (2, 0, True)
    asked = len(vk.calls("wall.post"))
    pair.run(ListSource(BOTH))
    assert len(vk.calls("wall.post")) == asked == 1
    pair.clock.wait(waits(pair, summary) + 1)
    assert pair.run(ListSource(BOTH)).delivered == 2
    assert pair.texts() == ["one", "two"]


@pytest.mark.parametrize("code", [5, 7, 14, 15, 17, 24, 27, 203, 1051])
def test_what_needs_a_person_stops_the_run_and_loses_nothing(vk, pair, code):
    """It says what to do; mended, each post arrives once."""
    vk.fault("error", code=code, when="before", method="wall.post", at=2)
    error = pair.stopped(ListSource(BOTH))
    assert isinstance(error, ConfigurationError)
    assert str(code) in str(error)
    assert (pair.texts(), pair.letters()) == (["one"], [])
    assert pair.run(ListSource(BOTH)).delivered == 1
    assert pair.texts() == ["one", "two"]


@pytest.mark.parametrize("code", [100, 210, 222])
def test_what_is_refused_for_ever_stops_nothing(vk, pair, code):
    """One dead letter with VK's words; the next post arrives."""
    vk.fault("error", code=code, when="before", method="wall.post")
    summary = pair.run(ListSource(BOTH))
    assert (summary.dead_by, summary.delivered, pair.texts()) == ({"rejected": 1}, 1, ["two"])
    (letter,) = pair.letters()
    assert str(code) in letter.failures[-1].message
    assert pair.run(ListSource(BOTH), letters=[[letter.key]]).delivered == 1


def test_a_day_that_is_full_frees_the_slot_until_it_is_over(vk, pair):
    """Error 214 for the number of posts: pending until later; the day over, all arrive, none twice."""
    vk.control(daily_posts=3)
    source = ListSource([post(n, f"post {n}") for n in range(1, 6)])
    summary = pair.run(source)
    assert (summary.delivered, summary.pending, summary.dead) == (3, 2, 0)
    for _ in range(8):
        if summary.come_back is None:
            break
        assert waits(pair, summary) > 60
        # Later than it was told: how long that is depends on the hour in Moscow.
        pair.clock.wait(max(waits(pair, summary) + 1, 6 * 3600))
        summary = pair.run(source)
    assert pair.texts() == [f"post {n}" for n in range(1, 6)]
    assert pair.letters() == []


def test_no_right_to_the_wall_is_no_full_day(vk, pair):
    """Error 214 without these words needs a person."""
    vk.fault("error", code=214, when="before", method="wall.post")
    assert isinstance(pair.stopped(ListSource(BOTH)), ConfigurationError)
    assert pair.run(ListSource(BOTH)).delivered == 2


def test_a_token_that_expires_in_the_middle_of_a_post(vk, pair):
    """At each request of a post with photos and a video: it stops, and renewed it goes on where it was."""
    source = whole(photos=1, more=False)
    vk.fault("expire", method="video.save", when="before")
    assert isinstance(pair.stopped(source), ConfigurationError)
    assert vk.posts() == []
    vk.control(renew=True)
    assert pair.run(source).delivered == 1
    assert len(vk.calls("upload/photo")) == len(vk.posts()) == 1


def test_a_captcha_in_the_middle(vk, pair):
    """It says that a person must look; afterwards all is well."""
    vk.fault("captcha", method="wall.post")
    assert "captcha" in str(pair.stopped(ListSource(BOTH)))
    assert pair.run(ListSource(BOTH)).delivered == 2


def test_the_token_is_nowhere(vk, pair, caplog, capfd):
    """Not in logs, records, errors, summaries, renderings; not even when VK repeats it."""
    vk.control(echo_token=True)
    source = whole()
    seen = []
    with caplog.at_level(logging.DEBUG):
        seen.append(pair.run(source).model_dump_json())
        for code in (100, 5, 9):
            number = len(source.entries) + 1
            source.entries.append(post(number, f"post {number}"))
            vk.fault("error", code=code, when="before", method="wall.post")
            try:
                seen.append(pair.run(source).model_dump_json())
            except ConfigurationError as error:
                seen.append(repr(error))
        seen.append(repr(pair.stopped(source, token="vk1.a.revoked-canary")))  # noqa: S106 - a canary
    destination = pair.destination()
    seen += [repr(destination), repr(vars(destination)), repr(destination.render(source.entries[0]))]
    names = [entry.id for entry in source.entries]
    jobs = [pair.store.get(one.newest.key) for one in pair.store.known(destination.identity, names).values()]
    seen += [job.model_dump_json() for job in jobs]
    seen += [*capfd.readouterr(), caplog.text]
    assert {job.state for job in jobs} == {State.DONE, State.FAILED, State.PENDING}
    assert [job.reason for job in jobs if job.reason] == [Reason.REJECTED]
    for text in seen:
        assert USER_TOKEN not in text
        assert "revoked-canary" not in text
