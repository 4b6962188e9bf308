"""A VK wall as a pair's destination."""

from __future__ import annotations

import os

from pydantic import SecretStr

from adapters.destinations.vk import VkDestination, VkSettings
from adapters.vk.address import ADDRESS, BASE_URL, TOKEN
from tasks.groups import Place


class Vk(VkSettings, Place):
    """The VK wall."""

    vk_block: str = ""
    """The name of a Syndicate VK Credentials block; without one the token comes from token_block or VK_ACCESS_TOKEN."""
    token_block: str = ""
    """The name of a Secret block with the user's access token; without one it comes from VK_ACCESS_TOKEN."""

    def open(self) -> VkDestination:
        """Return the adapter; without a token it can still render."""
        settings = VkSettings(**self.model_dump(exclude={"vk_block", "token_block"}))
        named = os.environ.get(ADDRESS, "")
        if named and settings.base_url == BASE_URL:
            settings = VkSettings(**settings.model_dump() | {"base_url": named})
        return VkDestination(settings, self._token())

    def _token(self) -> SecretStr | None:
        """Return the user's token from where it is named."""
        from tasks.credentials import loaded, secret

        if not self.vk_block:
            return secret(TOKEN, self.token_block)
        from tasks.blocks.vk import VkCredentials

        return loaded(VkCredentials, self.vk_block).publishes
