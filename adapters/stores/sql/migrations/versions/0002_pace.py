"""The pace of accounts, and what a destination notes on its receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what is new."""
    op.create_table(
        "paces",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("next_at", sa.BigInteger, nullable=False),
    )
    op.add_column("objects", sa.Column("notes", sa.JSON, nullable=False, server_default="{}"))
