"""Every rule of Dzen's that we know: its name, where it comes from, how sure that is, and what breaking it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adapters.contracts.errors import Rejected

Sure = Literal["standard", "documented", "second-hand", "unverified", "ours"]
"""RSS or XML says so · Dzen's own help does · others quote it · nobody could tell · our own caution."""
Weight = Literal["refused", "warning"]
"""Dzen would not take the feed or the item · it may mind, or a reader may."""

HELP = "dzen.ru/help/ru/website/rss-modify.html"
REQUIREMENTS = "dzen.ru/help/ru/website/website-requirements.html"
SEAMLESS = "dzen.ru/help/ru/news/seamless/rss.html"
EXPORT = "dzen.ru/help/ru/export-content/export.html"
RSS = "www.rssboard.org/rss-specification"
XML = "www.w3.org/TR/xml"


@dataclass(frozen=True)
class Rule:
    """One rule."""

    id: str
    says: str
    source: str
    sure: Sure
    weight: Weight = "refused"

    def broken(self, item: str, how: str) -> Rejected:
        """Return the error of an item that breaks this rule."""
        return Rejected(f"{item}: {self.id}: {how}")


def _rules(*rules: Rule) -> dict[str, Rule]:
    """Return rules by their names."""
    return {rule.id: rule for rule in rules}


RULES = _rules(
    Rule("xml-well-formed", "the feed is well-formed XML", XML, "standard"),
    Rule("xml-no-doctype", "the feed has no document type, hence no entities of its own", XML, "ours"),
    Rule("feed-size", "the feed is not larger than 10 MB", EXPORT, "second-hand", "warning"),
    Rule("rss-structure", "the feed is RSS 2.0 with one channel, each element in its place", RSS, "standard"),
    Rule(
        "namespaces", "elements of other vocabularies stand in those vocabularies' own namespaces", HELP, "documented"
    ),
    Rule("channel-title", "the channel has a title", RSS, "standard"),
    Rule("channel-link", "the channel has the address of its site", RSS, "standard"),
    Rule("channel-language", "the channel says its language", HELP, "second-hand", "warning"),
    Rule("domain-latin", "the site's name is written in Latin letters", REQUIREMENTS, "second-hand"),
    Rule("items-most", "at most 500 items", HELP, "documented"),
    Rule("items-first", "at least 10 items when the feed is connected", HELP, "second-hand", "warning"),
    Rule(
        "items-month", "at least 3 items of the last month when the feed is connected", HELP, "second-hand", "warning"
    ),
    Rule("items-fresh", "items of the last two or three days", HELP, "documented", "warning"),
    Rule("guid", "each item has a guid", HELP, "documented"),
    Rule("guid-once", "no guid stands twice", HELP, "documented"),
    Rule("title", "each item has a title", HELP, "second-hand"),
    Rule("title-length", "a title has at most 140 characters", "", "unverified", "warning"),
    Rule("link", "each item has an absolute http or https link", HELP, "second-hand"),
    Rule("link-once", "no link stands twice", HELP, "unverified", "warning"),
    Rule("link-tracking", "links carry no parameters that follow readers", HELP, "second-hand", "warning"),
    Rule("date", "each item has its date as RFC 822 writes it", HELP, "second-hand"),
    Rule("date-future", "no item is of the future", "", "unverified", "warning"),
    Rule("content", "each item has its text in content:encoded", HELP, "second-hand"),
    Rule("content-markup", "the text is markup that closes what it opens", HELP, "unverified"),
    Rule("content-tags", "the text uses Dzen's tags alone", HELP, "second-hand"),
    Rule(
        "content-nesting",
        "li stands in a list, source in a video, figcaption in a figure",
        HELP,
        "unverified",
        "warning",
    ),
    Rule("content-addresses", "addresses in the text are absolute and of http or https", HELP, "second-hand"),
    Rule("text-length", "an article has at least 300 characters of text", HELP, "second-hand"),
    Rule("picture", "each item has a picture, as its enclosure", HELP, "second-hand", "warning"),
    Rule("picture-format", "pictures are JPEG, PNG or GIF", HELP, "second-hand"),
    Rule("cover-width", "the first picture is at least 700 pixels wide", HELP, "second-hand"),
    Rule("picture-size", "the other pictures have at least 480 x 320 pixels", SEAMLESS, "second-hand"),
    Rule("video-format", "videos are MP4", HELP, "second-hand"),
    Rule("video-size", "videos have at least 800 x 400 pixels", HELP, "second-hand"),
    Rule("directive", "no directive is one that Dzen does not know", HELP, "second-hand", "warning"),
    Rule("directive-once", "directives do not contradict each other", HELP, "unverified"),
    Rule("content-type", "contentType is news, news_only or blogs_only", SEAMLESS, "second-hand"),
    Rule("rating", "media:rating is adult or nonadult, scheme urn:simple", HELP, "second-hand", "warning"),
)
