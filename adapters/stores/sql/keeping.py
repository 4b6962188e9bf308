"""Whole pairs: counting what there is of them, receipts that a person brings, and forgetting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from adapters.contracts.jobs import Outcome, Reason, State
from adapters.contracts.keeping import Brought, Buried, Fit, Remembered, Stock
from adapters.contracts.store import Conflict, DeadLetterFilter, Known
from adapters.stores.sql.dead_letters import meant
from adapters.stores.sql.planning import known
from adapters.stores.sql.rows import object_row, one_of, receipt_json, upsert
from adapters.stores.sql.tables import aliases, cursors, history, holds, jobs, marks, objects, pairs, runs

AT_ONCE = 1_000
"""Receipts looked up in one statement."""
ONCE = "run:"
"""How the cursors begin that say what a run has read: its own, not its pair's."""


def buried(connection: Connection, which: DeadLetterFilter) -> list[Buried]:
    """Count dead letters by pair and reason."""
    rows = meant(connection, which)
    counted = Counter((row.source_id, row.destination_id, row.reason) for row in rows)
    return [
        Buried(source, place, Reason(reason), number) for (source, place, reason), number in sorted(counted.items())
    ]


def left_open(connection: Connection, source_id: str, destination_id: str, part: str) -> list[str]:
    """Return the open jobs that were last carried by a run with this part in its name, oldest first."""
    mine = (jobs.c.source_id == source_id, jobs.c.destination_id == destination_id, jobs.c.due_at.is_not(None))
    carried = jobs.c.carried_by.contains(part, autoescape=True)
    return list(connection.scalars(select(jobs.c.key).where(*mine, carried).order_by(jobs.c.seq)))


def stock(connection: Connection) -> list[Stock]:
    """Count what there is of every pair."""
    found: dict[tuple[str, str], Counter[str]] = {}
    place = (objects.c.source_id, objects.c.destination_id)
    there = select(*place, func.count().label("number")).where(~objects.c.deleted).group_by(*place)
    for row in connection.execute(there):
        found.setdefault((row.source_id, row.destination_id), Counter())["held"] += row.number
    by = (jobs.c.source_id, jobs.c.destination_id)
    for name, condition in (("waiting", jobs.c.due_at.is_not(None)), ("dead", jobs.c.reason.is_not(None))):
        for row in connection.execute(select(*by, func.count().label("number")).where(condition).group_by(*by)):
            found.setdefault((row.source_id, row.destination_id), Counter())[name] += row.number
    return [Stock(*pair, counts["held"], counts["waiting"], counts["dead"]) for pair, counts in sorted(found.items())]


def going(connection: Connection, now: datetime, name: str) -> list[str]:
    """Return who holds a thing whose name begins like this."""
    held = (holds.c.name.startswith(name, autoescape=True), holds.c.until > now)
    return list(connection.scalars(select(holds.c.owner).where(*held).order_by(holds.c.since)))


def fits(
    connection: Connection, now: datetime, source_id: str, destination_id: str, brought: Sequence[Brought]
) -> list[Fit]:
    """Say of each receipt what it means."""
    return [fit for _, _, fit in _judged(connection, now, source_id, destination_id, brought)]


def take_receipts(
    connection: Connection, now: datetime, source_id: str, destination_id: str, brought: Sequence[Brought], run_id: str
) -> list[Fit]:
    """Note what a person says is there; raises Conflict when one of them does not fit."""
    judged = list(_judged(connection, now, source_id, destination_id, brought))
    for one, _, fit in judged:
        if fit not in {Fit.NEW, Fit.KNOWN}:
            raise Conflict(f"{one.item_id}: {fit}")
    rows = [
        object_row(source_id, destination_id, item_id, one.receipt) for one, item_id, fit in judged if fit is Fit.NEW
    ]
    upsert(connection, objects, rows)
    new = {item_id: receipt_json(one.receipt) for one, item_id, fit in judged if fit is Fit.NEW}
    mine = (jobs.c.destination_id == destination_id, one_of(connection, jobs.c.item_id, new))
    unsettled = select(jobs.c.key, jobs.c.item_id).where(*mine, jobs.c.state != State.DONE.value)
    for row in connection.execute(unsettled).all():
        values = _closed(now, Outcome.ADOPTED, run_id) | {"receipt": new[row.item_id]}
        connection.execute(update(jobs).where(jobs.c.key == row.key).values(**values))
    return [fit for _, _, fit in judged]


def _judged(
    connection: Connection, now: datetime, source_id: str, destination_id: str, brought: Sequence[Brought]
) -> Iterator[tuple[Brought, str, Fit]]:
    """Yield each receipt with the id under which its item is kept, and what it means."""
    for at in range(0, len(brought), AT_ONCE):
        page = brought[at : at + AT_ONCE]
        found = known(connection, destination_id, [one.item_id for one in page], "")
        names = [record.item_id for record in found.values()]
        mine = (jobs.c.destination_id == destination_id, one_of(connection, jobs.c.item_id, names))
        busy = set(connection.scalars(select(jobs.c.item_id).where(*mine, _in_hands(now))))
        for one in page:
            record = found.get(one.item_id)
            item_id = record.item_id if record else one.item_id
            yield one, item_id, _fit(one, record, source_id, busy=item_id in busy)


def _fit(one: Brought, record: Known | None, source_id: str, *, busy: bool) -> Fit:
    """Say what a receipt means."""
    if not one.item_id.startswith(f"{source_id}/"):
        return Fit.STRANGE
    if busy:
        return Fit.BUSY
    held = record.held if record else None
    if held is None or held.deleted:
        return Fit.NEW
    return Fit.KNOWN if held.remote_id == one.receipt.remote_id else Fit.ELSEWHERE


def remembered(connection: Connection, now: datetime, source_id: str, destination_id: str, item_id: str) -> Remembered:
    """Count what is remembered of an item, or of a pair."""
    there, asked = _about(connection, source_id, destination_id, item_id)
    items = connection.scalar(select(func.count()).select_from(objects).where(*there, ~objects.c.deleted))
    pending, failed = jobs.c.due_at.is_not(None), jobs.c.reason.is_not(None)
    counts = connection.execute(
        select(
            func.sum(case((pending, 1), else_=0)).label("waiting"),
            func.sum(case((failed, 1), else_=0)).label("dead"),
            func.sum(case((and_(or_(pending, failed), jobs.c.sent_at.is_not(None)), 1), else_=0)).label("in_doubt"),
            func.sum(case((_in_hands(now), 1), else_=0)).label("busy"),
        ).where(*asked)
    ).mappings()
    return Remembered(items=items or 0, **{name: int(number or 0) for name, number in counts.one().items()})


def forget(
    connection: Connection, now: datetime, source_id: str, destination_id: str, item_id: str, run_id: str
) -> Remembered:
    """Drop what is remembered of an item, or of a pair; raises Conflict while a worker has one of its jobs."""
    told = remembered(connection, now, source_id, destination_id, item_id)
    if told.busy:
        raise Conflict(f"{told.busy} jobs are in a worker's hands")
    there, asked = _about(connection, source_id, destination_id, item_id)
    # The rows stay, without what they kept: an item's next revision counts on from them, and open runs count them.
    nothing: dict[str, Any] = {"payload": None, "unreadable": None, "receipt": None, "failures": [], "progress": {}}
    connection.execute(update(jobs).where(*asked).values(**_closed(now, Outcome.CANCELLED, run_id), **nothing))
    named = select(jobs.c.item_id).where(*asked).union(select(objects.c.item_id).where(*there))
    mine = aliases.c.destination_id == destination_id
    connection.execute(delete(aliases).where(mine, aliases.c.item_id.in_(named)))
    connection.execute(delete(objects).where(*there))
    if not item_id:
        _forget_pair(connection, source_id, destination_id)
    pair = (cursors.c.source_id == source_id, cursors.c.destination_id == destination_id)
    connection.execute(delete(cursors).where(*pair, ~cursors.c.selection.startswith(ONCE)))
    return told


def _forget_pair(connection: Connection, source_id: str, destination_id: str) -> None:
    """Drop a pair's ended runs and history, and its record unless it is paused: it shall stay so."""
    for table in (runs, history, pairs):
        pair = [table.c.source_id == source_id, table.c.destination_id == destination_id]
        if table is runs:
            pair.append(runs.c.ended != literal(""))
            ended = select(runs.c.run_id).where(*pair)
            connection.execute(delete(marks).where(marks.c.run_id.in_(ended)))
            once = cursors.c.selection.in_(select(literal(ONCE) + runs.c.run_id).where(*pair))
            connection.execute(delete(cursors).where(cursors.c.source_id == source_id, once))
        elif table is pairs:
            connection.execute(update(pairs).where(*pair).values(begun=False, baseline=None))
            pair.append(pairs.c.paused == literal(""))
        connection.execute(delete(table).where(*pair))


def _about(
    connection: Connection, source_id: str, destination_id: str, item_id: str
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Return what the objects, and the jobs, of an item or a pair fulfil; an album's member names the album."""
    there = [objects.c.source_id == source_id, objects.c.destination_id == destination_id]
    asked = [jobs.c.source_id == source_id, jobs.c.destination_id == destination_id]
    if item_id:
        found = known(connection, destination_id, [item_id], "").get(item_id)
        name = found.item_id if found else item_id
        there.append(objects.c.item_id == name)
        asked.append(jobs.c.item_id == name)
    return there, asked


def _in_hands(now: datetime) -> ColumnElement[bool]:
    """Say that a worker has a job, and has it still."""
    return and_(jobs.c.state == State.RUNNING.value, jobs.c.lease_until > now)


def _closed(now: datetime, outcome: Outcome, run_id: str) -> dict[str, Any]:
    """Return the values of a job that a person has closed."""
    open_no_more: dict[str, Any] = {
        "owner": "",
        "lease_until": None,
        "not_before": None,
        "sent_at": None,
        "reason": None,
    }
    told = {"outcome": outcome.value, "ended_by": run_id, "updated_at": now}
    return {"state": State.DONE.value, **open_no_more, **told}
