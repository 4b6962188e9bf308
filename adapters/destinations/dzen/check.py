"""The check: any feed against every rule we know; it trusts nothing that the feed says and fetches nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from adapters.destinations.dzen.content import judge_content
from adapters.destinations.dzen.feed import NAMESPACES
from adapters.destinations.dzen.finding import Finding, found
from adapters.destinations.dzen.profile import Profile
from adapters.destinations.dzen.richtext import untracked
from adapters.destinations.dzen.rules import RULES

LARGEST = 64 << 20
"""Bytes of a feed that are looked at, however large Dzen lets it be."""
DIRECTIVES = (
    *(("native-draft",), ("format-article", "format-post"), ("index", "noindex")),
    ("comment-all", "comment-subscribers", "comment-none"),
)
"""What `category` may say to Dzen; of each group one."""
_LOOKS_LIKE_ONE = re.compile(r"(native|format|comment)-|(no)?index$")
FIRST, MONTH, MONTH_DAYS = 10, 3, 30


@dataclass(frozen=True)
class Judgement:
    """What the check came to."""

    items: int
    findings: Sequence[Finding]

    @property
    def refused(self) -> int:
        """How many findings would keep the feed, or an item of it, out."""
        return sum(RULES[finding.rule].weight == "refused" for finding in self.findings)


def check(data: bytes, profile: Profile, now: datetime) -> Judgement:
    """Judge a feed's bytes by the profile's numbers."""
    findings = list(_size(data, profile))
    if len(data) > LARGEST:
        return Judgement(0, findings)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return Judgement(0, [*findings, found("xml-well-formed", "the feed", str(error))])
    document: Any = root.getroottree().docinfo
    if document.doctype:
        return Judgement(0, [*findings, found("xml-no-doctype", "the feed", "it begins with a document type")])
    findings += _structure(root)
    items = list(root.iter("item"))
    findings += [*_channel(root), *_together(items, profile, now)]
    for number, item in enumerate(items, 1):
        where = f"item {number} ({_text(item, 'guid') or _text(item, 'title') or 'nameless'})"[:200]
        for rule in ITEM_RULES:
            findings += rule(item, where, profile, now)
    return Judgement(len(items), findings)


def _size(data: bytes, profile: Profile) -> Iterator[Finding]:
    if len(data) > profile.feed_bytes:
        yield found("feed-size", "the feed", f"it has {len(data):,} bytes, {profile.feed_bytes:,} are allowed")


def _structure(root: etree._Element) -> Iterator[Finding]:
    """Compare with the schema of RSS 2.0, and each vocabulary with its namespace."""
    schema = etree.RelaxNG(etree.parse(Path(__file__).with_name("rss.rng")))
    if not schema.validate(root):
        for error in list(schema.error_log)[:3]:
            yield found("rss-structure", f"line {error.line}", error.message)
    used = {str(element.tag) for element in root.iter(etree.Element)}
    for prefix, name in (("content", "encoded"), ("media", "rating")):
        strangers = [tag for tag in used if tag.rpartition("}")[2] == name and tag != f"{{{NAMESPACES[prefix]}}}{name}"]
        strangers = [tag for tag in strangers if tag != "rating"]
        for tag in strangers:
            yield found("namespaces", "the feed", f"{tag} belongs into {NAMESPACES[prefix]}")


def _channel(root: etree._Element) -> Iterator[Finding]:
    """Judge what the channel says of itself."""
    for name in ("title", "link", "language"):
        if not (root.findtext(f"channel/{name}") or "").strip():
            yield found(f"channel-{name}", "the channel", f"it has no {name}")
    host = _host(root.findtext("channel/link") or "")
    if not host.isascii() or any(part.startswith("xn--") for part in host.split(".")):
        yield found("domain-latin", "the channel", f"its site is {host}")


def _together(items: Sequence[etree._Element], profile: Profile, now: datetime) -> Iterator[Finding]:
    """Judge the items together."""
    if len(items) > profile.max_items:
        yield found("items-most", "the feed", f"it has {len(items):,} items, {profile.max_items} are allowed")
    if len(items) < FIRST:
        yield found("items-first", "the feed", f"it has {len(items)} items")
    dates = [date for item in items if (date := _date(item)) is not None]
    recent = sum(date > now - timedelta(days=MONTH_DAYS) for date in dates)
    if recent < MONTH:
        yield found("items-month", "the feed", f"{recent} items are of the last month")
    old = sum(date <= now - timedelta(days=profile.days) for date in dates)
    if old:
        yield found("items-fresh", "the feed", f"{old} items are older than {profile.days:g} days")
    for name in ("guid", "link"):
        for text, times in Counter(_text(item, name) for item in items).items():
            if text and times > 1:
                yield found(f"{name}-once", "the feed", f"{text[:200]} stands {times} times")


def _named(item: etree._Element, where: str, profile: Profile, now: datetime) -> Iterator[Finding]:
    """Judge title, guid and date."""
    title, date = _text(item, "title"), _date(item)
    if not title:
        yield found("title", where, "it has no title")
    if len(title) > profile.title_max:
        yield found("title-length", where, f"its title has {len(title)} characters, {profile.title_max} are allowed")
    if not _text(item, "guid"):
        yield found("guid", where, "it has no guid")
    if date is None:
        yield found("date", where, f"its pubDate is {_text(item, 'pubDate')[:60]!r}")
    elif date > now + timedelta(minutes=5):
        yield found("date-future", where, f"it is of {date:%Y-%m-%d %H:%M} UTC")


def _linked(item: etree._Element, where: str, profile: Profile, now: datetime) -> Iterator[Finding]:
    """Judge the link."""
    del now
    link = _text(item, "link")
    if not link.startswith(("http://", "https://")) or not _host(link):
        yield found("link", where, f"its link is {link[:200]!r}")
    elif untracked(link, profile.tracking) != link:
        yield found("link-tracking", where, f"its link is {link[:200]}")


def _directed(item: etree._Element, where: str, profile: Profile, now: datetime) -> Iterator[Finding]:
    """Judge what the item says to Dzen: directives, content type, rating."""
    del profile, now
    said = [(element.text or "").strip() for element in item.findall("category")]
    for directive in said:
        known = any(directive in group for group in DIRECTIVES)
        if not known and _LOOKS_LIKE_ONE.match(directive):
            yield found("directive", where, f"{directive[:60]} is none of Dzen's")
    for group in DIRECTIVES:
        if len(both := sorted({directive for directive in said if directive in group})) > 1:
            yield found("directive-once", where, f"it says {' and '.join(both)}")
    content_type = item.find("contentType")
    if content_type is not None and content_type.text not in {"news", "news_only", "blogs_only"}:
        yield found("content-type", where, f"its contentType is {str(content_type.text)[:60]}")
    for rating in item.findall(f"{{{NAMESPACES['media']}}}rating"):
        if rating.text not in {"adult", "nonadult"} or rating.get("scheme") != "urn:simple":
            yield found("rating", where, f"its rating is {str(rating.text)[:60]} by {rating.get('scheme')}")


def _illustrated(item: etree._Element, where: str, profile: Profile, now: datetime) -> Iterator[Finding]:
    """Judge the enclosures."""
    del now
    enclosures = item.findall("enclosure")
    if not any((one.get("type") or "").startswith("image/") for one in enclosures):
        yield found("picture", where, "it has no enclosure that is a picture")
    for one in enclosures:
        kind = one.get("type") or ""
        if kind.startswith("image/") and kind not in profile.picture_formats:
            yield found("picture-format", where, f"its enclosure is {kind[:60]}")
        if kind.startswith("video/") and kind != "video/mp4":
            yield found("video-format", where, f"its enclosure is {kind[:60]}")


def _written(item: etree._Element, where: str, profile: Profile, now: datetime) -> Iterator[Finding]:
    """Judge the text."""
    del now
    content = item.findtext(f"{{{NAMESPACES['content']}}}encoded") or ""
    if not content.strip():
        yield found("content", where, "it has no content:encoded")
        return
    yield from judge_content(content, where, profile)


Element = etree._Element  # noqa: SLF001 - the name that lxml gives the type
ItemRule = Callable[[Element, str, Profile, datetime], Iterator[Finding]]
ITEM_RULES: tuple[ItemRule, ...] = (_named, _linked, _directed, _illustrated, _written)


def _text(item: etree._Element, name: str) -> str:
    """Return the text of an item's element, empty where there is none."""
    return (item.findtext(name) or "").strip()


def _date(item: etree._Element) -> datetime | None:
    """Read an item's date as RFC 822 writes it, or return None."""
    try:
        read = parsedate_to_datetime(_text(item, "pubDate"))
    except (ValueError, TypeError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _host(address: str) -> str:
    """Return the host of an address, empty where there is none."""
    try:
        return urlsplit(address.strip()).hostname or ""
    except ValueError:
        return ""
