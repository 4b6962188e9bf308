"""Claiming: which job is due, when the next one will be, and taking it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import ColumnElement, Connection, case, exists, func, null, or_, select, text, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from adapters.contracts.jobs import Job, Reason, State
from adapters.contracts.store import Queue
from adapters.stores.sql.rows import WHOLE, held_by, job_of, mark, one_of
from adapters.stores.sql.tables import EPOCH, jobs, paces, pairs, pauses

DAY = timedelta(hours=24)
_earlier = jobs.alias("earlier")
_BLOCKED = exists().where(
    _earlier.c.destination_id == jobs.c.destination_id,
    _earlier.c.item_id == jobs.c.item_id,
    _earlier.c.revision < jobs.c.revision,
    or_(_earlier.c.due_at.is_not(None), _earlier.c.reason == Reason.UNKNOWN.value),
)
_BEHIND = exists().where(
    _earlier.c.source_id == jobs.c.source_id,
    _earlier.c.destination_id == jobs.c.destination_id,
    _earlier.c.seq < jobs.c.seq,
    or_(_earlier.c.due_at.is_not(None), _earlier.c.reason.is_not(None)),
)


def claim(connection: Connection, now: datetime, queue: Queue, owner: str, run_id: str, until: datetime) -> Job | None:
    """Take the queue's oldest due job until a moment; see `JobStore.claim_next`."""
    if queue.per_day == 0 or _pair_paused(connection, queue):
        return None
    if _paused_until(connection, queue, now) or _spent_until(connection, queue, now):
        return None
    lost: list[int] = []
    while True:
        due = [*_willing(connection, queue), jobs.c.due_at <= now]
        if lost:
            due.append(jobs.c.seq.not_in(lost))
        oldest = select(jobs.c.seq).where(*due).order_by(jobs.c.seq).limit(1).with_for_update(skip_locked=True)
        seq = connection.scalar(oldest)
        if seq is None:
            return None
        try:
            with connection.begin_nested():
                return _take(connection, now, [seq], owner, run_id, until)[0]
        except IntegrityError:
            # Another revision of this item was claimed in the same instant: it goes first.
            lost.append(seq)


def claim_several(
    connection: Connection, now: datetime, queue: Queue, number: int, owner: str, run_id: str, until: datetime
) -> list[Job]:
    """Take some of the queue's oldest due jobs until a moment; see `JobStore.claim_several`."""
    one_by_one = queue.in_order or queue.per_day is not None
    if number > 1 and not one_by_one and _paused_until(connection, queue, now) is None:
        due = (*_willing(connection, queue), jobs.c.due_at <= now)
        oldest = select(jobs.c.seq, jobs.c.attempt).where(*due).order_by(jobs.c.seq).limit(number)
        found = connection.execute(oldest.with_for_update(skip_locked=True))
        fresh = [row.seq for row in takewhile(lambda row: row.attempt == 0, found)]
        try:
            with connection.begin_nested():
                if fresh:
                    return _take(connection, now, fresh, owner, run_id, until)
        except IntegrityError:
            # Another revision of one of the items was claimed in the same instant: one by one they go round it.
            pass
    job = claim(connection, now, queue, owner, run_id, until)
    return [] if job is None else [job]


def next_due(connection: Connection, now: datetime, queue: Queue) -> datetime | None:
    """Return when the queue's earliest open job can be claimed; see `JobStore.next_due`."""
    first = connection.scalar(select(func.min(jobs.c.due_at)).where(*_willing(connection, queue)))
    if first is None or queue.per_day == 0 or _pair_paused(connection, queue):
        return None
    moments = (now, first, _paused_until(connection, queue, now), _spent_until(connection, queue, now))
    return max(moment for moment in moments if moment is not None)


def take_turn(connection: Connection, now: datetime, account: str, step: timedelta) -> timedelta:
    """Take an account's next turn; see `JobStore.pace`."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(make(paces).values(account=account, next_at=EPOCH).on_conflict_do_nothing())
    mine = paces.c.account == account
    free: datetime = connection.execute(select(paces.c.next_at).where(mine).with_for_update()).scalar_one()
    turn = max(now, free)
    connection.execute(update(paces).where(mine).values(next_at=turn + step))
    return turn - now


def _take(
    connection: Connection, now: datetime, seqs: Sequence[int], owner: str, run_id: str, until: datetime
) -> list[Job]:
    """Make jobs the owner's, all or none; raises IntegrityError when an item of them is in other hands."""
    found = (
        connection.execute(
            update(jobs)
            .where(jobs.c.seq.in_(seqs))
            .values(
                state=State.RUNNING.value,
                owner=owner,
                lease_until=until,
                not_before=None,
                attempt=jobs.c.attempt + 1,
                carried_by=_carried_by(run_id),
                updated_at=now,
            )
            .returning(*WHOLE)
        )
        .mappings()
        .all()
    )
    rows = sorted(found, key=lambda row: int(row["seq"]))
    mark(connection, run_id, [row["key"] for row in rows], seen=False)
    held = held_by(connection, rows[0]["destination_id"], [row["item_id"] for row in rows])
    return [job_of(row, held.get(row["item_id"])) for row in rows]


def _carried_by(run_id: str) -> ColumnElement[str]:
    """Count a job of somebody else's run, planned since this one began, as carried by the run that does it."""
    return case((jobs.c.seen_by == run_id, jobs.c.carried_by), else_=run_id)


def _willing(connection: Connection, queue: Queue) -> tuple[ColumnElement[bool], ...]:
    """Return what an open job of the queue fulfils that no earlier revision of its item blocks."""
    willing: tuple[ColumnElement[bool], ...] = (*_of(queue), jobs.c.due_at.is_not(None), ~_BLOCKED)
    if queue.in_order:
        willing = (*willing, ~_BEHIND)
    return willing if queue.keys is None else (*willing, one_of(connection, jobs.c.key, queue.keys))


def _of(queue: Queue) -> tuple[ColumnElement[bool], ...]:
    """Return what a job of the queue's pair fulfils."""
    return (jobs.c.source_id == queue.source_id, jobs.c.destination_id == queue.destination_id)


def _pair_paused(connection: Connection, queue: Queue) -> bool:
    """Say whether a person has paused the queue's pair."""
    mine = (pairs.c.source_id == queue.source_id, pairs.c.destination_id == queue.destination_id)
    return bool(connection.scalar(select(pairs.c.paused).where(*mine)))


def _paused_until(connection: Connection, queue: Queue, now: datetime) -> datetime | None:
    """Return until when the destination is left alone, or None."""
    mine = (pauses.c.destination_id == queue.destination_id, pauses.c.until > now)
    return connection.scalar(select(pauses.c.until).where(*mine))


def _spent_until(connection: Connection, queue: Queue, now: datetime) -> datetime | None:
    """Return until when the queue's daily number is used up, or None; a job in a worker's hands counts as begun."""
    if queue.per_day is None:
        return None
    if connection.dialect.name == "postgresql":
        # Two workers that count at once would both find the last place free.
        name = f"{queue.source_id}|{queue.destination_id}"
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
    marked = select(jobs.c.spent_at, jobs.c.lease_until).where(*_of(queue), jobs.c.spent_at > now - DAY)
    unmarked = or_(jobs.c.spent_at.is_(None), jobs.c.spent_at <= now - DAY)
    # Over `due_at`, which is the lease of a running job, because that is what the index of open jobs knows.
    held = select(null(), jobs.c.lease_until).where(
        *_of(queue), jobs.c.state == State.RUNNING.value, jobs.c.due_at > now, unmarked
    )
    # In one statement, which sees one moment: a job marked between two would be in neither.
    begun = connection.execute(union_all(marked, held))
    free = sorted(row.lease_until if row.spent_at is None else row.spent_at + DAY for row in begun)
    over = len(free) - queue.per_day
    return free[over] if 0 <= over < len(free) else None
