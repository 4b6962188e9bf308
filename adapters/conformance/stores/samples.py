"""Samples: the jobs, receipts and moves that the checks of a job store are told in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contracts.item import ContentItem
from adapters.contracts.jobs import Action, Descriptor, Failure, Job, Reason, Receipt, State, job_key
from adapters.contracts.runs import RunRecord
from adapters.contracts.store import JobStore, PagePlan, Queue

LEASE = timedelta(seconds=60)
DAY = timedelta(hours=24)
START = datetime(2026, 1, 1, tzinfo=UTC)
QUEUE = Queue("s", "d")
PAIR = Descriptor(source_id="s", destination_id="d", parameters={"signature": True})
FENCED: Sequence[str] = (
    "mark_sending",
    "save_progress",
    "begin_attempt",
    "finish",
    "fail",
    "release",
    "put_back",
    "cancel",
)
"""The verbs that only the worker of a claimed job may use."""


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def wait(self, seconds: float) -> None:
        """Let seconds pass."""
        self.go(seconds=seconds)

    def go(self, **by: float) -> None:
        """Let time pass, by the arguments of a `timedelta`."""
        self.time += timedelta(**by)


def item(item_id: str = "s/1", text: str = "text") -> ContentItem:
    """Build an item."""
    return ContentItem(id=item_id, version=f"list.1:{text}", published_at=START, text=text)


def job(item_id: str = "s/1", revision: int = 1, text: str = "text", **more: Any) -> Job:
    """Build a job, pending unless told otherwise."""
    content = item(item_id, text)
    fields: dict[str, Any] = {
        "key": job_key("d", item_id, revision),
        "descriptor": PAIR,
        "item_id": item_id,
        "revision": revision,
        "action": Action.CREATE,
        "version": content.version,
        "item": content,
    }
    return Job(**fields | more)


def failed(item_id: str = "s/1", revision: int = 1, reason: Reason = Reason.REJECTED, **more: Any) -> Job:
    """Build a dead letter."""
    return job(item_id, revision, state=State.FAILED, reason=reason, **more)


def receipt(version: str = "list.1:text", remote_id: str = "1", **more: Any) -> Receipt:
    """Build a receipt."""
    return Receipt(remote_id=remote_id, url="https://place/1", at=START, version=version, changed_at=START, **more)


def failure(message: str = "no", error: str = "Rejected", attempt: int = 1) -> Failure:
    """Build a failure."""
    return Failure(at=START, attempt=attempt, error=error, message=message)


def kept(store: JobStore, key: str) -> Job:
    """Return a job that must be there."""
    found = store.get(key)
    assert found is not None, f"{key} is not there"
    return found


def claim(store: JobStore, queue: Queue = QUEUE, owner: str = "me", run_id: str = "r") -> Job | None:
    """Claim the next job, or None when none is due."""
    return store.claim_next(queue, owner=owner, run_id=run_id, lease=LEASE)


def take(store: JobStore, queue: Queue = QUEUE, owner: str = "me", run_id: str = "r") -> Job:
    """Claim the next job, which must be due."""
    taken = claim(store, queue, owner, run_id)
    assert taken is not None, "no job is due"
    return taken


def begin(store: JobStore, run_id: str = "r") -> RunRecord:
    """Begin a run of the pair."""
    return store.begin_run(RunRecord(run_id=run_id, source_id="s", destination_id="d"))


def page(store: JobStore, run_id: str = "r", **plan: Any) -> None:
    """Commit a page of the pair."""
    store.commit_page(run_id, "s", "d", PagePlan(**plan))


def deliver(store: JobStore, run_id: str = "r", **more: Any) -> Job:
    """Claim the next job and finish it."""
    taken = take(store, run_id=run_id)
    store.finish(taken, receipt(taken.version, **more), run_id=run_id)
    return taken


def use(store: JobStore, verb: str, taken: Job) -> None:
    """Use one of the fenced verbs."""
    verbs: dict[str, Callable[[], object]] = {
        "mark_sending": lambda: store.mark_sending(taken),
        "save_progress": lambda: store.save_progress(taken, {"step": 1}, LEASE),
        "begin_attempt": lambda: store.begin_attempt(taken, LEASE),
        "finish": lambda: store.finish(taken, receipt(), run_id="r"),
        "fail": lambda: store.fail(taken, Reason.REJECTED, failure(), run_id="r", in_doubt=False),
        "release": lambda: store.release(taken, None, not_before=None, in_doubt=False, counts=True),
        "put_back": lambda: store.put_back(taken),
        "cancel": lambda: store.cancel(taken, run_id="r"),
    }
    verbs[verb]()
