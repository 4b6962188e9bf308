"""The check of what an article says: its tags, their nesting, addresses, pictures, videos, and its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from lxml import etree

from adapters.destinations.dzen.finding import Finding, found
from adapters.destinations.dzen.profile import Profile
from adapters.destinations.dzen.richtext import untracked

INSIDE = {
    "li": {"ul", "ol"},
    "source": {"video"},
    "figcaption": {"figure"},
}
"""What stands nowhere else."""
FORMATS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe"), "image/jpeg"),
    **dict.fromkeys((".tif", ".tiff"), "image/tiff"),
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".heic": "image/heic",
}
_MISMATCH = re.compile("Unexpected end tag|tag mismatch|Premature end")
_EMPTY = re.compile(r"\b(img|source|br|hr|wbr|input|meta|link|col)\b")
"""Tags without an end, which the reader below does not all know."""


def judge_content(content: str, where: str, profile: Profile) -> Iterator[Finding]:
    """Judge an article's markup, which is HTML of any kind."""
    try:
        root = etree.fromstring(f"<body>{content}</body>", etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        # HTML need not be XML; what only a forgiving reader can read is looked at as well.
        parser = etree.HTMLParser(recover=True)
        read = etree.fromstring(f"<body>{content}</body>", parser)
        body = read.find("body") if read is not None else None
        if body is None or _unclosed(parser):
            yield found("content-markup", where, "its text does not close what it opens, or opens what it closes")
        if body is None:
            return
        root = body
    elements = [element for element in root.iter(etree.Element) if element is not root]
    for tag in sorted({str(element.tag) for element in elements} - set(profile.tags)):
        yield found("content-tags", where, f"it uses {tag[:60]}")
    for element in elements:
        parent = element.getparent()
        if parent is not None and parent.tag not in INSIDE.get(str(element.tag), {parent.tag}):
            yield found("content-nesting", where, f"{element.tag} stands in {str(parent.tag)[:60]}")
        yield from _addresses(element, where, profile)
    length = len(" ".join("".join(map(str, root.itertext())).split()))
    if length < profile.text_min:
        yield found("text-length", where, f"it has {length} characters, {profile.text_min} are needed")
    yield from _pictures(root, where, profile)
    yield from _videos(root, where, profile)


def _unclosed(parser: etree.HTMLParser) -> bool:
    """Say whether an end is missing or too many, of tags that have one."""
    return any(_MISMATCH.search(error.message) and not _EMPTY.search(error.message) for error in parser.error_log)


def _addresses(element: etree._Element, where: str, profile: Profile) -> Iterator[Finding]:
    """Judge where an element leads."""
    for name in ("href", "src", "poster"):
        address = element.get(name)
        if address is None:
            continue
        try:
            parts = urlsplit(address.strip())
        except ValueError:
            yield found("content-addresses", where, f"{address[:200]!r} is no address")
            continue
        plain = name == "href" and parts.scheme in {"mailto", "tel"}
        anchor = name == "href" and address.startswith("#")
        if not plain and not anchor and (parts.scheme not in {"http", "https"} or not parts.hostname):
            yield found("content-addresses", where, f"{address[:200]!r} is not absolute, or not of http or https")
        elif untracked(address, profile.tracking) != address:
            yield found("link-tracking", where, f"it leads to {address[:200]}")


def _pictures(root: etree._Element, where: str, profile: Profile) -> Iterator[Finding]:
    """Judge the pictures by what the markup says of them."""
    for number, picture in enumerate(root.iter("img")):
        address = picture.get("src") or ""
        kind = FORMATS.get(_suffix(address), "")
        if kind and kind not in profile.picture_formats:
            yield found("picture-format", where, f"{address[-120:]} is {kind}")
        width, height = _pixels(picture, "width"), _pixels(picture, "height")
        if number == 0 and width is not None and width < profile.cover_width:
            how = f"its first picture is {width} pixels wide, {profile.cover_width} are needed"
            yield found("cover-width", where, how)
        small = (width is not None and width < profile.picture_width) or (
            height is not None and height < profile.picture_height
        )
        if number and small:
            least = f"{profile.picture_width} x {profile.picture_height}"
            yield found("picture-size", where, f"{address[-120:]} has {width} x {height} pixels, {least} are needed")


def _videos(root: etree._Element, where: str, profile: Profile) -> Iterator[Finding]:
    """Judge the videos by what the markup says of them."""
    for video in root.iter("video"):
        for source in [*video.iter("source"), *([video] if video.get("src") else [])]:
            kind, suffix = source.get("type") or "", _suffix(source.get("src") or "")
            if (kind and kind != "video/mp4") or (not kind and suffix != ".mp4"):
                yield found("video-format", where, f"a video is {kind or suffix or 'of an unknown kind'}")
        width, height = _pixels(video, "width"), _pixels(video, "height")
        if (width is not None and width < profile.video_width) or (
            height is not None and height < profile.video_height
        ):
            least = f"{profile.video_width} x {profile.video_height}"
            yield found("video-size", where, f"a video has {width} x {height} pixels, {least} are needed")


def _suffix(address: str) -> str:
    """Return the ending of an address's path, in small letters."""
    try:
        return PurePosixPath(urlsplit(address).path).suffix.lower()
    except ValueError:
        return ""


def _pixels(element: etree._Element, name: str) -> int | None:
    """Return a size that an element declares, or None where it says none that can be understood."""
    said = (element.get(name) or "").strip().removesuffix("px")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else None  # noqa: PLR2004 - no screen is larger
