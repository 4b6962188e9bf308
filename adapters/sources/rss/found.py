"""What a reader of any kind of feed finds, before it is made an item."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.contracts.item import Location, Media
from adapters.text.from_html import from_html
from adapters.text.html_rules import Rich, cleaned

MARKUP = re.compile(
    r"<(?:[a-zA-Z][^<>]*>|/[a-zA-Z]|!--|!\[CDATA\[|\?)|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"
)
EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n)+")


class NoFeed(Exception):
    """A document in which nobody finds a feed."""


@dataclass(slots=True)
class Found:
    """An entry as its feed tells it; empty where the feed says nothing."""

    guid: str = ""
    link: str = ""
    title: str = ""
    body: Callable[[str], Rich] | None = None
    """Reads the text, given the address that relative ones are relative to; None where there is none."""
    base: str = ""
    """What relative addresses in it are relative to, where the feed says so itself."""
    published: str = ""
    updated: str = ""
    authors: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    files: list[Media] = field(default_factory=list)
    """Enclosures and the like, the best of each group; `ref` may still be relative."""
    pictures: list[Media] = field(default_factory=list)
    """What stands for the entry where it has no files of its own: thumbnails, covers."""
    counters: dict[str, int] = field(default_factory=dict)
    location: Location | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    data: Callable[[], bytes] = bytes
    """Returns the entry as it lies in the feed."""
    damage: str = ""
    """Why it cannot be read; empty when it can."""


@dataclass
class Parsed:
    """A feed."""

    title: str = ""
    link: str = ""
    author: str = ""
    entries: list[Found] = field(default_factory=list)
    """In the feed's own order: the newest first, by custom."""
    deleted: list[str] = field(default_factory=list)
    """The ids of entries that the feed says were deleted (RFC 6721)."""
    whole: bool = True
    """False where the feed breaks off."""


def plain(text: str) -> Rich:
    """Read text without markup; its lines stay."""
    lines = "\n".join(line.strip() for line in cleaned(text).replace("\r\n", "\n").split("\n"))
    return Rich(EMPTY_LINES.sub("\n\n", lines).strip())


def sniffed(text: str, base: str) -> Rich:
    """Read text of which nobody says whether it is HTML."""
    return from_html(text, base) if _is_marked_up(text) else plain(text)


def one_line(text: str) -> str:
    """Return text on one line."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(cleaned(text).split())


def heading(text: str) -> str:
    """Return a title, which may be HTML, as text on one line."""
    return one_line(from_html(text).text if _is_marked_up(text) else text)


def _is_marked_up(text: str) -> bool:
    """Say whether there is an element or a named character in a text; most have not even what these begin with."""
    return ("<" in text or "&" in text) and bool(MARKUP.search(text))
