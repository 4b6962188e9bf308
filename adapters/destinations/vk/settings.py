"""What a person says about a VK wall, and what VK is known to take."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from adapters.contracts.item import Model
from adapters.contracts.limits import Unit
from adapters.media import FileLimits
from adapters.pictures import PictureLimits
from adapters.vk.address import BASE_URL, usable

LONGEST_TEXT = 15_895
"""UTF-16 units. Named by several posting services, not by VK: a setting."""
TEXT_UNIT: Unit = "utf-16"
MOST_ATTACHMENTS = 10
"""dev.vk.com/method/wall.post: 10 media, of them 1 file and 1 poll."""
MOST_ANSWERS, LONGEST_ANSWER = 10, 100
"""Of a poll: the schema's description of `add_answers`; dev.vk.com/method/wall.post."""
PICTURES = PictureLimits(frozenset({"image/jpeg", "image/png", "image/gif"}), size=50 << 20, sides=14_000, ratio=20)
"""dev.vk.com/api/upload/wall-photo."""
DOCUMENTS = FileLimits(size=200 << 20, refused=frozenset({"audio/mpeg"}))
"""dev.vk.com/api/upload/document: any file but MP3 and executables."""
EXECUTABLES = frozenset({"exe", "dll", "bat", "cmd", "com", "scr", "msi", "apk", "sh", "jar"})
"""What VK takes for executables is not written down; these are refused in places like it."""


class VkSettings(Model):
    """A wall of a community or of a user, and how posts are to look there."""

    model_config = ConfigDict(use_attribute_docstrings=True, hide_input_in_errors=True)

    community: int = Field(default=0, ge=0)
    """The number of the community on whose wall to publish; or name a user."""
    user: int = Field(default=0, ge=0)
    """The number of the user, the token's own, on whose wall to publish."""
    base_url: str = BASE_URL
    """Where VK's methods are; a proxy or a stand-in can be named."""
    per_second: float = Field(default=2.0, gt=0, le=20)
    """Requests of the account, all workers together; VK allows a user three, and some are held up on their way."""
    text_limit: int = Field(default=LONGEST_TEXT, ge=64)
    """The longest text of one post, in UTF-16 units; VK does not say what it takes."""
    overflow: Literal["continue", "refuse"] = "continue"
    """What becomes of an item that is too long, or has too many media, for one post: numbered further ones, or none."""
    delay_minutes: int = Field(default=0, ge=0, le=365 * 24 * 60)
    """Posts are put on VK's timer for so many minutes from now; 0: at once."""
    link_preview: bool = True
    """Whether a post without media shows a preview of its first link."""
    source_link: bool = False
    """Whether a post names the item's address as its source."""
    mark: bool = False
    """Whether a post ends with a short mark by which it is found again for sure."""

    @model_validator(mode="after")
    def _one_wall(self) -> VkSettings:
        """Take one wall."""
        if bool(self.community) == bool(self.user):
            raise ValueError("name one wall: a community's number or a user's")
        return self

    @field_validator("base_url")
    @classmethod
    def _usable(cls, url: str) -> str:
        """Refuse what is no address, and passwords in it."""
        return usable(url)

    @property
    def owner_id(self) -> int:
        """The wall's owner as VK writes it: a community's number is negative."""
        return -self.community or self.user
