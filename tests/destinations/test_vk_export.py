"""VK and whole exports: posts of every kind arrive unrefused, and what a reader misses there is named, by rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.contracts.jobs import Outcome, Reason
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.sources.local import LocalSource
from adapters.sources.telegram_export import TelegramExportSource
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers
from tests.destinations.seen import missed
from tests.destinations.vk_pair import POLICY, Pair
from tests.exports import SAMPLE
from tests.generated import KINDS, generated
from tests.servers.vk import GROUP, UNPACED, Vk

GOLDEN = Path(__file__).parents[1] / "golden" / "vk"
NOTHING_TO_SHOW = "nothing of this item can be shown at VK: "
TOO_NARROW = "is too narrow"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def vk(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED, daily_posts=None)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """The sample, and a generated export in which every kind comes up: two hundred posts together."""
    return [SAMPLE, generated(tmp_path_factory.mktemp("generated"), 180)]


@pytest.fixture(scope="module", params=[0, 1], ids=["sample", "generated"])
def carried(request, vk, exports, tmp_path_factory):
    """A pair after an export was carried: its jobs in the export's order, and the wall's posts by their names."""
    vk.control(reset=True)
    pair = Pair(vk, tmp_path_factory.mktemp("pair"), per_second=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        pair.run(TelegramExportSource(exports[request.param]))
    ids = [item.id for page in TelegramExportSource(exports[request.param]).read() for item in page.entries]
    known = pair.store.known(f"vk:-{GROUP}", ids)
    jobs = [pair.store.get(known[name].newest.key) for name in ids if name in known]
    return pair, jobs, wall(vk)


def wall(vk):
    """Return the wall's posts as VK shows them, and the digests of their files, by name."""
    files = {post["id"]: post["media"] for post in vk.posts()}
    return {f"{post['owner_id']}_{post['id']}": post | {"files": files[post["id"]]} for post in vk.wall()}


def test_nothing_is_refused(carried):
    """Not for its length, its markup or its media: VK never says no, and what does not go there has nothing to show."""
    pair, jobs, _ = carried
    refused = [line["did"] for line in pair.vk.log() if line["did"].startswith(("error", "refused"))]
    assert (refused, pair.vk.invalid()) == ([], [])
    for job in jobs:
        if job.reason is not None:
            message = job.failures[-1].message
            assert job.reason is Reason.REJECTED
            assert message.startswith(NOTHING_TO_SHOW) or TOO_NARROW in message, message
        else:
            assert job.outcome is Outcome.DELIVERED
    assert len(jobs) >= 27


def test_what_is_missed_is_named(carried):
    """Words, signs, addresses, media, polls, places: each is there, or the report says what is lost."""
    pair, jobs, posts = carried
    destination = pair.destination()
    lost = {}
    for job in jobs:
        if job.receipt is None:
            continue
        there = [posts[name] for name in job.receipt.remote_id.split(",")]
        files = {digest for post in there for digest in post["files"]}
        lost[job.item_id] = missed(job.item, there, files, destination.render(job.item).losses)
    assert {name: what for name, what in lost.items() if what} == {}


def test_a_look_by_rule_finds_what_is_lost(carried):
    """The comparison itself: with nothing there and nothing named, it names something of each item."""
    _, jobs, _ = carried
    blank = {"text": "", "attachments": []}
    for job in jobs:
        if job.receipt is not None:
            assert missed(job.item, [blank], set(), ())


def test_the_wall_is_as_it_was(carried, request):
    """Golden: each item's posts, and what it loses; every kind once."""
    pair, jobs, posts = carried
    destination = pair.destination()
    found = [
        {
            "item": job.item_id,
            "posts": [brief(posts[name]) for name in job.receipt.remote_id.split(",")] if job.receipt else [],
            "refused": job.failures[-1].message if job.receipt is None else "",
            "losses": list(destination.render(job.item).losses),
        }
        for job in jobs[: len(KINDS) + 12]
    ]
    file = GOLDEN / f"{request.node.callspec.id}.wall.json"
    assert found == json.loads(file.read_text(encoding="utf-8"))


def brief(post):
    """Return what a reader sees of a post; of a long text its begin and its end."""
    text = post["text"]
    return {
        "text": text if len(text) < 400 else f"{text[:80]} … {text[-80:]} ({len(text)})",
        "attachments": [one["type"] for one in post["attachments"]],
    }


def test_the_archive_of_what_was_sent_sends_nothing_again(carried, request, exports, tmp_path):
    """The same channel read otherwise is the same items: nothing is posted or edited, whatever reads it."""
    pair, jobs, posts = carried
    export = exports[["sample", "generated"].index(request.node.callspec.id)]
    archive = LocalDestination(LocalSettings(archive=tmp_path / "archive"))
    made = BulkRoad(
        pair="export → local",
        source=TelegramExportSource(export),
        destination=archive,
        settings={},
        store=pair.store,
        media=pair.media,
        options=Options(),
        engine=PlainEngine(POLICY),
        watcher=Watchers(),
        run_id="archived",
    )
    assert made.run().delivered > len(jobs) / 2
    before = len(pair.vk.log())
    summary = pair.run(LocalSource(tmp_path / "archive"))
    dead = sum(job.reason is not None for job in jobs)
    assert (summary.delivered, summary.pending, summary.already) == (0, 0, len(jobs) - dead), summary
    asked = {line["method"] for line in pair.vk.log()[before:]}
    assert asked <= {"users.get", "account.getAppPermissions", "groups.getById"}
    assert {name: brief(post) for name, post in wall(pair.vk).items()} == {name: brief(posts[name]) for name in posts}
