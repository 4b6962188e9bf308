"""Runs: their records and those of their pairs, and counting a run's items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Subquery,
    and_,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from adapters.contracts.jobs import Action, Job, Outcome, Receipt, State
from adapters.contracts.runs import PairRecord, PastRun, RunRecord, Tally
from adapters.contracts.store import Counts
from adapters.stores.sql.rows import HAS_NEWER, LIGHT, job_of, mark, one_of, upsert
from adapters.stores.sql.tables import COUNTS, history, jobs, marks, pairs, runs

WAITS = "waits"
"""How a run ends that will go on."""


def pair(connection: Connection, source_id: str, destination_id: str) -> PairRecord | None:
    """Return what is remembered of a pair."""
    mine = (pairs.c.source_id == source_id, pairs.c.destination_id == destination_id)
    row = connection.execute(select(pairs).where(*mine)).mappings().first()
    return None if row is None else PairRecord(**row)


def save_pair(connection: Connection, record: PairRecord) -> None:
    """Remember this of a pair."""
    # Both dumps: the database takes a moment as it is, and JSON only plain values.
    settings = record.model_dump(mode="json", include={"settings"})
    upsert(connection, pairs, [record.model_dump(exclude={"paused"}) | settings])


def every_pair(connection: Connection) -> list[PairRecord]:
    """Return what is remembered of every pair."""
    rows = connection.execute(select(pairs).order_by(pairs.c.source_id, pairs.c.destination_id)).mappings()
    return [PairRecord(**row) for row in rows]


def pause_pair(connection: Connection, source_id: str, destination_id: str, why: str) -> None:
    """Note why a pair is not to be carried; raises KeyError when nothing is remembered of it."""
    mine = (pairs.c.source_id == source_id, pairs.c.destination_id == destination_id)
    if not connection.execute(update(pairs).where(*mine).values(paused=why)).rowcount:
        raise KeyError(f"{source_id} → {destination_id}")


def begin(connection: Connection, now: datetime, run: RunRecord, keys: Collection[str] | None) -> RunRecord:
    """Record a run, or return its record as it was; one that had ended counts anew. Open jobs are carried by it."""
    row = _locked(connection, run.run_id)
    if row is None:
        _add(connection, now, run)
    else:
        run = RunRecord(**{name: row[name] for name in RunRecord.model_fields})
    if run.ended:
        _forget(connection, now, run.run_id)
    mine = (jobs.c.source_id == run.source_id, jobs.c.destination_id == run.destination_id)
    open_jobs = (*mine, jobs.c.due_at.is_not(None), *(() if keys is None else (one_of(connection, jobs.c.key, keys),)))
    connection.execute(update(jobs).where(*open_jobs).values(carried_by=run.run_id))
    mark(connection, run.run_id, connection.scalars(select(jobs.c.key).where(*open_jobs)).all(), seen=False)
    return run


def _forget(connection: Connection, now: datetime, run_id: str) -> None:
    """Let a run that starts anew count from nothing: what it came to before has been told."""
    connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(seen=0, already=0, filtered={}, ended="", ended_at=None, begun_at=now)
    )
    connection.execute(delete(marks).where(marks.c.run_id == run_id))
    for column in (jobs.c.seen_by, jobs.c.carried_by):
        connection.execute(update(jobs).where(column == run_id).values({column.name: ""}))


def end(connection: Connection, now: datetime, run_id: str, ended: str, tally: Tally) -> None:
    """Note that a run has ended, or waits, and what it came to; raises KeyError for a run that never began."""
    row = _locked(connection, run_id)
    if row is None:
        raise KeyError(run_id)
    if ended != WAITS:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(ended=ended, ended_at=now))
    past = PastRun(
        **{name: row[name] for name in ("run_id", "source_id", "destination_id", "begun_at")},
        at=now,
        ended=ended,
        **{name: getattr(tally, name) for name in COUNTS if name not in {"filtered", "dead"}},
        filtered=sum(tally.filtered.values()),
        dead=sum(tally.dead.values()),
    )
    connection.execute(insert(history).values(**past.model_dump()))


def past(connection: Connection, source_id: str, destination_id: str, limit: int, delivered: int) -> list[PastRun]:
    """Return a pair's last runs that delivered at least so many, the newest first."""
    mine = (history.c.source_id == source_id, history.c.destination_id == destination_id)
    columns = [history.c[name] for name in PastRun.model_fields]
    told = select(*columns).where(*mine, history.c.delivered >= delivered)
    rows = connection.execute(told.order_by(history.c.seq.desc()).limit(limit)).mappings()
    return [PastRun(**row) for row in rows]


def came_to(connection: Connection, run_ids: Sequence[str]) -> list[PastRun]:
    """Return what runs came to each time they ended or began to wait, the oldest first."""
    columns = [history.c[name] for name in PastRun.model_fields]
    told = select(*columns).where(one_of(connection, history.c.run_id, run_ids)).order_by(history.c.seq)
    return [PastRun(**row) for row in connection.execute(told).mappings()]


def add_counts(connection: Connection, now: datetime, run: tuple[str, str, str], counts: Counts) -> None:
    """Add a page's numbers to its run's (run, source, destination)."""
    run_id, source_id, destination_id = run
    row = _locked(connection, run_id)
    if row is None:
        _add(connection, now, RunRecord(run_id=run_id, source_id=source_id, destination_id=destination_id))
    filtered = Counter(row["filtered"] if row else {})
    filtered.update(counts.filtered)
    connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(seen=runs.c.seen + counts.seen, already=runs.c.already + counts.already, filtered=dict(filtered))
    )


def _locked(connection: Connection, run_id: str) -> RowMapping | None:
    """Return a run's row, others kept from changing it."""
    return connection.execute(select(runs).where(runs.c.run_id == run_id).with_for_update()).mappings().first()


def _add(connection: Connection, now: datetime, run: RunRecord) -> None:
    """Record a run that has counted nothing yet."""
    connection.execute(insert(runs).values(**run.model_dump(), seen=0, already=0, filtered={}, begun_at=now))


def tally(connection: Connection, run_id: str) -> Tally:
    """Count a run's items from the records; see `JobStore.tally`."""
    total = Tally()
    row = connection.execute(select(runs).where(runs.c.run_id == run_id)).mappings().first()
    if row is not None:
        total = Tally(seen=row["seen"], already=row["already"], filtered=dict(row["filtered"]))
    for group in connection.execute(_groups(run_id)).mappings():
        _count(total, group)
    lossy = _delivered(run_id, jobs.c.receipt).where(jobs.c.receipt.contains('"losses":'))
    for receipt in connection.scalars(lossy):
        total.losses = dict(Counter(total.losses) + Counter(set(Receipt.model_validate_json(receipt).losses)))
    return total


def delivered(connection: Connection, run_id: str, limit: int) -> list[Job]:
    """Return the first jobs that a run delivered, without items, oldest first."""
    rows = connection.execute(_delivered(run_id, *LIGHT).order_by(jobs.c.seq).limit(limit)).mappings()
    return [job_of(row) for row in rows]


def _delivered(run_id: str, *columns: ColumnElement[Any]) -> Select[Any]:
    """Return the query for the jobs that a run has delivered and counts as its own."""
    items = _counted(run_id)
    same = and_(jobs.c.destination_id == items.c.destination_id, jobs.c.item_id == items.c.item_id)
    mine = (jobs.c.ended_by == run_id, jobs.c.state == State.DONE, jobs.c.outcome == Outcome.DELIVERED)
    return select(*columns).join(items, same).where(*mine, ~HAS_NEWER)


def _groups(run_id: str) -> Select[Any]:
    """Return the query that groups the run's newest jobs by what counts."""
    by = (jobs.c.state, jobs.c.reason, jobs.c.outcome, jobs.c.action)
    mine = (jobs.c.ended_by == run_id).label("mine")
    items = _counted(run_id)
    # Whichever of an item's jobs was marked: its newest one counts, and once.
    same = and_(jobs.c.destination_id == items.c.destination_id, jobs.c.item_id == items.c.item_id)
    carried = (items.c.met == 0).label("carried")
    inner = select(*by, mine, carried).join(items, same).where(~HAS_NEWER).subquery()
    return select(*inner.c, func.count().label("number")).group_by(*inner.c)


def _counted(run_id: str) -> Subquery:
    """Return the items that a run counts, and whether it has met them in its source."""
    marked = jobs.alias("marked")
    place = (marked.c.destination_id, marked.c.item_id)
    return (
        select(*place, func.max(case((marks.c.seen, 1), else_=0)).label("met"))
        .join(marks, marks.c.key == marked.c.key)
        .where(marks.c.run_id == run_id)
        .group_by(*place)
        .subquery()
    )


def _count(total: Tally, group: RowMapping) -> None:
    """Add one group of alike jobs to the tally."""
    number, outcome = group["number"], group["outcome"]
    if group["carried"]:
        total.carried += number
    if group["state"] == State.FAILED:
        total.dead[group["reason"]] = total.dead.get(group["reason"], 0) + number
        total.died += number if group["mine"] else 0
    elif group["state"] != State.DONE:
        total.pending += number
    elif outcome == Outcome.SKIPPED:
        total.filtered["skipped"] = total.filtered.get("skipped", 0) + number
    elif outcome == Outcome.DELIVERED and group["mine"]:
        total.delivered += number
        _COUNTERS[Action(group["action"])](total, number)
    else:
        total.already += number


def _created(total: Tally, number: int) -> None:
    total.created += number


def _updated(total: Tally, number: int) -> None:
    total.updated += number


def _deleted(total: Tally, number: int) -> None:
    total.deleted += number


_COUNTERS = {Action.CREATE: _created, Action.UPDATE: _updated, Action.DELETE: _deleted}
