"""The tables people query. Everything an item says is in columns with plain names; what has no column is in `raw`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Computed,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

metadata = MetaData()

Moment = DateTime(timezone=True).with_variant(Text, "sqlite")
"""A UTC time: `timestamptz`, in SQLite text as its date functions read it, `2024-01-31 18:00:00`."""
Json = JSON().with_variant(JSONB, "postgresql").with_variant(Text, "sqlite")
Row = BigInteger().with_variant(Integer, "sqlite")
SEARCHED = "to_tsvector('simple', left(title || ' ' || text, 100000))"
"""Without a language's rules, since a channel mixes them; the first 100,000 characters, for a tsvector has a limit."""

items = Table(
    "items",
    metadata,
    Column("seq", Row, primary_key=True, autoincrement=True, comment="for the database's own use"),
    Column("id", Text, nullable=False, unique=True, comment="telegram:<channel>/<message>"),
    Column("source", Text, nullable=False, comment="telegram:<channel>"),
    Column("kind", Text, nullable=False, comment="post, service or unsupported"),
    Column("published_at", Moment, nullable=False),
    Column("edited_at", Moment),
    Column("deleted_at", Moment, comment="when this database learnt that the item was deleted in its place"),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False, comment="plain text"),
    Column("html", Text, nullable=False, comment="the text with its markup; addresses of harmless schemes alone"),
    Column("url", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("reply_to", Text, index=True, comment="the id of the item that this one answers"),
    Column("forward_from", Text),
    Column("forward_id", Text),
    Column("forwarded_at", Moment, comment="when the original was published"),
    Column("poll", Json, comment="{question, answers: [{text, voters}], closed, voters}"),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("location", Text),
    Column("action", Text, comment="what a service message records"),
    Column("counters", Json, nullable=False, comment="reactions by emoji and the like"),
    Column("raw", Json, nullable=False, comment="of each message, what has no column of its own"),
    Column("version", Text, nullable=False, comment="changes with what a reader sees"),
    Column("changed_at", Moment, nullable=False),
    Column("trace", Text, nullable=False, server_default="", comment="for the pack's own use"),
    Index("items_published", "source", "published_at"),
)

members = Table(
    "members",
    metadata,
    Column("id", Text, primary_key=True, comment="the id of one message of an album"),
    Column("item_id", Text, ForeignKey("items.id"), nullable=False, index=True),
)

media = Table(
    "media",
    metadata,
    Column("item_id", Text, ForeignKey("items.id"), primary_key=True),
    Column("position", Integer, primary_key=True, comment="from 1"),
    Column("kind", Text, nullable=False),
    Column("file", Text, comment="where the export has it; null when it has not"),
    Column("missing", Text, comment="why there is no file"),
    Column("name", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("title", Text, nullable=False),
    Column("performer", Text, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    Column("item_id", Text, ForeignKey("items.id"), primary_key=True),
    Column("tag", Text, primary_key=True, index=True, comment="a hashtag without #, at most 500 characters of it"),
)

place = Table(
    "syndicate_place",
    metadata,
    Column("birth_id", Text, primary_key=True),
)

sources = Table(
    "syndicate_sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
)

cursors = Table(
    "syndicate_cursors",
    metadata,
    Column("source", Text, primary_key=True),
    Column("selection", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

CONTENT = (items, members, media, tags)
"""What people query."""
SEARCH_COLUMN = Column("search", TSVECTOR, Computed(SEARCHED, persisted=True))
"""PostgreSQL's own; SQLite has the table `items_search` instead, where it was built with FTS5."""
