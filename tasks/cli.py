"""The command line of a flow file: the flow's own signature and docstring, by cyclopts; exit codes; the last lines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import cyclopts
from prefect import Flow
from prefect.settings import (
    PREFECT_CLI_PROMPT,
    PREFECT_LOGGING_LEVEL,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    get_current_settings,
    temporary_settings,
)
from rich.console import Console

from adapters.contracts.errors import SyndicateError
from tasks.report import FACE, Face, TerminalProgress

INTERRUPTED = 130

QUIET = {
    PREFECT_SERVER_ANALYTICS_ENABLED: False,
    # A first start applies migrations: up to a minute on a busy machine.
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 180,
    # What a person needs to know is in the summary; Prefect's own log stays in its UI.
    PREFECT_LOGGING_LEVEL: "CRITICAL",
    PREFECT_CLI_PROMPT: False,
}
"""Prefect's settings of a local run; whoever sets one of them is obeyed."""


def main(*flows: Flow[..., Any]) -> None:
    """Run a flow file's command line: one flow is the command itself, several are sub-commands. Exits."""
    app = cyclopts.App(
        default_parameter=cyclopts.Parameter(consume_multiple=True), result_action="return_value", version_flags=[]
    )
    for flow in flows:
        command = _command(flow)
        if len(flows) == 1:
            app.default(command)
            app.help = command.__doc__ or ""
        else:
            app.command(command, name=flow.name.rsplit("-", 1)[-1])
    try:
        code = app(exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        _complain(str(error))
        code = 1
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted: run the same command again, it goes on where it was")
        code = INTERRUPTED
    sys.stdout.flush()
    sys.exit(code or 0)


def _command(flow: Flow[..., Any]) -> Callable[..., int]:
    """Give a flow's function a command's body."""

    @wraps(flow.fn)
    def command(*arguments: Any, **options: Any) -> int:
        return _run(flow, arguments, options)

    return command


def _run(flow: Flow[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> int:
    """Run a flow in this process and show what it came to; returns the exit code."""
    home = get_current_settings().home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        where = f"the folder for Prefect's state cannot be made: {home} ({problem.strerror})"
        _complain(f"{where}. Name one that can be written in PREFECT_HOME")
        return 1
    face = Face()
    face.bars = TerminalProgress(face.console)
    token = FACE.set(face)
    try:
        with temporary_settings(set_defaults=QUIET), face.bars.shown():
            _hush()
            state: Any = flow(*arguments, **options, return_state=True)
    finally:
        FACE.reset(token)
    if face.summary is not None:
        face.summary.show(face.console)
        return face.summary.exit_code
    if face.error:
        _complain(face.error)
        return 1
    if state.is_completed():
        return 0
    error = state.result(raise_on_failure=False)
    text = str(error) if isinstance(error, SyndicateError) else f"{state.name}: {state.message}"
    _complain(text)
    if isinstance(error, BaseException) and not isinstance(error, SyndicateError):
        Console(stderr=True).print_exception() if sys.exc_info()[0] else logging.getLogger(__name__).critical(
            "a bug; please report it", exc_info=error
        )
    return 1


def _complain(text: str) -> None:
    """Print one line about what is wrong."""
    Console(stderr=True).print(f"[red]error[/red] {text}", highlight=False, soft_wrap=True)


def _hush() -> None:
    """Keep Prefect's shutdown chatter off the screen; the run's own end is told by its state."""
    for name in ("prefect", "prefect.server", "httpx", "uvicorn"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


SAMPLE = Path(__file__).resolve().parents[1] / "sample" / "telegram_export"
"""The bundled sample, with which a newcomer's first run works."""
