"""The publishing road behind a live channel: nothing twice, albums that grow, edits, deletions, and waits."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from adapters.contracts.errors import RateLimited
from adapters.contracts.retry import RetryPolicy
from adapters.media import FolderMediaStore
from adapters.sources.telegram import Login, TelegramSource
from adapters.sources.telegram_export import TelegramExportSource
from adapters.stores.memory import memory_store
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.emulators.telegram import API_HASH, API_ID, Clock, Telegram, client_factory
from tests.exports import export, message
from tests.fakes import FakePlace

CHAT = 42


@dataclass
class Gallery(FakePlace):
    """A place that shows how many pictures each of its objects has."""

    pictures: dict = field(default_factory=dict)

    def write(self, write):
        receipt = super().write(write)
        self.pictures[receipt.remote_id] = [one.sha256 for one in write.item.media] if write.item else []
        return receipt


class Pair:
    """A channel, its readers, and a wall."""

    def __init__(self, world, clock, folder):
        self.world, self.clock, self.folder = world, clock, folder
        self.channel = world.channel("A chat", username="a_chat", number=CHAT)
        self.session = world.account(phone="+79990000001").session()
        self.channel.members |= {one.id for one in world.accounts}
        self.place, self.store, self.runs = Gallery(), memory_store(clock), 0

    def run(self, source, **options):
        """Run the pair once."""
        self.runs += 1
        policy, media = RetryPolicy(jitter=0), FolderMediaStore(self.folder / "media")
        chosen = Options(**{"from_beginning": True, **options})
        parts = (policy, PlainEngine(policy, lambda _: None), Watchers(), f"run-{self.runs}")
        road = PublishingRoad("a → b", source, f"telegram:{CHAT}", self.place, {}, self.store, media, chosen, *parts)
        try:
            return road.run()
        finally:
            source.close()

    def live(self, **options):
        """Run it with the live channel, in a new process's place."""
        login = Login(api_id=API_ID, api_hash=API_HASH, session=self.session)
        book, connect = self.folder / "addresses.json", client_factory(self.world)
        return self.run(TelegramSource("@a_chat", login, book, connect, self.clock, self.clock.move), **options)

    def picture(self, number):
        """Make a picture."""
        return self.world.photo(bytes([number]) * (50 + number))

    def texts(self):
        """Return what the place shows."""
        return [text for text in self.place.objects.values() if text]


@pytest.fixture
def pair(tmp_path):
    """A pair of its own."""
    with Telegram(clock := Clock()) as world:
        yield Pair(world, clock, tmp_path)


def test_a_growing_album_is_one_post_with_all_pictures(pair):
    """While it is young it waits; what comes later is an edit of the same object."""
    album = pair.channel.post_album([pair.picture(1), pair.picture(2)], "views")
    pair.live()
    assert pair.texts() == []
    pair.clock.move(61)
    pair.live()
    pair.channel.post(media=pair.picture(3), grouped_id=pair.channel.album(album[0]))
    pair.clock.move(61)
    summary = pair.live()
    assert (summary.updated, pair.texts()) == (1, ["views"])
    (shown,) = [pictures for remote, pictures in pair.place.pictures.items() if pair.place.objects[remote] == "views"]
    assert len(set(shown)) == 3
    pair.channel.delete(album[0])
    pair.channel.edit(album[1], "fewer views")
    assert (pair.live(deletes="follow").deleted, pair.texts()) == (0, ["fewer views"])
    pair.channel.delete(*[number for number in pair.channel.messages if number > 1])
    assert (pair.live(deletes="follow").deleted, pair.texts()) == (1, [])


def test_an_export_and_then_the_live_channel_post_nothing_twice(pair):
    """Whichever reader posted it: the same item, taken over in silence; what came since is new."""
    numbers = [pair.channel.post(f"post {n}") for n in range(3)]
    source = TelegramExportSource(
        export(pair.folder / "export", [message(n, f"post {i}") for i, n in enumerate(numbers)])
    )
    assert pair.run(source).created == 3
    pair.channel.post("new")
    summary = pair.live()
    # Its first message, "channel created", was in no export.
    assert (summary.created, summary.updated, summary.already) == (2, 0, 3)
    assert sorted(pair.texts()) == ["new", "post 0", "post 1", "post 2"]
    pair.channel.edit(numbers[0], "edited")
    assert (pair.live().updated, pair.live().delivered) == (1, 0)
    source = TelegramExportSource(pair.folder / "export")
    assert (pair.run(source).delivered, len(pair.place.objects)) == (0, 5)


def test_likes_views_and_new_references_post_nothing(pair):
    """A wall would be re-posted by its own success; a true edit is one."""
    number = pair.channel.post("post", media=pair.picture(1))
    pair.live()
    pair.clock.move(60)
    pair.channel.react(number)
    pair.channel.view(number)
    pair.channel.renew_references()
    assert pair.live().delivered == 0
    assert pair.live(reread=True).delivered == 0
    pair.channel.edit(number, "edited")
    assert (pair.live().updated, pair.texts()) == (1, ["edited"])


def test_a_long_wait_while_planning_is_told_and_lost_is_nothing(pair):
    """The run ends with it; the next goes on behind what was recorded."""
    for n in range(150):
        pair.channel.post(f"post {n}")
    pair.world.fail_next("GetHistory", 420, "FLOOD_WAIT_1", times=1)
    pair.world.drop("after", "GetHistory", nth=2)
    pair.live()
    assert len(pair.texts()) == 150
    pair.channel.post("new")
    pair.world.flood("GetHistory", 3600)
    with pytest.raises(RateLimited) as caught:
        pair.live()
    assert caught.value.retry_after == 3600
    pair.clock.move(3600)
    assert (pair.live().created, len(pair.texts())) == (1, 151)


def test_changes_that_nobody_tells_are_found(pair):
    """A difference too long: each edit and each deletion reaches the place all the same, nothing is posted twice."""
    numbers = [pair.channel.post(f"post {n}") for n in range(120)]
    pair.live()
    pair.channel.edit(numbers[3], "edited")
    pair.channel.delete(numbers[50])
    pair.channel.post("new")
    pair.channel.forget_before(pair.channel.pts)
    summary = pair.live(deletes="follow", allow_mass_delete=True)
    assert (summary.created, summary.updated, summary.deleted) == (1, 1, 1)
    expected = [f"post {n}" for n in range(120) if n not in {3, 50}]
    assert sorted(pair.texts()) == sorted([*expected, "edited", "new"])
