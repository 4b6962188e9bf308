"""Rows: what an item becomes in each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem, Media
from adapters.text.html import to_html

LONGEST_TAG = 500
"""Characters; an index entry has a limit, and a tag that is longer is none."""
NUL = "\N{REPLACEMENT CHARACTER}"
"""What a NUL becomes: PostgreSQL has no such character in its texts, and SQLite stumbles over it."""
Value = Any


@dataclass
class Rows:
    """The rows of a batch, a tuple a row in the order of the table's columns."""

    items: list[tuple[Value, ...]] = field(default_factory=list)
    members: list[tuple[Value, ...]] = field(default_factory=list)
    media: list[tuple[Value, ...]] = field(default_factory=list)
    tags: list[tuple[Value, ...]] = field(default_factory=list)


def rows_of(source: str, items: Iterable[ContentItem], traces: Mapping[str, str], *, as_text: bool) -> Rows:
    """Return the rows of items, with their traces by id; raises Rejected for one that no database takes.

    `as_text` writes times as text, for SQLite.
    """
    rows = Rows()
    for item in items:
        try:
            (row,) = _taken([(*_item(source, item, as_text), traces.get(item.id, ""))])
            rows.items.append(row)
            if item.members:
                rows.members += _taken([(member, item.id) for member in dict.fromkeys(item.members)])
            if item.media:
                rows.media += _taken([_medium(item.id, place, medium) for place, medium in enumerate(item.media, 1)])
            if item.tags:
                rows.tags += _tags(item)
        except (ValueError, TypeError) as error:
            raise Rejected(f"{_readable(item.id)} cannot be written: {_readable(str(error))}") from error
    return rows


def _taken(rows: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """Return rows as every database takes them; raises ValueError for a text that none takes.

    It looks at all texts at once: a batch that stops in its middle has no name for what stopped it.
    """
    texts = "".join([value for row in rows for value in row if type(value) is str])
    texts.encode()
    if "\0" not in texts:
        return rows
    return [tuple(_text(value) if type(value) is str else value for value in row) for row in rows]


def _tags(item: ContentItem) -> list[tuple[Value, ...]]:
    """Return the rows of `tags`, each tag once as the database will have it."""
    tags = dict.fromkeys(_text(tag)[:LONGEST_TAG] for tag in item.tags)
    return _taken([(item.id, tag) for tag in tags if tag])


def _item(source: str, item: ContentItem, as_text: bool) -> tuple[Value, ...]:  # noqa: FBT001
    """Return the row of `items`, in the order of its columns, without `seq` and `trace`."""
    author, forward, place = item.author, item.forward, item.location
    published, edited = moment(item.published_at, as_text), moment(item.edited_at, as_text)
    return (
        item.id,
        source,
        item.kind.value,
        published,
        edited,
        None,
        item.title,
        item.text,
        to_html(item.text, item.spans),
        item.url,
        author.name if author else "",
        author.id if author else "",
        author.signature if author else "",
        item.reply_to or None,
        forward.name if forward else None,
        forward.id if forward else None,
        moment(forward.published_at, as_text) if forward else None,
        _json(item.poll.model_dump(mode="json")) if item.poll else None,
        place.latitude if place else None,
        place.longitude if place else None,
        ", ".join(filter(None, (place.name, place.address))) if place else None,
        item.action or None,
        _json(item.counters) if item.counters else "{}",
        _json(item.raw) if item.raw else "[]",
        item.version,
        edited or published,
    )


def _medium(item_id: str, position: int, medium: Media) -> tuple[Value, ...]:
    """Return a row of `media`."""
    return (
        item_id,
        position,
        medium.kind.value,
        medium.ref or None,
        medium.missing or None,
        medium.name,
        medium.mime,
        _whole(medium.size, 63),
        _whole(medium.width, 31),
        _whole(medium.height, 31),
        medium.duration,
        medium.title,
        medium.performer,
    )


def moment(value: datetime | None, as_text: bool) -> datetime | str | None:  # noqa: FBT001
    """Return a time as the database keeps it: SQLite as text that its date functions read."""
    if value is None or not as_text:
        return value
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "milliseconds" if utc.microsecond else "seconds").removesuffix("+00:00")


def moment_of(value: datetime | str) -> datetime:
    """Return a time that the database kept."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _text(value: str) -> str:
    """Return a text that every database takes."""
    return value.replace("\0", NUL) if "\0" in value else value


def _json(value: dict[str, Any] | Sequence[Any]) -> str:
    """Return JSON that every database takes."""
    text = orjson.dumps(value).decode()
    return orjson.dumps(_without_nul(value)).decode() if "\\u0000" in text else text


def _without_nul(value: Value) -> Value:
    """Return a JSON value whose texts every database takes."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(name): _without_nul(part) for name, part in value.items()}
    return [_without_nul(part) for part in value] if isinstance(value, list | tuple) else value


def _whole(value: int, bits: int) -> int:
    """Return a number that its column holds: an export may say anything."""
    return value if abs(value) < 1 << bits else 0


def _readable(text: str) -> str:
    """Return a text that a terminal takes."""
    return text.encode("utf-8", "backslashreplace").decode()[:200]
