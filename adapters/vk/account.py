"""Whose a token of VK is and what it may do. Rights: dev.vk.com/reference/access-rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
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
OFFLINE = 65_536
"""The right by which a token does not end after a day."""
EDITOR = 2
"""`admin_level` of a community's editor; administrators have 3."""
SOMEBODY = 1
"""A user whom everybody may see: asked for where only the token is in question."""


def owner_of(client: VkClient) -> tuple[int, str]:
    """Return number and name of the user whose token it is; raises ConfigurationError for a community's."""
    owners = client.read("users.get", {}, DEADLINE)
    if not owners:
        raise ConfigurationError(
            "the token is a community's: with it VK takes texts alone, no photos (error 27), and no edits. Use the "
            f"token of a user who is the community's editor; {GET_A_TOKEN}"
        )
    return int(owners[0]["id"]), _name(owners[0])


def rights_of(client: VkClient) -> int:
    """Return the token's rights as bits; raises ConfigurationError where one that publishing needs is missing."""
    mask = int(client.read("account.getAppPermissions", {}, DEADLINE))
    missing = [name for name, bit in NEEDED.items() if not mask & bit]
    if missing:
        rights = "; ".join(f"{name} ({WHY[name]})" for name in missing)
        raise ConfigurationError(
            f"the token lacks the right {rights}: get one with scope=wall,photos,video,docs,offline; {GET_A_TOKEN}"
        )
    return mask


def prove_editor(client: VkClient, community: int, account: int) -> str:
    """Return a community's name; raises ConfigurationError where the account may not publish for it."""
    found = client.read("groups.getById", {"group_id": community}, DEADLINE)["groups"]
    group = found[0] if found else {}
    if int(group.get("admin_level") or 0) < EDITOR:
        raise ConfigurationError(
            f"user {account} is no editor of community {community} ({group.get('name', 'which VK does not show')}): an "
            "administrator makes them one under Manage → Members → Managers, or use another user's token"
        )
    return str(group.get("name", ""))


def publishing(client: VkClient, community: int) -> Standing:
    """Ask what a user's token can publish, on a community's wall or, with 0, on its owner's own."""
    account, name = owner_of(client)
    mask = rights_of(client)
    wall = "their own wall"
    if community:
        wall = f"the wall of community {community} ({prove_editor(client, community, account)})"
    can = f"user {account} ({name}) can post texts, photos, videos and documents to {wall}"
    if mask & OFFLINE:
        return Standing(f"{can}, until the token is revoked: it has the right offline")
    return Standing(
        can, f"the token lacks the right offline and ends a day after it was got: get one with it; {GET_A_TOKEN}"
    )


def reading(client: VkClient) -> Standing:
    """Ask whether an application's token, or any other, is taken for reading."""
    client.read("users.get", {"user_ids": SOMEBODY}, DEADLINE)
    return Standing("can read the walls that are open to all, until the application's token is renewed")


def _name(user: Mapping[str, Any]) -> str:
    """Return a user's name."""
    return f"{user.get('first_name', '')} {user.get('last_name', '')}".strip()
