"""Planning: what is known of a page's items, and recording what the page changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, union, update
from sqlalchemy.exc import IntegrityError

from adapters.contracts.jobs import Job, Outcome, Reason, Receipt, State
from adapters.contracts.store import Conflict, Known, PagePlan
from adapters.stores.sql.rows import HAS_NEWER, LIGHT, held_of, job_of, job_row, mark, one_of, upsert
from adapters.stores.sql.runs import add_counts
from adapters.stores.sql.tables import aliases, cursors, jobs, marks, objects


def insert_jobs(connection: Connection, now: datetime, created: Iterable[Job]) -> None:
    """Record new jobs as they are; raises Conflict when one is there already."""
    rows = [job_row(job, now) | {"spent_at": job.last_sent_at or job.sent_at} for job in created]
    if not rows:
        return
    try:
        connection.execute(insert(jobs), rows)
    except IntegrityError as error:
        raise Conflict("a job of this key is recorded already, or its item is in a worker's hands") from error


def known(connection: Connection, destination_id: str, ids: Sequence[str], run_id: str) -> dict[str, Known]:
    """Return what is known of each id; see `JobStore.known`."""
    named = select(aliases.c.alias, aliases.c.item_id).where(
        aliases.c.destination_id == destination_id, one_of(connection, aliases.c.alias, ids)
    )
    kept_as = {row.alias: row.item_id for row in connection.execute(named)}
    names = {*ids, *kept_as.values()}
    held = _held(connection, destination_id, names)
    newest = _newest(connection, destination_id, names)
    met = _met(connection, run_id, destination_id, names)
    found = {}
    for given in ids:
        # An item's own records win: it may have been met alone before its album was.
        item_id = given if given in held or given in newest else kept_as.get(given, given)
        if item_id in held or item_id in newest:
            found[given] = Known(item_id, held.get(item_id), newest.get(item_id), item_id in met)
    return found


def _held(connection: Connection, destination_id: str, names: Iterable[str]) -> dict[str, Receipt]:
    """Return what the place holds of these items."""
    rows = select(objects).where(
        objects.c.destination_id == destination_id, one_of(connection, objects.c.item_id, names)
    )
    return {row["item_id"]: held_of(row) for row in connection.execute(rows).mappings()}


def _newest(connection: Connection, destination_id: str, names: Iterable[str]) -> dict[str, Job]:
    """Return the newest job of each of these items, without the item; an unreadable piece's bytes are kept."""
    rows = (
        select(*LIGHT, jobs.c.unreadable)
        .where(jobs.c.destination_id == destination_id, one_of(connection, jobs.c.item_id, names), ~HAS_NEWER)
        .order_by(jobs.c.seq)
    )
    return {row["item_id"]: job_of(row) for row in connection.execute(rows).mappings()}


def _met(connection: Connection, run_id: str, destination_id: str, names: Iterable[str]) -> set[str]:
    """Return the items that a run has met in its source, under whichever of their jobs."""
    if not run_id:
        return set()
    mine = (
        select(jobs.c.item_id)
        .join(marks, marks.c.key == jobs.c.key)
        .where(marks.c.run_id == run_id, marks.c.seen)
        .where(jobs.c.destination_id == destination_id, one_of(connection, jobs.c.item_id, names))
    )
    return set(connection.scalars(mine))


def held_ids(connection: Connection, source_id: str, destination_id: str) -> list[str]:
    """Return the ids of what the place holds of a source, and of what open jobs and dead letters may bring there."""
    there = (objects.c.source_id == source_id, objects.c.destination_id == destination_id, ~objects.c.deleted)
    coming = (jobs.c.source_id == source_id, jobs.c.destination_id == destination_id, jobs.c.state != State.DONE)
    asked = union(select(objects.c.item_id).where(*there), select(jobs.c.item_id).where(*coming))
    return sorted(connection.scalars(asked))


def members(connection: Connection, destination_id: str, ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the aliases of each of these items that has any."""
    mine = (aliases.c.destination_id == destination_id, one_of(connection, aliases.c.item_id, ids))
    found: dict[str, list[str]] = {}
    for row in connection.execute(select(aliases.c.item_id, aliases.c.alias).where(*mine).order_by(aliases.c.alias)):
        found.setdefault(row.item_id, []).append(row.alias)
    return found


def record(
    connection: Connection, now: datetime, run_id: str, source_id: str, destination_id: str, plan: PagePlan
) -> None:
    """Record a page; raises Conflict, upon which the caller's transaction is rolled back."""
    add_counts(connection, now, (run_id, source_id, destination_id), plan.counts)
    found = _locked(connection, plan)
    _check(plan, found)
    # The run's row is locked by now: nobody else counts for it.
    counted = {row["item_id"] for key, row in found.items() if key not in plan.supersede}
    if again := _met(connection, run_id, destination_id, counted | {job.item_id for job in plan.create}):
        raise Conflict(f"{', '.join(sorted(again)[:3])}: this run has met it in another process")
    _meet(connection, now, run_id, plan)
    _replace(connection, now, run_id, plan.replace)
    names = {"planned_by": run_id, "seen_by": run_id}
    insert_jobs(connection, now, [job.model_copy(update=names) for job in plan.create])
    met = [job.key for job in (*plan.create, *plan.replace)]
    mark(connection, run_id, [*met, *plan.cancel, *plan.seen], seen=True)
    _take_over(connection, destination_id, plan.take_over)
    named = [{"destination_id": destination_id, "alias": a, "item_id": i} for a, i in dict(plan.aliases).items()]
    upsert(connection, aliases, named)
    if plan.cursor is not None:
        row = {"selection": plan.cursor.selection, "value": plan.cursor.value}
        upsert(connection, cursors, [{"source_id": source_id, "destination_id": destination_id, **row}])


def _locked(connection: Connection, plan: PagePlan) -> Mapping[str, RowMapping]:
    """Lock the jobs that a plan changes, always in one order, and return what decides whether it may."""
    keys = {job.key for job in plan.replace} | {*plan.cancel, *plan.supersede, *plan.seen}
    if not keys:
        return {}
    rows = (
        select(
            jobs.c.key,
            jobs.c.item_id,
            jobs.c.state,
            jobs.c.reason,
            jobs.c.sent_at,
            jobs.c.spent_at,
            HAS_NEWER.label("passed"),
        )
        .where(one_of(connection, jobs.c.key, keys))
        .order_by(jobs.c.seq)
        .with_for_update()
    )
    return {row["key"]: row for row in connection.execute(rows).mappings()}


def _check(plan: PagePlan, found: Mapping[str, RowMapping]) -> None:
    """Raise Conflict when a job is not what it was when the plan was made."""
    for key in (*(job.key for job in plan.replace), *plan.cancel):
        row = found.get(key)
        if row is None or row["state"] != State.PENDING or row["sent_at"] is not None or row["spent_at"] is not None:
            raise Conflict(f"{key} is no longer waiting unsent")
    for key in plan.supersede:
        row = found.get(key)
        if row is None or row["state"] != State.FAILED or row["reason"] == Reason.UNKNOWN or row["sent_at"] is not None:
            raise Conflict(f"{key} is no longer a dead letter without doubt")
    for key in plan.seen:
        if key not in found or found[key]["passed"]:
            raise Conflict(f"{key} is no longer its item's newest job")


def _meet(connection: Connection, now: datetime, run_id: str, plan: PagePlan) -> None:
    """Mark what was met again, and close what nobody wants any more."""
    done = {"state": State.DONE.value, "reason": None, "not_before": None, "ended_by": run_id, "updated_at": now}
    for keys, values in (
        (plan.cancel, done | {"outcome": Outcome.CANCELLED.value, "seen_by": run_id}),
        (plan.supersede, done | {"outcome": Outcome.SUPERSEDED.value}),
        (plan.seen, {"seen_by": run_id}),
    ):
        if keys:
            connection.execute(update(jobs).where(one_of(connection, jobs.c.key, keys)).values(**values))


def _replace(connection: Connection, now: datetime, run_id: str, replaced: Sequence[Job]) -> None:
    """Give pending jobs a newer item, with attempts of its own and nothing published of it yet."""
    if not replaced:
        return
    names = ("action", "version", "parameters", "payload", "unreadable")
    rows = [(job.key, job_row(job, now)) for job in replaced]
    statement = update(jobs).where(jobs.c.key == bindparam("of_key"))
    statement = statement.values(
        {name: bindparam(f"new_{name}", type_=jobs.c[name].type) for name in names}
        | {"attempt": 0, "progress": {}, "seen_by": run_id, "updated_at": now}
    )
    connection.execute(statement, [{"of_key": key} | {f"new_{name}": row[name] for name in names} for key, row in rows])


def _take_over(connection: Connection, destination_id: str, versions: Sequence[tuple[str, str]]) -> None:
    """Note a version at the receipts held."""
    if not versions:
        return
    mine = (objects.c.destination_id == destination_id, objects.c.item_id == bindparam("of_item"))
    statement = update(objects).where(*mine).values(version=bindparam("new_version"))
    connection.execute(statement, [{"of_item": item, "new_version": version} for item, version in versions])
