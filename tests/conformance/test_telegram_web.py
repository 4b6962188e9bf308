"""The kit on a channel's web preview, served by an emulator: complete pages, and pages that cut albums."""

from __future__ import annotations

from functools import partial

import pytest

from adapters.conformance.sources import Feed, SourceSuite
from adapters.sources.telegram_web import TelegramWebSettings, TelegramWebSource
from tests.emulators.telegram_web.channel import Channel
from tests.emulators.telegram_web.server import TelegramWeb
from tests.exports import message

PLACE = "telegram:42"
PICTURES = {"a.jpg": b"a" * 100, "b.jpg": b"b" * 200}
ALBUM, CUT = (21, 22), 31


def photo(number, name):
    """Build a picture of an album: all of one minute."""
    return message(number, "") | {"date_unixtime": "1735693200", "photo": name, "text_entities": []}


class Preview:
    """A channel that changes."""

    def __init__(self, folder):
        for name, data in PICTURES.items():
            (folder / name).write_bytes(data)
        messages = [message(number, f"post {number}") for number in range(1, 61)]
        messages[20:22] = [photo(number, name) for number, name in zip(ALBUM, PICTURES, strict=True)]
        self.channel = Channel(messages, folder=folder)
        self.web = TelegramWeb(self.channel)
        self.web.spoil = self.spoil

    @staticmethod
    def spoil(page):
        """Take the date from one message."""
        begin = page.find(f'data-post="boat_and_tea/{CUT}"')
        return page if begin < 0 else page[:begin] + page[begin:].replace("<time datetime=", "<time when=", 1)

    @property
    def open(self):
        """Return what opens it."""
        settings = TelegramWebSettings(channel="boat_and_tea", preview_address=self.web.base, pages_per_second=1000)
        return partial(TelegramWebSource, settings)

    @property
    def ids(self):
        """Return what a complete reading yields."""
        return [f"{PLACE}/{number}" for number in range(1, 61) if number not in {22, CUT}]

    def change(self, number, **more):
        """Change a message."""
        found = self.channel.messages
        found[:] = [one | more if one["id"] == number else one for one in found]
        return f"{PLACE}/{number}"

    def append(self):
        """Publish one more."""
        self.channel.messages.append(message(500, "newest"))
        return f"{PLACE}/500"

    def delete(self):
        """Delete one."""
        self.channel.messages[:] = [one for one in self.channel.messages if one["id"] != 12]
        return f"{PLACE}/12"


class TestTelegramWeb(SourceSuite):
    """A preview of three pages."""

    adapter = TelegramWebSource
    cuts_albums = False

    @pytest.fixture
    def feed(self, tmp_path, monkeypatch):
        """A channel of its own for each check."""
        monkeypatch.setenv("NO_PROXY", "*")
        made = Preview(tmp_path)
        made.channel.cuts_albums = self.cuts_albums
        edited = {"text_entities": [{"type": "plain", "text": "new"}], "edited_unixtime": "1735700000"}
        yield Feed(
            open=made.open,
            ids=made.ids,
            edit=lambda: made.change(7, **edited),
            count=lambda: made.change(5, views="9.9K", reactions=[{"emoji": "❤", "count": 9}]),
            append=made.append,
            delete=made.delete,
        )
        made.web.stop()


class TestTelegramWebCut(TestTelegramWeb):
    """The same where a page may begin or end inside an album."""

    cuts_albums = True
