"""A VK wall as a pair's source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from adapters.sources.vk.settings import VkSourceSettings
from adapters.vk.address import ADDRESS, BASE_URL, TOKEN
from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.vk import VkSource


class VkWall(VkSourceSettings, Source):
    """The VK wall that is read."""

    token_block: str = ""
    """The name of a Secret block with an access token, a user's or an application's; else it is VK_ACCESS_TOKEN's."""

    def open(self) -> VkSource:
        """Return the adapter."""
        from adapters.sources.vk import VkSource
        from tasks.credentials import secret

        settings = VkSourceSettings(**self.model_dump(exclude={"token_block"}))
        named = os.environ.get(ADDRESS, "")
        if named and settings.base_url == BASE_URL:
            settings = VkSourceSettings(**settings.model_dump() | {"base_url": named})
        return VkSource(settings, secret(TOKEN, self.token_block))
