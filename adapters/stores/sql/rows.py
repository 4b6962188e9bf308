"""Rows: jobs and receipts as the tables keep them, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Executable,
    RowMapping,
    Table,
    Text,
    any_,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.jobs import Action, Descriptor, Failure, Job, Outcome, Reason, Receipt, State
from adapters.stores.sql.tables import jobs, marks, objects

_newer = jobs.alias("newer")
HAS_NEWER = exists().where(
    _newer.c.destination_id == jobs.c.destination_id,
    _newer.c.item_id == jobs.c.item_id,
    _newer.c.revision > jobs.c.revision,
)
"""A job is not its item's newest."""
HELD = tuple(name for name in Receipt.model_fields if name in objects.c)
"""What is kept of a receipt beside its job: whom to edit or delete."""
FAILURES = 10
"""How many of a job's failures are kept."""
_PLAIN = (
    "key",
    "item_id",
    "revision",
    "action",
    "version",
    "state",
    "reason",
    "outcome",
    "attempt",
    "owner",
    "lease_until",
    "not_before",
    "sent_at",
    "progress",
    "planned_by",
    "seen_by",
    "carried_by",
    "ended_by",
    "created_at",
    "updated_at",
)
_NAMED: dict[str, type[StrEnum]] = {"action": Action, "state": State, "reason": Reason, "outcome": Outcome}
LIGHT: tuple[Column[Any], ...] = tuple(
    jobs.c[name]
    for name in (*_PLAIN, "seq", "spent_at", "source_id", "destination_id", "parameters", "receipt", "failures")
)
"""A job without the bytes of its item."""
WHOLE: tuple[Column[Any], ...] = (*LIGHT, jobs.c.payload, jobs.c.unreadable)


def job_row(job: Job, now: datetime) -> dict[str, Any]:
    """Return a job's row; `spent_at` and `seq` are the store's own and not in it."""
    row = {name: _plain(getattr(job, name)) for name in _PLAIN}
    return row | {
        "source_id": job.descriptor.source_id,
        "destination_id": job.descriptor.destination_id,
        "parameters": job.descriptor.parameters,
        "receipt": receipt_json(job.receipt),
        "failures": [failure_json(failure) for failure in job.failures[-FAILURES:]],
        "payload": payload_of(job.item),
        "unreadable": _unreadable_json(job.unreadable),
        "created_at": job.created_at or now,
        "updated_at": now,
    }


def job_of(row: RowMapping, held: Receipt | None = None) -> Job:
    """Return the job that a row of LIGHT or WHOLE keeps."""
    fields: dict[str, Any] = {name: row[name] for name in _PLAIN}
    for name, kind in _NAMED.items():
        fields[name] = kind(fields[name]) if fields[name] is not None else None
    if payload := row.get("payload"):
        fields["item"] = ContentItem.model_validate_json(payload)
    if unreadable := row.get("unreadable"):
        fields["unreadable"] = _unreadable_of(unreadable)
    # Validating what this store has written would take longer than reading it.
    return Job.trusted(
        **fields,
        descriptor=Descriptor.trusted(
            source_id=row["source_id"], destination_id=row["destination_id"], parameters=row["parameters"]
        ),
        receipt=Receipt.model_validate_json(row["receipt"]) if row["receipt"] else None,
        failures=tuple(Failure.model_validate(failure) for failure in row["failures"]),
        last_sent_at=row["spent_at"],
        held=held,
    )


def refreshed(job: Job, row: RowMapping) -> Job:
    """Return a worker's job as a row of LIGHT has it by now; its item cannot have changed meanwhile."""
    return job_of(row, job.held).model_copy(update={"item": job.item, "unreadable": job.unreadable})


def payload_of(item: ContentItem | None) -> str | None:
    """Return an item's JSON."""
    return None if item is None else item.to_json().decode()


def receipt_json(receipt: Receipt | None) -> str | None:
    """Return a receipt's JSON."""
    return None if receipt is None else receipt.to_json().decode()


def failure_json(failure: Failure) -> dict[str, Any]:
    """Return a failure as plain JSON values."""
    return failure.model_dump(mode="json")


def object_row(source_id: str, destination_id: str, item_id: str, receipt: Receipt) -> dict[str, Any]:
    """Return the row that says what a place holds of an item."""
    return {
        "source_id": source_id,
        "destination_id": destination_id,
        "item_id": item_id,
        **{name: getattr(receipt, name) for name in HELD},
    }


def held_of(row: RowMapping) -> Receipt:
    """Return the receipt that a row of `objects` keeps."""
    return Receipt(**{name: row[name] for name in HELD})


def held_by(connection: Connection, destination_id: str, ids: Sequence[str]) -> dict[str, Receipt]:
    """Return what a place holds of items, by their ids."""
    mine = (objects.c.destination_id == destination_id, objects.c.item_id.in_(ids))
    rows = connection.execute(select(objects).where(*mine)).mappings()
    return {row["item_id"]: held_of(row) for row in rows}


def one_of(connection: Connection, column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Say that a column is one of any number of values, sent as one parameter: databases limit these."""
    listed = list(values)
    if connection.dialect.name == "postgresql":
        return column == any_(literal(listed, ARRAY(Text)))
    each = func.json_each(orjson.dumps(listed).decode()).table_valued("value")
    return column.in_(select(each.c.value))


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those of the same primary key."""
    if not rows:
        return
    connection.execute(_upserting(connection.dialect.name, table, tuple(rows[0])), list(rows))


@lru_cache(maxsize=64)
def _upserting(dialect: str, table: Table, names: tuple[str, ...]) -> Executable:
    """Return the statement, built once: building it costs more than doing it."""
    keys = [column.name for column in table.primary_key]
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in names if name not in keys}
    )


def mark(connection: Connection, run_id: str, keys: Iterable[str], *, seen: bool) -> None:
    """Let a run count these jobs' items, as met in its source or as carried over; met stays met."""
    rows = [{"run_id": run_id, "key": key, "seen": seen} for key in keys]
    if seen:
        upsert(connection, marks, rows)
    elif rows:
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(make(marks).on_conflict_do_nothing(), rows)


def _plain(value: Any) -> Any:
    """Return an enum's value: a driver would keep its name."""
    return value.value if isinstance(value, StrEnum) else value


def _unreadable_json(piece: Unreadable | None) -> str | None:
    """Return an unreadable piece's JSON; its bytes are no UTF-8, or they might have been readable."""
    if piece is None:
        return None
    fields = piece.model_dump(exclude={"data"}) | {"data": b64encode(piece.data).decode()}
    return orjson.dumps(fields).decode()


def _unreadable_of(value: str) -> Unreadable:
    """Return the piece with its bytes."""
    fields = orjson.loads(value)
    return Unreadable(**fields | {"data": b64decode(fields["data"])})
