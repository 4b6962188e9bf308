"""The kit on a Telegram channel that is read live, through the emulator of Telegram."""

from __future__ import annotations

from functools import partial
from itertools import count

import pytest

from adapters.conformance.sources import Feed, SourceSuite
from adapters.sources.telegram import Login, TelegramSource
from tests.emulators.telegram import API_HASH, API_ID, Clock, Telegram

PICTURES = (b"a" * 100, b"b" * 200)


OPENED: list[TelegramSource] = []


def opened(session, clock):
    """Open a source as a new process would; closed behind the check, for the kit leaves that to its backends."""
    login = Login(api_id=API_ID, api_hash=API_HASH, session=session)
    OPENED.append(TelegramSource("@lake", login, clock=clock))
    return OPENED[-1]


class Live:
    """A channel that changes while it is read."""

    def __init__(self, world: Telegram) -> None:
        self.world = world
        self.account = world.account(phone="+79990000001")
        self.channel = world.channel("The Lake", username="lake")
        self.fresh = count(1)
        # Enough for more than one page of the history.
        self.ids = [*self.channel.messages, *(self.channel.post(f"post {n}") for n in range(60))]
        self.album = self.channel.post_album([world.photo(data) for data in PICTURES], "two views")
        self.ids += [self.album[0], *(self.channel.post(f"post {n}") for n in range(60, 150))]
        self.file = self.channel.post("a file", media=world.document(b"c" * 700_000, "lake.bin"))
        self.ids += [self.file, self.channel.post("the last")]
        self.garbled = self.ids.pop(30)
        self.channel.garble(self.garbled)

    def name(self, number):
        return f"telegram:{self.channel.id}/{number}"

    def open(self):
        return partial(opened, self.account.session(), self.world.clock)

    def edit(self):
        self.channel.edit(self.ids[7], "new")
        return self.name(self.ids[7])

    def count(self):
        self.channel.react(self.ids[5])
        self.channel.view(self.ids[5])
        return self.name(self.ids[5])

    def append(self):
        return self.name(self.channel.post("newest"))

    def delete(self):
        self.channel.delete(self.ids[12])
        return self.name(self.ids[12])


class TestTelegram(SourceSuite):
    """A public channel."""

    adapter = TelegramSource
    has_secret = True

    @pytest.fixture
    def feed(self):
        """A channel of its own for each check."""
        with Telegram(clock := Clock()) as world:
            made = Live(world)
            clock.move(600)
            yield Feed(
                open=made.open(),
                ids=[made.name(number) for number in made.ids],
                edit=made.edit,
                count=made.count,
                append=made.append,
                delete=made.delete,
                secret=API_HASH,
            )
            while OPENED:
                OPENED.pop().close()
