"""Which chat is meant, and how Telegram is asked for it: resolved once, then kept with its access hash.

Asking for a name is dear: a few calls too many, and the account waits for hours
(core.telegram.org/method/contacts.resolveUsername).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import ValidationError
from telethon.tl import functions, types

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Model
from adapters.sources.telegram.line import Line

LINK = re.compile(r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)/(?:s/)?(.+)", re.IGNORECASE)
NAME = re.compile(r"@?([A-Za-z]\w{2,31})", re.ASCII)
INVITE = re.compile(r"(?:\+|joinchat/)([\w-]{8,64})", re.ASCII)
NUMBER = re.compile(r"(channel|chat|user)?(\d{1,18})", re.ASCII)
BOTS_CHANNEL = "-100"
"""How the Bot API begins a channel's id; a basic group's is merely negative."""
DIALOGS = 100
"""Chats of the account that are looked at a request."""
MOST_DIALOGS = 50
"""Requests for chats at most, while one is looked for by its number."""

Kind = Literal["channel", "chat", "user"]


class Wanted(Model):
    """What a person wrote, understood: a public name, an invite link's hash, or a kind and a number."""

    name: str = ""
    invite: str = ""
    kind: Kind = "channel"
    number: int = 0


class Place(Model):
    """One chat as Telegram is asked for it."""

    kind: Kind
    number: int
    access_hash: int = 0
    title: str = ""
    username: str = ""

    @property
    def identity(self) -> str:
        """`telegram:<id>` for channels and supergroups, `telegram:user<id>`, `telegram:chat<id>` for the others."""
        return f"telegram:{'' if self.kind == 'channel' else self.kind}{self.number}"

    @property
    def peer(self) -> Any:
        """The chat as an InputPeer."""
        if self.kind == "channel":
            return types.InputPeerChannel(self.number, self.access_hash)
        if self.kind == "chat":
            return types.InputPeerChat(self.number)
        return types.InputPeerUser(self.number, self.access_hash)

    @property
    def channel(self) -> Any:
        """The chat as an InputChannel."""
        return types.InputChannel(self.number, self.access_hash)

    def renewed(self, chats: Iterable[Any]) -> Place:
        """Return this place under the title and name that it has by now, where an answer tells them."""
        for one in chats:
            if isinstance(one, types.Channel) and one.id == self.number and self.kind == "channel" and not one.min:
                return self.model_copy(update={"title": one.title, "username": _username(one)})
        return self


def wanted(text: str) -> Wanted:
    """Understand `@name`, `t.me/…`, `t.me/c/123`, `t.me/+…`, `-100123`, `123`, `chat5`, `user7`; ConfigurationError."""
    said = text.strip()
    link = LINK.fullmatch(said)
    path = link[1].partition("?")[0].strip("/") if link else said
    if invite := INVITE.fullmatch(path):
        return Wanted(invite=invite[1])
    first, _, rest = path.partition("/")
    if link and first == "c" and (number := re.match(r"\d{1,18}", rest, re.ASCII)):
        return Wanted(number=int(number[0]))
    if first.startswith(BOTS_CHANNEL) and first[4:].isdecimal():
        return Wanted(number=int(first[4:]))
    if first.startswith("-") and first[1:].isdecimal():
        return Wanted(kind="chat", number=int(first[1:]))
    if number := NUMBER.fullmatch(first):
        return Wanted.model_validate({"kind": number[1] or "channel", "number": int(number[2])})
    if name := NAME.fullmatch(first):
        return Wanted(name=name[1].lower())
    raise ConfigurationError(
        f"--channel {text!r} is neither a name (@name), a link (t.me/name, t.me/c/123, t.me/+…) nor a number"
    )


class Addresses:
    """Chats that were resolved earlier, in a file of their own: no secret, and of no use to another account."""

    def __init__(self, path: Path | None) -> None:
        """Take the file, or None to keep nothing beyond this process."""
        self._path = path
        self._known: dict[str, Place] | None = None

    def get(self, key: str) -> Place | None:
        """Return what is kept under a key."""
        return self._read().get(key)

    def keep(self, key: str, place: Place) -> None:
        """Keep a chat under what a person wrote; a file that cannot be written costs the next run one question."""
        known = self._read()
        if known.get(key) == place:
            return
        known[key] = place
        if self._path is not None:
            self._write(self._path, known)

    def _read(self) -> dict[str, Place]:
        """Read the file once; one that is damaged is begun anew."""
        if self._known is None:
            self._known = {}
            try:
                data = orjson.loads(self._path.read_bytes()) if self._path else {}
                self._known = {str(key): Place.model_validate(value) for key, value in data.items()}
            except (OSError, ValueError, AttributeError, ValidationError):
                self._known = {}
        return self._known

    def _write(self, path: Path, known: dict[str, Place]) -> None:
        """Write the file whole or not at all."""
        data = orjson.dumps({key: place.model_dump() for key, place in known.items()})
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(data)
            Path(file.name).replace(path)
        except OSError:
            return


def resolve(line: Line, addresses: Addresses, text: str) -> Place:
    """Find the chat that a person named; asks Telegram only for what is not known yet."""
    found = addresses.get(text)
    if found is None:
        found = _ask(line, wanted(text), f"--channel {text}")
        addresses.keep(text, found)
    return found


def _ask(line: Line, asked: Wanted, what: str) -> Place:
    """Ask Telegram for a chat."""
    if asked.name:
        answer = line.ask(functions.contacts.ResolveUsernameRequest(asked.name), what)
        return _resolved(answer, what)
    if asked.invite:
        answer = line.ask(functions.messages.CheckChatInviteRequest(asked.invite), what)
        if not isinstance(answer, types.ChatInviteAlready):
            raise ConfigurationError(f"{what}: the account has not joined by this link; join with it, then run again")
        return _place_of(answer.chat, what)
    if asked.kind == "chat":
        answer = line.ask(functions.messages.GetChatsRequest([asked.number]), what)
        found = [one for one in answer.chats if one.id == asked.number]
        if not found:
            raise _unknown(what)
        return _place_of(found[0], what)
    return _among_dialogs(line, asked, what)


def _resolved(answer: Any, what: str) -> Place:
    """Pick the chat that a name belongs to out of the answer."""
    peer = answer.peer
    number = getattr(peer, "channel_id", None) or getattr(peer, "user_id", None) or getattr(peer, "chat_id", None)
    for one in (*answer.chats, *answer.users):
        if one.id == number:
            return _place_of(one, what)
    raise _unknown(what)


def _among_dialogs(line: Line, asked: Wanted, what: str) -> Place:
    """Look for a channel or a person by number among the account's own chats: a number alone opens nothing."""
    offset = functions.messages.GetDialogsRequest(
        offset_date=None, offset_id=0, offset_peer=types.InputPeerEmpty(), limit=DIALOGS, hash=0
    )
    for _ in range(MOST_DIALOGS):
        answer = line.ask(offset, what)
        there = answer.users if asked.kind == "user" else answer.chats
        for one in there:
            if one.id == asked.number:
                return _place_of(one, what)
        following = _behind(answer)
        if following is None:
            break
        offset = following
    raise _unknown(what)


def _behind(answer: Any) -> Any:
    """Return the request for the chats behind these, or None where they were the last."""
    if not isinstance(answer, types.messages.DialogsSlice) or not answer.dialogs:
        return None
    last = answer.dialogs[-1]
    message = next((one for one in answer.messages if one.id == last.top_message and one.peer_id == last.peer), None)
    place = next((one for one in (*answer.chats, *answer.users) if one.id in vars(last.peer).values()), None)
    if message is None or place is None:
        return None
    return functions.messages.GetDialogsRequest(
        offset_date=message.date,
        offset_id=message.id,
        offset_peer=_place_of(place, "").peer,
        limit=DIALOGS,
        hash=0,
    )


def _place_of(chat: Any, what: str) -> Place:
    """Return a chat's address; raises ConfigurationError for one that is closed to the account."""
    if isinstance(chat, types.ChannelForbidden | types.ChatForbidden | types.ChatEmpty | types.UserEmpty):
        raise ConfigurationError(f"{what}: it is closed to the account; join it with the account that signed in")
    if isinstance(chat, types.User):
        title = f"{chat.first_name or ''} {chat.last_name or ''}".strip()
        return Place(
            kind="user",
            number=chat.id,
            access_hash=chat.access_hash or 0,
            title=title,
            username=chat.username or "",
        )
    if isinstance(chat, types.Chat):
        return Place(kind="chat", number=chat.id, title=chat.title)
    return Place(
        kind="channel",
        number=chat.id,
        access_hash=chat.access_hash or 0,
        title=chat.title,
        username=_username(chat),
    )


def _username(chat: Any) -> str:
    """Return a channel's public name: its own, else the first that is active."""
    active = (one.username for one in chat.usernames or () if one.active)
    return chat.username or next(active, "")


def _unknown(what: str) -> ConfigurationError:
    """Say that a chat was not found."""
    return ConfigurationError(f"{what}: the account knows no such chat; give its @name, or join it with the account")
