"""VK and lost answers: at every request of every step no second post and nothing missing; what a person does then."""

from __future__ import annotations

import pytest

from adapters.contracts.jobs import Reason, State
from tasks.dead_letters import adopt
from tests.destinations.vk_pair import Pair, digests, whole
from tests.fakes import ListSource, post
from tests.servers.vk import GROUP, UNPACED, Vk


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED, daily_posts=None)
    yield running
    running.stop()


@pytest.fixture
def vk(emulator):
    """The emulator, empty; a request that no correct client sends fails the test."""
    emulator.control(reset=True)
    yield emulator
    assert emulator.invalid() == []


def new(vk, folder):
    """Return a new pair at an empty wall."""
    vk.control(reset=True)
    return Pair(vk, folder)


def requests_of(vk, folder, source):
    """Return how many requests a run takes from its first to its last, by doing it once."""
    new(vk, folder).run(source)
    return len(vk.log())


@pytest.mark.parametrize(("do", "when"), [("reset", "before"), ("502", "after")])
def test_everything_arrives_once_whatever_answer_is_lost(vk, tmp_path, do, when):
    """Photos, a video, a document, a poll: one post with all of it, at each request of each step."""
    source = whole()
    number = requests_of(vk, tmp_path, source)
    struck = 0
    for at in range(1, number + 1):
        pair = new(vk, tmp_path)
        vk.fault(do, at=at, when=when)
        try:
            pair.run(source)
        except Exception:  # noqa: BLE001 - lost in `check`: nothing was begun, and another run does it
            pair.run(source)
        struck += "fault" in vk.log()[at - 1]
        (there,) = vk.posts()
        assert there["media"] == digests(source), f"request {at}: {vk.log()[at - 1]['method']}"
        assert [name.rstrip("-0123456789_") for name in there["attachments"]] == ["photo"] * 2 + [
            "video",
            "doc",
            "poll",
        ]
        assert (pair.letters(), pair.run(source).already) == ([], 1)
    assert struck == number >= 15


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_edit_and_a_deletion_whose_answers_are_lost(vk, tmp_path, when):
    """The post says what it shall, and then it is gone; each at its every request."""
    for at in range(1, 6):
        pair = new(vk, tmp_path)
        pair.run(ListSource([post(1, "before"), post(2, "stays")]))
        for source in (
            ListSource([post(1, "after", edited=9), post(2, "stays")]),
            ListSource([post(2, "stays")], deleted={"list:1/1"}),
        ):
            vk.control(clear=True)
            vk.fault("reset", at=at, when=when)
            try:
                pair.run(source, deletes="follow")
            except Exception:  # noqa: BLE001 - lost in `check`
                vk.control(clear=True)
                pair.run(source, deletes="follow")
            assert pair.texts() == (["stays"] if source.deleted else ["after", "stays"])
        assert pair.letters() == []


def test_a_request_that_lands_behind_its_repetition(vk, tmp_path):
    """The network held it back: the same guid, the same post."""
    vk.fault("late", method="wall.post")
    pair = Pair(vk, tmp_path)
    assert pair.run(ListSource([post(1, "once")])).delivered == 1
    vk.control(land=True)
    assert pair.texts() == ["once"]
    assert [line["did"].split(" wall")[0] for line in vk.calls("wall.post")][1:] == [
        "posted",
        "late: the same guid, the same post",
    ]


@pytest.fixture
def unknown(vk, tmp_path):
    """A pair with a dead letter `unknown`: lost, kept waiting beyond the hour, with a twin."""
    pair = Pair(vk, tmp_path)
    pair.run(ListSource([post(1, "alike")]))
    source = ListSource([post(1, "alike"), post(2, "alike")])
    vk.fault("reset", method="wall.post")
    vk.fault("error", code=29, when="before", method="wall.post", at=2)
    assert pair.run(source).pending == 1
    pair.clock.wait(4000)
    assert pair.run(source).dead_by == {"unknown": 1}
    (letter,) = pair.letters()
    assert (letter.item_id, letter.reason) == ("list:1/2", Reason.UNKNOWN)
    return pair, source, letter


def test_a_doubt_that_nobody_can_settle_is_a_dead_letter(unknown):
    """Two posts say the same, and nothing tells which is ours; it says so, and nothing more is sent."""
    pair, source, letter = unknown
    assert pair.texts() == ["alike", "alike"]
    assert "nothing tells which is ours" in letter.failures[-1].message
    assert pair.run(source).delivered == 0
    assert pair.texts() == ["alike", "alike"]


def test_an_unknown_one_is_adopted(unknown):
    """A person has looked and names the post: from then on it is edited like any other."""
    pair, source, letter = unknown
    there = pair.vk.posts()[-1]
    name = f"-{GROUP}_{there['id']}"
    adopt(pair.store, letter.key, name, f"https://vk.com/wall{name}", "person")
    source.entries[1] = post(2, "edited", edited=50)
    assert (pair.run(source).updated, pair.texts(), pair.letters()) == (1, ["alike", "edited"], [])


def test_an_unknown_one_is_sent_again_when_a_person_says_so(unknown):
    """And not otherwise: its hour is over, so that is a third post."""
    pair, source, letter = unknown
    assert pair.run(source, letters=[[letter.key]]).delivered == 1
    assert pair.texts() == ["alike"] * 3


def test_an_unknown_one_is_skipped(unknown):
    """It is not sent again, as long as it stays as it is."""
    pair, source, letter = unknown
    pair.store.skip([letter.key], run_id="person")
    summary = pair.run(source)
    assert (summary.delivered, pair.letters(), pair.texts()) == (0, [], ["alike", "alike"])


def test_what_was_adopted_can_be_resent(unknown):
    """A new revision has a new guid: it is a new post."""
    pair, source, letter = unknown
    there = pair.vk.posts()[-1]
    adopt(pair.store, letter.key, f"-{GROUP}_{there['id']}", "", "person")
    job = pair.store.resend(letter.key, run_id="person")
    pair.run(source)
    assert pair.store.get(job.key).state is State.DONE
    assert pair.texts() == ["alike"] * 3
