"""Deeds: what a verb about records did, told on the terminal and as an artifact of bounded size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from prefect import State
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tasks.report import FACE, Face

SHOWN = 200
"""How many rows an artifact has."""
WIDTH = 160
"""Characters of a cell that an artifact shows."""


@dataclass
class Deed:
    """What was done, to which, what is left, and what to do next."""

    line: str
    """In one line; it becomes the run's message."""
    rows: Sequence[Mapping[str, str]] = ()
    """Which: the first of them, all with the same fields."""
    number: int = 0
    """How many there are in all."""
    columns: tuple[str, ...] = ()
    """The fields that people are shown."""
    notes: list[str] = field(default_factory=list)
    left: str = ""
    next_step: str = ""

    def page(self) -> str:
        """Return it as Markdown."""
        lines = [f"## {inline(self.line)}", ""]
        if self.rows:
            lines += [f"| {' | '.join(self.columns)} |", "|---" * len(self.columns) + "|"]
            lines += [f"| {' | '.join(_cell(row[name]) for name in self.columns)} |" for row in self.rows[:SHOWN]]
        if self.number > min(len(self.rows), SHOWN):
            lines += ["", f"… and {self.number - min(len(self.rows), SHOWN):,} more"]
        lines += [f"\n**Note:** {inline(note)}" for note in self.notes]
        lines += [f"\n**Left:** {inline(self.left)}"] if self.left else []
        lines += [f"\n**Next:** {inline(self.next_step)}"] if self.next_step else []
        return "\n".join(lines)

    def end(self, key: str, *, as_json: bool = False) -> State[None]:
        """Tell it on the terminal and as an artifact of this key, and return the state that its run ends in."""
        face = FACE.get()
        if face is not None and as_json:
            _write(face, self.rows)
        elif face is not None:
            self._show(face)
        create_markdown_artifact(self.page(), key=key, description=self.line)
        return Completed(message=self.line)

    def _show(self, face: Face) -> None:
        """Print it for a person."""
        if self.rows:
            table = Table(box=None, pad_edge=False)
            for name in self.columns:
                table.add_column(name, overflow="fold")
            for row in self.rows:
                table.add_row(*(Text(row[name]) for name in self.columns))
            face.console.print(table, highlight=False)
        if self.rows and self.number > len(self.rows):
            face.console.print(f"… and {self.number - len(self.rows):,} more", highlight=False)
        face.console.print(f"[bold]{escape(self.line)}[/bold]", highlight=False, soft_wrap=True)
        for note in self.notes:
            face.console.print(f"[yellow]note[/yellow]  {escape(note)}", highlight=False, soft_wrap=True)
        for name, text in (("left", self.left), ("next", self.next_step)):
            if text:
                face.console.print(f"[bold]{name}[/bold]  {escape(text)}", highlight=False, soft_wrap=True)


def inline(text: str) -> str:
    """Return text that Markdown takes for nothing but text, on one line of a table."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _cell(text: str) -> str:
    """Return text as a table's cell, no longer than is useful."""
    return inline(text if len(text) <= WIDTH else f"{text[:WIDTH]}…")


def _write(face: Face, rows: Sequence[Mapping[str, str]]) -> None:
    """Write rows as JSON, one a line."""
    # Whoever reads only the first lines closes the pipe: that is no error.
    with suppress(BrokenPipeError):
        face.console.file.writelines(f"{orjson.dumps(row).decode()}\n" for row in rows)
        face.console.file.flush()
