"""A live Telegram channel, group or chat as a pair's source, and the session that reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
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

    session_block: str = ""
    """The name of a Secret block that flows/sign_in.py has filled."""
    session_file: str = ""
    """The file that flows/sign_in.py has written; without block and file the session comes from SYNDICATE_TELEGRAM_…
    variables, else from the file that sign_in writes by itself."""

    def reading(self, channel: str) -> TelegramSource:
        """Return the adapter for a chat."""
        try:
            from adapters.sources.telegram import TelegramSource
        except ImportError as error:
            raise ConfigurationError("a live Telegram channel needs Telethon: pip install -e '.[telegram]'") from error
        login = signed_in(self.session_block, self.session_file)
        return TelegramSource(channel, login, folder() / f"addresses-{login.account}.json")


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
    from adapters.sources.telegram import login_of

    values = {"api_id": os.environ.get(API_ID), "api_hash": os.environ.get(API_HASH), "session": os.environ[SESSION]}
    return login_of(values, f"{API_ID}, {API_HASH} and {SESSION}")


def kept(block: str, file: str) -> Login | None:
    """Return the session that a block or a file holds; None where there is neither yet."""
    from adapters.sources.telegram import login_of
    from tasks.credentials import secret_or_none

    if block:
        text = secret_or_none(block)
        return login_of(text.get_secret_value(), where(block, file)) if text else None
    path = path_of(file)
    try:
        with path.open(encoding="utf-8") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise ConfigurationError(
                    f"{path} can be read by others, and lets them into the account: chmod 600 {path}"
                )
            return login_of(opened.read(), where(block, file))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}): mend that, or {SIGN_IN}") from None


def path_of(file: str) -> Path:
    """Return the file that is meant."""
    return Path(file).expanduser() if file else folder() / "session.json"


def where(block: str, file: str) -> str:
    """Say where a session is kept."""
    return f"the Secret block {block!r}" if block else str(path_of(file))
