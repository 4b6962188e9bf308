"""What a person reads in a terminal is what was said: brackets are no markup."""

from __future__ import annotations

import io

from rich.console import Console

from tasks.cli import complain
from tasks.report import Face, show
from tasks.summary import Preview, Summary

SAID = "pip install -e '.[dzen]' [bold]x[/bold]"


def printed(do):
    """Return what is printed to a console that is no terminal."""
    console = Console(file=io.StringIO(), width=200)
    do(console)
    return console.file.getvalue()


def test_a_summary_shows_what_was_said():
    """In errors, warnings, losses, names of filters, previews, place and next step."""
    summary = Summary(
        pair=SAID,
        seen=1,
        filtered=1,
        filtered_by={SAID: 1},
        errors=[SAID],
        warnings=[SAID],
        losses={SAID: 1},
        previews=[Preview(item=SAID, action="create", body=SAID)],
        place=SAID,
        next_step=SAID,
    )
    assert printed(lambda console: show(summary, console)).count(SAID) == 9


def test_a_complaint_shows_what_was_said(capsys):
    """The one line of a run that cannot work."""
    complain(SAID)
    assert capsys.readouterr().err.replace("\n", "") == f"error {SAID}"


def test_dead_letters_show_what_was_said():
    """A far side's answer is quoted as it came."""
    row = {"key": "k", "reason": "rejected", "why": SAID, "next": "skip"}
    assert SAID in printed(lambda console: Face(console).show_jobs([], [row], as_json=False, whole=False))
