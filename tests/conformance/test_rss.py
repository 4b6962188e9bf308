"""The kit on a feed that is served over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import pytest
from pydantic import SecretStr

from adapters.conformance.sources import Feed, SourceSuite
from adapters.net import Net, Reach
from adapters.sources.rss import Address, RssSource
from adapters.sources.rss.entry import short
from tests.servers.feeds import PICTURE, FeedServer, rss

TOKEN = "s3cret-t0ken"  # noqa: S105 - to be looked for
BEGAN = datetime(2024, 1, 1, 12, tzinfo=UTC)


def opened(url, page_size=10):
    """Open a feed on this machine; a plain function, for another process."""
    return RssSource(Address(SecretStr(url)), Net(Reach(("127.0.0.1",))), page_size)


class Blog:
    """A feed of 24 entries, three with files and one that says nothing."""

    def __init__(self):
        self.server = FeedServer()
        self.url = f"{self.server.base}/feed.xml?token={TOKEN}"
        self.deleted = []
        self.entries = [self._entry(number) for number in range(24)]
        for number in (3, 7, 11):
            files = [(f"{self.server.base}/{number}-{n}.png", "image/png") for n in (1, 2)]
            self.entries[number]["files"] = files
            for url, _ in files:
                self.server.pages[url.removeprefix(self.server.base)] = PICTURE + url.encode()
        self.serve()

    def _entry(self, number):
        date = format_datetime(BEGAN + timedelta(days=number))
        return {
            "guid": f"post {number}",
            "title": f"Post {number}",
            "text": f"<p>Text <b>{number}</b></p>",
            "date": date,
        }

    def serve(self):
        """Write the feed as it is now."""
        gone = "".join(f'<at:deleted-entry ref="{guid}" when="2024-06-01T00:00:00Z"/>' for guid in self.deleted)
        self.server.pages["/feed.xml"] = rss(["<item><comments/></item>", *self.entries], more=gone)

    def name(self, guid):
        """Return an entry's id."""
        return f"{opened(self.url).identity}/{short(guid)}"

    def change(self, number, **fields):
        """Change one entry."""
        self.entries[number] |= fields
        self.serve()
        return self.name(self.entries[number]["guid"])

    def append(self):
        """Publish one more."""
        self.entries.append(self._entry(len(self.entries)))
        self.serve()
        return self.name(self.entries[-1]["guid"])

    def delete(self):
        """Take one out and say so."""
        self.deleted.append(self.entries.pop(12)["guid"])
        self.serve()
        return self.name(self.deleted[-1])


class TestRss(SourceSuite):
    """A feed whose address holds a token."""

    adapter = RssSource
    has_secret = True

    @pytest.fixture
    def feed(self):
        """A blog of its own for each check."""
        blog = Blog()
        yield Feed(
            open=partial(opened, blog.url),
            ids=[blog.name(entry["guid"]) for entry in blog.entries],
            edit=lambda: blog.change(5, text="<p>Another text</p>"),
            count=lambda: blog.change(6, more="<slash:comments>7</slash:comments>"),
            append=blog.append,
            delete=blog.delete,
            secret=TOKEN,
        )
        blog.server.stop()
