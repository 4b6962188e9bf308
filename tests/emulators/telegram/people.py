"""Accounts and other people, and the keys by which accounts are signed in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

from telethon.crypto import AuthKey
from telethon.sessions import StringSession
from telethon.tl import types

from tests.emulators.telegram.chats import access_hash, locked
from tests.emulators.telegram.crypto import PasswordCheck
from tests.emulators.telegram.files import HOME
from tests.emulators.telegram.kinds import Channel
from tests.emulators.telegram.log import Box
from tests.emulators.telegram.wire import Refused


@dataclass
class Key:
    """An authorization key, and what the server knows of it."""

    auth: AuthKey
    dc: int
    account: Account | None = None
    awaiting: Account | None = None
    """Who has given the code, and not yet the password."""
    check: PasswordCheck | None = None
    ended: Refused = field(default_factory=lambda: Refused(401, "AUTH_KEY_UNREGISTERED"))
    """What a request that needs an account is answered when there is none."""
    dead: Refused | None = None
    """What each request by it is answered."""
    known: bool = False
    """Whether it has told its layer."""
    salt: int = field(default_factory=lambda: int.from_bytes(os.urandom(7), "little"))


class Person:
    """Somebody."""

    phone = ""

    def __init__(self, world, number: int, name: str, username: str = ""):
        self.world = world
        self.id = number
        self.name = name
        self.username = username

    def seen_by(self, account) -> types.User:
        """Return it as an account sees it."""
        own = account is self
        return types.User(
            id=self.id,
            is_self=own or None,
            access_hash=access_hash(account, self.id),
            first_name=self.name,
            username=self.username or None,
            phone=self.phone.lstrip("+") or None if own else None,
        )


class Account(Person):
    """Somebody who can sign in."""

    def __init__(self, world, number, name, phone, code, password):
        super().__init__(world, number, name)
        self.phone = phone
        self.code = code
        self.password = password
        self.box = Box()
        self.deactivated = False
        self.resolved: list[datetime] = []
        self.frozen_until = datetime(1, 1, 1, tzinfo=UTC)

    @locked
    def session(self) -> str:
        """Return the text of a StringSession that is signed in, with a key of its own."""
        key = Key(AuthKey(os.urandom(256)), HOME, self)
        self.world.keys[key.auth.key_id] = key
        text = StringSession()
        text.set_dc(HOME, "127.0.0.1", self.world.port)
        text.auth_key = key.auth
        return text.save()

    @locked
    def revoke(self) -> None:
        """End all sessions as their owner does in another client."""
        for key in self._keys():
            key.account, key.ended = None, Refused(401, "SESSION_REVOKED")

    @locked
    def forget_keys(self) -> None:
        """Let nobody be signed in by this account's keys."""
        for key in self._keys():
            key.account = None

    @locked
    def deactivate(self) -> None:
        """Delete the account, as far as it sees."""
        self.deactivated = True

    @locked
    def leave(self, channel: Channel) -> None:
        """Leave a channel."""
        channel.members.discard(self.id)

    @locked
    def join(self, channel: Channel) -> None:
        """Join a channel."""
        channel.members.add(self.id)

    def _keys(self) -> list[Key]:
        return [key for key in self.world.keys.values() if key.account is self]
