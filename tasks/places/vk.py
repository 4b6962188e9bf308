"""A VK wall as a pair's destination."""

from __future__ import annotations

import os

from adapters.destinations.vk import VkDestination, VkSettings
from adapters.vk.address import ADDRESS, BASE_URL, TOKEN
from tasks.groups import Place


class Vk(VkSettings, Place):
    """The VK wall."""

    token_block: str = ""
    """The name of a Secret block with the user's access token; without one it comes from VK_ACCESS_TOKEN."""

    def open(self) -> VkDestination:
        """Return the adapter; without a token it can still render."""
        from tasks.credentials import secret

        settings = VkSettings(**self.model_dump(exclude={"token_block"}))
        named = os.environ.get(ADDRESS, "")
        if named and settings.base_url == BASE_URL:
            settings = VkSettings(**settings.model_dump() | {"base_url": named})
        return VkDestination(settings, secret(TOKEN, self.token_block))
