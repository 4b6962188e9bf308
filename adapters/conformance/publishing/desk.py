"""The desk at which a publishing destination is tried: a job store, a clock, and a wire that fails on command."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.conformance.stores.samples import START, Clock
from adapters.conformance.wire import Wire
from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.jobs import Action, Descriptor, Job, job_key
from adapters.contracts.ports import MediaFile, PublishingDestination, Write
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import Queue
from adapters.contracts.version import stamp
from adapters.media import FolderMediaStore
from adapters.runner import DestinationRunner, Repeated
from adapters.stores.memory import memory_store

SOURCE = "kit:1"
DEADLINE = 0.7
"""Seconds a request may take here; short, because lost answers are waited for."""


@dataclass(frozen=True)
class Seen:
    """One object as it lies at the service, looked at behind the adapter's back."""

    remote_id: str
    text: str
    media: tuple[str, ...] = ()
    """The SHA-256 of each file, in order."""


@dataclass(frozen=True)
class Place:
    """A service of the backend's own, real or emulated, empty when a check begins."""

    url: str
    """Scheme, host and port at which it listens."""
    connect: Callable[[str], PublishingDestination]
    """A fresh adapter, as a new process would build it, talking to the address given instead of `url`."""
    objects: Callable[[], Sequence[Seen]]
    """What is there now."""
    secret: str
    """The token that `connect` gives the adapter: it may appear nowhere."""
    age: Callable[[float], None] | None = None
    """Lets seconds pass for the service, so that it forgets keys as it really would."""
    needs: Callable[[int], Sequence[tuple[Media, bytes]]] = lambda _: ()
    """The files without which the service takes no post at all, each post's its own by its number."""
    deadline: float = DEADLINE
    """Seconds a request may take; more where a post is many requests and the machine is busy."""


@dataclass
class Desk:
    """One pair at work without its flow: jobs are recorded, claimed, done, waited for."""

    place: Place
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Put the wire in between."""
        self.wire = Wire(self.place.url)
        self.store = memory_store(self.clock)
        self.media = FolderMediaStore(self.folder / "media")
        self.policy = RetryPolicy(jitter=0, deadline=self.place.deadline)
        self.adapter = self.connect()
        self._numbers = iter(range(1, 10_000))

    def connect(self, url: str = "") -> PublishingDestination:
        """Build an adapter as another process would."""
        return self.place.connect(url or self.wire.url)

    @property
    def texts(self) -> list[str]:
        """The texts that are there."""
        return sorted(seen.text for seen in self.place.objects())

    def post(self, text: str = "", media: Sequence[bytes] = (), **more: Any) -> ContentItem:
        """Make an item; its files are kept as a run keeps them."""
        number = next(self._numbers)
        item = ContentItem(
            id=f"{SOURCE}/{number}",
            published_at=START + timedelta(minutes=number),
            text=text or f"text {number}",
            media=(
                *(self._kept(medium, data) for medium, data in self.place.needs(number)),
                *(self._kept(_picture(f"{number}-{n}.png"), data) for n, data in enumerate(media)),
            ),
            **more,
        )
        return stamp(item, "kit")

    def edited(self, item: ContentItem, text: str) -> ContentItem:
        """Return a later version of an item."""
        changed = item.model_copy(update={"text": text, "edited_at": item.changed_at + timedelta(minutes=1)})
        return stamp(changed, "kit")

    def _kept(self, medium: Media, data: bytes) -> Media:
        medium = medium.model_copy(update={"size": len(data), "ref": medium.name})
        return self.media.keep(medium, MediaFile(lambda: io.BytesIO(data), len(data)))

    def ask(self, action: Action, item: ContentItem) -> str:
        """Record a job as planning would; returns its key."""
        known = self.store.known(self.adapter.identity, [item.id]).get(item.id)
        revision = known.newest.revision + 1 if known and known.newest else 1
        job = Job(
            key=job_key(self.adapter.identity, item.id, revision),
            descriptor=Descriptor(source_id=SOURCE, destination_id=self.adapter.identity),
            item_id=item.id,
            revision=revision,
            action=action,
            version=item.version if action is not Action.DELETE else "",
            item=item if action is not Action.DELETE else None,
        )
        self.store.create([job])
        return job.key

    def deliver(self, adapter: PublishingDestination | None = None) -> None:
        """Do all jobs, waits included, until none is left; a configuration error ends it."""
        queue = Queue(SOURCE, self.adapter.identity)
        while (due := self.store.next_due(queue)) is not None:
            self.clock.time = max(self.clock.time, due)
            if not self.one(adapter):
                return

    def one(self, adapter: PublishingDestination | None = None) -> bool:
        """Do one due job, if there is one."""
        queue = Queue(SOURCE, self.adapter.identity)
        runner = self.runner(adapter)
        job = self.store.claim_next(queue, owner="kit", run_id="run", lease=runner.lease)
        if job is not None:
            runner.run(job)
        return job is not None

    def try_one(self, adapter: PublishingDestination | None = None) -> ConfigurationError | None:
        """Do one due job and return the configuration error with which it stopped the run."""
        try:
            self.one(adapter)
        except ConfigurationError as error:
            return error
        return None

    def runner(self, adapter: PublishingDestination | None = None) -> DestinationRunner:
        """Build a worker."""
        attempts = Repeated(self.policy, self.clock.wait)
        return DestinationRunner(
            self.store, adapter or self.adapter, self.policy, self.media.media, attempts, run_id="run"
        )

    def put(self, action: Action, item: ContentItem) -> Job:
        """Record a job, deliver all, and return it as it ended."""
        key = self.ask(action, item)
        self.deliver()
        return self.job(key)

    def job(self, key: str) -> Job:
        """Return a job."""
        job = self.store.get(key)
        if job is None:
            raise KeyError(key)
        return job

    def write(self, item: ContentItem | None, **more: Any) -> Write:
        """Build a write by hand, for checks below the runner."""
        item_id = item.id if item else f"{SOURCE}/0"
        made = Write(
            action=Action.CREATE,
            key=job_key(self.adapter.identity, item_id, 1),
            item_id=item_id,
            item=item,
            held=None,
            deadline=self.place.deadline,
            sending=lambda: None,
            save=lambda _: None,
            media=self.media.media,
        )
        return replace(made, **more)

    def requests_for(self, item: ContentItem) -> int:
        """Return how many writing requests the creation of such an item takes, by doing it once."""
        before = len(self.wire.writes)
        self.put(Action.CREATE, item)
        return len(self.wire.writes) - before

    def close(self) -> None:
        """Clean up."""
        self.wire.stop()
        self.store.close()
        self.adapter.close()


def _picture(name: str) -> Media:
    """Describe a picture."""
    return Media(kind=MediaKind.PHOTO, name=name, mime="image/png")


def picture(number: int, size: int = 120) -> bytes:
    """Return a true PNG of one pixel, each number's its own, padded to a size of at least 100 bytes."""
    pixel = zlib.compress(b"\0" + number.to_bytes(3, "big"))
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    rest = _chunk(b"IDAT", pixel) + _chunk(b"IEND", b"")
    # "kiTs" is private and may be ignored: libpng.org/pub/png/spec/1.2/PNG-Structure.html, 3.3.
    padding = _chunk(b"kiTs", b"\0" * (size - len(head) - len(rest) - len(_chunk(b"kiTs", b""))))
    return head + padding + rest


def _chunk(name: bytes, data: bytes) -> bytes:
    """Return a piece of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def digests(*pictures: bytes) -> tuple[str, ...]:
    """Return the SHA-256 of each."""
    return tuple(hashlib.sha256(data).hexdigest() for data in pictures)
