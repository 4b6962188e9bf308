"""A run that a person started: the flow in this process, its progress and its end on the terminal, its exit code."""

from __future__ import annotations

import logging
import sys
from typing import Any

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

from adapters.contracts.errors import ConfigurationError, SyndicateError
from tasks.cli import complain
from tasks.report import FACE, Face, TerminalProgress, show

QUIET = {
    PREFECT_SERVER_ANALYTICS_ENABLED: False,
    # A first start applies migrations: up to a minute on a busy machine.
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 180,
    # What a person needs to know is in the summary; Prefect's own log stays in its UI.
    PREFECT_LOGGING_LEVEL: "CRITICAL",
    PREFECT_CLI_PROMPT: False,
}
"""Prefect's settings of a local run; whoever sets one of them is obeyed."""


def check_home() -> None:
    """See that Prefect's state has a folder; raises ConfigurationError."""
    home = get_current_settings().home
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        where = f"the folder for Prefect's state cannot be made: {home} ({problem.strerror})"
        raise ConfigurationError(f"{where}. Name one that can be written in PREFECT_HOME") from None


def run_here(flow: Flow[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> int:
    """Run a flow in this process and show what it came to; returns the exit code."""
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
        show(face.summary, face.console)
        return face.summary.exit_code
    if face.error:
        complain(face.error)
        return 1
    if face.exit_code is not None:
        return face.exit_code
    if state.is_completed():
        return 0
    error = state.result(raise_on_failure=False)
    text = str(error) if isinstance(error, SyndicateError) else f"{state.name}: {state.message}"
    complain(text)
    if isinstance(error, BaseException) and not isinstance(error, SyndicateError):
        Console(stderr=True).print_exception() if sys.exc_info()[0] else logging.getLogger(__name__).critical(
            "a bug; please report it", exc_info=error
        )
    return 1


def _hush() -> None:
    """Keep Prefect's shutdown chatter off the screen; the run's own end is told by its state."""
    for name in ("prefect", "prefect.server", "httpx", "uvicorn"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
