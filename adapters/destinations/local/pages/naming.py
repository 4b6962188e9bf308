"""Names of pages, of notes and of places in them: harmless on every file system, and the same for ever."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

MARKDOWN, SITE = "markdown", "site"
FOLDERS = (MARKDOWN, SITE)
"""A format's folder has its name."""

_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|index)(-\d+)?", re.ASCII)
"""Names that Windows keeps for itself, and ours."""


class Placed(Protocol):
    """What an item's names come from."""

    @property
    def id(self) -> str:
        """The item's id."""

    @property
    def at(self) -> str:
        """When it was published: ISO, UTC."""

    @property
    def month(self) -> str:
        """The month it was published in."""

    @property
    def page(self) -> int:
        """The number of its page within the month."""


def folded(tag: str) -> str:
    """Return the name under which a tag's spellings come together."""
    return tag.casefold()


def slug(text: str) -> str:
    """Return a text as a file's name: itself where every system takes it, else its hash."""
    if _SAFE.fullmatch(text) and not _RESERVED.fullmatch(text):
        return text
    return "x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def anchor(item_id: str) -> str:
    """Return an item's name within its month: what its place calls it, where that is plain."""
    return slug(item_id.rpartition("/")[2])


def note(item: Placed) -> str:
    """Return the path of an item's note."""
    return f"{MARKDOWN}/{item.month.replace('-', '/')}/{item.at[:10]}-{anchor(item.id)}.md"


def numbered(name: str, number: int) -> str:
    """Return the path of one of several pages, relative to the site; the first has no number."""
    return f"{name}.html" if number == 1 else f"{name}-{number}.html"


def month_page(month: str, number: int) -> str:
    """Return the path of a month's page, relative to the site."""
    return numbered(month.replace("-", "/"), number)


def tag_page(tag: str, number: int = 1) -> str:
    """Return the path of a tag's page, relative to the site."""
    return numbered(f"tags/{slug(tag)}", number)


def place(item: Placed) -> str:
    """Return where the site shows an item, relative to the site."""
    return f"{month_page(item.month, item.page)}#{anchor(item.id)}"
