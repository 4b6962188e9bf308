"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.Text, "sqlite")
JSON = sa.JSON().with_variant(JSONB, "postgresql").with_variant(sa.Text, "sqlite")
ROW = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SEARCHED = "to_tsvector('simple', left(title || ' ' || text, 100000))"
TRIGGERS = {
    "insert": "INSERT INTO items_search (rowid, title, text) VALUES (new.seq, new.title, new.text)",
    "delete": "INSERT INTO items_search (items_search, rowid, title, text) "
    "VALUES ('delete', old.seq, old.title, old.text)",
}


def upgrade() -> None:
    """Make every table. Written out, not taken from today's metadata: a revision stays what it was."""
    _items()
    _parts()
    op.create_table("syndicate_place", sa.Column("birth_id", sa.Text, primary_key=True))
    op.create_table(
        "syndicate_sources",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("generation", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "syndicate_cursors",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("selection", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE items ADD COLUMN search tsvector GENERATED ALWAYS AS ({SEARCHED}) STORED")
        op.execute("CREATE INDEX items_search ON items USING gin (search)")
    elif op.get_bind().scalar(sa.text("SELECT sqlite_compileoption_used('ENABLE_FTS5')")):
        _search_in_sqlite()


def _items() -> None:
    """Make `items`."""
    op.create_table(
        "items",
        sa.Column("seq", ROW, primary_key=True, autoincrement=True, comment="for the database's own use"),
        sa.Column("id", sa.Text, nullable=False, unique=True, comment="telegram:<channel>/<message>"),
        sa.Column("source", sa.Text, nullable=False, comment="telegram:<channel>"),
        sa.Column("kind", sa.Text, nullable=False, comment="post, service or unsupported"),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("edited_at", MOMENT),
        sa.Column("deleted_at", MOMENT, comment="when this database learnt that the item was deleted in its place"),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False, comment="plain text"),
        sa.Column(
            "html", sa.Text, nullable=False, comment="the text with its markup; addresses of harmless schemes alone"
        ),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("reply_to", sa.Text, comment="the id of the item that this one answers"),
        sa.Column("forward_from", sa.Text),
        sa.Column("forward_id", sa.Text),
        sa.Column("forwarded_at", MOMENT, comment="when the original was published"),
        sa.Column("poll", JSON, comment="{question, answers: [{text, voters}], closed, voters}"),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("location", sa.Text),
        sa.Column("action", sa.Text, comment="what a service message records"),
        sa.Column("counters", JSON, nullable=False, comment="reactions by emoji and the like"),
        sa.Column("raw", JSON, nullable=False, comment="of each message, what has no column of its own"),
        sa.Column("version", sa.Text, nullable=False, comment="changes with what a reader sees"),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_index("items_published", "items", ["source", "published_at"])
    op.create_index("ix_items_reply_to", "items", ["reply_to"])


def _parts() -> None:
    """Make what belongs to items."""
    op.create_table(
        "members",
        sa.Column("id", sa.Text, primary_key=True, comment="the id of one message of an album"),
        sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), nullable=False),
    )
    op.create_index("ix_members_item_id", "members", ["item_id"])
    op.create_table(
        "media",
        sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, comment="from 1"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file", sa.Text, comment="where the export has it; null when it has not"),
        sa.Column("missing", sa.Text, comment="why there is no file"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mime", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("performer", sa.Text, nullable=False),
    )
    op.create_table(
        "tags",
        sa.Column("item_id", sa.Text, sa.ForeignKey("items.id"), primary_key=True),
        sa.Column("tag", sa.Text, primary_key=True, comment="a hashtag without #, at most 500 characters of it"),
    )
    op.create_index("ix_tags_tag", "tags", ["tag"])


def _search_in_sqlite() -> None:
    """Make the full-text index, kept by triggers."""
    op.execute("CREATE VIRTUAL TABLE items_search USING fts5 (title, text, content='items', content_rowid='seq')")
    op.execute(f"CREATE TRIGGER items_inserted AFTER INSERT ON items BEGIN {TRIGGERS['insert']}; END")
    op.execute(f"CREATE TRIGGER items_removed AFTER DELETE ON items BEGIN {TRIGGERS['delete']}; END")
    both = f"{TRIGGERS['delete']}; {TRIGGERS['insert']};"
    op.execute(f"CREATE TRIGGER items_changed AFTER UPDATE OF title, text ON items BEGIN {both} END")
