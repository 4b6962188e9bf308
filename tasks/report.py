"""Reports: the summary of a run, for people, for programs and for Prefect's pages; and progress on the way."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import orjson
from pydantic import BaseModel, Field
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import Job, State, Tally

SHOWN, SHOWN_LINES = 3, 16
"""How many renderings of a dry run a terminal gets, and how many lines of each."""
COME_BACK = 75
"""sysexits.h, EX_TEMPFAIL: what is left waits for a time that has been named."""


class Preview(BaseModel):
    """What a dry run would send of one item."""

    item: str
    action: str
    body: str
    losses: list[str] = Field(default_factory=list)
    """What this item would lose."""


class Summary(BaseModel):
    """What a run came to, in items: `seen + carried = delivered + already + filtered + pending + dead`."""

    pair: str
    seen: int = 0
    carried: int = 0
    delivered: int = 0
    already: int = 0
    filtered: int = 0
    pending: int = 0
    dead: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    exit_code: int = 0
    duration_s: float = 0
    errors: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    filtered_by: dict[str, int] = Field(default_factory=dict)
    dead_by: dict[str, int] = Field(default_factory=dict)
    died: int = 0
    """How many of the dead became so in this run."""
    come_back: datetime | None = None
    """When what waits is due."""
    blocked: bool = False
    """Whether what is pending waits behind a dead letter, because the pair asks for order."""
    dry_run: bool = False
    previews: list[Preview] = Field(default_factory=list)
    """Of a dry run: the first renderings."""
    losses: dict[str, int] = Field(default_factory=dict)
    """What was lost on the way, or would be in a dry run, and for how many items."""
    destination: str = ""
    """The destination's identity."""
    place: str = ""
    """Where the items are now, for people."""
    next_step: str = ""

    @classmethod
    def of(cls, pair: str, tally: Tally) -> Summary:
        """Turn a tally into a summary; one that does not add up is an error of this run."""
        summary = cls(
            pair=pair,
            seen=tally.seen,
            carried=tally.carried,
            delivered=tally.delivered,
            already=tally.already,
            filtered=sum(tally.filtered.values()),
            pending=tally.pending,
            dead=sum(tally.dead.values()),
            created=tally.created,
            updated=tally.updated,
            deleted=tally.deleted,
            filtered_by=tally.filtered,
            dead_by=tally.dead,
            died=tally.died,
            losses=tally.losses,
        )
        if not tally.adds_up:
            out = summary.delivered + summary.already + summary.filtered + summary.pending + summary.dead
            summary.errors.append(
                f"the records do not add up: {tally.seen} seen and {tally.carried} carried over, {out} accounted for"
            )
        return summary

    def close(self, began: float) -> Summary:
        """Fill in duration and exit code: of several the first of 1, 2, 75."""
        self.duration_s = round(time.monotonic() - began, 2)
        if self.errors:
            self.exit_code = 1
        elif self.died or self.blocked:
            self.exit_code = 2
        elif self.come_back is not None:
            self.exit_code = COME_BACK
        return self

    @property
    def line(self) -> str:
        """Return the run in one line: it becomes the flow run's message and name."""
        parts = [f"{self.created} new", f"{self.updated} edited"]
        parts += [f"{self.deleted} deleted"] if self.deleted else []
        parts += [f"{self.pending} pending"] if self.pending else []
        parts += [f"{self.dead} dead"]
        return f"{self.pair}: {', '.join(parts)}"

    def write(self, path: Path) -> None:
        """Write the summary as JSON, whole or not at all."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise ConfigurationError(f"--summary {path} cannot be written: {error.strerror}") from error

    def show(self, console: Console) -> None:
        """Print the summary for a person; a run that did not come to anything says only why."""
        if self.errors and not self.seen + self.carried:
            for text in self.errors:
                Console(stderr=True).print(f"[red]error[/red] {text}", highlight=False, soft_wrap=True)
            return
        rows = [
            ("seen in the source", self.seen, ""),
            ("carried over", self.carried, "") if self.carried else None,
            ("delivered", self.delivered, f"{self.created:,} new, {self.updated:,} edited, {self.deleted:,} deleted"),
            ("already there", self.already, ""),
            ("filtered", self.filtered, _named(self.filtered_by)) if self.filtered else None,
            ("would be delivered" if self.dry_run else "pending", self.pending, self._due()) if self.pending else None,
            ("dead letters", self.dead, _named(self.dead_by)),
        ]
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column()
        table.add_column(justify="right", style="bold")
        table.add_column(style="dim")
        for row in filter(None, rows):
            style = "red" if row[0] == "dead letters" and row[1] else None
            table.add_row(row[0], f"{row[1]:,}", row[2] if row[1] else "", style=style)
        title = f"{self.pair}{' (dry run: nothing was written)' if self.dry_run else ''}"
        console.print(f"\n[bold]{title}[/bold]  [dim]{self.duration_s:.1f} s[/dim]", highlight=False)
        console.print(table, highlight=False)
        self._show_previews(console)
        for text in self.warnings:
            console.print(f"[yellow]note[/yellow]  {text}", highlight=False, soft_wrap=True)
        for text in self.errors:
            console.print(f"[red]error[/red] {text}", highlight=False, soft_wrap=True)
        if self.place:
            console.print(f"[green]→[/green] {self.place}", highlight=False, soft_wrap=True)
        if self.next_step:
            console.print(f"[bold]next[/bold]  {self.next_step}", highlight=False, soft_wrap=True)

    def _show_previews(self, console: Console) -> None:
        """Print the first renderings of a dry run, and what would be lost."""
        for preview in self.previews[:SHOWN]:
            lines = preview.body.splitlines()
            more = [f"… {len(lines) - SHOWN_LINES} lines more"] if len(lines) > SHOWN_LINES else []
            lost = [f"lost: {loss}" for loss in preview.losses]
            body = Text("\n".join([*lines[:SHOWN_LINES], *more, *lost]), overflow="ellipsis", no_wrap=True)
            console.print(Panel(body, title=f"{preview.action} {preview.item}", title_align="left", style="dim"))
        for loss, number in sorted(self.losses.items(), key=lambda pair: -pair[1]):
            console.print(f"[yellow]lost[/yellow]  {loss} ({number:,} items)", highlight=False, soft_wrap=True)

    def _due(self) -> str:
        """Say when what is pending goes on."""
        if self.blocked:
            return "behind a dead letter"
        return f"due {self.come_back:%Y-%m-%d %H:%M:%S} UTC" if self.come_back else ""

    def markdown(self) -> str:
        """Return the summary as Markdown for Prefect's artifact page."""
        lines = ["| | items |", "|---|---:|"]
        names = ("seen", "carried", "delivered", "already", "filtered", "pending", "dead")
        lines += [f"| {name} | {getattr(self, name):,} |" for name in names]
        lines += [f"\n{self.line}"]
        lines += [f"\n- {text}" for text in (*self.errors, *self.warnings)]
        lines += [f"\n- lost: {loss} ({number:,} items)" for loss, number in self.losses.items()]
        for one in self.previews:
            lines += [
                f"\n#### {one.action} {one.item}\n\n{_fenced(one.body)}",
                *(f"\n- lost: {loss}" for loss in one.losses),
            ]
        return "\n".join(lines + ([f"\n**Next:** {self.next_step}"] if self.next_step else []))


def _fenced(text: str) -> str:
    """Return text as a Markdown block of code that its own content cannot end."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _named(counts: dict[str, int]) -> str:
    """Name the largest parts of a count."""
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{number:,} {name}" for name, number in ordered[:4])


def dead_letter_rows(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """Return dead letters as rows of a table: what, why, and what to do."""
    return [
        {
            "key": job.key,
            "item": job.item_id,
            "action": str(job.action),
            "reason": str(job.reason or ""),
            "why": job.failures[-1].message if job.failures else "",
            "text": (job.item.text[:80] if job.item else ""),
            "next": advice(job),
        }
        for job in jobs
    ]


def advice(job: Job) -> str:
    """Say how a dead letter is got out of the way."""
    if job.state is not State.FAILED:
        return f"nothing: it is {job.outcome or job.state}"
    if job.unreadable is not None:
        return "mend the source and run the pair again, or skip"
    if job.reason == "unknown":
        return "look at the destination: adopt if it is there, redrive --reason unknown if not"
    return "mend the cause, then redrive; or skip"


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


class TerminalProgress:
    """A bar where there is a terminal, nothing where there is none."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
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
            table.add_row(row["key"], row["reason"], row["why"], row["next"])
        if rows:
            self.console.print(table, highlight=False)
        self.console.print(f"[bold]{len(rows):,}[/bold] in all", highlight=False)


FACE: ContextVar[Face | None] = ContextVar("face", default=None)
"""Set by the command line around a flow; the roads report to it when it is there."""
