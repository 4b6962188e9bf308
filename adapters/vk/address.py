"""Where VK's methods are, in which version of its API, and the variables that name a token and another address."""

from __future__ import annotations

from urllib.parse import urlsplit

BASE_URL = "https://api.vk.com/method"
TOKEN = "VK_ACCESS_TOKEN"  # noqa: S105 - the variable's name
SERVICE_TOKEN = "VK_SERVICE_TOKEN"  # noqa: S105 - the same
ADDRESS = "VK_BASE_URL"
VERSION = "5.199"
"""Of the API; the published schema is of this version."""


def usable(url: str) -> str:
    """Return an address without its last slash; raises ValueError for what is no address, and for passwords in it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError("this is no address: write https://host/method")
    return url.rstrip("/")
