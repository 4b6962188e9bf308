"""A VK wall as a pair's source."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pydantic import SecretStr

from adapters.sources.vk.settings import VkSourceSettings
from adapters.vk.address import ADDRESS, BASE_URL, SERVICE_TOKEN, TOKEN
from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.vk import VkSource


class VkWall(VkSourceSettings, Source):
    """The VK wall that is read."""

    vk_block: str = ""
    """The name of a Syndicate VK Credentials block; without one the token comes from token_block, VK_SERVICE_TOKEN or
    VK_ACCESS_TOKEN."""
    token_block: str = ""
    """The name of a Secret block with an access token, a user's or an application's."""

    def open(self) -> VkSource:
        """Return the adapter."""
        from adapters.sources.vk import VkSource

        settings = VkSourceSettings(**self.model_dump(exclude={"vk_block", "token_block"}))
        named = os.environ.get(ADDRESS, "")
        if named and settings.base_url == BASE_URL:
            settings = VkSourceSettings(**settings.model_dump() | {"base_url": named})
        return VkSource(settings, self._token())

    def _token(self) -> SecretStr | None:
        """Return a token that reads, from where it is named."""
        from tasks.credentials import loaded, secret

        if not self.vk_block:
            return secret(TOKEN if self.token_block else reading_variable(), self.token_block)
        from tasks.blocks.vk import VkCredentials

        return loaded(VkCredentials, self.vk_block).reads


def reading_variable() -> str:
    """Return the variable whose token reads walls: the application's where it is set."""
    return SERVICE_TOKEN if os.environ.get(SERVICE_TOKEN) else TOKEN
