"""What a pair's runs came to, its name, and whether it is paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNTS = ("seen", "delivered", "created", "updated", "deleted", "already", "filtered", "pending", "dead", "died")


def upgrade() -> None:
    """Add what is new."""
    for name in ("name", "paused"):
        op.add_column("pairs", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "history",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("destination_id", sa.Text, nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
    )
    op.create_index("history_pair", "history", ["source_id", "destination_id", "seq"])
