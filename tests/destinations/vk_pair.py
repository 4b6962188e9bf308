"""A pair that ends at VK, without Prefect: its store, its source, and one clock for all, the emulator's among them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from adapters.contracts.errors import SyndicateError
from adapters.contracts.item import Answer, Media, MediaKind, Poll
from adapters.contracts.ports import MediaFile
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from adapters.destinations.vk import VkDestination, VkSettings
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.exports import SAMPLE
from tests.fakes import ListSource, post
from tests.servers.vk import GROUP, USER_TOKEN

POLICY = RetryPolicy(jitter=0, deadline=5)
PICTURES = sorted(SAMPLE.glob("photos/*.jpg"))
VIDEO = SAMPLE / "video_files" / "waves.mp4"


class Clock:
    """The store's time; what waits moves it, and the emulator's with it."""

    def __init__(self, vk):
        self._vk = vk
        self._owed = 0.0
        self.ahead = timedelta(0)

    def __call__(self):
        return datetime.now(UTC) + self.ahead

    def wait(self, seconds):
        self.ahead += timedelta(seconds=seconds)
        self._owed += seconds
        # The many short waits of a pace are told together.
        if self._owed >= 1:
            self._vk.control(move=self._owed)
            self._owed = 0.0


@dataclass
class Files(ListSource):
    """A list whose media are files of the sample, or bytes."""

    data: dict[str, bytes] = field(default_factory=dict)

    def media(self, media: Media) -> MediaFile:
        data = self.data[media.ref]
        return MediaFile(lambda: io.BytesIO(data), len(data))


def medium(source, kind, path):
    """Give a source a file and return the medium that refers to it."""
    data = path.read_bytes()
    source.data[path.name] = data
    return Media(kind=kind, ref=path.name, name=path.name, size=len(data))


def whole(number=1, photos=2, *, more=True):
    """Return a source of one post that has everything: photos, a video, and with `more` a document and a poll."""
    source = Files([])
    media = [medium(source, MediaKind.PHOTO, path) for path in PICTURES[:photos]]
    media.append(medium(source, MediaKind.VIDEO, VIDEO))
    poll = None
    if more:
        media.append(medium(source, MediaKind.DOCUMENT, next(SAMPLE.glob("files/*.txt"))))
        poll = Poll(question="tea or coffee?", answers=(Answer(text="tea"), Answer(text="coffee")))
    source.entries = [post(number, "everything", media=tuple(media), poll=poll)]
    return source


def digests(source):
    """Return the SHA-256 of a source's media in order."""
    return [hashlib.sha256(source.data[medium.ref]).hexdigest() for medium in source.entries[0].media]


class Pair:
    """A pair and its records; each `run` is a new process's: another destination, another run."""

    def __init__(self, vk, folder, **settings):
        self.vk = vk
        self.clock = Clock(vk)
        self.store = memory_store(self.clock)
        self.media = FolderMediaStore(folder / "media")
        self.settings = {"community": GROUP, "base_url": f"{vk.base}/method"} | settings
        self._runs = iter(range(1, 10_000))

    def destination(self, token=USER_TOKEN):
        """Return a destination as a new process has it."""
        return VkDestination(VkSettings(**self.settings), SecretStr(token))

    def run(self, source, *, letters=None, token=USER_TOKEN, **options):
        """Run the pair once and return its summary, which adds up."""
        made = PublishingRoad(
            pair="list → vk",
            source=source,
            source_id=source.identity,
            destination=self.destination(token),
            settings={},
            store=self.store,
            media=self.media,
            options=Options(**{"from_beginning": True, **options}),
            policy=POLICY,
            engine=PlainEngine(POLICY, self.clock.wait),
            watcher=Watchers(),
            run_id=f"run-{next(self._runs)}",
            pause=self.clock.wait,
        )
        summary = made.run() if letters is None else made.redrive(lambda _: letters)
        assert not summary.errors
        return summary

    def stopped(self, source, **options):
        """Run the pair and return the error that stopped it."""
        try:
            self.run(source, **options)
        except SyndicateError as error:
            return error
        raise AssertionError("the run went through")

    def letters(self):
        """Return the dead letters."""
        return self.store.dead_letters(DeadLetterFilter())

    def texts(self) -> Sequence[str]:
        """Return what is on the wall."""
        return [one["text"] for one in self.vk.posts()]
