"""The tables of the job store, and which of their rows an index serves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime kept as whole microseconds since 1970: exact, ordered and alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return microseconds; a naive datetime is a TypeError."""
        del dialect
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC datetime."""
        del dialect
        return None if value is None else EPOCH + timedelta(microseconds=int(value))


metadata = MetaData()

store = Table("store", metadata, Column("birth_id", Text, primary_key=True), Column("born_at", Moment, nullable=False))

pairs = Table(
    "pairs",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("destination_id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("baseline", Moment),
    Column("begun", Boolean, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("paused", Text, nullable=False, server_default=""),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("destination_id", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("already", Integer, nullable=False),
    Column("filtered", JSON, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

COUNTS = ("seen", "delivered", "created", "updated", "deleted", "already", "filtered", "pending", "dead", "died")
"""A past run's numbers, in items."""

history = Table(
    "history",
    metadata,
    # Only ever added to: `runs` is what a run is now, and begins anew when it is retried.
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("run_id", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("destination_id", Text, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended", Text, nullable=False),
    *(Column(name, Integer, nullable=False) for name in COUNTS),
    Index("history_pair", "source_id", "destination_id", "seq"),
)

# `due_at` is when a job can be claimed: null when it is closed, so that an index over open jobs holds these alone.
DUE = "CASE state WHEN 'pending' THEN coalesce(not_before, 0) WHEN 'running' THEN coalesce(lease_until, 0) END"

jobs = Table(
    "jobs",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("source_id", Text, nullable=False),
    Column("destination_id", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("outcome", Text),
    Column("attempt", Integer, nullable=False),
    Column("owner", Text, nullable=False),
    Column("lease_until", Moment),
    Column("not_before", Moment),
    Column("due_at", Moment, Computed(DUE, persisted=True)),
    Column("sent_at", Moment),
    Column("spent_at", Moment),
    Column("progress", JSON, nullable=False),
    Column("receipt", Text),
    Column("failures", JSON, nullable=False),
    Column("planned_by", Text, nullable=False),
    Column("seen_by", Text, nullable=False),
    Column("carried_by", Text, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("payload", Text),
    Column("unreadable", Text),
    Index("jobs_key", "key", unique=True),
    Index("jobs_item", "destination_id", "item_id", "revision", unique=True),
    Index("jobs_seen", "seen_by"),
    Index("jobs_carried", "carried_by"),
)


def _partial(name: str, condition: str, *columns: str, unique: bool = False) -> None:
    """Add an index over the jobs that fulfil a condition."""
    where = text(condition)
    Index(name, *(jobs.c[column] for column in columns), unique=unique, sqlite_where=where, postgresql_where=where)


_partial("jobs_open", "due_at IS NOT NULL", "source_id", "destination_id", "seq")
_partial("jobs_spent", "spent_at IS NOT NULL", "source_id", "destination_id", "spent_at")
_partial("jobs_dead", "reason IS NOT NULL", "seq")
# One item at one place is in one worker's hands.
_partial("jobs_running", "state = 'running'", "destination_id", "item_id", unique=True)

objects = Table(
    "objects",
    metadata,
    Column("destination_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("version", Text, nullable=False),
    Column("changed_at", Moment),
    Column("deleted", Boolean, nullable=False),
    Column("notes", JSON, nullable=False, server_default=text("'{}'")),
    Index("objects_source", "source_id", "destination_id"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("destination_id", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("item_id", Text, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("destination_id", Text, primary_key=True),
    Column("selection", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    # A run's own list of the jobs it counts: runs side by side would overwrite each other's names on a job.
    Column("run_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("seen", Boolean, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("destination_id", Text, primary_key=True),
    Column("until", Moment, nullable=False),
)

paces = Table(
    "paces",
    metadata,
    Column("account", Text, primary_key=True),
    # When the account's next request may leave.
    Column("next_at", Moment, nullable=False),
)

holds = Table(
    "holds",
    metadata,
    # A thing that one process at a time may use, and whose it is until when.
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)
