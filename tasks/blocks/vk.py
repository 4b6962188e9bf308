"""VK: a user's token for publishing, an application's for reading."""

from __future__ import annotations

from typing import Self

from pydantic import Field, HttpUrl, SecretStr

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from adapters.vk.address import ADDRESS, BASE_URL, SERVICE_TOKEN, TOKEN
from tasks.blocks.credentials import Credentials, is_filled, variable

PER_SECOND = 2.0
"""Requests a second while asking; VK allows a user three."""


class VkCredentials(Credentials):
    """Tokens for VK: a user's publishes on walls, an application's reads those that are open.

    Example:
        ```python
        from tasks.blocks import VkCredentials

        credentials = VkCredentials.load("BLOCK_NAME")
        print(credentials.check())
        ```
    """

    _block_type_name = "Syndicate VK Credentials"
    _block_type_slug = "syndicate-vk"
    _documentation_url = HttpUrl("https://dev.vk.com/api/access-token/getting-started")
    service = "vk"

    token: SecretStr = SecretStr("")
    """A user's access token with the rights wall, photos, video, docs and offline; it publishes, and reads too."""
    service_token: SecretStr = SecretStr("")
    """An application's service token; where it is given, walls are read with it."""
    community: int = Field(default=0, ge=0)
    """The number of a community whose wall the check asks about; 0 asks about the user's own."""

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return the tokens that VK_ACCESS_TOKEN and VK_SERVICE_TOKEN hold."""
        token, service = variable(TOKEN), variable(SERVICE_TOKEN)
        return cls(token=SecretStr(token), service_token=SecretStr(service)) if token or service else None

    def check(self) -> Standing:
        """Ask VK whose the tokens are and what they may do."""
        asked = [("user", self.token), ("application", self.service_token)]
        told = [self._ask(kind, token) for kind, token in asked if is_filled(token)]
        if not told:
            raise ConfigurationError("the block holds no token: fill it in; docs/credentials.md says how they are got")
        return Standing("; ".join(one.can for one in told), "; ".join(filter(None, (one.soon for one in told))))

    @property
    def publishes(self) -> SecretStr | None:
        """The user's token."""
        return self.token if is_filled(self.token) else None

    @property
    def reads(self) -> SecretStr | None:
        """The application's token, else the user's."""
        return self.service_token if is_filled(self.service_token) else self.publishes

    def _ask(self, kind: str, token: SecretStr) -> Standing:
        """Ask about one token."""
        from adapters.http import Client
        from adapters.vk.account import publishing, reading
        from adapters.vk.client import VkClient

        client = VkClient(variable(ADDRESS) or BASE_URL, PER_SECOND, token, Client())
        try:
            return publishing(client, self.community) if kind == "user" else reading(client)
        finally:
            client.close()
