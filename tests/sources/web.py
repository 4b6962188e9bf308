"""What the tests of the web preview share: a server with a channel, and sources on it."""

from __future__ import annotations

from adapters.contracts.item import ContentItem
from adapters.sources.telegram_web import TelegramWebSettings, TelegramWebSource

NAME = "boat_and_tea"


def source(web, **settings):
    """Return a source as a new process has it; it waits for nothing."""
    given = {"channel": NAME, "preview_address": web.base, "pages_per_second": 1000} | settings
    return TelegramWebSource(TelegramWebSettings(**given), lambda _: None)


def entries(reader, cursor=""):
    """Return all that lies behind a cursor."""
    return [entry for page in reader.read(cursor) for entry in page.entries]


def items(reader, cursor=""):
    """Return what was understood, by number."""
    found = [entry for entry in entries(reader, cursor) if isinstance(entry, ContentItem)]
    return {int(item.id.rpartition("/")[2]): item for item in found}
