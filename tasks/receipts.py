"""Receipts that a person brings: a file of what was posted by hand or by another tool, read and judged line by line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import Receipt
from adapters.contracts.keeping import Brought, Fit, KeepingStore
from adapters.contracts.store import Conflict
from tasks.deeds import Deed
from tasks.places import PLACES

FIELDS = ("item_id", "remote_id", "url", "at", "version")
"""What a line has; the first two are required."""
LONGEST = 2_000
"""Characters of a value."""
TOLD = 20
"""How many bad lines a message names."""
LARGEST = 512 << 20
"""Bytes of a file."""
_VERSION = re.compile(r"[a-z][a-z_]*\.\d+:\S+( [a-z][a-z_]*\.\d+:\S+)*")

_WHY = {
    Fit.ELSEWHERE: "the store knows another object of this item: `pairs forget` it first, if the file is right",
    Fit.BUSY: "a worker is sending this item just now: try again when its run has ended",
    Fit.STRANGE: "this is no item of the source {source}: its items are called {source}/…",
}


@dataclass(frozen=True)
class Line:
    """One line of the file that can be understood."""

    number: int
    brought: Brought


def import_receipts(store: KeepingStore, pair: tuple[str, str], file: str, run_id: str, *, dry_run: bool) -> Deed:
    """Note what a file says is there already: all of it, or with one bad line nothing; raises ConfigurationError."""
    source_id, destination_id = pair
    _check(source_id, destination_id)
    lines = _read(Path(file), store.now())
    brought = [line.brought for line in lines]
    fits = store.fits(source_id, destination_id, brought)
    bad = [
        (line.number, _WHY[fit].format(source=source_id)) for line, fit in zip(lines, fits, strict=True) if fit in _WHY
    ]
    if bad:
        raise _refusal(file, bad)
    if not dry_run:
        try:
            fits = store.take_receipts(source_id, destination_id, brought, run_id=run_id)
        except Conflict as error:
            raise ConfigurationError(
                f"{file}: {error}, since it was checked; nothing was imported, try again"
            ) from None
    return _told(store, pair, lines, fits, dry_run=dry_run)


def _told(
    store: KeepingStore, pair: tuple[str, str], lines: Sequence[Line], fits: Sequence[Fit], *, dry_run: bool
) -> Deed:
    """Say what was imported, or would be."""
    new = [line.brought for line, fit in zip(lines, fits, strict=True) if fit is Fit.NEW]
    known = len(lines) - len(new)
    did = "would be imported" if dry_run else "imported"
    line = f"{len(new):,} receipts {did} for {' → '.join(pair)}, {known:,} known already"
    rows = [{"item": one.item_id, "object": one.receipt.remote_id, "url": one.receipt.url} for one in new]
    deed = Deed(f"dry run: {line}" if dry_run else line, rows[:1000], len(rows), ("item", "object", "url"))
    blind = sum(not one.receipt.version for one in new)
    if blind:
        deed.notes.append(
            f"{blind:,} have no version: what the item is at the pair's next run counts as what is there, and edits "
            "are followed from then on"
        )
    if store.pair(*pair) is None:
        deed.notes.append(
            "the store knows no such pair yet: the names must be those that its runs use (a dry run's page and `pairs "
            "list` show them)"
        )
    deed.next_step = "the same without --dry-run" if dry_run else "the pair's next run sends none of these"
    return deed


def _check(source_id: str, destination_id: str) -> None:
    """Refuse what is no pair that keeps receipts here."""
    for name, value in (("source", source_id), ("destination", destination_id)):
        if not re.fullmatch(r"[a-z_]+:\S+", value):
            raise ConfigurationError(
                f"--{name} {value!r} is no name of a place: write it as `pairs list` does, service:name"
            )
    service = destination_id.partition(":")[0]
    if service not in PLACES:
        raise ConfigurationError(
            f"--destination {destination_id}: there is no service {service!r}: one of {', '.join(PLACES)}"
        )
    if service in _BULK:
        raise ConfigurationError(
            f"{destination_id} is its own record: what is there is asked there, and no receipt is kept"
        )


_BULK = frozenset({"dzen", "local", "sql"})
"""Services whose places say themselves what they hold."""


def _read(path: Path, now: datetime) -> list[Line]:
    """Read and check every line; raises ConfigurationError naming the bad ones by their numbers."""
    lines: list[Line] = []
    bad: list[tuple[int, str]] = []
    met: dict[tuple[str, str], int] = {}
    for number, found in _records(path):
        try:
            brought = _brought(found, now)
        except ValueError as error:
            bad.append((number, str(error)))
            continue
        lines.append(Line(number, brought))
        for name, value in (("item_id", brought.item_id), ("remote_id", brought.receipt.remote_id)):
            if (before := met.setdefault((name, value), number)) != number:
                bad.append((number, f"{name} {value} stands in line {before} too"))
    if bad:
        raise _refusal(str(path), bad)
    if not lines:
        raise ConfigurationError(f"{path} holds no receipt: a line each of {', '.join(FIELDS)}, as CSV or JSON lines")
    return lines


def _records(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield each record with its line's number; what cannot be read is yielded as the error that says so."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigurationError(f"{path} is larger than {LARGEST >> 20} MiB: split it")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is no UTF-8 text (byte {error.start}): save it as UTF-8") from None
    yield from _json_lines(text) if text.lstrip().startswith("{") else _csv(path, text)


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    """Yield each line's object."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, orjson.loads(line)
            except orjson.JSONDecodeError as error:
                yield number, ValueError(f"this is no JSON: {error}")


def _csv(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Yield each row by the names in the first one."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = reader.fieldnames or []
    if not {"item_id", "remote_id"} <= set(names):
        raise ConfigurationError(
            f"{path}: its first line must name the columns: {', '.join(FIELDS)} (the first two are required)"
        )
    begin = reader.line_num + 1
    try:
        for row in reader:
            # A row may go over several lines: its first one is named.
            yield begin, ValueError("there are more values than columns") if None in row else row
            begin = reader.line_num + 1
    except csv.Error as error:
        yield begin, ValueError(f"this is no CSV: {error}")


def _brought(found: Any, now: datetime) -> Brought:
    """Read one record; raises ValueError saying what is wrong with it, repeating only names."""
    if isinstance(found, ValueError):
        raise found
    if not isinstance(found, dict):
        raise ValueError("this is no object of fields")  # noqa: TRY004 - a line's mistake, not a caller's
    if strange := sorted(str(name)[:40] for name in found.keys() - set(FIELDS)):
        raise ValueError(f"there is no field {', '.join(strange)}: only {', '.join(FIELDS)}")
    fields = {name: _text(name, found.get(name)) for name in FIELDS}
    for name in ("item_id", "remote_id"):
        if not fields[name]:
            raise ValueError(f"{name} is missing")
    if fields["url"] and urlsplit(fields["url"]).scheme not in {"http", "https"}:
        raise ValueError("url is no http or https address")
    if fields["version"] and not _VERSION.fullmatch(fields["version"]):
        raise ValueError("version is none of ours (reader.scheme:hash): leave it out if it is not known")
    receipt = Receipt(
        remote_id=fields["remote_id"], url=fields["url"], at=_moment(fields["at"], now), version=fields["version"]
    )
    return Brought(fields["item_id"], receipt)


def _text(name: str, value: Any) -> str:
    """Return a field's text; numbers are taken as they are written."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{name} is no text")  # noqa: TRY004 - a line's mistake, not a caller's
    text = str(value).strip()
    if len(text) > LONGEST:
        raise ValueError(f"{name} is longer than {LONGEST:,} characters")
    if not text.isprintable():
        raise ValueError(f"{name} holds characters that cannot be shown")
    return text


def _moment(text: str, now: datetime) -> datetime:
    """Read when it was posted; now where nobody says."""
    if not text:
        return now
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("at is no date: write 2024-01-31 or 2024-01-31T18:00+03:00") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def _refusal(file: str, bad: Sequence[tuple[int, str]]) -> ConfigurationError:
    """Name the bad lines."""
    named = "; ".join(f"line {number}: {why}" for number, why in bad[:TOLD])
    more = f"; and {len(bad) - TOLD:,} more" if len(bad) > TOLD else ""
    return ConfigurationError(f"{file}: {len(bad):,} bad lines, nothing was imported: {named}{more}")
