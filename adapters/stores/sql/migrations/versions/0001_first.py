"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

DUE = "CASE state WHEN 'pending' THEN coalesce(not_before, 0) WHEN 'running' THEN coalesce(lease_until, 0) END"


def upgrade() -> None:
    """Make every table. Written out, not taken from today's metadata: a revision stays what it was."""
    _records()
    _jobs()
    _places()


def _records() -> None:
    """Make what is remembered of the store, its pairs and runs."""
    op.create_table(
        "store", sa.Column("birth_id", sa.Text, primary_key=True), sa.Column("born_at", sa.BigInteger, nullable=False)
    )
    op.create_table(
        "pairs",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("destination_id", sa.Text, primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("baseline", sa.BigInteger),
        sa.Column("begun", sa.Boolean, nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("destination_id", sa.Text, nullable=False),
        sa.Column("ended", sa.Text, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("already", sa.Integer, nullable=False),
        sa.Column("filtered", sa.JSON, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
    )


def _jobs() -> None:
    """Make the jobs and the ways to them."""
    op.create_table(
        "jobs",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("destination_id", sa.Text, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger, sa.Computed(DUE, persisted=True)),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("spent_at", sa.BigInteger),
        sa.Column("progress", sa.JSON, nullable=False),
        sa.Column("receipt", sa.Text),
        sa.Column("failures", sa.JSON, nullable=False),
        sa.Column("planned_by", sa.Text, nullable=False),
        sa.Column("seen_by", sa.Text, nullable=False),
        sa.Column("carried_by", sa.Text, nullable=False),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.Text),
        sa.Column("unreadable", sa.Text),
    )
    op.create_index("jobs_key", "jobs", ["key"], unique=True)
    op.create_index("jobs_item", "jobs", ["destination_id", "item_id", "revision"], unique=True)
    op.create_index("jobs_seen", "jobs", ["seen_by"])
    op.create_index("jobs_carried", "jobs", ["carried_by"])
    _partial("jobs_open", "due_at IS NOT NULL", "source_id", "destination_id", "seq")
    _partial("jobs_spent", "spent_at IS NOT NULL", "source_id", "destination_id", "spent_at")
    _partial("jobs_dead", "reason IS NOT NULL", "seq")
    _partial("jobs_running", "state = 'running'", "destination_id", "item_id", unique=True)


def _places() -> None:
    """Make what is remembered of destinations."""
    op.create_table(
        "objects",
        sa.Column("destination_id", sa.Text, primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger),
        sa.Column("deleted", sa.Boolean, nullable=False),
    )
    op.create_index("objects_source", "objects", ["source_id", "destination_id"])
    op.create_table(
        "aliases",
        sa.Column("destination_id", sa.Text, primary_key=True),
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("item_id", sa.Text, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("destination_id", sa.Text, primary_key=True),
        sa.Column("selection", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("seen", sa.Boolean, nullable=False),
    )
    op.create_table(
        "pauses",
        sa.Column("destination_id", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def _partial(name: str, condition: str, *columns: str, unique: bool = False) -> None:
    """Make an index over the jobs that fulfil a condition."""
    where = sa.text(condition)
    op.create_index(name, "jobs", list(columns), unique=unique, sqlite_where=where, postgresql_where=where)
