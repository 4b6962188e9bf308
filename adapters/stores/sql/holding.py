"""Holding: what the worker of a claimed job may change in it, fenced by owner, attempt and lease."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, case, func, literal, select, tuple_, update

from adapters.contracts.errors import LeaseLost
from adapters.contracts.jobs import Action, Failure, Job, Outcome, Reason, Receipt, State
from adapters.stores.sql.grouping import End, Wish
from adapters.stores.sql.rows import FAILURES, LIGHT, failure_json, object_row, receipt_json, refreshed, upsert
from adapters.stores.sql.tables import Moment, jobs, objects


def settle(connection: Connection, now: datetime, wishes: Sequence[Wish]) -> list[Job | LeaseLost]:
    """Do what several threads want of their jobs; returns for each its job, or why it is not its own any more."""
    marked = _mark(connection, now, [wish.job for wish in wishes if wish.end is None])
    ended = _finish(connection, now, [(wish.job, wish.end) for wish in wishes if wish.end is not None])
    answers = marked | ended
    return [answers.get(wish.job.key) or _lost(wish.job) for wish in wishes]


def _mark(connection: Connection, now: datetime, wanted: Sequence[Job]) -> dict[str, Job]:
    """Note that requests are about to leave; an older doubt keeps its time. Returns the jobs that were marked."""
    if not wanted:
        return {}
    since = {row.key: row.sent_at for row in connection.execute(_MARKED, _claims(now, wanted))}
    return {
        job.key: job.model_copy(update={"sent_at": since[job.key], "last_sent_at": now, "updated_at": now})
        for job in wanted
        if job.key in since
    }


def _finish(connection: Connection, now: datetime, ends: Sequence[tuple[Job, End]]) -> dict[str, Job]:
    """Close jobs as delivered; the action is the one a job's worker found right in the end. Returns those closed."""
    if not ends:
        return {}
    held = {row.key: row for row in connection.execute(_MINE, _claims(now, [job for job, _ in ends]))}
    closed = [(job, _final(job, end.receipt), end.run_id) for job, end in ends if job.key in held]
    if not closed:
        return {}
    connection.execute(
        _DELIVERED,
        [
            {
                "of": job.key,
                "done_as": job.action.value,
                "said": receipt_json(receipt),
                "by": run_id,
                "at": now,
            }
            for job, receipt, run_id in closed
        ],
    )
    places = [(held[job.key], receipt) for job, receipt, _ in closed]
    upsert(
        connection,
        objects,
        [object_row(row.source_id, row.destination_id, row.item_id, receipt) for row, receipt in places],
    )
    return {job.key: job for job, _, _ in closed}


def _final(job: Job, receipt: Receipt) -> Receipt:
    """Return what the place holds after a job."""
    return receipt.model_copy(update={"deleted": True}) if job.action is Action.DELETE else receipt


def _claims(now: datetime, wanted: Sequence[Job]) -> dict[str, Any]:
    """Return what the statements below are told of jobs, and of the time."""
    return {
        "keys": [job.key for job in wanted],
        "claims": [(job.key, job.owner, job.attempt) for job in wanted],
        "now": now,
    }


# Built once: building a statement costs more than doing it.
_HELD: tuple[ColumnElement[bool], ...] = (
    jobs.c.key.in_(bindparam("keys", expanding=True)),
    tuple_(jobs.c.key, jobs.c.owner, jobs.c.attempt).in_(bindparam("claims", expanding=True)),
    jobs.c.state == State.RUNNING.value,
    jobs.c.lease_until > bindparam("now", type_=Moment),
)
"""What those of some jobs fulfil that are still their workers'."""
_NOW = bindparam("now", type_=Moment)
_MARKED = (
    update(jobs)
    .where(*_HELD)
    .values(sent_at=func.coalesce(jobs.c.sent_at, _NOW), spent_at=_NOW, updated_at=_NOW)
    .returning(jobs.c.key, jobs.c.sent_at)
)
_MINE = (
    select(jobs.c.key, jobs.c.source_id, jobs.c.destination_id, jobs.c.item_id)
    .where(*_HELD)
    .order_by(jobs.c.seq)
    .with_for_update()
)
_DELIVERED = (
    update(jobs)
    .where(jobs.c.key == bindparam("of"))
    .values(
        action=bindparam("done_as"),
        state=State.DONE.value,
        reason=None,
        outcome=Outcome.DELIVERED.value,
        owner="",
        lease_until=None,
        receipt=bindparam("said"),
        sent_at=None,
        ended_by=bindparam("by"),
        updated_at=bindparam("at"),
    )
)


def save_progress(connection: Connection, now: datetime, job: Job, progress: Mapping[str, Any], until: datetime) -> Job:
    """Store a step's progress and renew the lease."""
    return refreshed(job, _change(connection, now, job, progress=dict(progress), lease_until=until))


def begin_attempt(connection: Connection, now: datetime, job: Job, until: datetime) -> Job:
    """Count one more attempt and renew the lease."""
    return refreshed(job, _change(connection, now, job, attempt=job.attempt + 1, lease_until=until))


def put_back(connection: Connection, now: datetime, job: Job) -> None:
    """Make the job pending as it was: nothing was tried, so nothing that is known of it changes."""
    _change(connection, now, job, state=State.PENDING.value, owner="", lease_until=None, attempt=job.attempt - 1)


def cancel(connection: Connection, now: datetime, job: Job, run_id: str) -> None:
    """Close the job with nothing done."""
    _close(connection, now, job, outcome=Outcome.CANCELLED.value, sent_at=None, ended_by=run_id)


def fail(
    connection: Connection, now: datetime, job: Job, reason: Reason, failure: Failure, run_id: str, *, in_doubt: bool
) -> None:
    """Make the job a dead letter."""
    _change(
        connection,
        now,
        job,
        state=State.FAILED.value,
        reason=reason.value,
        failures=_failures(job, failure),
        owner="",
        lease_until=None,
        ended_by=run_id,
        **_doubt(now, in_doubt=in_doubt),
    )


def release(
    connection: Connection,
    now: datetime,
    job: Job,
    failure: Failure | None,
    not_before: datetime | None,
    *,
    in_doubt: bool,
    counts: bool,
) -> None:
    """Give the job back as pending."""
    changes = _doubt(now, in_doubt=in_doubt)
    if failure is not None:
        changes["failures"] = _failures(job, failure)
    if not counts:
        changes["attempt"] = max(job.attempt - 1, 0)
    _change(
        connection,
        now,
        job,
        state=State.PENDING.value,
        owner="",
        lease_until=None,
        not_before=not_before,
        **changes,
    )


def _close(connection: Connection, now: datetime, job: Job, **values: Any) -> RowMapping:
    """Make the job done."""
    return _change(connection, now, job, state=State.DONE.value, reason=None, owner="", lease_until=None, **values)


def _change(connection: Connection, now: datetime, job: Job, **values: Any) -> RowMapping:
    """Change a job in its worker's hands and return its row; raises LeaseLost when it is not in them."""
    mine = (
        jobs.c.key == job.key,
        jobs.c.state == State.RUNNING.value,
        jobs.c.owner == job.owner,
        jobs.c.attempt == job.attempt,
        jobs.c.lease_until > now,
    )
    row = connection.execute(update(jobs).where(*mine).values(**values, updated_at=now).returning(*LIGHT)).mappings()
    found = row.first()
    if found is None:
        raise _lost(job)
    return found


def _lost(job: Job) -> LeaseLost:
    """Say that a job is not its worker's any more."""
    return LeaseLost(f"{job.key} is another worker's by now, or its lease is over: drop it and send nothing")


def _doubt(now: datetime, *, in_doubt: bool) -> dict[str, Any]:
    """Return what doubt keeps, and its absence clears: nothing was taken, so nothing of the day is spent."""
    if in_doubt:
        return {"sent_at": _doubted(now), "spent_at": func.coalesce(jobs.c.spent_at, literal(now, Moment))}
    return {"sent_at": None, "spent_at": None}


def _doubted(now: datetime) -> Any:
    """Return the time of the oldest doubt."""
    return case((jobs.c.sent_at.is_(None), literal(now, Moment)), else_=jobs.c.sent_at)


def _failures(job: Job, failure: Failure) -> list[dict[str, Any]]:
    """Return the job's last failures with a new one; only its worker adds any, so what it holds is whole."""
    return [failure_json(one) for one in (*job.failures, failure)[-FAILURES:]]
