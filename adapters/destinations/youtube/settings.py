"""Settings: which channel, how its videos look, where YouTube is, and with what we come in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from adapters.contracts.item import Model

BLOCK = 256 << 10
"""Bytes; every piece of an upload is a multiple of it, except the last (guides/using_resumable_upload_protocol)."""
Privacy = Literal["private", "unlisted", "public"]
Several = Literal["refuse", "first"]
Thumbnail = Literal["photo", "none"]


class YouTubeSettings(Model):
    """A channel, and what its videos get besides their item's words."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    channel: str
    """The channel's id, UC…: what was sent is remembered under it."""
    privacy: Privacy = "private"
    """Who sees the videos; of a project that Google has not audited they are private in any case."""
    publish_at: datetime | None = None
    """When the private videos become public (2026-01-31T18:00, UTC unless a zone is given)."""
    category: str = "22"
    """The number of a video category (docs/videoCategories); 22 is "People & Blogs"."""
    tags: tuple[str, ...] = ()
    """Tags for every video, before the item's own."""
    playlist: str = ""
    """The id of a playlist of the channel, PL…, that gets every video."""
    made_for_kids: bool = False
    """Whether the videos are made for children."""
    notify: bool = False
    """Whether subscribers are told of each video."""
    thumbnail: Thumbnail = "photo"
    """Whether an item's first photo becomes its video's thumbnail, or "none" does."""
    several: Several = "refuse"
    """Whether an item with several videos is a dead letter ("refuse"), or its "first" alone is sent."""
    chunk: int = Field(default=8 << 20, ge=BLOCK)
    """Bytes a request carries, a multiple of 262144; take fewer on a slow line."""

    @field_validator("channel")
    @classmethod
    def _channel(cls, channel: str) -> str:
        """Take a channel's id and nothing else: a handle may move to another channel."""
        if not re.fullmatch(r"UC[\w-]{10,40}", channel):
            raise ValueError("a channel's id begins with UC; `python flows/sign_in.py youtube` tells it")
        return channel

    @field_validator("category")
    @classmethod
    def _category(cls, category: str) -> str:
        """Take a number."""
        if not re.fullmatch(r"\d{1,3}", category):
            raise ValueError("a category is a number, as 22")
        return category

    @field_validator("playlist")
    @classmethod
    def _playlist(cls, playlist: str) -> str:
        """Take what can be an id."""
        if not re.fullmatch(r"[\w-]{0,64}", playlist):
            raise ValueError("a playlist is given by its id, PL…, as its address shows it")
        return playlist

    @field_validator("publish_at")
    @classmethod
    def _aware(cls, moment: datetime | None) -> datetime | None:
        """Read a time without a zone as UTC."""
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)

    @field_validator("chunk")
    @classmethod
    def _chunk(cls, size: int) -> int:
        """Keep the protocol's rule."""
        if size % BLOCK:
            raise ValueError("a chunk is a multiple of 262144 bytes (256 KiB)")
        return size

    @model_validator(mode="after")
    def _private_until(self) -> Self:
        """Refuse what YouTube refuses: only a private video can be published later."""
        if self.publish_at is not None and self.privacy != "private":
            raise ValueError("only a private video can be published later: leave privacy at private")
        return self


class Addresses(Model):
    """Where YouTube and Google's sign-in are; another address is for tests and proxies."""

    base: str = "https://youtube.googleapis.com"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    auth: str = "https://accounts.google.com/o/oauth2/v2/auth"


class Credentials(Model):
    """An OAuth client and the refresh token that a person's sign-in gave it."""

    model_config = ConfigDict(hide_input_in_errors=True)

    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr = SecretStr("")
