"""Files that feeds attach: enclosures, Media RSS, covers; of several forms of one thing the best."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from adapters.contracts.item import Media, MediaKind
from adapters.sources.rss.found import Found, one_line
from adapters.text.html_rules import absolute, cleaned, file_name

KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
NO_FILES = frozenset(("application/x-shockwave-flash", "text/html", "application/xhtml+xml"))
"""Types of pages and players, which is not what a reader could keep."""
AVATAR = re.compile(r"[./]gravatar\.com")
"""Where a blog's author has a picture, which its feed attaches to each post."""


class Attributes(Protocol):
    """What has attributes: an element of XML, or a mapping."""

    def get(self, name: str, /) -> str | None:
        """Return an attribute."""


def enclosure(found: Found, address: str, attributes: Attributes) -> None:
    """Note a file that is attached to an entry."""
    mime = one_line(attributes.get("type") or "").lower()
    if address and mime not in NO_FILES:
        found.files.append(file(address, mime, duration=attributes.get("duration") or ""))


def media_content(found: Found, attributes: Attributes, base: str) -> None:
    """Note a file of Media RSS, unless it is a page, a player or the author's picture."""
    address = absolute(attributes.get("url") or "", base)
    mime, medium = (attributes.get("type") or "").lower(), (attributes.get("medium") or "").lower()
    if not address or mime in NO_FILES or medium in {"document", "executable"} or _is_avatar(address):
        return
    size = _whole(attributes.get("width") or ""), _whole(attributes.get("height") or "")
    found.files.append(file(address, mime, medium, attributes.get("duration") or "", size))


def media_group(found: Found, contents: Iterable[Attributes], base: str) -> None:
    """Note the best of several forms of one file: the default, else the largest."""
    best = max(contents, key=_rank, default=None)
    if best is not None:
        media_content(found, best, base)


def thumbnail(found: Found, attributes: Attributes, base: str) -> None:
    """Note a picture that stands for an entry which has no other."""
    address = absolute(attributes.get("url") or attributes.get("href") or "", base)
    if address and not _is_avatar(address):
        found.pictures.append(file(address, "", "image"))


def file(address: str, mime: str, medium: str = "", duration: str = "", pixels: tuple[int, int] = (0, 0)) -> Media:
    """Describe a file; the size that a feed tells is no part of it: it is wrong as often as not."""
    name = file_name(address)
    mime = cleaned(mime)
    kind = _kind(mime or mimetypes.guess_type(name)[0] or "", medium)
    width, height = pixels
    return Media.trusted(
        kind=kind,
        ref=address,
        name=name,
        mime=mime,
        width=width,
        height=height,
        duration=seconds(duration) if duration else 0.0,
    )


def seconds(text: str) -> float:
    """Read a duration: seconds, or hours, minutes and seconds with colons; 0 where it is none."""
    if not text:
        return 0.0
    parts = text.strip().split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return 0.0
    total = sum(number * 60**power for power, number in enumerate(reversed(numbers[-3:])))
    return total if 0 < total < 1e6 else 0.0  # noqa: PLR2004 - eleven days


@lru_cache(maxsize=1024)
def _kind(mime: str, medium: str) -> MediaKind:
    """Return what a file of a type is to its reader; its feed may name a medium too."""
    return KINDS.get(mime.partition("/")[0]) or KINDS.get(medium) or MediaKind.DOCUMENT


def _is_avatar(address: str) -> bool:
    """Say whether a picture is of a person and not of an entry."""
    return "gravatar.com" in address and bool(AVATAR.search(address))


def _rank(attributes: Attributes) -> tuple[bool, int, int]:
    """Order the forms of one file."""
    sizes = [_whole(attributes.get(name) or "") for name in ("fileSize", "width")]
    return attributes.get("isDefault") == "true", sizes[0], sizes[1]


def _whole(text: str) -> int:
    """Return a whole number, 0 where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else 0  # noqa: PLR2004 - a size


def of_podcast(files: list[Media], values: Mapping[str, object]) -> list[Media]:
    """Give an episode's only sound or film the duration that iTunes' module tells."""
    told = values.get("itunes:duration")
    if not told:
        return files
    played = [one for one in files if one.kind in {MediaKind.AUDIO, MediaKind.VIDEO}]
    if isinstance(told, str) and len(played) == 1 and not played[0].duration:
        longer = played[0].model_copy(update={"duration": seconds(told)})
        return [longer if one is played[0] else one for one in files]
    return files
