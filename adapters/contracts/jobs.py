"""Jobs: one thing to do at one destination, the store that keeps them, and the runner that does them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field

from adapters.contracts.item import ContentItem, Model, Unreadable

if TYPE_CHECKING:
    from adapters.contracts.overview import Overview


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
class Known:
    """What the store knows of one item at one destination."""

    item_id: str
    """The id under which the item is kept: an album may have been met under another member's id."""
    held: Receipt | None = None
    """The newest receipt, a deletion's too; None when nothing was ever there."""
    newest: Job | None = None
    """The job with the highest revision, without its item."""
    met: bool = False
    """Whether the run that asks has met the item in its source before, and counts it."""


class Conflict(Exception):
    """The store has moved on since the plan was made (another run, a claim): read again and plan again."""


@dataclass(frozen=True)
class Cursor:
    """How far a source has been read for a destination under one selection of its items."""

    selection: str
    """A digest of what narrows the reading, an export file's fingerprint too."""
    value: str
    """Opaque: only the source reads it. Empty: read to the end, begin anew next time."""


@dataclass
class Counts:
    """What a page came to, in items, apart from those that got or have an open job."""

    seen: int = 0
    already: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    """By the name of what held them back."""

    def filter(self, name: str) -> None:
        """Count one item as held back by `name`."""
        self.filtered[name] = self.filtered.get(name, 0) + 1


@dataclass
class PagePlan:
    """All that one page of a source changes in the store: recorded in one transaction or not at all."""

    create: list[Job] = field(default_factory=list)
    """New jobs; a key that exists is a `Conflict`."""
    replace: list[Job] = field(default_factory=list)
    """Pending jobs never sent that take a newer item; one that was claimed meanwhile is a `Conflict`."""
    cancel: list[str] = field(default_factory=list)
    """Keys of pending jobs never sent that nobody wants any more; claimed meanwhile is a `Conflict`."""
    supersede: list[str] = field(default_factory=list)
    """Keys of dead letters, none in doubt, that a newer version or the item's arrival closes."""
    seen: list[str] = field(default_factory=list)
    """Keys of open jobs and dead letters whose items were met again as they are."""
    take_over: list[tuple[str, str]] = field(default_factory=list)
    """(item id, version) to note at the receipt held, nothing being sent."""
    aliases: list[tuple[str, str]] = field(default_factory=list)
    """(a member's id, the item's id)."""
    counts: Counts = field(default_factory=Counts)
    cursor: Cursor | None = None


@dataclass(frozen=True)
class Queue:
    """Which jobs a worker is willing to do."""

    source_id: str
    destination_id: str
    per_day: int | None = None
    """At most this many jobs of the pair are begun in any 24 hours; None: no limit."""
    keys: frozenset[str] | None = None
    """Only these jobs; None: all of the pair's."""
    in_order: bool = False
    """Whether a job waits for all that were recorded before it, dead letters too."""


class PairRecord(Model):
    """What is remembered of a pair between its runs."""

    source_id: str
    destination_id: str
    service: str
    """The destination's service, so that its dead letters can be redriven."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The destination's settings as last used. Never a secret."""
    baseline: datetime | None = None
    """Items published up to here were there before the first run and are not sent."""
    begun: bool = False
    """Whether a first run has decided about `baseline`."""
    name: str = ""
    """For people: "telegram → vk"."""
    paused: str = ""
    """Why nothing of the pair is to be carried now; empty while it goes on. `save_pair` leaves it as it is."""


@dataclass(frozen=True)
class Holder:
    """Who has a thing that one process at a time may use."""

    owner: str
    """For people: machine, process and run."""
    since: datetime
    until: datetime
    """When it is anybody's, unless its holder says before that it still needs it."""


class RunRecord(Model):
    """One run of a pair: Prefect's flow run, or a process of its own."""

    run_id: str
    source_id: str
    destination_id: str
    ended: str = ""
    """Empty while it goes on, else "completed" or "failed"."""


class PastRun(Model):
    """What a run of a pair had come to when it ended or began to wait: an entry of the pair's history."""

    run_id: str
    source_id: str
    destination_id: str
    begun_at: datetime
    at: datetime
    """When it ended, or began to wait."""
    ended: str
    """"completed", "failed", or "waits" when the rest was due later."""
    seen: int = 0
    delivered: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    already: int = 0
    filtered: int = 0
    pending: int = 0
    dead: int = 0
    """All that the run met or carried and left as dead letters, earlier ones too."""
    died: int = 0
    """Those of them that became so in this run."""


@dataclass
class Tally:
    """A run in items, each counted once at its newest job; read from the records, never by subtraction."""

    seen: int = 0
    carried: int = 0
    delivered: int = 0
    already: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    pending: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    """By reason."""
    died: int = 0
    """How many of the dead became so in this run."""
    created: int = 0
    updated: int = 0
    deleted: int = 0
    losses: dict[str, int] = field(default_factory=dict)
    """What was lost on the way, and by how many of the delivered."""

    @property
    def adds_up(self) -> bool:
        """Whether every item that came in is accounted for."""
        out = self.delivered + self.already + sum(self.filtered.values()) + self.pending + sum(self.dead.values())
        return self.seen + self.carried == out


class DeadLetterFilter(Model):
    """Which dead letters are meant; every field narrows."""

    keys: tuple[str, ...] = ()
    source_id: str = ""
    destination_id: str = ""
    reasons: tuple[Reason, ...] = ()
    run_id: str = ""
    """Those that this run made, or a part of it: a redrive's parts are called `<run id>/…`."""
    not_by: str = ""
    """Not those that this run made: it has tried them."""
    sendable: bool = False
    """Those alone that a redrive would send: there is something to send, and no newer revision has passed it."""
    after: str = ""
    """Those recorded behind the job of this key."""
    error: str = ""
    """A substring of the last failure's class or message, case-insensitive."""
    item_id: str = ""
    limit: int | None = None


class JobStore(Protocol):
    """Keeps jobs, receipts and publishing cursors; every verb is one transaction.

    Times are the store's. A verb that changes a claimed job takes the job as it was claimed and is fenced by its
    owner and attempt and by the lease: it raises LeaseLost when the job is somebody else's by now or the lease is
    over. A store that cannot be reached raises StoreUnavailable.
    """

    @property
    def birth_id(self) -> str:
        """The store's own identity, drawn when it was made."""

    def now(self) -> datetime:
        """Return the store's time, aware, UTC."""

    def create(self, jobs: Sequence[Job]) -> None:
        """Record new jobs as they are, failed ones too; raises Conflict, recording none, when a key exists."""

    def get(self, key: str) -> Job | None:
        """Return one job with its item, or None."""

    def update(self, job: Job) -> None:
        """Replace a job that nobody works on by this one, whatever its state; Conflict when it is running.

        For tests and repairs; a worker uses the fenced verbs below.
        """

    def claim_next(self, queue: Queue, *, owner: str, run_id: str, lease: timedelta) -> Job | None:
        """Take the queue's oldest due job, or None when none is due now.

        Due: pending with `not_before` reached, or running with its lease over (its doubt is kept). Not due: a job
        behind an earlier revision of its item that is pending, running or failed as unknown; in an ordered queue a
        job behind one that is not done; any job while the pair or the destination is paused or the queue's daily
        number is used up. The claim sets owner and lease, raises `attempt` by one and fills `held`.
        """

    def claim_several(self, queue: Queue, number: int, *, owner: str, run_id: str, lease: timedelta) -> list[Job]:
        """Take up to `number` of the queue's oldest due jobs in one transaction, as `claim_next` takes one.

        A job that was claimed before is taken alone: should it be the one that kills its worker, no other is counted
        for it. One alone, too, in an ordered queue and in one with a daily number.
        """

    def mark_sending(self, job: Job) -> Job:
        """Commit the mark that a request is about to leave; keeps an older doubt's time. Returns the job as it is."""

    def save_progress(self, job: Job, progress: Mapping[str, Any], lease: timedelta) -> Job:
        """Store what a publication in steps has reached, and renew the lease."""

    def begin_attempt(self, job: Job, lease: timedelta) -> Job:
        """Count one more attempt of a job that its worker keeps, and renew the lease."""

    def finish(self, job: Job, receipt: Receipt, *, run_id: str) -> None:
        """Close the job as delivered and note the receipt as what the place now holds."""

    def fail(self, job: Job, reason: Reason, failure: Failure, *, run_id: str, in_doubt: bool) -> None:
        """Make the job a dead letter; without doubt its `sent_at` is cleared."""

    def release(
        self, job: Job, failure: Failure | None, *, not_before: datetime | None, in_doubt: bool, counts: bool
    ) -> None:
        """Give the job back as pending; without doubt its `sent_at` is cleared.

        `counts` says whether the attempt is one of the policy's: being told to wait is not.
        """

    def put_back(self, job: Job) -> None:
        """Give a claimed job back that was not begun: it is as if it had not been claimed."""

    def cancel(self, job: Job, *, run_id: str) -> None:
        """Close a claimed job with which nothing is left to do (a delete of what was never there)."""

    def known(self, destination_id: str, ids: Sequence[str], run_id: str = "") -> dict[str, Known]:
        """Return what is known of each id, an album member's too; ids never heard of are left out.

        `run_id` asks also which of them that run has met, in whatever process.
        """

    def held_ids(self, source_id: str, destination_id: str) -> list[str]:
        """Return the ids of the pair's items that the place holds, or that an open job or a dead letter may bring."""

    def members(self, destination_id: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other ids of each of these items that is an album."""

    def commit_page(self, run_id: str, source_id: str, destination_id: str, plan: PagePlan) -> None:
        """Record a page's plan and the cursor behind it in one transaction; raises Conflict and records nothing.

        A Conflict too when this run has met one of the plan's items meanwhile, in another process.
        """

    def cursor(self, source_id: str, destination_id: str, selection: str) -> str:
        """Return the cursor of the pair under a selection, or an empty string."""

    def pause(self, destination_id: str, until: datetime) -> None:
        """Let no worker claim a job of this destination before `until`; never shortens a pause."""

    def pace(self, account: str, per_second: float) -> timedelta:
        """Take the next turn of an account that may ask so often; returns how long it is until then.

        Turns lie evenly, 1 / `per_second` apart, whoever takes them: all workers together keep the account's pace.
        """

    def hold(self, name: str, owner: str, lease: timedelta) -> Holder | None:
        """Take a named thing for an owner, or keep it for longer; returns None, or who has it and keeps it.

        What was held by somebody else whose time is over is taken.
        """

    def let_go(self, name: str, owner: str) -> None:
        """Give a named thing back; nothing happens when it is not this owner's any more."""

    def next_due(self, queue: Queue) -> datetime | None:
        """Return when the earliest open job of the queue can be claimed (maybe now or past), or None when none can."""

    def pair(self, source_id: str, destination_id: str) -> PairRecord | None:
        """Return what is remembered of the pair."""

    def pairs(self) -> list[PairRecord]:
        """Return what is remembered of every pair, by source and destination."""

    def save_pair(self, record: PairRecord) -> None:
        """Remember this of the pair; whether it is paused stays as it is."""

    def pause_pair(self, source_id: str, destination_id: str, why: str) -> None:
        """Note why nothing of the pair is to be carried, or with an empty `why` that it goes on; raises KeyError."""

    def begin_run(self, run: RunRecord, keys: Collection[str] | None = None) -> RunRecord:
        """Record the run, or return its record as it was when it is known; marks the pair's open jobs as carried by it.

        With `keys` the run is about these jobs alone, and carries no others.
        A run that had ended counts anew from here: only what it does from now on is in its tally.
        """

    def end_run(self, run_id: str, ended: str, tally: Tally) -> None:
        """Note that the run has ended, "completed" or "failed", or that it "waits"; the pair's history keeps it."""

    def history(self, source_id: str, destination_id: str, limit: int, *, delivered: int = 0) -> list[PastRun]:
        """Return the pair's last runs that delivered at least so many, newest first; a retried run is there twice."""

    def overview(self, past: int) -> Overview:
        """Return where every pair stands, at one moment, each with so many of its last runs."""

    def came_to(self, run_ids: Sequence[str]) -> list[PastRun]:
        """Return what these runs came to each time they ended or began to wait, oldest first."""

    def tally(self, run_id: str) -> Tally:
        """Count the run's items from the records."""

    def delivered(self, run_id: str, limit: int) -> list[Job]:
        """Return the first jobs that count as delivered in this run's tally, without items, oldest first."""

    def dead_letters(self, which: DeadLetterFilter) -> list[Job]:
        """Return the matching dead letters with their items, oldest first."""

    def redrive(self, keys: Sequence[str], *, run_id: str) -> list[str]:
        """Make failed jobs pending anew, attempts at 0, doubt lifted by the person who asked; returns those changed.

        Unreadable pieces have no item to send and stay. A job whose item has a newer revision in hand or done is
        closed as superseded instead: sent now, it would put an older text beside or over a newer one.
        """

    def adopt(self, key: str, receipt: Receipt, *, run_id: str) -> None:
        """Close a dead letter: a person named the object that is there. Raises KeyError when it is none."""

    def skip(self, keys: Sequence[str], *, run_id: str) -> list[str]:
        """Close dead letters as not to be sent; returns those changed."""

    def resend(self, key: str, *, run_id: str) -> Job:
        """Record a new revision of a done or failed job's item, to be sent as a creation; raises KeyError, Conflict."""

    def close(self) -> None:
        """Give back connections."""


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
