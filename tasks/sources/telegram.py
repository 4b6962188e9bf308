"""A live Telegram channel, group or chat as a pair's source, and the session that reads it."""

from __future__ import annotations

import os
import stat
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from adapters.contracts.errors import ConfigurationError
from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.telegram import Login, TelegramSource

API_ID, API_HASH, SESSION = "SYNDICATE_TELEGRAM_API_ID", "SYNDICATE_TELEGRAM_API_HASH", "SYNDICATE_TELEGRAM_SESSION"
SIGN_IN = "python flows/sign_in.py telegram"
FOLDER = "syndicate-telegram"


class Session(Source):
    """The channel, read by an account."""

    telegram_block: str = ""
    """The name of a Syndicate Telegram Credentials block, which flows/sign_in.py fills."""
    session_block: str = ""
    """The name of a Secret block that an earlier flows/sign_in.py has filled."""
    session_file: str = ""
    """The file that flows/sign_in.py has written; without a block or a file the session comes from SYNDICATE_TELEGRAM_…
    variables, else from the file that sign_in writes by itself."""

    def reading(self, channel: str) -> TelegramSource:
        """Return the adapter for a chat."""
        source: type[TelegramSource] = adapter().TelegramSource
        login = self._login()
        return source(channel, login, folder() / f"addresses-{login.account}.json")

    def _login(self) -> Login:
        """Return the session from where it is named."""
        if not self.telegram_block:
            return signed_in(self.session_block, self.session_file)
        from tasks.blocks.telegram import TelegramCredentials
        from tasks.credentials import loaded

        return loaded(TelegramCredentials, self.telegram_block).login


class Telegram(Session):
    """The Telegram channel."""

    channel: str
    """A channel, group or chat: @name, a t.me link, an invite link that was joined, or its number (user7, chat5)."""

    def open(self) -> TelegramSource:
        """Return the adapter."""
        return self.reading(self.channel)


class FromTelegram(Session):
    """The Telegram channel."""

    from_channel: str
    """A channel, group or chat: @name, a t.me link, an invite link that was joined, or its number (user7, chat5). Its
    name is another one here, because the place has a channel too."""

    def open(self) -> TelegramSource:
        """Return the adapter."""
        return self.reading(self.from_channel)


def adapter() -> ModuleType:
    """Return the adapter's module; raises ConfigurationError where Telethon is not installed."""
    try:
        return import_module("adapters.sources.telegram")
    except ImportError as error:
        raise ConfigurationError("a live Telegram channel needs Telethon: pip install -e '.[telegram]'") from error


def folder() -> Path:
    """Return where sessions and addresses are kept unless told otherwise."""
    from tasks.credentials import home

    return home() / FOLDER


def signed_in(block: str, file: str) -> Login:
    """Return the session: of a block, of a file, of the environment, or of the file that sign_in writes by itself."""
    if block or file or not os.environ.get(SESSION):
        found = kept(block, file)
        if found is None:
            raise ConfigurationError(f"there is no Telegram session in {where(block, file)}: {SIGN_IN}")
        return found
    return of_environment()


def of_environment() -> Login:
    """Return the session that the environment holds."""
    login_of = adapter().login_of
    values = {"api_id": os.environ.get(API_ID), "api_hash": os.environ.get(API_HASH), "session": os.environ[SESSION]}
    found: Login = login_of(values, f"{API_ID}, {API_HASH} and {SESSION}")
    return found


def kept(block: str, file: str) -> Login | None:
    """Return the session that a block or a file holds; None where there is neither yet."""
    if block:
        return _of_block(block)
    login_of = adapter().login_of
    path = path_of(file)
    try:
        with path.open(encoding="utf-8") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise ConfigurationError(
                    f"{path} can be read by others, and lets them into the account: chmod 600 {path}"
                )
            found: Login = login_of(opened.read(), where(block, file))
            return found
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}): mend that, or {SIGN_IN}") from None


def _of_block(block: str) -> Login | None:
    """Return the session of a Secret block, or of one for Telegram; None where there is neither."""
    from tasks.blocks.telegram import TelegramCredentials
    from tasks.credentials import block_or_none, secret_or_none

    text = secret_or_none(block)
    if text is None:
        own = block_or_none(TelegramCredentials, block)
        return own.login if own else None
    found: Login = adapter().login_of(text.get_secret_value(), where(block, ""))
    return found


def path_of(file: str) -> Path:
    """Return the file that is meant."""
    return Path(file).expanduser() if file else folder() / "session.json"


def where(block: str, file: str) -> str:
    """Say where a session is kept."""
    return f"the block {block!r}" if block else str(path_of(file))
