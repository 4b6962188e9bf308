"""Reports on a terminal: progress on the way, the summary at the end, lists of jobs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

import orjson
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from adapters.contracts.jobs import Job
from tasks.summary import Summary, largest

SHOWN, SHOWN_LINES = 3, 16
"""How many renderings of a dry run a terminal gets, and how many lines of each."""


def show(summary: Summary, console: Console) -> None:
    """Print the summary for a person; a run that did not come to anything says only why."""
    if summary.errors and not summary.seen + summary.carried:
        for text in summary.errors:
            Console(stderr=True).print(f"[red]error[/red] {escape(text)}", highlight=False, soft_wrap=True)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    for name, number, more in summary.rows():
        style = "red" if name == "dead letters" and number else None
        table.add_row(name, f"{number:,}", escape(more) if number else "", style=style)
    if summary.paused:
        console.print(f"[yellow]paused[/yellow]  {escape(summary.paused)}", highlight=False, soft_wrap=True)
    title = f"{summary.pair}{' (dry run: nothing was written)' if summary.dry_run else ''}"
    console.print(f"\n[bold]{escape(title)}[/bold]  [dim]{summary.duration_s:.1f} s[/dim]", highlight=False)
    console.print(table, highlight=False)
    _show_previews(summary, console)
    for text in summary.warnings:
        console.print(f"[yellow]note[/yellow]  {escape(text)}", highlight=False, soft_wrap=True)
    for text in summary.errors:
        console.print(f"[red]error[/red] {escape(text)}", highlight=False, soft_wrap=True)
    if summary.place:
        console.print(f"[green]→[/green] {escape(summary.place)}", highlight=False, soft_wrap=True)
    if summary.next_step:
        console.print(f"[bold]next[/bold]  {escape(summary.next_step)}", highlight=False, soft_wrap=True)


def _show_previews(summary: Summary, console: Console) -> None:
    """Print the first renderings of a dry run, and what would be lost."""
    for preview in summary.previews[:SHOWN]:
        lines = preview.body.splitlines()
        more = [f"… {len(lines) - SHOWN_LINES} lines more"] if len(lines) > SHOWN_LINES else []
        lost = [f"lost: {loss}" for loss in preview.losses]
        body = Text("\n".join([*lines[:SHOWN_LINES], *more, *lost]), overflow="ellipsis", no_wrap=True)
        console.print(Panel(body, title=escape(f"{preview.action} {preview.item}"), title_align="left", style="dim"))
    for loss, number in largest(summary.losses):
        console.print(f"[yellow]lost[/yellow]  {escape(loss)} ({number:,} items)", highlight=False, soft_wrap=True)


class Watcher(Protocol):
    """Whom a road tells how far it is."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Take note; `total` is 0 where nobody knows."""


@dataclass
class Watchers:
    """Several watchers, told one after the other, each at most every `pause` seconds."""

    each: list[tuple[Watcher, float]] = field(default_factory=list)
    _last: dict[int, float] = field(default_factory=dict)

    def progress(self, what: str, done: int, total: int) -> None:
        """Pass it on to whoever has not heard for long enough."""
        now = time.monotonic()
        for place, (watcher, pause) in enumerate(self.each):
            if now - self._last.get(place, -pause) >= pause or done == total > 0:
                self._last[place] = now
                watcher.progress(what, done, total)


class _HowFar(ProgressColumn):
    """A share where the whole is known, else a count: a source's unit (bytes, pages) says nothing to a person."""

    def render(self, task: Task) -> Text:
        """Return the column's text."""
        return Text(f"{task.percentage:3.0f} %" if task.total else f"{task.completed:,.0f}")


class TerminalProgress:
    """A bar where there is a terminal, nothing where there is none."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            _HowFar(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def progress(self, what: str, done: int, total: int) -> None:
        """Draw the bar of this step."""
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total or None)
        self._bars.update(self._tasks[what], completed=done, total=total or None)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bars meanwhile."""
        with self._bars:
            yield


@dataclass
class Face:
    """The terminal behind a run that a person started; absent under a worker."""

    console: Console = field(default_factory=lambda: Console(file=sys.stdout))
    summary: Summary | None = None
    error: str = ""
    bars: TerminalProgress | None = None
    exit_code: int | None = None
    """How a run ends that has no summary."""

    def show_findings(self, rows: list[dict[str, str]], line: str) -> None:
        """Print what a check found, the gravest first, and what that comes to."""
        table = Table(box=None, pad_edge=False)
        for name in ("weight", "rule", "where", "how", "sure"):
            table.add_column(name, overflow="fold")
        for row in rows:
            style = "red" if row["weight"] == "refused" else None
            table.add_row(*(Text(row[name]) for name in ("weight", "rule", "where", "how", "sure")), style=style)
        if rows:
            self.console.print(table, highlight=False)
        self.console.print(line, markup=False, highlight=False)

    def show_jobs(self, jobs: Sequence[Job], rows: list[dict[str, str]], *, as_json: bool, whole: bool) -> None:
        """Print jobs as a table, or whole, or as JSON, a job a line."""
        if as_json:
            lines = [
                job.model_dump_json(exclude_defaults=True) if whole else orjson.dumps(row).decode()
                for job, row in zip(jobs, rows, strict=True)
            ]
            # Whoever reads only the first lines closes the pipe: that is no error.
            with suppress(BrokenPipeError):
                self.console.file.write("".join(f"{line}\n" for line in lines))
                self.console.file.flush()
            return
        if whole:
            for job in jobs:
                self.console.print_json(job.model_dump_json(exclude_defaults=True))
            return
        table = Table(box=None, pad_edge=False)
        table.add_column("key", overflow="fold", min_width=30)
        for name in ("reason", "why", "next"):
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(row[name]) for name in ("key", "reason", "why", "next")))
        if rows:
            self.console.print(table, highlight=False)
        self.console.print(f"[bold]{len(rows):,}[/bold] in all", highlight=False)


FACE: ContextVar[Face | None] = ContextVar("face", default=None)
"""Set by the command line around a flow; the roads report to it when it is there."""
