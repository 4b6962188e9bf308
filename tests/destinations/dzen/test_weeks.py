"""Weeks of a test clock: a channel that posts, edits and deletes, a feed, and Dzen reading it when it likes."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from adapters.conformance.bulk.shelf import SOURCE, missing
from adapters.contracts.item import ContentItem
from adapters.contracts.ports import Batch
from adapters.contracts.version import stamp
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.destinations.dzen.article import guid_of
from tests.channels import Clock

BEGIN = datetime(2026, 2, 1, tzinfo=UTC)


class World:
    """A channel, its feed, and Dzen as a reader that keeps everything it ever saw."""

    def __init__(self, folder, **profile):
        self.clock = Clock(BEGIN)
        self.profile = Profile(text_min=0, **profile)
        self.settings = DzenSettings(place=str(folder), base_url="https://example.com", profile=self.profile)
        self.feed = folder / "public/feed.xml"
        self.posts = {}
        self.said = {}
        """guid → every text that was written for it, in order."""
        self.dzen = {}
        """guid → every text that Dzen read of it, in order."""
        self.number = 0

    def post(self, back=timedelta(0)):
        """Write a post, dated back if it is found late."""
        self.number += 1
        return self._changed(f"{SOURCE}/{self.number}", self.clock.at - back, f"text {self.number}")

    def edit(self, item_id):
        """Change a post."""
        return self._changed(item_id, self.posts[item_id].published_at, f"{self.posts[item_id].text} edited")

    def _changed(self, item_id, at, text):
        item = stamp(ContentItem(id=item_id, published_at=at, edited_at=self.clock.at, text=text), "kit")
        self.posts[item_id] = item
        self.said.setdefault(guid_of(item_id), []).append(text)
        return item

    def run(self, items=(), deleted=()):
        """Run the pair."""
        for item_id in deleted:
            del self.posts[item_id]
        with DzenDestination(self.settings, now=self.clock).open(SOURCE) as session:
            if items or deleted:
                session.commit(Batch({item.id: item for item in items}.values(), deleted=deleted), missing)
            self.waiting = {guid_of(one) for one in session._state.waiting(self.profile)}

    def shown(self):
        """Return what is in the feed: guid → text."""
        root = etree.fromstring(self.feed.read_bytes())
        encoded = "{http://purl.org/rss/1.0/modules/content/}encoded"
        found = [(item.findtext("guid"), item.findtext(encoded)) for item in root.iter("item")]
        assert len(found) == len(dict(found)) <= self.profile.max_items
        return {guid: text.removeprefix("<p>").removesuffix("</p>") for guid, text in found}

    def read(self):
        """Let Dzen read: what is new or different is taken, and nothing ever comes under another guid."""
        for guid, text in self.shown().items():
            known = self.dzen.setdefault(guid, [])
            if text not in known[-1:]:
                known.append(text)


@pytest.mark.parametrize(("seed", "most", "days"), [(1, 500, 3), (2, 12, 3), (3, 5, 1), (4, 40, 2)])
def test_nothing_is_skipped_between_two_reads(tmp_path, seed, most, days):
    """Whatever the channel does, Dzen sees each post's newest text within one visit a feed's days, and no post twice.

    A run every few hours, floods and silences, late arrivals, edits of old posts, deletions; Dzen looks at most `days`
    apart. Only a text that was replaced, or a post that was deleted, before its turn came need not have been seen.
    """
    world, chance = World(tmp_path / "feed", max_items=most, days=days), random.Random(seed)
    last_read = world.clock.at
    superseded = set()
    world.run()
    for _ in range(70):
        world.clock.at += timedelta(hours=chance.choice((1, 3, 5)))
        if world.clock.at - last_read > timedelta(days=days, hours=-6) or chance.random() < 0.1:
            world.read()
            last_read = world.clock.at
        items = [
            world.post(timedelta(days=chance.choice((0, 0, 0, 40)))) for _ in range(chance.choice((0, 0, 1, 1, 2, 9)))
        ]
        alive = list(world.posts)
        items += [world.edit(name) for name in chance.sample(alive, min(len(alive), chance.choice((0, 0, 1))))]
        gone = chance.sample(alive, min(len(alive), chance.choice((0, 0, 0, 1))))
        gone = [name for name in gone if name not in {item.id for item in items}]
        superseded |= {guid_of(name) for name in gone}
        world.run(items, gone)
        shown = world.shown()
        assert not superseded & shown.keys()
        for item in world.posts.values():
            assert shown.get(guid_of(item.id), item.text) == item.text
    for _ in range(400):
        world.read()
        if not world.waiting:
            break
        world.clock.at += timedelta(hours=days * 24 - 6)
        world.run()
    world.read()
    for item in world.posts.values():
        assert world.dzen[guid_of(item.id)][-1] == item.text
    for guid, texts in world.dzen.items():
        # In the order in which they were written, none twice: an edit is an edit, under the guid of its item.
        assert texts == [text for text in world.said[guid] if text in texts]


def test_articles_leave_after_their_days(tmp_path):
    """Counted from when they came in, not from their date; an edit counts anew."""
    world = World(tmp_path / "feed", days=3)
    world.run([world.post(back=timedelta(days=400)), world.post()])
    world.clock.at += timedelta(days=2)
    world.run([world.edit(f"{SOURCE}/1")])
    assert set(world.shown()) == {f"{SOURCE}/1", f"{SOURCE}/2"}
    world.clock.at += timedelta(days=1)
    world.run()
    assert set(world.shown()) == {f"{SOURCE}/1"}
    world.clock.at += timedelta(days=2)
    world.run()
    assert world.shown() == {}
    world.run([world.edit(f"{SOURCE}/2")])
    assert world.shown() == {f"{SOURCE}/2": "text 2 edited"}


def test_a_backfill_waits_and_todays_posts_do_not(tmp_path):
    """At most so many at once; the old ones take turns, the oldest first, behind those of the last days."""
    world = World(tmp_path / "feed", days=1, max_items=10)
    old = [world.post(back=timedelta(days=100 - n)) for n in range(25)]
    world.run(old)
    assert set(world.shown()) == {guid_of(item.id) for item in old[:10]}
    world.clock.at += timedelta(hours=12)
    new = world.post()
    world.run([new])
    assert guid_of(new.id) not in world.shown()
    world.clock.at += timedelta(hours=12)
    world.run()
    assert set(world.shown()) == {guid_of(item.id) for item in (new, *old[10:19])}


def test_the_settings_may_change_between_runs(tmp_path):
    """Fewer items, more days: the feed follows, and what it has let go of stays away."""
    world = World(tmp_path / "feed", days=1)
    world.run([world.post() for _ in range(6)])
    world.clock.at += timedelta(hours=1)
    world.run([world.post()])
    world.profile = Profile(text_min=0, days=1, max_items=4)
    world.settings = world.settings.model_copy(update={"profile": world.profile})
    world.run()
    assert len(world.shown()) == 4
    assert f"{SOURCE}/7" in world.shown()
    world.clock.at += timedelta(days=2)
    world.run([world.post()])
    world.profile = Profile(text_min=0, days=9)
    world.settings = world.settings.model_copy(update={"profile": world.profile})
    world.run()
    assert set(world.shown()) == {f"{SOURCE}/8"}
