"""Rows: what an item becomes in each table."""

from __future__ import annotations

from collections.abc import Sequence
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

    def add(self, source: str, item: ContentItem, as_text: bool) -> None:  # noqa: FBT001 - what databases differ in
        """Add an item's rows; raises Rejected for a text that no database takes.

        `as_text` writes times as text, for SQLite.
        """
        try:
            item.to_json()
        except ValueError as error:
            raise Rejected(f"{_readable(item.id)} cannot be written: {_readable(str(error))}") from error
        self.items.append(_item(source, item, as_text))
        self.members.extend((member, item.id) for member in dict.fromkeys(item.members))
        self.media.extend(_medium(item.id, position, medium) for position, medium in enumerate(item.media, 1))
        tags = dict.fromkeys(_text(tag)[:LONGEST_TAG] for tag in item.tags)
        self.tags.extend((item.id, tag) for tag in tags if tag)


def _item(source: str, item: ContentItem, as_text: bool) -> tuple[Value, ...]:  # noqa: FBT001
    """Return the row of `items`, in the order of its columns, without `seq`."""
    author, forward, place = item.author, item.forward, item.location
    return (
        _text(item.id),
        source,
        str(item.kind),
        moment(item.published_at, as_text),
        moment(item.edited_at, as_text),
        None,
        _text(item.title),
        _text(item.text),
        _text(to_html(item.text, item.spans)),
        _text(item.url),
        _text(author.name if author else ""),
        _text(author.id if author else ""),
        _text(author.signature if author else ""),
        _text(item.reply_to) or None,
        _text(forward.name) if forward else None,
        _text(forward.id) if forward else None,
        moment(forward.published_at, as_text) if forward else None,
        _json(item.poll.model_dump(mode="json")) if item.poll else None,
        place.latitude if place else None,
        place.longitude if place else None,
        _text(", ".join(filter(None, (place.name, place.address)))) if place else None,
        _text(item.action) or None,
        _json(item.counters),
        _json(item.raw),
        item.version,
        moment(item.changed_at, as_text),
    )


def _medium(item_id: str, position: int, medium: Media) -> tuple[Value, ...]:
    """Return a row of `media`."""
    return (
        item_id,
        position,
        str(medium.kind),
        _text(medium.ref) or None,
        _text(medium.missing) or None,
        _text(medium.name),
        _text(medium.mime),
        _whole(medium.size, 63),
        _whole(medium.width, 31),
        _whole(medium.height, 31),
        medium.duration,
        _text(medium.title),
        _text(medium.performer),
    )


def moment(value: datetime | None, as_text: bool) -> datetime | str | None:  # noqa: FBT001
    """Return a time as the database keeps it: SQLite as text that its date functions read."""
    if value is None or not as_text:
        return value
    precise = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", precise)


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
