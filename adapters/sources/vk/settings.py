"""What a person says about a VK wall that is read."""

from __future__ import annotations

from pydantic import ConfigDict, Field, field_validator, model_validator

from adapters.contracts.item import Model
from adapters.vk.address import BASE_URL, usable

LONGEST_LOOK = 1000
"""Posts: what is remembered of each travels in every cursor."""


class VkSourceSettings(Model):
    """A wall of a community or of a user, and what of it is read."""

    model_config = ConfigDict(use_attribute_docstrings=True, hide_input_in_errors=True)

    community: int = Field(default=0, ge=0)
    """The number of the community whose wall is read; or name a user."""
    user: int = Field(default=0, ge=0)
    """The number of the user whose wall is read."""
    look_back: int = Field(default=50, ge=0, le=LONGEST_LOOK)
    """How many of the newest posts are looked at again by each run, for edits; --reread looks at all."""
    donut: bool = False
    """Whether posts for paying subscribers (VK Donut) are read too; they are left out otherwise."""
    base_url: str = BASE_URL
    """Where VK's methods are, for reading; a proxy or a stand-in can be named."""
    per_second: float = Field(default=2.0, gt=0, le=20)
    """Requests a second while reading; VK allows a user three."""
    allow_private: tuple[str, ...] = ()
    """Hosts and networks that media may be fetched from although they are not public."""

    @model_validator(mode="after")
    def _one_wall(self) -> VkSourceSettings:
        """Take one wall."""
        if bool(self.community) == bool(self.user):
            raise ValueError("name one wall to read: a community's number or a user's")
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
