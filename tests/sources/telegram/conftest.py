"""A world of Telegram with an account and a public channel, and sources that read it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from adapters.contracts.item import ContentItem, Unreadable
from adapters.sources.telegram import Login, TelegramSource
from tests.emulators.telegram import API_HASH, API_ID, Clock, Telegram, client_factory


@dataclass
class Lake:
    """A channel, and whoever reads it."""

    world: Telegram
    clock: Clock
    folder: object
    opened: list = field(default_factory=list)
    waits: list = field(default_factory=list)

    def __post_init__(self):
        self.account = self.world.account(phone="+79990000001")
        self.channel = self.world.channel("The Lake", username="lake")
        self.session = self.account.session()

    @property
    def identity(self):
        """Return what the channel is called by every adapter."""
        return f"telegram:{self.channel.id}"

    def name(self, number):
        return f"{self.identity}/{number}"

    def login(self, session=""):
        return Login(api_id=API_ID, api_hash=API_HASH, session=session or self.session)

    def source(self, channel="@lake", session="", connect=None, deadline=10.0):
        """Open a source as a new process would, with the addresses that earlier ones kept; nobody waits for long."""
        made = TelegramSource(
            channel,
            self.login(session),
            self.folder / "addresses.json",
            connect or client_factory(self.world),
            self.clock,
            self.wait,
            deadline,
        )
        self.opened.append(made)
        return made

    def wait(self, seconds):
        """Let the time pass that somebody waits."""
        self.waits.append(seconds)
        self.clock.move(seconds)

    def asked(self):
        """Return the names of what was asked, and forget them."""
        names = [call.name for call in self.world.calls]
        self.world.calls.clear()
        return names


@pytest.fixture
def lake(tmp_path):
    """A channel of this test's own."""
    with Telegram(clock := Clock()) as world:
        made = Lake(world, clock, tmp_path)
        yield made
        for source in made.opened:
            source.close()


def read(source, cursor=""):
    """Return what a source tells behind a cursor: ids and texts, in order; and where it stands then."""
    told = [entry for page in source.read(cursor) for entry in page.entries]
    return told, source.stand()


def texts(entries):
    """Return ids' numbers and texts."""
    return [(int(one.id.rpartition("/")[2]), one.text) for one in entries if isinstance(one, ContentItem)]


def holes(entries):
    """Return the ids of what could not be read."""
    return [one.item_id for one in entries if isinstance(one, Unreadable)]
