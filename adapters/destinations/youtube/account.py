"""Whose channel a sign-in to YouTube is for, and whose quota it spends."""

from __future__ import annotations

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from adapters.destinations.youtube.channel import channels_of
from adapters.destinations.youtube.oauth import SIGN_IN
from adapters.destinations.youtube.settings import Addresses, Credentials
from adapters.http import Client

DEADLINE = 25.0
"""Seconds the question may take; it costs one unit of the day's quota."""


def standing(credentials: Credentials, addresses: Addresses, client: Client) -> Standing:
    """Ask which channel the refresh token opens; raises ConfigurationError where it opens none."""
    if not credentials.refresh_token.get_secret_value():
        raise ConfigurationError(f"there is an OAuth client and nobody who signs in: {SIGN_IN}")
    channels = channels_of(credentials, addresses, client, DEADLINE)
    if not channels:
        raise ConfigurationError(f"this account has no YouTube channel: make one at youtube.com, then {SIGN_IN}")
    named = ", ".join(f"{title or 'a channel'} ({channel})" for channel, title in channels)
    return Standing(f"signed in as {named}; quota of {_project(credentials.client_id)}")


def _project(client_id: str) -> str:
    """Name the project whose quota is spent: a client's id begins with its number."""
    number = client_id.partition("-")[0]
    return f"project {number}" if number.isdecimal() else "the OAuth client's project"
