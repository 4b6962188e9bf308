"""A feed's bytes → what is in it: the fast reader first, the forgiving one for what that cannot take."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

import orjson

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.garbage import nothing_collected
from adapters.sources.rss import forgiving, jsonfeed, xml
from adapters.sources.rss.found import NoFeed, Parsed

LARGEST_BROKEN = 8 << 20
"""Bytes of a feed that is no well-formed XML: the forgiving reader takes its time."""
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,400}\?>")
LINK = re.compile(rb"<link\b[^>]{0,2000}>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
SHOWN = 5
PAGE = re.compile(rb"\s*(?:<!--.{0,4096}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)


@nothing_collected()
def read(data: bytes, url: str, content_type: str) -> Parsed:
    """Read a feed; `url` is where it was found. Raises ConfigurationError for what is none."""
    body = data.lstrip(b" \t\r\n")
    if not body:
        raise Transient("the feed's address answered with nothing")
    if body[:1] == b"{" or body[:4] == b"\xef\xbb\xbf{":
        return _json(body)
    if PAGE.match(body[:8192]):
        raise ConfigurationError(_page(body, url))
    try:
        return xml.read(_encoded(body, content_type), url)
    except xml.NotFast as error:
        if len(data) > LARGEST_BROKEN:
            raise ConfigurationError(
                f"the feed is no well-formed XML ({error}), and at {len(data):,} bytes too large to guess"
            ) from None
    try:
        return forgiving.read(data, url, content_type)
    except NoFeed:
        raise ConfigurationError(_page(body, url) if b"<html" in body[:65536].lower() else _nothing(body)) from None


def _json(body: bytes) -> Parsed:
    """Read JSON Feed."""
    try:
        document = orjson.loads(body.removeprefix(BOMS[0]))
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"the feed looks like JSON and is none: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise ConfigurationError("this JSON is no JSON Feed: it has no list of items")
    return jsonfeed.read(document)


def _encoded(data: bytes, content_type: str) -> bytes:
    """Return a document whose own words about its encoding can be believed; raises NotFast where nothing fits.

    The order is a byte order mark, a declaration of UTF-8 that is true, HTTP (RFC 7303), the declaration.
    """
    named = CHARSET.search(content_type)
    declared = DECLARED.match(data[:512])
    told = named.group(1).lower() if named else ""
    own = declared.group(1).decode().lower() if declared else ""
    if data.startswith(BOMS) or not told or told == own or (told, own) == ("utf-8", ""):
        return data
    if own == "utf-8" and _is_utf8(data):
        return data
    try:
        return DECLARATION.sub("", data.decode(told)).encode()
    except (LookupError, ValueError):
        return data


def _is_utf8(data: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _page(body: bytes, url: str) -> str:
    """Say that this is a web page, and name the feeds that it names."""
    found: list[str] = []
    for link in LINK.findall(body[: 1 << 20]):
        attributes = {
            name.lower(): unescape(a or b or c) for name, a, b, c in ATTRIBUTE.findall(link.decode("utf-8", "replace"))
        }
        rel, kind = attributes.get("rel", "").lower().split(), attributes.get("type", "").lower().strip()
        if "alternate" in rel and kind in FEEDS and attributes.get("href"):
            found.append(_shown(urljoin(url, attributes["href"])))
    named = ", ".join(dict.fromkeys(found[:SHOWN]))
    what = f"the feeds that it names are {named}" if named else "it names no feed"
    return f"this address leads to a web page and not to a feed; {what}"


def _shown(address: str) -> str:
    """Return an address of a stranger as a message may show it."""
    return "".join(character for character in address if character.isprintable())[:200]


def _nothing(body: bytes) -> str:
    """Say what was found in a feed's place."""
    begin = " ".join(body[:80].decode("utf-8", "replace").split())
    return f"this address leads to no feed: neither RSS, Atom nor JSON Feed; it begins with {_shown(begin)!r}"
