"""Feeds that are no well-formed XML: read by feedparser, which has met them all. Slow; markup is cleaned by us."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import feedparser
import orjson

from adapters.sources.rss.attachments import enclosure, media_content, thumbnail
from adapters.sources.rss.found import Found, NoFeed, Parsed, heading, one_line, plain, sniffed
from adapters.text.from_html import from_html
from adapters.text.html_rules import Rich

PLAIN = "text/plain"
REFERENCE = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
ENDS = (b"</rss>", b"</feed>", b"</rdf:rdf>", b"</rdf>", b"</channel>")
SHOWN = frozenset(
    (
        *("id", "guidislink", "link", "links", "title", "title_detail", "content", "summary", "summary_detail"),
        *("published", "published_parsed", "updated", "updated_parsed", "created", "created_parsed", "author"),
        *("authors", "author_detail", "tags", "enclosures", "media_content", "media_thumbnail", "slash_comments"),
    )
)


def read(data: bytes, url: str, content_type: str) -> Parsed:
    """Read a document that only looks like a feed, as far as that goes; raises NoFeed for any other."""
    headers = {"content-type": content_type} if content_type else {}
    try:
        found = feedparser.parse(
            io.BytesIO(REFERENCE.sub(_possible, data)),
            response_headers=headers | ({"content-location": url} if url else {}),
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except ValueError as error:
        # It looks for nothing that its own converting of characters may raise.
        raise NoFeed from error
    if not found.version and not found.entries:
        raise NoFeed
    whole = data[-4096:].strip().lower().endswith(ENDS) or b"\0" in data[:64]
    parsed = Parsed(
        title=heading(_text(found.feed.get("title"))),
        link=_text(found.feed.get("link")),
        author=one_line(_text(found.feed.get("author"))) if found.version.startswith("atom") else "",
        entries=[_entry(entry) for entry in found.entries],
        whole=whole,
    )
    if not whole and parsed.entries:
        parsed.entries[-1].damage = "the feed breaks off in this entry"
    return parsed


def _possible(reference: re.Match[bytes]) -> bytes:
    """Return a numbered character as it is written, nothing for a number that none has: feedparser breaks off at it."""
    digits = (reference[1] or reference[2]).lstrip(b"0")
    number = int(digits or b"0", 16 if reference[1] else 10) if len(digits) < 8 else sys.maxunicode + 1  # noqa: PLR2004
    return reference[0] if number <= sys.maxunicode and not 0xD800 <= number < 0xE000 else b""  # noqa: PLR2004


def _entry(entry: Mapping[str, Any]) -> Found:
    """Take over one entry."""
    detail = next(_details(entry), {})
    found = Found(
        guid=_text(entry.get("id")),
        link=_text(entry.get("link")),
        title=_title(entry),
        body=_body(detail),
        base=_text(detail.get("base")),
        published=_text(entry.get("published")) or _text(entry.get("created")),
        updated=_text(entry.get("updated")) if "updated" in entry else "",
        authors=_authors(entry),
        tags=[_tag(tag) for tag in entry.get("tags") or ()],
        raw={name: value for name, value in entry.items() if name not in SHOWN and isinstance(value, str) and value},
        data=lambda: orjson.dumps(entry, default=str, option=orjson.OPT_NON_STR_KEYS),
    )
    for one in entry.get("enclosures") or ():
        enclosure(found, _text(one.get("href")), one)
    for one in entry.get("media_content") or ():
        media_content(found, one, "")
    for one in entry.get("media_thumbnail") or ():
        thumbnail(found, one, "")
    comments = _text(entry.get("slash_comments"))
    if comments.isdecimal() and len(comments) < 10:  # noqa: PLR2004 - a count
        found.counters["comments"] = int(comments)
    return found


def _details(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what an entry's text may be, the best first."""
    for detail in (*(entry.get("content") or ()), entry.get("summary_detail")):
        if detail and _text(detail.get("value")).strip():
            yield detail


def _body(detail: Mapping[str, Any]) -> Callable[[str], Rich] | None:
    """Return how a text is read."""
    text, kind = _text(detail.get("value")), _text(detail.get("type"))
    if not text:
        return None
    if kind == PLAIN:
        return lambda base: sniffed(text, base) if "<" in text else plain(text)
    return lambda base: from_html(text, base)


def _title(entry: Mapping[str, Any]) -> str:
    """Return a title as text."""
    detail = entry.get("title_detail") or {}
    text = _text(entry.get("title"))
    return one_line(text) if _text(detail.get("type")) == PLAIN else heading(text)


def _authors(entry: Mapping[str, Any]) -> list[str]:
    """Return who wrote an entry."""
    names = [one_line(_text(one.get("name"))) for one in entry.get("authors") or ()]
    return [name for name in names if name] or [one_line(_text(entry.get("author")))]


def _tag(tag: Mapping[str, Any]) -> str:
    """Return a category's name."""
    term, label = _text(tag.get("term")), _text(tag.get("label"))
    return (label or term) if "://" in term else term


def _text(value: object) -> str:
    """Return text, an empty one for what is none."""
    return value if isinstance(value, str) else ""
