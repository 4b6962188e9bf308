"""What the doctor says: a table on a terminal, plain lines or JSON elsewhere, an artifact of a deployment's run."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tasks.doctor.case import Case
from tasks.doctor.examine import examine
from tasks.doctor.finding import Finding, Level, is_wrong, verdict
from tasks.report import FACE, Face
from tasks.server import chosen, start_beside

STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.WRONG: "bold red"}
QUIET = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL", "DO_NOT_TRACK": "1"}
"""Prefect's log would stand between the findings; whoever sets one of these is obeyed."""
TALKERS = ("prefect", "httpx", "EventsWorker")
"""Loggers that warn on the screen where Prefect has set no logging up; the last one is Prefect's too."""


def look(*, as_json: bool) -> object:
    """Look at everything, and tell it to the person, or leave it at the flow run; returns how a flow run ends."""
    face = FACE.get()
    if face is None:
        return _left()
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    for name in TALKERS:
        logging.getLogger(name).setLevel(os.environ["PREFECT_LOGGING_LEVEL"])
    has_own_server = not chosen(os.environ, Path.cwd())
    with _busy(face.console) as doing:
        case = Case(ready=start_beside(), has_own_server=has_own_server)
        findings = list(_told(examine(case), doing))
    _show(findings, face, as_json=as_json)
    face.exit_code = 1 if is_wrong(findings) else 0
    return findings


def _left() -> object:
    """Leave the findings as an artifact of the flow run, and fail it where something is wrong."""
    from prefect.artifacts import create_table_artifact  # noqa: PLC0415 - on a command line it may be what is broken
    from prefect.states import Completed, Failed  # noqa: PLC0415

    findings = list(examine(Case(ready=lambda: None, has_own_server=False)))
    rows, line = [one.row for one in findings], verdict(findings)
    create_table_artifact(rows, key="doctor", description=line)
    return Failed(message=line) if is_wrong(findings) else Completed(message=line, data=rows)


@contextmanager
def _busy(console: Console) -> Iterator[Callable[[str], None]]:
    """Say on a terminal what is being looked at; yields what is told it."""
    if not console.is_terminal:
        yield lambda _: None
        return
    with Console(stderr=True).status("looking …") as status:
        yield lambda what: status.update(f"looked at {what} …")


def _told(findings: Iterator[Finding], doing: Callable[[str], None]) -> Iterator[Finding]:
    """Pass findings on, and say how far it is."""
    for one in findings:
        doing(one.check)
        yield one


def _show(findings: list[Finding], face: Face, *, as_json: bool) -> None:
    """Print findings."""
    if as_json:
        told = {"verdict": verdict(findings), "findings": [one.row for one in findings]}
        face.console.file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    if face.console.is_terminal:
        face.console.print(_table(findings), highlight=False)
    else:
        for one in findings:
            face.console.print(_plain(one), markup=False, highlight=False, soft_wrap=True)
    face.console.print(Text(verdict(findings), style="bold"), highlight=False, soft_wrap=True)


def _table(findings: list[Finding]) -> Table:
    """Return the findings as a table: below what is not well why, and what mends it."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        text = Text(one.what)
        if one.why:
            text.append(f"\n{one.why}", style="dim")
        if one.mend:
            text.append(f"\n→ {one.mend}", style="bold")
        table.add_row(Text(one.level.value, style=STYLES[one.level]), one.check, text)
    return table


def _plain(one: Finding) -> str:
    """Return a finding as lines that a program or a mail can hold."""
    lines = [f"{one.level.value:<5}  {one.check}: {one.what}"]
    lines += [f"       why: {one.why}"] if one.why else []
    lines += [f"       mend: {one.mend}"] if one.mend else []
    return "\n".join(lines)
