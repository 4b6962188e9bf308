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
from typing import Any

import cyclopts
from rich.console import Console
from rich.markup import escape

from adapters.contracts.errors import ConfigurationError
from tasks.flow import Command, Ended
from tasks.server import start_beside

INTERRUPTED = 130


def main(*flows: Callable[..., Ended]) -> None:
    """Run a flow file's command line: one flow is the command itself, several are sub-commands. Exits."""
    app = cyclopts.App(
        suppress_keyboard_interrupt=False,
        default_parameter=cyclopts.Parameter(consume_multiple=True),
        result_action="return_value",
        version_flags=[],
    )
    commands = [flow for flow in flows if isinstance(flow, Command)]
    for command in commands:
        function = _function(command)
        if len(commands) == 1:
            app.default(function)
            app.help = function.__doc__ or ""
        else:
            app.command(function, name=command.name.rsplit("-", 1)[-1])
    try:
        code = app(exit_on_error=False, print_error=False)
    except (cyclopts.CycloptsError, ConfigurationError) as error:
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
