"""How the tests of the emulator talk to it: by Telethon, a conversation at a time."""

from __future__ import annotations

import asyncio

import pytest
from telethon.sessions import StringSession
from telethon.tl import functions, types

from tests.emulators.telegram import API_HASH, API_ID, client_factory

PHONE, CODE = "+79990000001", "24680"


def talk(world, session, do, **settings):
    """Connect Telethon, let `do` use it, and return what it returns."""

    async def conversation():
        client = client_factory(world)(StringSession(session), API_ID, API_HASH, **{"retry_delay": 0} | settings)
        await client.connect()
        try:
            return await asyncio.wait_for(do(client), 30)
        finally:
            await client.disconnect()

    return asyncio.run(conversation())


def refused(world, session, error, *requests):
    """Be sure that each of these requests is refused so."""

    async def do(client):
        for request in requests:
            with pytest.raises(error):
                await client(request)

    talk(world, session, do)


def difference(pts, channel, limit=100):
    """Ask what has happened in a channel."""
    return functions.updates.GetChannelDifferenceRequest(channel, types.ChannelMessagesFilterEmpty(), pts, limit)
