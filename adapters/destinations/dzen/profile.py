"""The profile: what Dzen takes, as far as anybody knows today, and how this feed chooses within it."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from adapters.contracts.item import Model

TAGS = (
    *("p", "a", "b", "i", "u", "s", "h1", "h2", "h3", "h4", "blockquote", "ul", "ol", "li"),
    *("figure", "figcaption", "img", "video", "source"),
)
"""dzen.ru/help/ru/website/rss-modify.html, "content:encoded"."""
TRACKING = (
    *(
        "utm_*",
        "fbclid",
        "yclid",
        "ysclid",
        "gclid",
        "gbraid",
        "wbraid",
        "dclid",
        "msclkid",
        "twclid",
        "igshid",
        "igsh",
    ),
    *("mc_cid", "mc_eid", "_openstat", "from_source", "vero_id", "_hsenc", "_hsmi", "mkt_tok", "rb_clickid", "etext"),
)
"""Parameters that follow a reader around and change nothing in the page; `*` stands for any ending."""


class Profile(Model):
    """Dzen's limits and this feed's choices; docs/dzen.md says where each number comes from and how sure it is."""

    tags: tuple[str, ...] = TAGS
    tracking: tuple[str, ...] = TRACKING
    text_min: int = Field(default=300, ge=0)
    """Characters of text an article must have."""
    short: Literal["refuse", "skip", "join"] = "refuse"
    """What becomes of a shorter item: a dead letter, left out by name, or joined with the next short ones."""
    title_max: int = Field(default=140, ge=10)
    """Characters of a title; a longer one is cut at a word's end."""
    days: float = Field(default=3, gt=0)
    """For how many days an article, and each edit of it, stays in the feed after it came in."""
    max_items: int = Field(default=500, ge=1)
    feed_bytes: int = Field(default=10_000_000, ge=1000)
    draft: bool = False
    """Whether articles arrive as drafts of the studio, to be published there by hand."""
    format: Literal["article", "post"] = "article"
    index: bool = True
    """Whether search engines may list the article on Dzen."""
    comments: Literal["all", "subscribers", "none"] = "all"
    content_type: Literal["", "news", "news_only", "blogs_only"] = ""
    """Where the article goes since 2026-07-13: news and channel, news alone, the channel alone; empty: unsaid."""
    rating: Literal["nonadult", "adult"] = "nonadult"
    cover_width: int = Field(default=700, ge=1)
    picture_width: int = Field(default=480, ge=1)
    picture_height: int = Field(default=320, ge=1)
    picture_formats: tuple[str, ...] = ("image/jpeg", "image/png", "image/gif")
    picture_longest: int = Field(default=4096, ge=700)
    """Pixels of the longer side above which a picture is made smaller: ours, for Dzen names none."""
    video_width: int = Field(default=800, ge=1)
    video_height: int = Field(default=400, ge=1)
    unfit: Literal["drop", "refuse"] = "drop"
    """What becomes of a picture or video that Dzen would not take: left out of its article, or a dead letter."""
    without_picture: Literal["take", "refuse"] = "take"
    """What becomes of an article without any picture: nobody could tell whether Dzen takes it."""

    @property
    def directives(self) -> tuple[str, ...]:
        """Return the `category` elements that tell Dzen how to publish."""
        return (
            *(("native-draft",) if self.draft else ()),
            f"format-{self.format}",
            "index" if self.index else "noindex",
            f"comment-{self.comments}",
        )


class DzenSettings(Model):
    """Where a feed lies, under which address Dzen finds it, and what it is called."""

    place: str
    """A folder, or `s3://bucket/prefix`."""
    base_url: str
    """The address of the place's `public` folder: the feed is `<base_url>/feed.xml`."""
    title: str = ""
    """The channel's name; empty: the host of its address."""
    site: str = ""
    """The address of the site that is linked with the channel; empty: the base URL."""
    description: str = ""
    language: str = "ru"
    author: str = ""
    link: str = ""
    """An item's page where its source names none: `https://example.com/posts/{id}`; empty: beside the feed."""
    endpoint: str = ""
    """Of a bucket: the service's address, where it is not AWS."""
    region: str = "us-east-1"
    profile: Profile = Profile()

    @property
    def name(self) -> str:
        """Return what the channel is called."""
        return self.title or urlsplit(self.site or self.base_url).hostname or self.base_url

    @field_validator("base_url", "site", "endpoint")
    @classmethod
    def _address(cls, value: str) -> str:
        """Take http and https alone, without the slash at the end."""
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("give an address that begins with https:// or http://")
        return value.rstrip("/")

    @field_validator("link")
    @classmethod
    def _template(cls, value: str) -> str:
        """Take a template that names each item apart."""
        if value and (not value.startswith(("http://", "https://")) or "{id}" not in value):
            raise ValueError("give an address that begins with https:// and holds {id}")
        return value
