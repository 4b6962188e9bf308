"""What lets the pack into a Telegram account: the application's id and hash (my.telegram.org), and a session."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping

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


def login_of(text: str | Mapping[str, str | None], where: str) -> Login:
    """Read api_id, api_hash and session, as such or as JSON; raises ConfigurationError, which repeats nothing of it."""
    try:
        return Login.model_validate_json(text) if isinstance(text, str) else Login.model_validate(text)
    except ValidationError:
        raise ConfigurationError(
            f"{where} must hold api_id, api_hash and session, and does not; see docs/telegram.md, or {SIGN_IN}"
        ) from None


def text_of(login: Login) -> str:
    """Return what `login_of` reads: a secret."""
    hidden = {"api_hash": login.api_hash.get_secret_value(), "session": login.session.get_secret_value()}
    return json.dumps({"api_id": login.api_id} | hidden)
