"""What is proved before anything is sent: whose token it is, what it may do, and that the wall is the account's.

Rights: dev.vk.com/reference/access-rights.
"""

from __future__ import annotations

from adapters.contracts.errors import ConfigurationError
from adapters.destinations.vk.settings import VkSettings
from adapters.vk.client import VkClient
from adapters.vk.errors import GET_A_TOKEN

DEADLINE = 15.0
"""Seconds a question may take."""
NEEDED = {"wall": 8192, "photos": 4, "video": 16, "docs": 131_072}
"""Right → its bit."""
WHY = {
    "wall": "posts; VK's support gives it on request, to applications alone: dev.vk.com",
    "photos": "photos",
    "video": "videos",
    "docs": "documents",
}
EDITOR = 2
"""`admin_level` of a community's editor; administrators have 3."""


def prove(client: VkClient, settings: VkSettings) -> None:
    """Raise ConfigurationError, saying exactly what is missing and how it is got."""
    owners = client.read("users.get", {}, DEADLINE)
    if not owners:
        raise ConfigurationError(
            "the token is a community's: with it VK takes texts alone, no photos (error 27), and no edits. Use the "
            f"token of a user who is the community's editor; {GET_A_TOKEN}"
        )
    account = int(owners[0]["id"])
    mask = int(client.read("account.getAppPermissions", {}, DEADLINE))
    missing = [name for name, bit in NEEDED.items() if not mask & bit]
    if missing:
        rights = "; ".join(f"{name} ({WHY[name]})" for name in missing)
        raise ConfigurationError(
            f"the token lacks the right {rights}: get one with scope=wall,photos,video,docs,offline; {GET_A_TOKEN}"
        )
    if settings.user and settings.user != account:
        raise ConfigurationError(
            f"the token belongs to user {account}, and --user is {settings.user}: only one's own wall can be written to"
        )
    if settings.community:
        _prove_editor(client, settings.community, account)


def _prove_editor(client: VkClient, community: int, account: int) -> None:
    """See that the account may publish for the community."""
    found = client.read("groups.getById", {"group_id": community}, DEADLINE)["groups"]
    group = found[0] if found else {}
    if int(group.get("admin_level") or 0) < EDITOR:
        raise ConfigurationError(
            f"user {account} is no editor of community {community} ({group.get('name', 'which VK does not show')}): an "
            "administrator makes them one under Manage → Members → Managers, or use another user's token"
        )
