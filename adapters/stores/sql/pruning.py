"""Pruning: dropping of old records what nobody will ask for again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from adapters.contracts.jobs import State
from adapters.contracts.keeping import Prunable
from adapters.stores.sql.keeping import ONCE
from adapters.stores.sql.rows import HAS_NEWER, one_of
from adapters.stores.sql.tables import cursors, history, jobs, marks, runs

HISTORY = 100
"""How many of a pair's last runs are remembered for ever."""
ROW_BYTES = 400
"""What a job's row without its item takes, about."""
_DIGEST = re.compile(r'"sha256":"([0-9a-f]{64})"')
_HEAVY = or_(jobs.c.payload.is_not(None), jobs.c.unreadable.is_not(None))
_later = history.alias("later")


def prunable(connection: Connection, before: datetime) -> Prunable:
    """Count what is older and needed by nobody."""
    old, heavy = _old(before), and_(*_old(before), _HEAVY)
    payloads, weight = connection.execute(select(func.count(), func.sum(_weight(connection))).where(heavy)).one()
    revisions = _count(connection, jobs.c.seq, *old, _followed(connection))
    listed = _count(connection, marks.c.key, marks.c.run_id.in_(_ended(before)))
    gone = _count(connection, runs.c.run_id, *_over(before))
    past = _count(connection, history.c.seq, *_past(before))
    told = int(weight or 0) + revisions * ROW_BYTES
    return Prunable(payloads, revisions, runs=gone, marks=listed, history=past, bytes=told)


def done_jobs(connection: Connection, before: datetime, after: int, limit: int) -> list[tuple[int, str]]:
    """Return the next jobs of which something can be dropped, with their places."""
    wanted = (*_old(before), jobs.c.seq > after, or_(_HEAVY, _followed(connection)))
    rows = connection.execute(select(jobs.c.seq, jobs.c.key).where(*wanted).order_by(jobs.c.seq).limit(limit))
    return [(row.seq, row.key) for row in rows]


def prune_jobs(connection: Connection, before: datetime, keys: Sequence[str]) -> Prunable:
    """Drop these jobs' items, and those jobs whole that have been followed."""
    mine = (*_old(before), one_of(connection, jobs.c.key, keys))
    heavy = select(func.count(), func.sum(_weight(connection))).where(*mine, _HEAVY)
    payloads, weight = connection.execute(heavy).one()
    gone = connection.execute(delete(jobs).where(*mine, _followed(connection))).rowcount
    empty: dict[str, Any] = {"payload": None, "unreadable": None, "failures": [], "progress": {}}
    connection.execute(update(jobs).where(*mine, _HEAVY).values(**empty))
    return Prunable(payloads, gone, bytes=int(weight or 0) + gone * ROW_BYTES)


def prune_marks(connection: Connection, before: datetime, limit: int) -> int:
    """Drop at most so many entries of the list of one ended run."""
    run_id = connection.scalar(select(marks.c.run_id).where(marks.c.run_id.in_(_ended(before))).limit(1))
    if run_id is None:
        return 0
    mine = marks.c.run_id == run_id
    keys = connection.scalars(select(marks.c.key).where(mine).limit(limit)).all()
    return connection.execute(delete(marks).where(mine, one_of(connection, marks.c.key, keys))).rowcount


def prune_runs(connection: Connection, before: datetime) -> Prunable:
    """Drop ended runs whose lists are empty, with their own cursors, and old history."""
    listed = exists().where(marks.c.run_id == runs.c.run_id)
    gone = connection.scalars(select(runs.c.run_id).where(*_over(before), ~listed)).all()
    once = [f"{ONCE}{run_id}" for run_id in gone]
    connection.execute(delete(cursors).where(one_of(connection, cursors.c.selection, once)))
    connection.execute(delete(runs).where(one_of(connection, runs.c.run_id, gone)))
    past = connection.execute(delete(history).where(*_past(before))).rowcount
    return Prunable(runs=len(gone), history=past)


def kept_media(connection: Connection, before: datetime) -> set[str]:
    """Return the digests of all media that an item names which is not to be pruned."""
    stays = (jobs.c.payload.contains('"sha256":"'), not_(and_(*_old(before))))
    told = connection.execution_options(stream_results=True).scalars(select(jobs.c.payload).where(*stays))
    return {digest for payload in told for digest in _DIGEST.findall(payload)}


def _old(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what a job fulfils that was done before a moment."""
    return (jobs.c.state == State.DONE.value, jobs.c.updated_at < before)


def _followed(connection: Connection) -> ColumnElement[bool]:
    """Say that a newer job of its item has followed a job, which no open run counts."""
    going = connection.scalars(select(runs.c.run_id).where(runs.c.ended == literal(""))).all()
    counted = exists().where(marks.c.key == jobs.c.key, one_of(connection, marks.c.run_id, going))
    return and_(HAS_NEWER, ~counted)


def _ended(before: datetime) -> Any:
    """Return the query for the runs that ended before a moment."""
    return select(runs.c.run_id).where(runs.c.ended != literal(""), runs.c.ended_at < before)


def _over(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what a run fulfils that ended before a moment and left no dead letter that it could be retried with."""
    dead = exists().where(jobs.c.reason.is_not(None), jobs.c.ended_by == runs.c.run_id)
    return (runs.c.ended != literal(""), runs.c.ended_at < before, ~dead)


def _past(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what an entry of the history fulfils that is old and has enough behind it."""
    pair = (_later.c.source_id == history.c.source_id, _later.c.destination_id == history.c.destination_id)
    behind = select(func.count()).select_from(_later).where(*pair, _later.c.seq > history.c.seq).scalar_subquery()
    return (history.c.at < before, behind >= HISTORY)


def _weight(connection: Connection) -> ColumnElement[int]:
    """Return the bytes of a job's item."""
    return _bytes(connection, jobs.c.payload) + _bytes(connection, jobs.c.unreadable)


def _bytes(connection: Connection, column: Column[Any]) -> ColumnElement[int]:
    """Return the bytes of a text, 0 for none."""
    if connection.dialect.name == "postgresql":
        return func.coalesce(func.octet_length(column), 0)
    return func.coalesce(func.length(cast(column, LargeBinary)), 0)


def _count(connection: Connection, column: Column[Any], *fulfilled: ColumnElement[bool]) -> int:
    """Count rows."""
    return connection.scalar(select(func.count(column)).where(*fulfilled)) or 0
