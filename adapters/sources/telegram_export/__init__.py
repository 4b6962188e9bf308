"""Source: a Telegram Desktop export, one chat or a whole account, as JSON.

Follows what tdesktop writes: Telegram/SourceFiles/export/output/export_output_json.cpp.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import orjson

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Entry, ItemKind, Media, Unreadable
from adapters.contracts.ports import MediaFile, Page, Unchanged
from adapters.sources.telegram_export import message as fields
from adapters.sources.telegram_export.albums import number_of
from adapters.sources.telegram_export.files import HOW, ExportFiles
from adapters.sources.telegram_export.gathering import Gathering
from adapters.sources.telegram_export.reader import Chat, Piece, apart, chats, parse, pieces, tail_of
from adapters.sources.telegram_export.traces import Same, Traced, moment, skimmed

PERSONAL = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verify_codes"})
KEPT_BYTES = 1 << 20
MESSAGE_ID = re.compile(rb'"id"\s*:\s*(\d{1,18})\b')
ANY_ID = re.compile(rb'"id"\s*:\s*(\d+)')
MOST_DIGITS = 18
"""What 64 bits hold."""
NUMBER = re.compile(rb'"id"\s*:\s*(\d+)|"date_unixtime"\s*:\s*"(\d+)"')


class TelegramExportSource:
    """One chat of an export. The same bytes give the same items, whether as file, folder or zip."""

    service: ClassVar[str] = "telegram_export"

    def __init__(self, path: Path, chat: str | None = None, page_size: int = 1000) -> None:
        """Take a result.json, its folder or a zip; `chat` picks one of an account by name or id."""
        self._files = ExportFiles(Path(path))
        self._wanted = chat
        self._page_size = page_size
        self._found: Chat | None = None
        self._fingerprint = ""
        self._name = ""
        self._unchanged: Unchanged | None = None

    @property
    def identity(self) -> str:
        """`telegram:<id>` for channels and supergroups, `telegram:user<id>`, `telegram:chat<id>` for the others."""
        chat = self._chat()
        if chat.type in PERSONAL:
            return f"telegram:user{chat.id}"
        return f"telegram:chat{chat.id}" if chat.type == "private_group" else f"telegram:{chat.id}"

    @property
    def title(self) -> str:
        """The chat's name."""
        return self._chat().name

    def skim(self, unchanged: Unchanged) -> None:
        """Leave unread, from now on, what `unchanged` names."""
        self._unchanged = unchanged

    def fingerprint(self) -> str:
        """Return the hash of the export's content and of its files' names, sizes and times."""
        if not self._fingerprint:
            self._fingerprint = self._files.fingerprint()
        return self._fingerprint

    def head(self) -> datetime | None:
        """Return when the newest message was published."""
        newest = 0
        for piece in self._pieces():
            for found in NUMBER.finditer(piece.data):
                if found.group(2):
                    newest = max(newest, int(found.group(2)))
                    break
        return fields.moment({"date_unixtime": newest}, "date") if newest else None

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield the pages behind a cursor: `{"of": fingerprint, "at": byte, "n": messages, "date": seconds}`."""
        at, number, last = self._resume(cursor)
        total = self._files.size()
        gathering = Gathering(self._page_size, self.service)
        for one in self._traced(at):
            if isinstance(one, Same):
                if gathering.go_on(None) and (page := gathering.page(self._cursor(at, number, last), at, total)):
                    yield page
                gathering.leave_out(one.messages)
                at, number, last = one.end, number + one.messages, moment(one.at)
                continue
            for entry in self._entries(one.piece, number + 1, last):
                if gathering.go_on(entry) and (page := gathering.page(self._cursor(at, number, last), at, total)):
                    yield page
                gathering.add(entry, one)
                if isinstance(entry, ContentItem):
                    last = entry.published_at
            at, number = one.piece.end, number + 1
        if page := gathering.page(self._cursor(at, number, last), total, total):
            yield page

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return the ids that lie between the export's first and last message and are not in it.

        Where a piece has no number any more, what lies between its neighbours is not verifiably deleted.
        """
        there, doubtful = array("q"), []
        last: int | None = None
        hidden = False
        for piece in self._pieces():
            found = [int(number) for number in ANY_ID.findall(piece.data) if len(number) <= MOST_DIGITS]
            if not found:
                hidden = True
                continue
            if hidden:
                doubtful.append((last, found[0]))
            last, hidden = found[-1], False
            there.extend(found)
        if not there or hidden:
            return []
        first, newest, seen = min(there), max(there), set(there)

        def deleted(number: int) -> bool:
            """Say whether a number is missing where nothing else can explain it."""
            doubt = any(low is None or min(low, high) < number < max(low, high) for low, high in doubtful)
            return first < number < newest and number not in seen and not doubt

        prefix = f"{self.identity}/"
        return [item_id for item_id in ids if item_id.startswith(prefix) and deleted(number_of(item_id))]

    def media(self, media: Media) -> MediaFile:
        """Find a medium's bytes inside the export; raises MediaMissing."""
        return self._files.media(media.ref)

    def close(self) -> None:
        """Close the zip, if it is one."""
        self._files.close()

    def _traced(self, at: int) -> Iterator[Traced | Same]:
        """Yield the messages, with their traces where those are asked for, and what need not be read."""
        if self._unchanged is None:
            return map(Traced, self._pieces(at))
        return skimmed(self._pieces(at), self._identity(), self._unchanged)

    def _pieces(self, at: int = 0) -> Iterator[Piece]:
        """Yield the chat's messages from a byte on; 0 is their begin."""
        start = at or self._chat().offset
        with self._files.open(start) as stream:
            yield from pieces(stream, start)

    def _cursor(self, at: int, number: int, last: datetime | None) -> str:
        """Write a cursor."""
        seconds = last.timestamp() if last else None
        return orjson.dumps({"of": self.fingerprint(), "at": at, "n": number, "date": seconds}).decode()

    def _resume(self, cursor: str) -> tuple[int, int, datetime | None]:
        """Read a cursor; one of another file begins anew, since its bytes mean nothing here."""
        if not cursor:
            return 0, 0, None
        try:
            value = orjson.loads(cursor)
            if value["of"] != self.fingerprint() or not self._chat().offset <= value["at"] <= self._files.size():
                return 0, 0, None
            return int(value["at"]), int(value["n"]), fields.moment({"date_unixtime": value["date"]}, "date")
        except (ValueError, KeyError, TypeError):
            return 0, 0, None

    def _chat(self) -> Chat:
        """Find the chat that is wanted; raises ConfigurationError."""
        if self._found is None:
            with self._files.open() as stream:
                found = list(chats(stream))
            self._found = self._choose(found)
            if not self._found.id:
                with self._files.open(self._found.offset) as stream:
                    self._found = tail_of(stream, self._found)
        return self._found

    def _choose(self, found: list[Chat]) -> Chat:
        """Pick the chat by name or id, or the only one."""
        where = f"--export {self._files.path}"
        if not found:
            raise ConfigurationError(f"{where} is no Telegram export: it holds no list of messages ({HOW})")
        wanted = self._wanted
        if wanted is None and len(found) == 1:
            return found[0]
        chosen = [chat for chat in found if wanted is not None and wanted in {chat.name, str(chat.id)}]
        if len(chosen) == 1:
            return chosen[0]
        names = ", ".join(f"{chat.name!r} ({chat.id})" for chat in (chosen or found)[:10])
        more = f" and {len(found) - 10} more" if len(found) > 10 else ""  # noqa: PLR2004 - enough to read
        what = f"there is no chat {wanted!r}" if wanted and not chosen else "several chats: say which with --chat"
        raise ConfigurationError(f"{where}: {what}. It holds {names}{more}")

    def _entries(self, piece: Piece, number: int, last: datetime | None) -> list[Entry]:
        """Read one message, or what is left of several that damage has joined."""
        entry = self._entry(piece, number, last)
        if isinstance(entry, Unreadable) and len(parts := apart(piece)) > 1:
            return [found for part in parts for found in self._entries(part, number, last)]
        return [entry]

    def _entry(self, piece: Piece, number: int, last: datetime | None) -> Entry:
        """Read one message."""
        if not piece.whole:
            return self._unreadable(piece, number, "the file ends in the middle of this message")
        try:
            found = parse(piece.data)
        except ValueError as error:
            return self._unreadable(piece, number, f"this is no JSON: {str(error).partition(': line')[0]}")
        if not isinstance(found, dict) or type(found.get("id")) is not int:
            return self._unreadable(piece, number, "a message without a number")
        kind = fields.kind(found)
        date = fields.moment(found, "date")
        raw = fields.rest(found)
        if date is None and kind is ItemKind.UNSUPPORTED and last is not None:
            # tdesktop gives such messages no date; their neighbour's is right to within a post.
            date, raw = last, raw | {"date_inferred": True}
        if date is None:
            return self._unreadable(piece, number, "a message without a date")
        try:
            return self._item(found, kind, date, raw)
        except (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError) as error:
            return self._unreadable(piece, number, f"a field holds what it cannot hold: {str(error).splitlines()[0]}")

    def _item(self, found: dict[str, Any], kind: ItemKind, date: datetime, raw: dict[str, Any]) -> ContentItem:
        """Build the item of one message; its version comes when its album is closed."""
        identity = self._name or self._identity()
        text, spans, tags = fields.rich(found)
        return ContentItem.trusted(
            id=f"{identity}/{found['id']}",
            kind=kind,
            published_at=date,
            text=text,
            spans=spans,
            tags=tags,
            author=fields.author(found),
            reply_to=self._reply(found) if "reply_to_message_id" in found else "",
            action=str(found.get("action") or "") if kind is ItemKind.SERVICE else "",
            raw=(raw,) if raw else (),
            **fields.modelled(found),
        )

    def _identity(self) -> str:
        """The identity, worked out once."""
        if not self._name:
            self._name = self.identity
        return self._name

    def _reply(self, found: dict[str, Any]) -> str:
        """Name the item that a message answers, in another chat too."""
        number = found.get("reply_to_message_id")
        if not isinstance(number, int):
            return ""
        peer = str(found.get("reply_to_peer_id") or "")
        place = f"telegram:{peer.removeprefix('channel')}" if peer else self._identity()
        return f"{place}/{number}"

    def _unreadable(self, piece: Piece, number: int, error: str) -> Unreadable:
        """Keep what cannot be read, with its place, and its id where that much is legible."""
        found = MESSAGE_ID.search(piece.data)
        item_id = f"{self._identity()}/{int(found.group(1))}" if found else ""
        return Unreadable(
            where=f"{self._files.path}, message {number}, byte {piece.offset:,}",
            error=error,
            data=piece.data[:KEPT_BYTES],
            sha256=hashlib.sha256(piece.data).hexdigest(),
            item_id=item_id,
        )
