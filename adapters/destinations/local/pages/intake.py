"""Intake: learns what changed in the parts since pages were last made, and marks what that makes stale."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from adapters.archive import EMPTIED, lines
from adapters.destinations.local.pages.ledger import Ledger, Shown
from adapters.destinations.local.pages.naming import folded


def learn(archive: Path, ledger: Ledger, part: str) -> None:
    """Take what a part holds now into the ledger; to be called in a transaction."""
    before = ledger.of_part(part)
    rows: dict[str, Shown] = {}
    tags: list[tuple[str, str, str]] = []
    other: list[str] = []
    for row, hashtags in _read(archive, part):
        rows[row.id] = row
        old = before.get(row.id)
        if old and old.digest == row.digest:
            rows[row.id] = row._replace(page=old.page)
            continue
        if old and old.month == row.month and old.at == row.at:
            rows[row.id] = row._replace(page=old.page)
        other.append(row.id)
        tags += [(folded(tag), row.id, tag) for tag in hashtags]
    gone = before.keys() - rows.keys()
    moved = [*other, *gone]
    _mark(ledger, moved, before)
    ledger.put(rows.values())
    ledger.drop(gone, part)
    ledger.set_tags(moved, tags)
    _mark(ledger, moved, rows)
    ledger.learnt(part)


def place(ledger: Ledger, month: str, page_items: int) -> None:
    """Give each item of a month its page; who moves is marked wherever it is named. To be called in a transaction."""
    moved = [
        (number // page_items + 1, row.id)
        for number, row in enumerate(ledger.month(month))
        if row.page != number // page_items + 1
    ]
    if moved:
        ledger.place(moved)
        ledger.mark_around([item_id for _, item_id in moved])


def _mark(ledger: Ledger, ids: list[str], rows: dict[str, Shown]) -> None:
    """Mark what shows these items, given their rows as they were or as they are."""
    there = [rows[one] for one in ids if one in rows]
    ledger.mark("month", {row.month for row in there})
    ledger.mark("note", (row.id for row in there))
    ledger.mark_around([row.id for row in there])
    ledger.mark_answers([row.id for row in there])


def _read(archive: Path, part: str) -> Iterable[tuple[Shown, list[str]]]:
    """Yield what is to be known of a part's items, and their hashtags; of a part that is gone, nothing.

    Nor anything of an item that is to be there no more.
    """
    path = archive / part
    if not path.exists():
        return
    start = 0
    with path.open("rb") as file:
        for line in lines(file):
            item = orjson.loads(line)
            if "deleted_at" not in item or item.keys() - EMPTIED:
                yield _shown(item, part, start, line), item.get("tags", [])
            start += len(line)


def _shown(item: dict[str, Any], part: str, start: int, line: bytes) -> Shown:
    """Return an item's row."""
    at = datetime.fromisoformat(item["published_at"]).astimezone(UTC).isoformat(timespec="microseconds")
    return Shown(
        item["id"],
        part,
        start,
        len(line),
        hashlib.blake2b(line, digest_size=12).digest(),
        at[:26],
        at[:7],
        0,
        item.get("reply_to", ""),
        (item.get("author") or {}).get("name", ""),
        int(part.startswith("items/")),
    )
