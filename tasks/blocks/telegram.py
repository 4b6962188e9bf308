"""Telegram: an application and the session that a person signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import HttpUrl, SecretStr

from adapters.contracts.standing import Standing
from tasks.blocks.credentials import Credentials, variable

if TYPE_CHECKING:
    from adapters.sources.telegram import Login


class TelegramCredentials(Credentials):
    """A Telegram account's session and the application that it was made with. Who has it is in the account.

    `python flows/sign_in.py telegram --block NAME` fills it in.

    Example:
        ```python
        from tasks.blocks import TelegramCredentials

        credentials = TelegramCredentials.load("BLOCK_NAME")
        print(credentials.check())
        ```
    """

    _block_type_name = "Syndicate Telegram Credentials"
    _block_type_slug = "syndicate-telegram"
    _documentation_url = HttpUrl("https://core.telegram.org/api/obtaining_api_id")
    service = "telegram"

    api_id: int
    """The application's number, as my.telegram.org/apps shows it."""
    api_hash: SecretStr
    """The application's hash, beside its number."""
    session: SecretStr
    """The session, as flows/sign_in.py makes it; one machine at a time may use it."""

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return what SYNDICATE_TELEGRAM_SESSION and its application's variables hold."""
        from tasks.sources.telegram import SESSION, of_environment

        if not variable(SESSION):
            return None
        return cls.of(of_environment())

    @classmethod
    def of(cls, login: Login) -> Self:
        """Return the block that keeps a login."""
        return cls(api_id=login.api_id, api_hash=login.api_hash, session=login.session)

    @property
    def login(self) -> Login:
        """The session as the adapter takes it."""
        from tasks.sources.telegram import adapter

        made: Login = adapter().Login(api_id=self.api_id, api_hash=self.api_hash, session=self.session)
        return made

    def check(self) -> Standing:
        """Ask Telegram who is signed in, unless a run is using the session: two at once would end it."""
        login = self.login
        from adapters.sources.telegram.account import standing
        from tasks.credentials import open_store
        from tasks.holding import held_at_once

        store = open_store(lasting=False)
        try:
            with held_at_once(store, f"telegram-session:{login.account}", "check"):
                return standing(login)
        finally:
            store.close()
