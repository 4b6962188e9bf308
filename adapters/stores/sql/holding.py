"""Holding: what the worker of a claimed job may change in it, fenced by owner, attempt and lease."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, case, func, literal, update

from adapters.contracts.errors import LeaseLost
from adapters.contracts.jobs import Action, Failure, Job, Outcome, Reason, Receipt, State
from adapters.stores.sql.rows import FAILURES, LIGHT, failure_json, object_row, receipt_json, refreshed, upsert
from adapters.stores.sql.tables import Moment, jobs, objects


def mark_sending(connection: Connection, now: datetime, job: Job) -> Job:
    """Note that a request is about to leave; an older doubt keeps its time."""
    return refreshed(job, _change(connection, now, job, sent_at=_doubted(now), spent_at=now))


def save_progress(connection: Connection, now: datetime, job: Job, progress: Mapping[str, Any], until: datetime) -> Job:
    """Store a step's progress and renew the lease."""
    return refreshed(job, _change(connection, now, job, progress=dict(progress), lease_until=until))


def begin_attempt(connection: Connection, now: datetime, job: Job, until: datetime) -> Job:
    """Count one more attempt and renew the lease."""
    return refreshed(job, _change(connection, now, job, attempt=job.attempt + 1, lease_until=until))


def finish(connection: Connection, now: datetime, job: Job, receipt: Receipt, run_id: str) -> None:
    """Close the job as delivered; the action is the one its worker found right in the end."""
    if job.action is Action.DELETE:
        receipt = receipt.model_copy(update={"deleted": True})
    row = _close(
        connection,
        now,
        job,
        action=job.action.value,
        outcome=Outcome.DELIVERED.value,
        receipt=receipt_json(receipt),
        sent_at=None,
        ended_by=run_id,
    )
    upsert(connection, objects, [object_row(row["source_id"], row["destination_id"], row["item_id"], receipt)])


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
        raise LeaseLost(f"{job.key} is another worker's by now, or its lease is over: drop it and send nothing")
    return found


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
