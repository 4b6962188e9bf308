"""What is proved before anything is sent: whose token it is, what it may do, and that the wall is the account's."""

from __future__ import annotations

from adapters.contracts.errors import ConfigurationError
from adapters.destinations.vk.settings import VkSettings
from adapters.vk.account import owner_of, prove_editor, rights_of
from adapters.vk.client import VkClient


def prove(client: VkClient, settings: VkSettings) -> None:
    """Raise ConfigurationError, saying exactly what is missing and how it is got."""
    account, _ = owner_of(client)
    rights_of(client)
    if settings.user and settings.user != account:
        raise ConfigurationError(
            f"the token belongs to user {account}, and --user is {settings.user}: only one's own wall can be written to"
        )
    if settings.community:
        prove_editor(client, settings.community, account)
