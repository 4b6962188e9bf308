"""The job store: what it is asked and told, each verb one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from adapters.contracts.item import Model
from adapters.contracts.jobs import Failure, Job, Reason, Receipt
from adapters.contracts.runs import PairRecord, PastRun, RunRecord, Tally

if TYPE_CHECKING:
    from adapters.contracts.overview import Overview


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


@dataclass(frozen=True)
class Holder:
    """Who has a thing that one process at a time may use."""

    owner: str
    """For people: machine, process and run."""
    since: datetime
    until: datetime
    """When it is anybody's, unless its holder says before that it still needs it."""


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
