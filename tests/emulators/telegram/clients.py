"""Clients of the emulator: Telethon's own, told where it is."""

from __future__ import annotations

from collections.abc import Callable

from telethon import TelegramClient

from tests.emulators.telegram.crypto import trust
from tests.emulators.telegram.files import HOME
from tests.emulators.telegram.world import Telegram


def client_factory_at(port: int) -> Callable[..., TelegramClient]:
    """Return what makes clients of the emulator at a port, also such as have no session yet."""

    def connect(session, api_id: int, api_hash: str, **settings) -> TelegramClient:
        trust()
        # A cache of the class: it would lead to the emulator of another test.
        TelegramClient._config = None
        client = TelegramClient(session, api_id, api_hash, **settings)
        if client.session.port != port:
            client.session.set_dc(HOME, "127.0.0.1", port)
        return client

    return connect


def client_factory(world: Telegram) -> Callable[..., TelegramClient]:
    """Return what takes TelegramClient's place in a test's own process."""
    return client_factory_at(world.port)
