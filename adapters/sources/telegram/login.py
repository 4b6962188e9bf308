"""What lets the pack into a Telegram account: the application's id and hash (my.telegram.org), and a session."""

from __future__ import annotations

import hashlib
import struct

from pydantic import ConfigDict, SecretStr, ValidationError
from telethon.sessions import StringSession

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Model

SIGN_IN = "sign in again: python flows/sign_in.py telegram"


class Application(Model):
    """An application that my.telegram.org has registered."""

    model_config = ConfigDict(hide_input_in_errors=True)

    api_id: int
    api_hash: SecretStr


class Login(Application):
    """An application and a session that a person signed in once."""

    session: SecretStr
    """Telethon's StringSession: data centre, address and authorisation key. Who has it is in the account."""

    @property
    def account(self) -> str:
        """Name the session without giving it away: the begin of its key's SHA-256."""
        key = self.opened().auth_key
        if key is None:
            raise ConfigurationError(f"the Telegram session holds no key; {SIGN_IN}")
        return hashlib.sha256(key.key).hexdigest()[:16]

    def opened(self) -> StringSession:
        """Return the session as Telethon has it; raises ConfigurationError for what is none."""
        try:
            return StringSession(self.session.get_secret_value().strip())
        except (ValueError, struct.error):
            raise ConfigurationError(f"the Telegram session cannot be read; {SIGN_IN}") from None


def login_of(text: str, where: str) -> Login:
    """Read `{"api_id": …, "api_hash": …, "session": …}`; raises ConfigurationError, which repeats nothing of it."""
    try:
        return Login.model_validate_json(text)
    except ValidationError:
        raise ConfigurationError(
            f"{where} holds no Telegram session ({{'api_id', 'api_hash', 'session'}} as JSON); {SIGN_IN}"
        ) from None
