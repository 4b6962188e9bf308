"""Whom a Telegram session lets in (core.telegram.org/method/users.getUsers)."""

from __future__ import annotations

from typing import Any

from telethon import TelegramClient

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from adapters.sources.telegram.line import Connect, Line
from adapters.sources.telegram.login import SIGN_IN, Login

WHAT = "asking whose session it is"


def standing(login: Login, connect: Connect = TelegramClient) -> Standing:
    """Ask who is signed in. Telegram ends a session that two addresses use at once: hold it meanwhile."""

    async def told(client: Any) -> Standing:
        me = await client.get_me()
        if me is None:
            raise ConfigurationError(f"Telegram does not know this session any more; {SIGN_IN}")
        name = f"{me.first_name or ''} {me.last_name or ''}".strip() or "an account without a name"
        known = f"@{me.username}" if me.username else f"user{me.id}"
        if me.bot:
            raise ConfigurationError(f"{name} ({known}) is a bot, and bots may not read history; {SIGN_IN}, as a user")
        return Standing(f"signed in as {name} ({known}), until the session is ended in Telegram's list of devices")

    line = Line(login, connect)
    try:
        return line.once(told, WHAT)
    finally:
        line.close()
