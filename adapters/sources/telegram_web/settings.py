"""What a person says about a channel's web preview."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator

from adapters.contracts.item import Model

ADDRESS = "https://t.me"
HOSTS = ("telesco.pe", "cdn-telegram.org", "telegram-cdn.org", "telegram.org")
"""Where the preview's pictures, videos and voices lie; seen on pages of 2022 to 2026."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")


class TelegramWebSettings(Model):
    """A public channel as t.me shows it to everybody."""

    model_config = ConfigDict(use_attribute_docstrings=True, hide_input_in_errors=True)

    channel: str
    """The channel's public name, as in t.me/NAME; an address of it or @NAME will do."""
    channel_id: int = Field(default=0, ge=0)
    """The channel's number, where the preview does not tell it; as an export has it, without -100 before it."""
    look_back: int = Field(default=100, ge=1, le=10_000)
    """How many of the newest posts are read again at each run, for their edits."""
    pages_per_second: float = Field(default=1.0, gt=0, le=1000)
    """How often t.me is asked at the most; about one page a second is known to go well."""
    media_hosts: tuple[str, ...] = HOSTS
    """The hosts, with all below them, from which media are fetched."""
    media_megabytes: int = Field(default=64, ge=1, le=2048)
    """The largest file that is fetched."""
    preview_address: str = ADDRESS
    """Where the preview is; a mirror or a stand-in can be named, and media are then taken from its host too."""

    @field_validator("channel")
    @classmethod
    def _name(cls, channel: str) -> str:
        """Take the name out of what people write."""
        name = re.sub(r"^(https?://)?([\w.-]+/)?(s/)?@?", "", channel.strip()).partition("/")[0].partition("?")[0]
        if not NAME.fullmatch(name):
            raise ValueError("this is no public name of a channel: give NAME of t.me/NAME")
        return name

    @field_validator("preview_address")
    @classmethod
    def _usable(cls, address: str) -> str:
        """Refuse what is no address, and passwords in it."""
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
            raise ValueError("this is no address: write https://host")
        return address.rstrip("/")
