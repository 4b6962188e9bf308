"""Ports: what a source and a destination promise, whichever service is behind them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from adapters.contracts.item import ContentItem, Entry, Media
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.store import Cursor


@dataclass(frozen=True)
class Page:
    """A stretch of a source, in the source's own order; an album is never cut by a page's end."""

    entries: Sequence[Entry]
    cursor: str
    """By which the source goes on behind this page, in another process too."""
    done: int = 0
    """How much of `total` lies behind this page, in the source's own unit; for progress only."""
    total: int = 0
    """How much there is in all; 0 when the source cannot tell."""
    unchanged: int = 0
    """How many items were left out of this page because the place holds them as they are; see `Skimming`."""
    traces: Mapping[str, str] = field(default_factory=dict)
    """Item id → trace, of those entries by whose trace they will be known again."""


class MediaMissing(Exception):
    """The source has no bytes for a medium (any more); the message says why, for people."""


@dataclass(frozen=True)
class MediaFile:
    """The bytes of a medium where they lie: a local path when there is one, and a way to read them in any case."""

    open: Callable[[], BinaryIO]
    size: int
    path: Path | None = None
    same: str = ""
    """Names these very bytes in whatever process they are read again; empty where the source cannot promise that.

    With it a copy that broke off goes on where it was, if what `open` returns can seek.
    """


class SourceAdapter(Protocol):
    """A place to read from. Nothing connects before the first call; every call may be repeated.

    Reading raises ConfigurationError for what a person must mend, Transient for what may pass. What cannot be
    understood is not raised: it is an `Unreadable` entry among the items.
    """

    service: ClassVar[str]
    """The reader's name, also in its versions: one word a service."""

    @property
    def identity(self) -> str:
        """The place's stable name, `telegram:1234567890`: alike for every adapter that reads this place."""

    @property
    def title(self) -> str:
        """The place's name for people; empty when it has none."""

    def fingerprint(self) -> str:
        """Return what changes whenever the content may have changed; empty when that cannot be told."""

    def head(self) -> datetime | None:
        """Return when the newest item was published, or None for an empty place."""

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield the pages behind a cursor; an empty one begins at the oldest item.

        A cursor that does not fit this content (another file, the future) raises ConfigurationError or begins anew,
        never skips.
        """

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those of the ids that this place has verifiably deleted; never one it merely does not show.

        Each id speaks for itself, an album member's too: an album is gone when all its members are.
        """

    def media(self, media: Media) -> MediaFile:
        """Find the bytes of a medium of this source; raises MediaMissing."""

    def close(self) -> None:
        """Give back what is open; may be called twice."""


@runtime_checkable
class Following(Protocol):
    """A source that can be asked what changed since: its next run goes on where this one ended, not at the beginning.

    Its `read(cursor)` yields what is new and what was edited since that cursor; what it cannot follow any more (too
    long ago) it reads anew, and never skips. Its `gone` tells what was deleted since the cursor that `read` was given.
    A page's own cursor must leave both to be told again by a run that goes on from it.
    """

    def stand(self) -> str:
        """Return, once `read` has come to its end, the cursor behind all that it and `gone` have told."""


Unchanged = Callable[[Mapping[str, str]], Collection[str]]
"""Says which of these items (item id → trace) a place holds, whole, as read from what has this trace."""


@runtime_checkable
class Skimming(Protocol):
    """A source that knows an item again by its trace, a hash of the bytes it is read from, before it reads them.

    Equal traces mean that reading would make an equal item: neither its neighbours nor another release's reader
    make another one of the same bytes.
    """

    def skim(self, unchanged: Unchanged) -> None:
        """Leave unread, from now on, what `unchanged` names."""


@runtime_checkable
class Exclusive(Protocol):
    """An adapter with something that one process at a time may use: a session that its service kills when two do."""

    @property
    def exclusive(self) -> str:
        """The name of that thing, stable and without a secret in it; asks nobody."""

    def guard(self, check: Callable[[], None]) -> None:
        """Call `check` before each request from now on; it raises LeaseLost when another process may be using it."""


class Grade(StrEnum):
    """What a destination does with the same write twice, best first; see docs/architecture.md."""

    OVERWRITES = "overwrites"
    """One object, the latest."""
    DEDUPLICATES = "deduplicates"
    """The service drops the second by our key, while the key lives."""
    FINDABLE = "findable"
    """A second object; but our own mark can be looked up."""
    HOLDS = "holds"
    """A second object, and nothing to find it by: never again by itself."""


@dataclass(frozen=True)
class Rendered:
    """How an item will look at a place, and what it loses on the way."""

    body: str
    losses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Write:
    """One write at a publishing place, with what the adapter needs to do it once."""

    action: Action
    key: str
    """The job key: to be handed to the far side, whole or as the root of a shorter one."""
    item_id: str
    item: ContentItem | None
    """None for a delete."""
    held: Receipt | None
    """What the place holds: whom to edit or delete. None for a create."""
    deadline: float
    """Seconds from now by which the last byte must have come; shorter than the lease."""
    sending: Callable[[], None]
    """To be called just before the first byte that cannot be taken back, and before each later one of its kind.

    It commits the mark; when it raises, nothing may be sent.
    """
    save: Callable[[Mapping[str, Any]], None]
    """Stores a step's progress, which renews the lease; raises LeaseLost."""
    progress: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What an earlier attempt reached."""
    media: Callable[[Media], MediaFile] | None = None
    """The bytes of the item's media, kept by whoever claimed the job."""
    answers: Receipt | None = None
    """The object here of the item that this one answers; None where it answers none that is here."""


Pace = Callable[[str, float], None]
"""Waits for the next turn of an account, by its name, that may be asked so many times a second."""


@runtime_checkable
class Paced(Protocol):
    """An adapter whose service counts an account's requests: whoever carries it says how to wait for a turn."""

    def keep_pace(self, pace: Pace) -> None:
        """Call `pace` before each request from now on; all workers of the account share it."""


class PublishingDestination(Protocol):
    """A place where each write is an act: it declares what doing it twice means.

    Writes raise Rejected, RateLimited, Transient (nothing was taken), OutcomeUnknown (it may have been) or
    ConfigurationError.
    """

    service: ClassVar[str]
    limits: ClassVar[Limits]

    @property
    def identity(self) -> str:
        """The service and the account id that the service itself reports, or a name given: `webhook:blog`."""

    @property
    def grade(self) -> Grade:
        """What the same write twice does here."""

    @property
    def fallback(self) -> Grade:
        """The grade that holds once the key's life is over; equals `grade` where no key is used."""

    @property
    def key_life(self) -> timedelta | None:
        """How long the service remembers a key, counted from the first request with it, a margin taken off."""

    @property
    def settles_after(self) -> timedelta:
        """How long a lost request may still take effect: a look-up before that proves nothing."""

    def check(self) -> None:
        """Prove token, rights and address before anything is sent; raises ConfigurationError saying what is missing."""

    def render(self, item: ContentItem) -> Rendered:
        """Say how the item would look here and what it would lose; touches nothing."""

    def write(self, write: Write) -> Receipt:
        """Do one write."""

    def find(self, write: Write, since: datetime) -> Receipt | None:
        """Look for what an earlier attempt may have left, by our own mark; only grade FINDABLE is asked.

        Raises Rejected when it was left, and the place has refused it since: that settles the doubt.
        """

    def close(self) -> None:
        """Give back what is open; may be called twice."""


@runtime_checkable
class Parallel(Protocol):
    """What a publishing place may offer besides: its `write`, `find` and `render` may run in several threads at once.

    Without it a place gets one write after the other, in the order in which its items were met.
    """

    @property
    def at_once(self) -> int:
        """How many writes it takes at once at most."""


@runtime_checkable
class Choosy(Protocol):
    """What a publishing place may offer besides: it has no use for some items, which are then filtered by that name."""

    def leaves_out(self, item: ContentItem) -> str:
        """Name what keeps an item from this place ("no video"), or return an empty string; asks nobody."""


@dataclass(frozen=True)
class Held:
    """What a bulk place holds of one item."""

    version: str
    changed_at: datetime
    whole: bool = True
    """False when a medium is missing there that the source could bring now."""
    item_id: str = ""
    """The id under which it is held, where that is not the one asked for (an album's member)."""


@dataclass(frozen=True)
class Batch:
    """What one commit in a bulk place carries: all of it or nothing."""

    items: Sequence[ContentItem]
    deleted: Sequence[str] = ()
    """Ids of items that are to be there no more."""
    marked: Sequence[str] = ()
    """Ids of items that stay, marked as deleted at their source: held no more. Empty where the place cannot mark."""
    take_over: Sequence[tuple[str, str]] = ()
    """(item id, version): note the version, the content being the same."""
    cursor: Cursor | None = None
    traces: Mapping[str, str] = field(default_factory=dict)
    """Item id → trace, to be kept beside the version; of `items` here and of items held already."""


@dataclass(frozen=True)
class Committed:
    """What a commit did."""

    generation: str
    media_missing: tuple[str, ...] = ()
    """"item id: why", for each medium that the source promised and did not have."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Item id → why, for each item that the place's settings keep out: filtered, not delivered."""


class BulkSession(Protocol):
    """The one writer of a bulk place, from opening to closing."""

    @property
    def generation(self) -> str:
        """Changes with each commit and each repair; equal generations mean an untouched place."""

    @property
    def repaired(self) -> Sequence[str]:
        """What was found damaged at opening and mended or given up, a line each, for people."""

    def versions(self, ids: Sequence[str]) -> dict[str, Held]:
        """Return what is held of these ids, an album member's too; what is not held is left out."""

    def held_ids(self) -> Iterator[str]:
        """Yield the ids of all items held and not marked as deleted."""

    def members(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other ids of each of these items that is an album."""

    def cursor(self, selection: str) -> str:
        """Return the cursor kept for a selection, or an empty string."""

    def commit(self, batch: Batch, media: Callable[[Media], MediaFile]) -> Committed:
        """Write a batch and its cursor as one; raises Rejected when an item cannot be written as it is.

        Raises LeaseLost when somebody else has written here since this session opened.
        """


@runtime_checkable
class Tracing(Protocol):
    """A session that keeps traces beside the versions: what writes an item without one forgets the old one."""

    def unchanged(self, traces: Mapping[str, str]) -> Collection[str]:
        """Return the ids of those of these items that are held, whole, with this trace."""


@runtime_checkable
class Foretelling(Protocol):
    """A bulk place that can say beforehand what becomes of an item: for a dry run."""

    def left_out(self, item: ContentItem) -> str:
        """Name what keeps an item out, as `Committed.left_out` would; empty where nothing does."""

    def render(self, item: ContentItem) -> Rendered:
        """Say how the item would look here and what it would lose; raises Rejected as a commit would."""


class BulkDestination(Protocol):
    """A place that is its own record and always OVERWRITES: an archive, a database."""

    service: ClassVar[str]
    marks: ClassVar[bool]
    """Whether an item that was deleted at its source can stay here, marked."""

    @property
    def identity(self) -> str:
        """The place's stable name, read from the place itself where it exists: `local:<birth id>`."""

    def open(self, source_id: str) -> AbstractContextManager[BulkSession]:
        """Take the place for writing, mend what a crash or damage left, and keep others out until closed.

        Raises ConfigurationError when it belongs to another source, cannot be written or is of a newer format, and
        Transient when another writer is there.
        """

    def peek(self, source_id: str) -> AbstractContextManager[BulkSession]:
        """Look at the place without changing a byte of it, for a dry run; `commit` is not to be called."""
