"""The overview: all pairs on one page of Prefect's, or in a terminal, those that need somebody first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from prefect import State
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed
from prefect.utilities.urls import url_for
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tasks.credentials import open_store
from tasks.pages import LONGEST, inline, short
from tasks.planned import Planned, ask, reachable
from tasks.run import under_worker
from tasks.standing import TROUBLE, Page, Row, page, run_ids
from tasks.summary import named
from tasks.telling import rename

ROWS = 500
"""How many pairs a page shows."""
NARROW, WIDE = 20, 30
"""Letters of an id and of a cell, so that the page is no wider than a screen."""
KEY = "overview"
"""The artifact's key: Prefect keeps its history under it."""


def publish(runs: int) -> State[Any]:
    """Put where every pair stands on a page of Prefect's."""
    store = open_store(lasting=under_worker())
    try:
        known = store.overview(runs)
    finally:
        store.close()
    told = page(known, ask(run_ids(known)))
    create_markdown_artifact(markdown(told), key=KEY, description=told.line)
    rename(f"overview, {told.line}", set())
    return Completed(message=told.line)


def show(runs: int, *, as_json: bool) -> None:
    """Print where every pair stands: what is recorded here, and what Prefect knows where a server answers."""
    store = open_store(lasting=False)
    try:
        known = store.overview(runs)
    finally:
        store.close()
    missing = reachable()
    told = page(known, Planned(missing=missing) if missing else ask(run_ids(known)))
    if as_json:
        sys.stdout.write(told.model_dump_json(indent=2) + "\n")
    else:
        print_page(told, Console(file=sys.stdout))


def print_page(told: Page, console: Console) -> None:
    """Print a page as a table."""
    table = Table(box=None, pad_edge=False)
    for name in ("pair", "state", "last runs", *(name for name, _ in COLUMNS)):
        table.add_column(name, overflow="fold")
    for row in told.rows:
        state = Text(f"{row.state}: {row.why}" if row.why else row.state, "red" if row.state in TROUBLE else "")
        address = url_for("flow-run", row.last_run) if row.has_page else None
        state.stylize(f"link {address}" if address else "")
        cells = (Text(cell(row, told.at)) for _, cell in COLUMNS)
        table.add_row(Text(f"{row.pair}\n{place(row, LONGEST)}"), state, Text(row.history), *cells)
    if told.rows:
        console.print(table, highlight=False)
    console.print(told.line, style="bold", markup=False, highlight=False)
    for note in told.notes:
        console.print(f"[yellow]note[/yellow]  {escape(note)}", highlight=False, soft_wrap=True)


def markdown(told: Page) -> str:
    """Return the page as Markdown."""
    lines = [f"## {inline(told.line)}", "", f"At {told.at:%Y-%m-%d %H:%M} UTC."]
    lines += [f"\n**Note:** {inline(note)}" for note in told.notes]
    names = ["pair", "state", "last runs", *(name for name, _ in COLUMNS)]
    lines += ["", f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cells(row, told.at))} |" for row in told.rows[:ROWS]]
    rest = len(told.rows) - ROWS
    return "\n".join([*lines, *([f"\n… and {rest:,} more"] if rest > 0 else [])])


def _cells(row: Row, now: datetime) -> Iterator[str]:
    """Yield a row's cells as Markdown; Prefect breaks no line in a cell by itself."""
    yield f"**{inline(short(row.pair, WIDE))}**<br>{inline(place(row, NARROW)).replace(' → ', '<br>→ ')}"
    state = f"**{row.state}**" if row.state in TROUBLE else row.state
    # Without its host: the page is read wherever Prefect's UI is reached from.
    linked = f"[{state}](/runs/flow-run/{row.last_run})" if row.has_page else state
    yield linked + (f"<br>{inline(short(row.why.removeprefix(f'{row.pair}: '), WIDE))}" if row.why else "")
    yield row.history
    for _, cell in COLUMNS:
        yield inline(cell(row, now)).replace(", ", "<br>")


def place(row: Row, longest: int) -> str:
    """Name a pair's places by ids that are no longer than that; one that has never run is named by its deployment."""
    return " → ".join(short(one, longest) for one in (row.source, row.destination) if one) or row.deployment


def waits(row: Row, now: datetime) -> str:
    """Say what waits, and since or until when."""
    if not row.waiting:
        return ""
    until = max(filter(None, (row.left_alone_until, row.due)), default=None)
    when = f"until {_moment(until, now)}" if until and until > now else f"since {ago(row.waiting_since, now)}"
    return f"{row.waiting:,} {when}"


def budget(row: Row) -> str:
    """Say how many deliveries were begun in the last day, and how many are left of those allowed."""
    spent = f"{row.begun_in_day:,} in 24 h"
    if row.left is None:
        return spent if row.begun_in_day else ""
    return f"{spent}, {row.left:,} left"


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago a moment was."""
    if moment is None:
        return "never"
    passed = max(now - moment, timedelta(0))
    return f"{_span(passed)} ago"


def ahead(moment: datetime | None, now: datetime) -> str:
    """Say when a moment will be."""
    if moment is None:
        return ""
    return _moment(moment, now) if moment > now else f"late since {_moment(moment, now)}"


def _moment(moment: datetime, now: datetime) -> str:
    """Write a moment as short as it is clear."""
    return f"{moment:%H:%M}" if moment.date() == now.date() else f"{moment:%m-%d %H:%M}"


def _span(passed: timedelta) -> str:
    """Write a time span in its largest unit."""
    seconds = int(passed.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size or (size == 60 and seconds >= size):  # noqa: PLR2004 - 90 minutes say more than 1 h
            return f"{seconds // size} {unit}"
    return "moments"


COLUMNS: tuple[tuple[str, Callable[[Row, datetime], str]], ...] = (
    ("last delivery", lambda row, now: ", ".join(filter(None, (ago(row.delivered_at, now), budget(row))))),
    ("waits", waits),
    ("dead letters", lambda row, _: named(row.dead)),
    ("next run", lambda row, now: ahead(row.next_run, now)),
)
"""What is told of a pair between its state and its history, for pages and terminals."""
