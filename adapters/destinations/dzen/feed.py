"""The feed: articles as RSS 2.0 in Dzen's dialect; equal articles make equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime

from lxml import etree

from adapters.destinations.dzen.article import FEED, Article
from adapters.destinations.dzen.profile import DzenSettings
from adapters.destinations.dzen.richtext import clean

NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
    "georss": "http://www.georss.org/georss",
}
"""Those of Dzen's own example."""
MIME = "application/rss+xml; charset=utf-8"


def feed(settings: DzenSettings, articles: Sequence[Article]) -> bytes:
    """Return the feed of these articles, in their order."""
    rss = etree.Element("rss", version="2.0", nsmap=NAMESPACES)
    channel = etree.SubElement(rss, "channel")
    _put(channel, "title", settings.name)
    _put(channel, "link", settings.site or settings.base_url)
    _put(channel, "description", settings.description or settings.name)
    _put(channel, "language", settings.language)
    href = f"{settings.base_url}/{FEED}"
    etree.SubElement(channel, _name("atom", "link"), href=href, rel="self", type="application/rss+xml")
    for article in articles:
        _item(settings, etree.SubElement(channel, "item"), article)
    return etree.tostring(rss, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _item(settings: DzenSettings, item: etree._Element, article: Article) -> None:
    """Fill one item."""
    profile = settings.profile
    _put(item, "title", article.title)
    _put(item, "link", article.link)
    _put(item, "guid", article.guid).set("isPermaLink", "false")
    _put(item, "pubDate", format_datetime(article.published_at))
    if settings.author:
        _put(item, _name("dc", "creator"), settings.author)
    for directive in profile.directives:
        _put(item, "category", directive)
    if profile.content_type:
        _put(item, "contentType", profile.content_type)
    _put(item, _name("media", "rating"), profile.rating).set("scheme", "urn:simple")
    if (cover := article.cover) is not None:
        address = f"{settings.base_url}/{cover.path}"
        etree.SubElement(item, "enclosure", url=address, length=str(cover.size), type=cover.mime)
    _put(item, "description", article.description)
    # `]]>` cannot stand in it: the markup has every > of a text escaped.
    etree.SubElement(item, _name("content", "encoded")).text = etree.CDATA(article.body)


def _put(parent: etree._Element, name: str, text: str) -> etree._Element:
    """Append an element with a text."""
    made = etree.SubElement(parent, name)
    made.text = clean(text)
    return made


def _name(prefix: str, name: str) -> str:
    """Return an element's name in a namespace, as lxml writes it."""
    return f"{{{NAMESPACES[prefix]}}}{name}"
