"""The command line of a flow file: the flow's own signature and docstring, by cyclopts.

Prefect is imported when there is something to run: `--help` and wrong usage answer without it.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

import cyclopts
from rich.console import Console
from rich.markup import escape

from adapters.contracts.errors import SyndicateError
from tasks.flow import Command, Ended
from tasks.server import start_beside

INTERRUPTED = 130


def main(*flows: Callable[..., Ended]) -> None:
    """Run a flow file's command line: one flow is the command itself, several are sub-commands. Exits."""
    _answer(flows, _function)


def main_outside(flow: Callable[..., Ended]) -> None:
    """Run a command that is no flow run: it has to answer where Prefect does not. Exits."""
    _answer((flow,), _outside)


def _answer(flows: tuple[Callable[..., Ended], ...], made: Callable[[Command], Callable[..., int]]) -> None:
    """Understand the command line, run what it asks for, and exit."""
    app = _app()
    commands = [flow for flow in flows if isinstance(flow, Command)]
    file = f"{Path(sys.argv[0]).stem.replace('_', '-')}-"
    for command in commands:
        function = made(command)
        if len(commands) == 1:
            app.default(function)
            app.help = function.__doc__ or ""
        else:
            app.command(function, name=command.name.removeprefix(file))
    _finish(app)


def command(function: Callable[..., int]) -> None:
    """Run a command that is no flow run, on its own command line. Exits."""
    app = _app()
    app.help = inspect.getdoc(function) or ""

    @app.default
    @wraps(function)
    def run(*arguments: Any, **options: Any) -> int:
        os.environ.setdefault("DO_NOT_TRACK", "1")
        with _busy("looking …"):
            return function(*arguments, **options)

    _finish(app)


def _app() -> cyclopts.App:
    """Return a command line without commands."""
    return cyclopts.App(
        suppress_keyboard_interrupt=False,
        default_parameter=cyclopts.Parameter(consume_multiple=True),
        result_action="return_value",
        version_flags=[],
    )


def _finish(app: cyclopts.App) -> None:
    """Understand the command line, do what it says, and exit."""
    try:
        code = app(exit_on_error=False, print_error=False)
    except (cyclopts.CycloptsError, SyndicateError) as error:
        complain(str(error))
        code = 1
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted: run the same command again, it goes on where it was")
        code = INTERRUPTED
    sys.stdout.flush()
    sys.exit(code or 0)


def complain(text: str) -> None:
    """Print one line about what is wrong."""
    Console(stderr=True).print(f"[red]error[/red] {escape(text)}", highlight=False, soft_wrap=True)


def _busy(doing: str) -> AbstractContextManager[object]:
    """Say on a terminal what a person is waiting for."""
    console = Console(stderr=True)
    return console.status(doing) if console.is_terminal else nullcontext()


def _outside(command: Command) -> Callable[..., int]:
    """Give a function that is run as it stands a command line's body."""

    @wraps(command.function)
    def run(*arguments: Any, **options: Any) -> int:
        from tasks.report import FACE, Face

        face = Face()
        token = FACE.set(face)
        try:
            command.function(*arguments, **options)
        finally:
            FACE.reset(token)
        return face.exit_code or 0

    return run


def _function(command: Command) -> Callable[..., int]:
    """Give a flow's function a command line's body."""

    @wraps(command.function)
    def run(*arguments: Any, **options: Any) -> int:
        command.check(inspect.signature(command.function).bind(*arguments, **options))
        # Prefect's own account of what people do with it; it would ask a terminal for it at import.
        os.environ.setdefault("DO_NOT_TRACK", "1")
        ready = start_beside()
        with _busy("starting Prefect …"):
            from tasks.terminal import check_home, run_here

            check_home()
            ready()
            flow = command.flow
        return run_here(flow, arguments, options)

    return run
