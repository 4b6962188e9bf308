"""Jobs: one thing to do at one destination, and the runner that does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from adapters.contracts.item import ContentItem, Model, Unreadable


class Action(StrEnum):
    """What a job does to its item's object at the destination."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class State(StrEnum):
    """Where a job is: `pending → running → done | failed`."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a failed job will not be tried again by itself: a failed job is a dead letter."""

    REJECTED = "rejected"
    """The destination, or the source's reader, will never take this item as it is."""
    EXHAUSTED = "exhausted"
    """The retry policy gave up."""
    UNKNOWN = "unknown"
    """It may have arrived, and nothing can tell."""


class Outcome(StrEnum):
    """How a done job ended."""

    DELIVERED = "delivered"
    ADOPTED = "adopted"
    """A person named the object that is there."""
    SKIPPED = "skipped"
    """A person decided that this shall not be sent."""
    CANCELLED = "cancelled"
    """Nothing was left to do: a delete met a create that was never sent, an edit was taken back."""
    SUPERSEDED = "superseded"
    """A newer version of the item took this dead letter's place."""


class Descriptor(Model):
    """What identifies the work apart from its item: from where, to where, rendered how."""

    source_id: str
    destination_id: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What rendering depends on. Never a secret, never an address."""


class Receipt(Model):
    """What the destination said: enough to edit or delete the object later."""

    remote_id: str
    url: str = ""
    at: datetime
    version: str = ""
    """The item's version that the place now holds."""
    changed_at: datetime | None = None
    """`ContentItem.changed_at` of that version: an older export must not overwrite it."""
    deleted: bool = False
    losses: tuple[str, ...] = ()
    """What the item lost on its way there, as `Rendered.losses` named it."""
    notes: dict[str, Any] = Field(default_factory=dict)
    """What the destination needs again to edit the object, in plain JSON values: its attachments. Never a secret."""


class Failure(Model):
    """One attempt that did not end well."""

    at: datetime
    attempt: int
    error: str
    """The error's class name."""
    message: str
    """For people; never a secret."""


class Job(Model):
    """One thing to do at one destination: create, update or delete one item there."""

    key: str
    """See `job_key`: primary key, cache key and idempotency key at once."""
    descriptor: Descriptor
    item_id: str
    revision: int
    """Counts what was asked for this item at this destination, from 1."""
    action: Action
    version: str = ""
    item: ContentItem | None = None
    """The whole item, kept so that the source may vanish; None for a delete or an unreadable piece."""
    unreadable: Unreadable | None = None
    """The bytes no reader understood; such a job is born failed."""
    state: State = State.PENDING
    reason: Reason | None = None
    outcome: Outcome | None = None
    attempt: int = 0
    """Counted at the claim, so that a job which kills its worker is counted too."""
    owner: str = ""
    lease_until: datetime | None = None
    not_before: datetime | None = None
    sent_at: datetime | None = None
    """Doubt: when the first request was sent of which nobody knows what became of it; None without doubt."""
    last_sent_at: datetime | None = None
    """When the last request was sent that may have been received; kept when a person lifts the doubt. Set by the store.

    A look-up counts from here, a key's life from `sent_at`.
    """
    progress: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    """What a publication in several steps has already reached; the store alone keeps it, and nobody is shown it.

    An upload's own address lets in whoever knows it.
    """
    receipt: Receipt | None = None
    """What the destination said to this job."""
    held: Receipt | None = None
    """What the place held of the item when the job was claimed: whom to edit or delete. Filled by the store."""
    failures: tuple[Failure, ...] = ()
    """The last attempts that failed, oldest first."""
    planned_by: str = ""
    """The run that recorded the job."""
    seen_by: str = ""
    """The last run that met the job's item in its source while the job was its newest."""
    carried_by: str = ""
    """The last run that found the job open when it began."""
    ended_by: str = ""
    """The run in which the job became done or failed."""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the place may hold what this job asked for without anybody knowing."""
        return self.sent_at is not None and self.state is not State.DONE

    @property
    def unsent(self) -> bool:
        """Whether the job waits and no request of it was ever received: it may take a newer item, or be dropped."""
        return self.state is State.PENDING and self.sent_at is None and self.last_sent_at is None


def job_key(destination_id: str, item_id: str, revision: int) -> str:
    """Return the job's key: no run, no host, no time in it."""
    return f"{destination_id}|{item_id}|{revision}"


@dataclass(frozen=True)
class Done:
    """The job is at its destination, and finished in the store."""

    receipt: Receipt


@dataclass(frozen=True)
class Waits:
    """The job is pending again, due at `until`."""

    until: datetime
    failure: Failure


@dataclass(frozen=True)
class Died:
    """The job is a dead letter now."""

    reason: Reason
    failure: Failure


@dataclass(frozen=True)
class Dropped:
    """Nothing was left to do, or the job is somebody else's by now."""

    why: str


Result = Done | Waits | Died | Dropped


class JobRunner(Protocol):
    """Does one claimed job and says how it ended; every way is in the store when it returns."""

    def run(self, job: Job) -> Result:
        """Do the job.

        Raises ConfigurationError when nothing works until a person acts (the job is pending again), and whatever a
        bug raises, after the job was given back, in doubt if a request was sent.
        """
