"""A YouTube channel as a pair's destination, and who signs in to it."""

from __future__ import annotations

import json
import os

from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError
from adapters.destinations.youtube import Addresses, Credentials, YouTubeDestination, YouTubeSettings
from tasks.groups import Place

ID, SECRET, REFRESH = "YOUTUBE_CLIENT_ID", "YOUTUBE_CLIENT_SECRET", "YOUTUBE_REFRESH_TOKEN"
ADDRESSES = {"base": "YOUTUBE_BASE_URL", "token": "YOUTUBE_TOKEN_URL", "auth": "YOUTUBE_AUTH_URL"}


class YouTube(YouTubeSettings, Place):
    """The channel."""

    youtube_block: str = ""
    """The name of a Syndicate YouTube Credentials block, which flows/sign_in.py fills; without one credentials_block or
    YOUTUBE_… variables say who signs in."""
    credentials_block: str = ""
    """The name of a Secret block that an earlier flows/sign_in.py has filled."""

    def open(self) -> YouTubeDestination:
        """Return the adapter; with nobody who signs in it can still render."""
        settings = YouTubeSettings(**self.model_dump(exclude={"youtube_block", "credentials_block"}))
        return YouTubeDestination(settings, self._signed_in(), addresses())

    def _signed_in(self) -> Credentials | None:
        """Return who signs in, from where it is named."""
        if not self.youtube_block:
            return signed_in(self.credentials_block)
        from tasks.blocks.youtube import YouTubeCredentials
        from tasks.credentials import loaded

        return loaded(YouTubeCredentials, self.youtube_block).login


def signed_in(block: str) -> Credentials | None:
    """Return who signs in, from a Secret block or the environment; None where that is not set whole."""
    if block:
        return _kept(block)
    values = [os.environ.get(name, "") for name in (ID, SECRET, REFRESH)]
    return _credentials(*values) if all(values) else None


def client_of(block: str) -> Credentials:
    """Return the OAuth client with which a person signs in: the environment's, else that of a block filled before."""
    client, hidden = os.environ.get(ID, ""), os.environ.get(SECRET, "")
    if client and hidden:
        return _credentials(client, hidden, "")
    if block:
        return _kept(block)
    raise ConfigurationError(f"set {ID} and {SECRET}: docs/youtube.md says how they are got")


def _kept(block: str) -> Credentials:
    """Read credentials from a Secret block, or from one for YouTube."""
    from tasks.blocks.youtube import YouTubeCredentials
    from tasks.credentials import block_or_none, secret_or_none

    kept = secret_or_none(block)
    own = block_or_none(YouTubeCredentials, block) if kept is None else None
    if own is not None:
        return own.login
    try:
        return Credentials.model_validate(json.loads(kept.get_secret_value() if kept else ""))
    except (ValueError, TypeError):
        raise ConfigurationError(
            f"the block {block!r} holds no YouTube credentials: set {ID} and {SECRET}, then "
            f"python flows/sign_in.py youtube --block {block}"
        ) from None


def _credentials(client: str, hidden: str, refresh: str) -> Credentials:
    """Build credentials."""
    return Credentials(client_id=client, client_secret=SecretStr(hidden), refresh_token=SecretStr(refresh))


def addresses() -> Addresses:
    """Return where YouTube is: where it always is, unless the environment names another place."""
    named = {field: os.environ.get(name) for field, name in ADDRESSES.items()}
    return Addresses.model_validate({field: value for field, value in named.items() if value})
