"""The world that the emulator serves: accounts, chats, files, a clock, and what shall go wrong."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Self

from telethon.tl import types

from tests.emulators.telegram import differences, files, places, reading, signing
from tests.emulators.telegram.chats import Chat
from tests.emulators.telegram.differences import channel_update, own_update
from tests.emulators.telegram.faults import Call, Faults
from tests.emulators.telegram.files import HOME, Files
from tests.emulators.telegram.kinds import Channel, Dialog, Group
from tests.emulators.telegram.log import Event
from tests.emulators.telegram.people import Account, Key, Person
from tests.emulators.telegram.server import Server
from tests.emulators.telegram.wire import Refused, pack

API_ID, API_HASH = 94_575, "canary-api-hash-5d1f0c2e9b77aa03"
HANDLERS = signing.HANDLERS | places.HANDLERS | reading.HANDLERS | differences.HANDLERS | files.HANDLERS


class Clock:
    """The world's time, which a test moves."""

    def __init__(self, begin: datetime = datetime(2026, 9, 1, 12, tzinfo=UTC)):
        self.now = begin

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Ask:
    """A request, and who asks."""

    world: Telegram
    request: object
    key: Key
    dc: int

    @property
    def account(self) -> Account:
        """Who is signed in; raises Refused when nobody is."""
        if self.key.account is None:
            raise self.key.ended
        if self.key.account.deactivated:
            raise Refused(401, "USER_DEACTIVATED")
        return self.key.account


class Telegram:
    """Everything; see the package's own words for what a test can do with it."""

    def __init__(self, clock: Callable[[], datetime] | None = None):
        self.lock = threading.RLock()
        self.clock = clock or Clock()
        self.api_id, self.api_hash = API_ID, API_HASH
        self.accounts: list[Account] = []
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Channel | Group] = {}
        self.dialogs: dict[tuple[int, int], Dialog] = {}
        self.files = Files(self.now)
        self.keys: dict[int, Key] = {}
        self.codes: dict[str, str] = {}
        self.notes: dict[bytes, Account] = {}
        self.faults = Faults()
        self.calls: list[Call] = []
        self.bugs: list[str] = []
        self.one_at_a_time = False
        self.history_tail = "clip"
        """What a slice does that reaches beyond the newest message: `clip`, or `shift` to older ones."""
        self.long_differences = "sliced"
        """What a channel's difference does that has more than its limit: come `sliced`, or be `refused` as too long.

        Telegram's pages have said both.
        """
        self._numbers = count(1)
        self._server = Server(self)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, kind, error, _) -> None:
        self._server.stop()
        if kind is None:
            self.check()
        elif self.bugs:
            error.add_note("\n".join(self.bugs))

    @property
    def ports(self) -> dict[int, int]:
        """Where the data centres listen."""
        return self._server.ports

    @property
    def port(self) -> int:
        """Where the accounts' own data centre listens."""
        return self.ports[HOME]

    def now(self) -> datetime:
        """Return the world's time, in whole seconds as TL has it."""
        return self.clock().replace(microsecond=0)

    def number(self) -> int:
        """Return a number that was not used before."""
        return next(self._numbers) + 5_000

    # Who and what is there.

    def account(self, phone: str, code: str = "24680", password: str = "", name: str = "Ada") -> Account:
        """Add an account."""
        with self.lock:
            made = Account(self, self.number() + 1_000_000, name, phone, code, password)
            self.accounts.append(made)
            self.people[made.id] = made
        return made

    def person(self, name: str, username: str = "") -> Person:
        """Add somebody else."""
        with self.lock:
            made = Person(self, self.number() + 1_000_000, name, username)
            self.people[made.id] = made
        return made

    def channel(
        self, title: str, username: str = "", kind: str = "broadcast", number: int = 0, invite: str = ""
    ) -> Channel:
        """Add a channel (`broadcast`, `megagroup`, `forum`) that all accounts so far are members of."""
        with self.lock:
            number = number or self.number() + 1_200_000_000
            made = Channel(self, number, title, username=username, kind=kind, invite=invite)
            made.members |= {one.id for one in self.accounts}
            self.chats[made.id] = made
        return made

    def group(self, title: str, *people: Person) -> Group:
        """Add a basic group of one account and other people."""
        (account,) = (one for one in people if isinstance(one, Account))
        with self.lock:
            made = Group(self, self.number() + 4_000_000, title, account, [one for one in people if one is not account])
            self.chats[made.id] = made
        return made

    def dialog(self, account: Account, person: Person) -> Dialog:
        """Let an account talk to somebody."""
        with self.lock:
            return self.dialogs.setdefault((account.id, person.id), Dialog(self, account, person))

    def photo(self, data: bytes, width: int = 8, height: int = 8, dc: int = HOME, *, spoiler: bool = False):
        """Return a photo as a medium to be posted."""
        with self.lock:
            return self.files.photo(data, width, height, dc, spoiler=spoiler)

    def document(
        self, data: bytes, name: str = "", mime: str = "application/octet-stream", *attributes, dc: int = HOME
    ):
        """Return a document as a medium to be posted; TL's attributes say what it is."""
        with self.lock:
            return self.files.document(data, name, mime, attributes, dc)

    def of(self, account: Account) -> list[Chat]:
        """Return what an account is in."""
        joined = [one for one in self.chats.values() if isinstance(one, Channel) and account.id in one.members]
        own = [one for one in (*self.chats.values(), *self.dialogs.values()) if one.account is account]
        return [one for one in (*joined, *own) if one.admits(account)]

    def state(self, account: Account) -> types.updates.State:
        """Return where an account's box stands."""
        return types.updates.State(account.box.pts, 0, self.now(), 1, 0)

    # What shall go wrong.

    def flood(self, name: str, seconds: float) -> None:
        """Refuse such requests until the world's clock has passed so many seconds."""
        with self.lock:
            self.faults.floods[name] = self.clock() + timedelta(seconds=seconds)

    def fail_next(self, name: str, code: int, message: str, times: int = 1) -> None:
        """Refuse the next such requests."""
        with self.lock:
            self.faults.fail(name, Refused(code, message), times)

    def drop(self, when: str, name: str = "", nth: int = 1) -> None:
        """Drop the connection `before` or `after` the nth such request from now on is handled."""
        with self.lock:
            self.faults.drop(when, name, nth)

    def slow(self, name: str, seconds: float) -> None:
        """Let such requests take so many real seconds from now on."""
        with self.lock:
            self.faults.waits[name] = seconds

    def silent(self, name: str) -> None:
        """Never answer such requests."""
        with self.lock:
            self.faults.silences.add(name)

    def cut(self, media: types.TypeMessageMedia, at: int) -> None:
        """Let a file end early, though its size says otherwise."""
        self.files.of(media).cut_at = at

    def lose(self, media: types.TypeMessageMedia) -> None:
        """Lose a file."""
        self.files.of(media).lost = True

    def drop_connections(self) -> None:
        """Drop all connections now."""
        self._server.drop()

    def outage(self) -> None:
        """Be away: nobody listens."""
        self._server.close()

    def listen(self) -> None:
        """Be back."""
        self._server.open()

    def back(self) -> None:
        """Be back, with all faults forgotten."""
        with self.lock:
            self.faults = Faults()
        self.listen()

    # What has happened.

    def asked(self, name: str) -> list[Call]:
        """Return the calls of one name."""
        with self.lock:
            return [call for call in self.calls if call.is_a(name)]

    def check(self) -> None:
        """Raise for what the emulator did not know or did wrong."""
        assert self.bugs == [], "\n".join(self.bugs)

    def secrets(self) -> list[str]:
        """Return every text that must be found nowhere; a key in hex, and as a piece of any longer text in base 64."""
        said = [text for one in self.accounts for text in (one.phone, one.phone.lstrip("+"), one.code, one.password)]
        keys = [key.auth.key for key in self.keys.values()]
        # Where a key begins in a longer text decides which letters it becomes.
        shifted = [base64.urlsafe_b64encode(bytes(shift) + key).decode() for key in keys for shift in range(3)]
        coded = [text[4:-4] for text in shifted]
        plain = [text.replace("-", "+").replace("_", "/") for text in coded]
        return [text for text in (self.api_hash, *said, *(key.hex() for key in keys), *coded, *plain) if text]

    def asks(self, request, key: Key, dc: int) -> Ask:
        """Say who asks for what."""
        return Ask(self, request, key, dc)

    def answer(self, ask: Ask, call: Call):
        """Do what a request asks."""
        handler = HANDLERS.get(f"{call.space}.{call.name}")
        if handler is None:
            self.bugs.append(f"nobody handles {call.space}.{call.name}: {call.request}")
            raise Refused(400, "EMULATOR_DOES_NOT_KNOW_THIS")
        return handler(ask)

    def push(self, chat: Chat, event: Event) -> None:
        """Tell those connections about an event that are listening."""
        said = chat.box.messages.get(event.ids[0])
        for connection in self._server.listening():
            account = connection.key.account
            if chat.account in {None, account} and chat.admits(account) and self._is_in(chat, account):
                update = channel_update(chat, event, said) if isinstance(chat, Channel) else own_update(event, said)
                places_ = [] if isinstance(chat, Dialog) else [chat.seen_by(account)]
                people = [self.people[one].seen_by(account) for one in chat.met if one in self.people]
                connection.notify(pack(types.Updates([update], people, places_, self.now(), 0)))

    @staticmethod
    def _is_in(chat: Chat, account: Account) -> bool:
        return not isinstance(chat, Channel) or account.id in chat.members
