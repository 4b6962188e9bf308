"""Destination: the wall of a VK community or user. Facts and how sure they are: docs/vk.md."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.item import ContentItem
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Grade, Pace, Rendered, Write
from adapters.destinations.vk.mapping import Planned, plan
from adapters.destinations.vk.posts import Posts
from adapters.destinations.vk.rights import prove
from adapters.destinations.vk.settings import LONGEST_TEXT, MOST_ATTACHMENTS, TEXT_UNIT, VkSettings
from adapters.http import Client
from adapters.vk.client import VkClient

__all__ = ["VkDestination", "VkSettings"]


class VkDestination:
    """A wall. It DEDUPLICATES by `guid` for an hour, and is FINDABLE after it by what we attached, or by its text."""

    service: ClassVar[str] = "vk"
    limits: ClassVar[Limits] = Limits(text=LONGEST_TEXT, unit=TEXT_UNIT, media=MOST_ATTACHMENTS)
    grade: Grade = Grade.DEDUPLICATES
    fallback: Grade = Grade.FINDABLE
    key_life: timedelta | None = timedelta(minutes=57)
    settles_after: timedelta = timedelta(minutes=2)

    def __init__(self, settings: VkSettings, token: SecretStr | None, http: Client | None = None) -> None:
        """Take settings and a user's access token."""
        self._settings = settings
        self._client = VkClient(settings.base_url, settings.per_second, token or SecretStr(""), http or Client())
        self._has_token = token is not None
        self._posts = Posts(self._client, settings)

    @property
    def identity(self) -> str:
        """`vk:<owner id>`: a community's is negative."""
        return f"vk:{self._settings.owner_id}"

    def keep_pace(self, pace: Pace) -> None:
        """Wait for the account's turn before each call from now on."""
        self._client.pace = pace

    def check(self) -> None:
        """Prove token, rights and wall before anything is sent; raises ConfigurationError saying what is missing."""
        if not self._has_token:
            raise ConfigurationError("there is no token: set VK_ACCESS_TOKEN, or name a Secret block; see docs/vk.md")
        prove(self._client, self._settings)

    def render(self, item: ContentItem) -> Rendered:
        """Show each post as it would appear."""
        try:
            made = plan(item, self._settings)
        except Rejected as error:
            return Rendered(f"(refused: {error})\n{item.text}".strip(), ("an item is refused whole",))
        return Rendered("\n\n──────\n\n".join(_shown(post) for post in made.posts), made.losses)

    def write(self, write: Write) -> Receipt:
        """Post, edit or delete one item."""
        if write.item is not None and write.action is not Action.DELETE:
            if write.held is None:
                return self._posts.publish(write, write.item)
            return self._posts.edit(write, write.item, write.held)
        if write.held is None:
            raise Rejected(f"{write.item_id}: nothing is known to delete")
        return self._posts.delete(write, write.held)

    def find(self, write: Write, since: datetime) -> Receipt | None:
        """Look for a post whose answer was lost; an edit or a deletion is simply done again."""
        if write.item is None or write.action is Action.DELETE:
            return None
        return self._posts.find(write, write.item, since)

    def close(self) -> None:
        """Close connections."""
        self._client.close()


def _shown(post: Planned) -> str:
    """Show one post in plain lines."""
    lines = [post.text] if post.text else []
    lines += [f"[{piece.kind}] {piece.medium.name or piece.medium.kind}" for piece in post.pieces]
    if post.poll is not None:
        lines.append("\n".join([f"[poll] {post.poll.question}", *(f"  ○ {one.text}" for one in post.poll.answers)]))
    lines += [f"[link] {post.link}"] if post.link else []
    return "\n".join(lines)
