"""Signing in: a phone, the code that Telegram sends, and the account's password where it has one.

Follows core.telegram.org/api/auth and core.telegram.org/api/srp; nothing here is logged.
"""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr
from telethon import TelegramClient, errors, utils

from adapters.contracts.errors import ConfigurationError
from adapters.sources.telegram.line import Connect, Line
from adapters.sources.telegram.login import Application, Login

WRONG_CODE = (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError, errors.CodeEmptyError, errors.CodeInvalidError)
WHAT = "signing in"


class WrongAnswer(Exception):
    """A code or a password is not the right one: ask for it again."""


class SignIn:
    """One person's way into an account; over when `login` has been called."""

    def __init__(self, application: Application, connect: Connect = TelegramClient) -> None:
        self._application = application
        empty = Login(**application.model_dump(), session=SecretStr(""))
        self._line = Line(empty, connect)
        self._phone = ""

    def send_code(self, phone: str) -> None:
        """Have Telegram send a code to the account's apps, or to the phone."""
        if utils.parse_phone(phone) is None:
            raise ConfigurationError("that is no phone number: write it with its country, +79…")
        self._phone = phone

        async def send(client: Any) -> None:
            await client.send_code_request(phone)

        self._line.once(send, WHAT)

    def enter(self, code: str) -> bool:
        """Answer with the code; returns whether that is all, or a password is asked. Raises WrongAnswer."""

        async def enter(client: Any) -> bool:
            try:
                await client.sign_in(self._phone, code)
            except errors.SessionPasswordNeededError:
                return False
            except WRONG_CODE:
                raise WrongAnswer("that is not the code that Telegram has sent") from None
            return True

        return self._line.once(enter, WHAT)

    def prove(self, password: str) -> None:
        """Prove that one knows the password, which does not leave this machine. Raises WrongAnswer."""

        async def prove(client: Any) -> None:
            try:
                await client.sign_in(password=password)
            except errors.PasswordHashInvalidError:
                raise WrongAnswer("that is not the account's password") from None

        self._line.once(prove, WHAT)

    def login(self) -> tuple[Login, str]:
        """Return the session that is signed in now, and the account's name; hangs up."""

        async def told(client: Any) -> tuple[str, str]:
            me = await client.get_me()
            if me is None:
                raise ConfigurationError("Telegram did not let this session in: sign in again")
            return str(client.session.save()), f"{me.first_name or ''} {me.last_name or ''}".strip()

        try:
            session, name = self._line.once(told, WHAT)
        finally:
            self._line.close()
        return Login(**self._application.model_dump(), session=SecretStr(session)), name

    def close(self) -> None:
        """Hang up; may be called twice."""
        self._line.close()
