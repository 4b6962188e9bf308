"""Sign-in to Telegram: asked in a terminal once, kept in a Secret block or in a file that only its owner reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from prefect.blocks.system import Secret
from pydantic import SecretStr, ValidationError
from rich.console import Console
from rich.markup import escape
from telethon import TelegramClient

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.store import JobStore
from adapters.sources.telegram import Application, Login, SignIn, WrongAnswer, text_of
from adapters.sources.telegram.line import Connect
from tasks.blocks.telegram import TelegramCredentials
from tasks.credentials import secret_or_none
from tasks.holding import held
from tasks.sources.telegram import API_HASH, API_ID, kept, path_of, where

T = TypeVar("T")
TRIES = 3
"""How often a wrong code or password may be given."""


@dataclass(frozen=True)
class Terminal:
    """Whom to ask; what is hidden is not shown while it is typed."""

    console: Console
    connect: Connect = TelegramClient

    def ask(self, what: str) -> str:
        """Ask for something that may be seen."""
        return self._answer(what, hidden=False)

    def hidden(self, what: str) -> str:
        """Ask for a secret."""
        return self._answer(what, hidden=True)

    def _answer(self, what: str, *, hidden: bool) -> str:
        """Ask, and take an end of the input for a refusal."""
        try:
            return self.console.input(f"{escape(what)}: ", password=hidden).strip()
        except EOFError:
            raise ConfigurationError(
                f"{what}: nobody answers; run python flows/sign_in.py telegram in a terminal"
            ) from None


def sign_in_telegram(terminal: Terminal, store: JobStore, block: str, file: str) -> str:
    """Sign in and keep the session; returns one line about it that holds no secret."""
    before = _before(block, file)
    with _unused(store, before):
        login, name = _signed_in(terminal, _application(terminal, before))
        option = _keep(login, block, file)
    terminal.console.print(f"kept in {where(block, file)}", highlight=False, soft_wrap=True, markup=False)
    terminal.console.print(
        f"give it to flows as {option}" if option else "flows find it there by themselves",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    return f"signed in to Telegram as {name or 'an account without a name'}"


def _before(block: str, file: str) -> Login | None:
    """Return the session that is going to be replaced; one that cannot be read is none."""
    try:
        return kept(block, file)
    except ConfigurationError:
        return None


def _unused(store: JobStore, before: Login | None) -> AbstractContextManager[object]:
    """Let nobody use the old session while it is replaced."""
    try:
        return held(store, f"telegram-session:{before.account}", "sign-in") if before else nullcontext()
    except ConfigurationError:
        return nullcontext()


def _application(terminal: Terminal, before: Login | None) -> Application:
    """Return the application: the environment's, the old session's, or what a person types."""
    number, hidden = os.environ.get(API_ID, ""), os.environ.get(API_HASH, "")
    if before is not None and not (number and hidden):
        return Application(api_id=before.api_id, api_hash=before.api_hash)
    number = number or terminal.ask("api_id (from my.telegram.org/apps)")
    hidden = hidden or terminal.hidden("api_hash")
    try:
        return Application(api_id=int(number), api_hash=SecretStr(hidden))
    except (ValueError, ValidationError):
        raise ConfigurationError("api_id is a number, as my.telegram.org/apps shows it") from None


def _signed_in(terminal: Terminal, application: Application) -> tuple[Login, str]:
    """Ask for phone, code and password until Telegram is content."""
    way = SignIn(application, terminal.connect)
    try:
        way.send_code(terminal.ask("phone, with its country (+79…)"))
        whole = _patiently(terminal, lambda: way.enter(terminal.ask("the code that Telegram has sent")))
        if not whole:
            _patiently(terminal, lambda: way.prove(terminal.hidden("the account's password")))
        return way.login()
    finally:
        way.close()


def _patiently(terminal: Terminal, answer: Callable[[], T]) -> T:
    """Ask again for what was mistyped, a few times."""
    for left in range(TRIES - 1, -1, -1):
        try:
            return answer()
        except WrongAnswer as error:
            if not left:
                raise ConfigurationError(f"{error}: begin again in a while, Telegram counts the mistakes") from None
            terminal.console.print(str(error), highlight=False, markup=False)
    raise AssertionError


def _keep(login: Login, block: str, file: str) -> str:
    """Keep a session where it was asked for; returns the option that names the place, empty where none is needed."""
    if not block:
        _write(login, path_of(file))
        return f"--session-file {file}" if file else ""
    if secret_or_none(block) is None:
        TelegramCredentials.of(login).save(block, overwrite=True)
        return f"--telegram-block {block}"
    Secret(value=text_of(login)).save(block, overwrite=True)
    return f"--session-block {block}"


def _write(login: Login, path: Path) -> None:
    """Write a session into a file that is its owner's alone from its first byte on."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(temporary, "x", encoding="utf-8", opener=_own) as opened:
            opened.write(text_of(login))
        temporary.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}; name another --file") from None
    finally:
        temporary.unlink(missing_ok=True)


def _own(path: str, flags: int) -> int:
    """Open a file that nobody else may read."""
    return os.open(path, flags, 0o600)
