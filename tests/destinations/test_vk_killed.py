"""VK and processes: killed at every request of a post with three photos and a video, and two at one account."""

from __future__ import annotations

import json
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.destinations.vk_pair import digests, whole
from tests.servers.vk import UNPACED, Vk
from tests.sweep.child import Run
from tests.sweep.tracing import Nursery

LATER = 1000.0
"""Seconds by which all clocks are put forward before the next run: the dead one's lease is over, its guid is not."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def vk(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def nurseries():
    """Two processes that make runs quickly."""
    made = [Nursery(), Nursery()]
    yield made
    for one in made:
        one.close()


def killed(vk, nursery, folder, at, when):
    """Run once and be killed at a request; return the log's lines up to there."""
    folder.mkdir()
    vk.control(reset=True, **UNPACED, save_twice=True)
    vk.fault("kill", at=at, when=when, pid_file=str(folder / "pid"))
    ended = nursery.run(Run("vk", str(folder), url=vk.base), folder)
    assert ended.code == -signal.SIGKILL, ended.errors
    assert vk.log()[-1]["fault"] == f"kill {when}"
    return vk.log()


def done(lines):
    """Count the uploads, and what makes or saves what is uploaded."""
    kept = ("upload/photo", "upload/video", "video.save", "photos.saveWallPhoto")
    return Counter(line["method"] for line in lines if line["method"] in kept)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_request(vk, nurseries, tmp_path, when):
    """One post in the end, with all its files in order; what was uploaded and answered is not uploaded again."""
    source = whole(photos=3, more=False)
    calm = tmp_path / "calm"
    calm.mkdir()
    vk.control(reset=True, **UNPACED)
    assert nurseries[0].run(Run("vk", str(calm), url=vk.base), calm).code == 0
    undisturbed = vk.log()
    assert len(undisturbed) >= 14
    for at in range(1, len(undisturbed) + 1):
        folder = tmp_path / f"{at}"
        before = killed(vk, nurseries[0], folder, at, when)
        told = Run("vk", str(folder), url=vk.base)
        told.shift(LATER)
        vk.control(move=LATER)
        ended = nurseries[0].run(told, folder)
        assert (ended.code, json.loads(ended.output)["dead"]) == (0, 0), ended.errors
        (there,) = vk.posts()
        assert there["media"] == digests(source), f"request {at}, {when}: {before[-1]['method']}"
        # The request at which it died had no answer; all before it had, and each answer was kept.
        again = done([*before[:-1], *vk.log()[at:]]) - done(undisturbed)
        assert not again, f"request {at}, {when}: {again}"
    assert vk.invalid() == []


def test_two_workers_keep_the_accounts_pace(vk, nurseries, tmp_path):
    """Both deliver the same pair at once: VK never has to say that it is too much, and each post is there once."""
    vk.control(reset=True, user_rate=3, daily_posts=None)
    told = Run("vk", str(tmp_path), state=12, url=vk.base, per_second=2)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda nursery, folder: nursery.run(told, folder), nurseries, folders))
    assert [one.code for one in ended] == [0, 0], ended
    lines = vk.log()
    assert [line for line in lines if "error 6" in line["did"]] == []
    times = [line["at"] for line in lines]
    assert all(later - earlier > 1 for earlier, later in zip(times, times[3:], strict=False))
    assert len(vk.posts()) == 12
    assert {len({line["parameters"]["guid"] for line in vk.calls("wall.post")})} == {12}
