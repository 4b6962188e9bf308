"""Dzen's feed as a pair's destination."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from adapters.contracts.errors import ConfigurationError
from tasks.groups import Place

if TYPE_CHECKING:
    from adapters.destinations.dzen import DzenDestination

KEY_ID = "SYNDICATE_S3_KEY_ID"
SECRET = "SYNDICATE_S3_SECRET"  # noqa: S105 - the variable's name


class Dzen(Place):
    """The feed."""

    base_url: str
    """The address under which the feed's public part is served: the feed is <base-url>/feed.xml."""
    feed: str = "dzen"
    """The feed's folder, of which a web server serves `public`; or s3://bucket/prefix."""
    title: str = ""
    """The channel's name; the host of its address when left out."""
    site: str = ""
    """The address of the site that is linked with the channel; the base URL when left out."""
    description: str = ""
    """What the channel is about."""
    language: str = "ru"
    """The channel's language."""
    author: str = ""
    """Whose name the articles bear."""
    link: str = ""
    """An item's page where its source names none: https://example.com/posts/{id}; else the page beside the feed."""
    short: Literal["refuse", "skip", "join"] = "refuse"
    """Of items with too little text: make dead letters, leave out by name, or join with the next short ones."""
    text_min: int = 300
    """Characters of text that an article must have."""
    unfit: Literal["drop", "refuse"] = "drop"
    """Of pictures and videos that Dzen would not take: leave out of their article, or make a dead letter."""
    without_picture: Literal["take", "refuse"] = "take"
    """Of articles without a picture: take them, or make dead letters."""
    draft: bool = False
    """Whether articles arrive as drafts in Dzen's studio."""
    format: Literal["article", "post"] = "article"
    """What Dzen makes of an item."""
    index: bool = True
    """Whether search engines may list the articles on Dzen."""
    comments: Literal["all", "subscribers", "none"] = "all"
    """Who may comment."""
    content_type: Literal["", "news", "news_only", "blogs_only"] = ""
    """Where articles go since 2026-07-13: news and channel, news alone, the channel alone; unsaid when left out."""
    adult: bool = False
    """Whether the articles are for adults."""
    days: float = 3
    """For how many days an article, and each edit, stays in the feed."""
    max_items: int = 500
    """At most so many articles in the feed; others wait."""
    endpoint: str = ""
    """Of a bucket: the service's address, where it is not AWS."""
    region: str = "us-east-1"
    """Of a bucket: its region."""
    key_id: str = ""
    """Of a bucket: the id of the access key; AWS's own variables are taken when left out."""
    s3_block: str = ""
    """Of a bucket: the name of a Syndicate S3 Credentials block; its key, endpoint and region are taken."""
    secret_block: str = ""
    """The name of a Secret block with the access key's secret; without one it comes from SYNDICATE_S3_SECRET."""

    @field_validator("feed")
    @classmethod
    def _absolute(cls, feed: str) -> str:
        """Name a folder so that it is found from everywhere."""
        return feed if "://" in feed else str(Path(feed).expanduser().absolute())

    def open(self) -> DzenDestination:
        """Return the adapter; raises ConfigurationError where a library is not installed."""
        try:
            from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
        except ImportError as error:
            raise ConfigurationError("Dzen's feed needs lxml: pip install -e '.[dzen]'") from error
        rating: Literal["adult", "nonadult"] = "adult" if self.adult else "nonadult"
        chosen = self.model_dump(include=set(Profile.model_fields))
        about = self.model_dump(include=set(DzenSettings.model_fields))
        settings = DzenSettings(**about, place=self.feed, profile=Profile(**chosen, rating=rating))
        if "://" not in self.feed:
            return DzenDestination(settings)
        try:
            from adapters.destinations.dzen.bucket import bucket
        except ImportError as error:
            raise ConfigurationError("a bucket needs obstore: pip install -e '.[dzen,s3]'") from error
        return DzenDestination(settings, bucket(self.feed, *self._access()))

    def _access(self) -> tuple[str, str, tuple[str, str] | None]:
        """Return a bucket's endpoint, region and key, from where they are named; no key is AWS's own variables."""
        from tasks.credentials import loaded, secret

        if self.s3_block:
            from tasks.blocks.s3 import S3Credentials

            kept = loaded(S3Credentials, self.s3_block)
            return kept.endpoint, kept.region, kept.key
        key_id = self.key_id or os.environ.get(KEY_ID, "")
        if not key_id:
            return self.endpoint, self.region, None
        key = secret(SECRET, self.secret_block)
        if key is None:
            raise ConfigurationError(
                f"the id of a bucket's key is given and its secret is not: set {SECRET}, or name an --s3-block"
            )
        return self.endpoint, self.region, (key_id, key.get_secret_value())
