"""Dead letters: finding them, and the ways out that a person chooses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from adapters.contracts.jobs import Action, Job, Outcome, Reason, Receipt, State, job_key
from adapters.contracts.store import Conflict, DeadLetterFilter
from adapters.stores.sql.planning import insert_jobs
from adapters.stores.sql.rows import WHOLE, job_of, mark, object_row, one_of, receipt_json, upsert
from adapters.stores.sql.tables import jobs, objects

_newer = jobs.alias("newer")
_before = jobs.alias("before")
_PASSED = exists().where(
    _newer.c.destination_id == jobs.c.destination_id,
    _newer.c.item_id == jobs.c.item_id,
    _newer.c.revision > jobs.c.revision,
    _newer.c.state.in_([State.RUNNING.value, State.DONE.value]),
)
"""A newer revision of the item has gone ahead: to send this one would make a second object, of an older text."""


SENDABLE = or_(jobs.c.payload.is_not(None), and_(jobs.c.unreadable.is_(None), jobs.c.action == Action.DELETE.value))
"""There is something to send."""
_AT_ONCE = 200


def find(connection: Connection, which: DeadLetterFilter) -> list[Job]:
    """Return the matching dead letters, oldest first."""
    matching = list(islice((row.seq for row in meant(connection, which)), which.limit))
    found: list[Job] = []
    # By the page: the letters carry their items, and databases limit a statement's parameters.
    for at in range(0, len(matching), _AT_ONCE):
        some = jobs.c.seq.in_(matching[at : at + _AT_ONCE])
        rows = connection.execute(select(*WHOLE).where(some).order_by(jobs.c.seq)).mappings()
        found += [job_of(row) for row in rows]
    return found


class Meant(NamedTuple):
    """A dead letter that is meant: its place in the order, whose it is, and why."""

    seq: int
    source_id: str
    destination_id: str
    reason: str


def meant(connection: Connection, which: DeadLetterFilter) -> Iterator[Meant]:
    """Yield the matching dead letters, oldest first; the limit is the caller's."""
    columns = (jobs.c.seq, jobs.c.source_id, jobs.c.destination_id, jobs.c.reason)
    wanted = which.error.casefold()
    failures = (jobs.c.failures,) if wanted else ()
    told = select(*columns, *failures).where(*_meant(connection, which)).order_by(jobs.c.seq)
    for seq, source_id, destination_id, reason, *failed in connection.execute(told):
        if not wanted or _says(failed[0], wanted):
            yield Meant(seq, source_id, destination_id, reason)


def _says(failures: Sequence[dict[str, Any]], wanted: str) -> bool:
    """Say whether the last failure's class or message contains a text; the database folds no case beyond ASCII."""
    return bool(failures) and any(wanted in str(failures[-1][name]).casefold() for name in ("error", "message"))


def _meant(connection: Connection, which: DeadLetterFilter) -> list[ColumnElement[bool]]:
    """Return what a dead letter that is meant fulfils."""
    meant: list[ColumnElement[bool]] = [jobs.c.reason.is_not(None), jobs.c.state == State.FAILED.value]
    if which.keys:
        meant.append(one_of(connection, jobs.c.key, which.keys))
    if which.reasons:
        meant.append(jobs.c.reason.in_([reason.value for reason in which.reasons]))
    for column, value in (
        (jobs.c.source_id, which.source_id),
        (jobs.c.destination_id, which.destination_id),
        (jobs.c.item_id, which.item_id),
    ):
        if value:
            meant.append(column == value)
    if which.run_id:
        parts = jobs.c.ended_by.startswith(f"{which.run_id}/", autoescape=True)
        meant.append(or_(jobs.c.ended_by == which.run_id, parts))
    if which.not_by:
        meant.append(jobs.c.ended_by != which.not_by)
    if which.sendable:
        meant += [SENDABLE, ~_PASSED]
    if which.after:
        meant.append(jobs.c.seq > select(_before.c.seq).where(_before.c.key == which.after).scalar_subquery())
    return meant


def redrive(connection: Connection, now: datetime, keys: Sequence[str], run_id: str) -> list[str]:
    """Make dead letters pending anew; those passed by a newer revision are closed, those with nothing to send stay."""
    _change(connection, keys, and_(_PASSED, jobs.c.payload.is_not(None)), _closed(now, Outcome.SUPERSEDED, run_id))
    values = {
        "state": State.PENDING.value,
        "reason": None,
        "attempt": 0,
        "sent_at": None,
        "not_before": None,
        "ended_by": "",
        "carried_by": run_id,
        "updated_at": now,
    }
    changed = _change(connection, keys, SENDABLE, values)
    mark(connection, run_id, changed, seen=False)
    return changed


def skip(connection: Connection, now: datetime, keys: Sequence[str], run_id: str) -> list[str]:
    """Close dead letters as not to be sent."""
    return _change(connection, keys, jobs.c.reason.is_not(None), _closed(now, Outcome.SKIPPED, run_id))


def adopt(connection: Connection, now: datetime, key: str, receipt: Receipt, run_id: str) -> None:
    """Close a dead letter whose object a person has named; raises KeyError when it is none."""
    values = _closed(now, Outcome.ADOPTED, run_id) | {"receipt": receipt_json(receipt)}
    dead = (jobs.c.key == key, jobs.c.state == State.FAILED.value)
    place = (jobs.c.source_id, jobs.c.destination_id, jobs.c.item_id)
    row = connection.execute(update(jobs).where(*dead).values(**values).returning(*place)).first()
    if row is None:
        raise KeyError(key)
    upsert(connection, objects, [object_row(row.source_id, row.destination_id, row.item_id, receipt)])


def resend(connection: Connection, now: datetime, key: str, run_id: str) -> Job:
    """Record a new revision of a closed job's item; the dead letter it replaces is closed."""
    asked = _get(connection, jobs.c.key == key)
    if asked is None:
        raise KeyError(key)
    newest = _get(connection, jobs.c.destination_id == asked.descriptor.destination_id, jobs.c.item_id == asked.item_id)
    item = (newest and newest.item) or asked.item
    if newest is None or item is None:
        raise KeyError(key)
    if newest.state not in {State.DONE, State.FAILED} or newest.reason is Reason.UNKNOWN:
        raise Conflict(f"{newest.key} is not settled yet: deliver, redrive, adopt or skip it first")
    revision = newest.revision + 1
    job = Job(
        key=job_key(newest.descriptor.destination_id, newest.item_id, revision),
        descriptor=newest.descriptor,
        item_id=newest.item_id,
        revision=revision,
        action=Action.CREATE,
        version=item.version,
        item=item,
        planned_by=run_id,
        carried_by=run_id,
        created_at=now,
        updated_at=now,
    )
    _change(connection, [newest.key], jobs.c.reason.is_not(None), _closed(now, Outcome.SUPERSEDED, run_id))
    insert_jobs(connection, now, [job])
    mark(connection, run_id, [job.key], seen=False)
    return job


def _closed(now: datetime, outcome: Outcome, run_id: str) -> dict[str, Any]:
    """Return the values of a dead letter that is closed."""
    done = {"state": State.DONE.value, "reason": None, "sent_at": None, "updated_at": now}
    return done | {"outcome": outcome.value, "ended_by": run_id}


def _change(
    connection: Connection, keys: Sequence[str], also: ColumnElement[bool], values: dict[str, Any]
) -> list[str]:
    """Change those dead letters that fulfil one thing more, and return their keys in the order given."""
    meant = (one_of(connection, jobs.c.key, keys), jobs.c.state == State.FAILED.value, also)
    changed = set(connection.scalars(update(jobs).where(*meant).values(**values).returning(jobs.c.key)))
    return [key for key in dict.fromkeys(keys) if key in changed]


def _get(connection: Connection, *meant: ColumnElement[bool]) -> Job | None:
    """Return the newest of the jobs that are meant, held against other changes."""
    newest = select(*WHOLE).where(*meant).order_by(jobs.c.revision.desc()).limit(1).with_for_update()
    row = connection.execute(newest).mappings().first()
    return None if row is None else job_of(row)
