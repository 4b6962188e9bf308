"""Names in feeds: the namespaces that are known, and what stands in their elements."""

from __future__ import annotations

from functools import lru_cache

PLAIN = ""
"""The prefix of what RSS and Atom name alike."""
PREFIXES = {
    "": PLAIN,
    "http://www.w3.org/2005/atom": PLAIN,
    "http://purl.org/atom/ns": PLAIN,
    "http://purl.org/rss/1.0": PLAIN,
    "http://my.netscape.com/rdf/simple/0.9": PLAIN,
    "http://channel.netscape.com/rdf/simple/0.9": PLAIN,
    "http://my.netscape.com/publish/formats/rss-0.91.dtd": PLAIN,
    "http://backend.userland.com/rss": PLAIN,
    "http://backend.userland.com/rss2": PLAIN,
    "http://backend.userland.com/rss20": PLAIN,
    "http://blogs.law.harvard.edu/tech/rss": PLAIN,
    "http://purl.org/net/rss1.1": PLAIN,
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://search.yahoo.com/mrss": "media",
    "http://video.search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.itunes.com/dtds/podcast-1.1.dtd": "itunes",
    "http://example.com/dtds/podcast-1.0.dtd": "itunes",
    "https://podcastindex.org/namespace/1.0": "podcast",
    "http://purl.org/rss/1.0/modules/slash": "slash",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.georss.org/georss": "georss",
    "http://www.w3.org/2003/01/geo/wgs84_pos": "geo",
    "http://purl.org/atompub/tombstones/1.0": "at",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
}
BODIES = {
    **dict.fromkeys(("content:encoded", "content", "encoded", "xhtml:body", "xhtml:div", "body", "fullitem"), 5),
    **dict.fromkeys(("description", "summary", "abstract"), 4),
    **dict.fromkeys(("dc:description", "dcterms:abstract"), 3),
    **dict.fromkeys(("itunes:summary", "media:description"), 2),
    "itunes:subtitle": 1,
}
"""Where an entry's text may stand; the highest wins: content over summary, the feed's own words over a module's."""
ALWAYS_PLAIN = frozenset(("itunes:summary", "itunes:subtitle", "media:description"))
PUBLISHED = ("published", "pubdate", "issued", "dcterms:issued", "created", "dcterms:created")
UPDATED = ("updated", "modified", "dcterms:modified", "dc:date")
ROOTS = frozenset(("rss", "feed", "rdf:rdf", "rdf", "channel"))


@lru_cache(maxsize=4096)
def name_of(tag: object) -> str:
    """Return an element's name by the prefix that its namespace has here, in small letters; `?:name` for a stranger."""
    if not isinstance(tag, str):
        return ""
    uri, _, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    prefix = PREFIXES.get(uri.lower().rstrip("/#"), "?")
    return f"{prefix}:{local.lower()}" if prefix else local.lower()
