"""Source: a Telegram channel, group or chat as an account sees it, live, through Telethon.

Reads history by id, edits and deletions by Telegram's difference (core.telegram.org/api/updates); see docs/telegram.md.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from telethon import TelegramClient

from adapters.contracts.item import ContentItem, Media
from adapters.contracts.ports import MediaFile, MediaMissing, Page
from adapters.sources.telegram.deletions import Deletions
from adapters.sources.telegram.files import Remote
from adapters.sources.telegram.following import Reading
from adapters.sources.telegram.history import History
from adapters.sources.telegram.line import DEADLINE, Connect, Line
from adapters.sources.telegram.login import Application, Login, login_of, text_of
from adapters.sources.telegram.media import Stored, message_of, stored
from adapters.sources.telegram.place import Addresses, Place, resolve
from adapters.sources.telegram.signing import SignIn, WrongAnswer

__all__ = ["Application", "Login", "SignIn", "TelegramSource", "WrongAnswer", "login_of", "text_of"]

REMEMBERED = 4_000
"""Files of the last messages whose place at Telegram is remembered; others cost a question each."""


class TelegramSource:
    """One chat of an account. Its session may be used by one process at a time (`Exclusive`)."""

    service: ClassVar[str] = "telegram"

    def __init__(
        self,
        channel: str,
        login: Login,
        addresses: Path | None = None,
        connect: Connect = TelegramClient,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
        deadline: float = DEADLINE,
    ) -> None:
        """Take a chat as a person names it, and a file in which resolved names are kept; a deadline in seconds."""
        self._channel = channel
        self._login = login
        self._addresses = Addresses(addresses)
        self._clock = clock
        self._line = Line(login, connect, pause, deadline)
        self._known: History | None = None
        self._reading: Reading | None = None
        self._files: OrderedDict[str, Stored] = OrderedDict()

    @property
    def identity(self) -> str:
        """`telegram:<id>` for channels and supergroups, `telegram:user<id>`, `telegram:chat<id>` for the others."""
        return self._history.place.identity

    @property
    def title(self) -> str:
        """The chat's name."""
        return self._history.place.title

    @property
    def exclusive(self) -> str:
        """The session, by the begin of its key's hash: Telegram ends one that two addresses use at once."""
        return f"telegram-session:{self._login.account}"

    def guard(self, check: Callable[[], None]) -> None:
        """Call `check` before each request from now on."""
        self._line.guard(check)

    def fingerprint(self) -> str:
        """Return nothing: a chat does not tell whether it has changed without being read."""
        return ""

    def head(self) -> datetime | None:
        """Return when the newest message was published."""
        entries = Reading(self._history, self._line, self._clock, self._remember).newest()
        return max((one.published_at for one in entries if isinstance(one, ContentItem)), default=None)

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield what changed since a cursor and what is new; see `cursor.Stand`."""
        reading = Reading(self._history, self._line, self._clock, self._remember)
        self._reading = reading
        yield from reading.pages(cursor)

    def stand(self) -> str:
        """Return the cursor behind all that the last reading has told, once it has come to its end."""
        return self._reading.stand() if self._reading else ""

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those of the ids that Telegram says it does not have any more; each id speaks for itself."""
        told = self._reading.deletions() if self._reading else Deletions()
        return told.among(ids, self._line, self._history)

    def media(self, media: Media) -> MediaFile:
        """Find a medium's bytes; raises MediaMissing."""
        if not message_of(media.ref):
            raise MediaMissing(f"{media.ref[:80]!r} is no file of a Telegram chat")
        found = self._files.get(media.ref) or self._read_again(media.ref)
        name = media.name or f"{media.kind} of message {message_of(media.ref)}"
        if found is None:
            raise MediaMissing(f"{name}: its message has it no more")
        remote = Remote(self._line, name, found, lambda: self._read_again(media.ref))
        return remote.file(f"{self.identity}/{media.ref}")

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    @property
    def _history(self) -> History:
        """The chat, resolved once."""
        if self._known is None:
            self._known = History(self._line, self._place())
        return self._known

    def _place(self) -> Place:
        """Find the chat."""
        return resolve(self._line, self._addresses, self._channel)

    def _remember(self, ref: str, found: Stored) -> None:
        """Remember where a file lies."""
        self._files[ref] = found
        self._files.move_to_end(ref)
        if len(self._files) > REMEMBERED:
            self._files.popitem(last=False)

    def _read_again(self, ref: str) -> Stored | None:
        """Read the message of a file again: its reference is a new one then."""
        messages, _ = self._history.by_ids([message_of(ref)])
        found = next((there for one in messages if (there := stored(one, ref))), None)
        if found is not None:
            self._remember(ref, found)
        return found
