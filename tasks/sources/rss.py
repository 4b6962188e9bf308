"""A feed as a pair's source: RSS, Atom or JSON Feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.contracts.errors import ConfigurationError
from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.rss import RssSource

URL = "SYNDICATE_RSS_URL"
LARGEST_FILE_MB = 512


class Rss(Source):
    """The feed."""

    feed_url: str = ""
    """The feed's address. One with a login or a token in it is a secret: leave this out, and set SYNDICATE_RSS_URL or
    name a block."""
    feed_url_block: str = ""
    """The name of a Secret block with the address, where it is a secret."""
    feed_name: str = ""
    """The name under which its items are known, whatever becomes of its address; needed where that is a secret."""
    allow_private: tuple[str, ...] = ()
    """Hosts and networks that may be read although they are not public: nas.local, 192.168.1.0/24."""
    largest_file_mb: int = LARGEST_FILE_MB
    """Megabytes that a picture, sound or film may have; a larger one is left out, and its item says so."""

    def open(self) -> RssSource:
        """Return the adapter."""
        from pydantic import SecretStr

        from adapters.net import Bounds, Net, Reach

        try:
            from adapters.sources.rss import Address, RssSource
        except ImportError as error:
            raise ConfigurationError("a feed needs lxml and feedparser: pip install -e '.[rss]'") from error
        from tasks.credentials import secret

        hidden = None if self.feed_url else secret(URL, self.feed_url_block)
        if not self.feed_url and hidden is None:
            raise ConfigurationError(f"say which feed: --feed-url https://…, or its address as a secret in {URL}")
        address = Address(hidden or SecretStr(self.feed_url), self.feed_name, is_secret=hidden is not None)
        return RssSource(address, Net(Reach(self.allow_private), Bounds(longest=self.largest_file_mb << 20)))
