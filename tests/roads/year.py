"""A year of a Telegram channel and of the pairs that follow it, through whatever befalls either side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.contracts.jobs import Reason
from adapters.contracts.ports import Grade
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.media import FolderMediaStore
from adapters.selection import Selection
from adapters.sources.telegram import Login, TelegramSource
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.dead_letters import adopt
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.emulators.telegram import API_HASH, API_ID, Telegram, client_factory
from tests.exports import lines
from tests.roads.author import Author
from tests.roads.far_side import FAULTS, KEY_LIFE, SETTLES, Bug, Clock, FarSide, Killed, Mortal, Process
from tests.roads.troubles import TROUBLES

POLICY = RetryPolicy(jitter=0, attempts=3)
DAY = 86_400
SETTLED_AFTER = 12
"""Runs that a pair may need, with nothing in its way, until nothing is left to do."""
STOPPED = (Killed, Bug, ConfigurationError, Transient, RateLimited)
"""How a run may end early: its process dies, or it says why it cannot go on."""
OPTIONS = Options(selection=Selection(service=False), from_beginning=True, deletes="follow", allow_mass_delete=True)


@dataclass
class Gallery(FarSide):
    """A place that also knows the pictures of what it holds."""

    pictures: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def _take(self, write, now):
        remote_id = super()._take(write, now)
        if write.item is not None:
            self.pictures[remote_id] = tuple(medium.sha256 for medium in write.item.media)
        return remote_id


class Wall:
    """A publishing pair of its own, and a truthful person who looks after its dead letters."""

    def __init__(self, year: Year, grade: Grade):
        self.year = year
        self.name = f"a place that {grade}"
        self.store = memory_store(year.clock)
        keys = grade is Grade.DEDUPLICATES
        self.place = Gallery(
            identity=f"fake:{grade}",
            grade=grade,
            fallback=Grade.HOLDS if keys else grade,
            key_life=KEY_LIFE if keys else None,
            settles_after=SETTLES,
            clock=year.clock,
        )
        self.media = FolderMediaStore(year.folder / f"media-{grade}")
        self.runs = 0

    def run(self, *, faults=(), kill=("", 0), slow=""):
        """Run the pair in a process of its own; returns its summary, or None when it did not come to one."""
        former, self.place.process = self.place.process, Process(kill)
        self.place.errors = [FAULTS[name] if name else None for name in faults]
        self.place.slow, self.place.meanwhile = slow, self.run
        self.runs += 1
        self.year.clock.waits = 0
        source = self.year.source()
        try:
            return PublishingRoad(
                pair="telegram → fake",
                source=source,
                source_id=f"telegram:{self.year.channel.id}",
                destination=self.place,
                settings={},
                store=Mortal(self.store, self.place.process),
                media=self.media,
                options=OPTIONS,
                policy=POLICY,
                engine=PlainEngine(POLICY, self.year.clock.wait),
                watcher=Watchers(),
                run_id=f"run-{self.runs}",
                pause=self.year.clock.wait,
            ).run()
        except STOPPED:
            return None
        finally:
            source.close()
            self.place.process, self.place.errors, self.place.slow = former, [], ""

    def look_after(self) -> int:
        """Adopt what a job in doubt has left, send again what left nothing; returns how many dead letters lay there."""
        self.year.clock.wait(SETTLES.total_seconds())
        self.place.land()
        letters = self.store.dead_letters(DeadLetterFilter())
        for job in letters:
            left = next((one.remote_id for one in reversed(self.place.done) if one.key == job.key), "")
            if left and job.reason is Reason.UNKNOWN:
                adopt(self.store, job.key, left, "", "person")
            else:
                self.store.redrive([job.key], run_id="person")
        return len(letters)

    def shown(self):
        """Return what the place shows: item id, text and pictures of each object."""
        return [(item, text, self.place.pictures[remote]) for remote, (item, text) in self.place.live.items()]

    def check(self) -> None:
        """No item has two objects, and none was ever made twice where that makes a second one."""
        assert max(Counter(item for item, _ in self.place.live.values()).values(), default=0) <= 1
        if self.place.grade is not Grade.OVERWRITES:
            made = Counter(effect.item_id for effect in self.place.done if effect.action == "create")
            assert max(made.values(), default=0) <= 1, made.most_common(3)


class Archive:
    """A pair into an archive on disk."""

    def __init__(self, year: Year):
        self.year = year
        self.name = "the archive"
        self.store = memory_store(year.clock)
        self.folder = year.folder / "archive"
        self.runs = 0

    def run(self, *, kill=("", 0), **_):
        """Run the pair in a process of its own; returns its summary, or None when it did not come to one."""
        self.runs += 1
        source = self.year.source()
        try:
            return BulkRoad(
                pair="telegram → local",
                source=source,
                destination=LocalDestination(LocalSettings(archive=self.folder)),
                settings={},
                store=Mortal(self.store, Process(kill)),
                media=FolderMediaStore(self.year.folder / "media-archive"),
                options=OPTIONS,
                engine=PlainEngine(POLICY),
                watcher=Watchers(),
                run_id=f"run-{self.runs}",
            ).run()
        except STOPPED:
            return None
        finally:
            source.close()

    def look_after(self) -> int:
        """Find nothing: an archive refuses nothing of this channel."""
        return len(self.store.dead_letters(DeadLetterFilter()))

    def shown(self):
        """Return what the archive holds: item id, text and pictures of each post."""
        held = [one for one in lines(self.folder) if "deleted_at" not in one and "service" not in one]
        return [
            (one["id"], one.get("text", ""), tuple(medium["sha256"] for medium in one.get("media", ()))) for one in held
        ]

    def check(self) -> None:
        """No item is there twice."""
        assert max(Counter(one["id"] for one in lines(self.folder)).values(), default=0) <= 1


class Year:
    """The channel, its author, its pairs, and one clock for all of them."""

    def __init__(self, world: Telegram, clock: Clock, folder: Path, seed: int):
        self.world = world
        self.clock = clock
        self.folder = folder
        self.chance = Random(seed)
        self.account = world.account("+79990000001")
        self.channel = world.channel("The Lake", username="the_lake")
        self.author = Author(world, self.channel, self.chance)
        self.session = self.account.session()
        self.pairs = [Wall(self, Grade.FINDABLE), Wall(self, Grade.HOLDS), Wall(self, Grade.DEDUPLICATES)]
        self.pairs.append(Archive(self))
        self.troubles = Counter()

    def source(self) -> TelegramSource:
        """Return the channel as a new process opens it."""
        connect = client_factory(self.world)
        return TelegramSource(
            "@the_lake",
            Login(api_id=API_ID, api_hash=API_HASH, session=self.session),
            self.folder / "addresses.json",
            lambda *given, **settings: connect(*given, retry_delay=0, **settings),
            self.clock,
            self.clock.wait,
        )

    def day(self, deeds: int) -> None:
        """Let a day pass: so many deeds of the author, and runs of the pairs between them, most with some trouble."""
        for _ in range(deeds):
            self.clock.wait(self.chance.choice((1, 20, 59, 61, 900, DAY // (deeds + 1))))
            self.author.act()
            if self.chance.random() < 0.35:
                self.run(self.chance.choice(self.pairs))
        for pair in self.pairs:
            self.run(pair)

    def run(self, pair) -> None:
        """Run a pair, maybe in trouble of its source's, its place's or its own."""
        trouble = self.chance.choice((*TROUBLES, *[None] * len(TROUBLES)))
        amiss = {}
        if trouble is not None:
            self.troubles[trouble.__name__] += 1
            amiss = trouble(self) or {}
        pair.run(**amiss)
        pair.check()
        self.world.listen()

    def settle(self) -> None:
        """With nothing in its way each pair comes to an end, and its place shows what the channel does."""
        self.world.back()
        for pair in self.pairs:
            for _ in range(SETTLED_AFTER):
                self.clock.wait(DAY + 3_600)
                letters = pair.look_after()
                summary = pair.run()
                if summary is not None and not letters and not summary.delivered and not summary.pending:
                    break
            else:
                raise AssertionError(f"{pair.name} does not settle: {summary}")
            pair.check()
            self._compare(pair.name, pair.shown())

    def _compare(self, place, shown) -> None:
        """Each post that lives is there once, as it is now, and nothing else is there."""
        by_name = {f"telegram:{self.channel.id}/{name}": post for post in self.author.posts for name in post.names}
        strange = [one for one in shown if one[0] not in by_name]
        assert not strange, f"{place}: not in the channel: {strange}"
        found = [(item, by_name[item].shown, (text, pictures)) for item, text, pictures in shown]
        different = [one for one in found if one[1] != one[2]]
        assert not different, f"{place}: shown otherwise: {different}"
        times = Counter(id(by_name[item]) for item, _, _ in shown)
        wrong = [
            (times[id(post)], sorted(post.names), post.shown) for post in self.author.posts if times[id(post)] != 1
        ]
        assert not wrong, f"{place}: not there once: {wrong}"
