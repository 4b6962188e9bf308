"""Doubles at the ports: a source that is a list, and a place that remembers, loses answers and throttles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from adapters.contracts.errors import OutcomeUnknown
from adapters.contracts.item import ContentItem, Entry, Media
from adapters.contracts.jobs import Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Grade, MediaFile, MediaMissing, Page, Rendered, Write
from adapters.contracts.version import stamp

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def post(number: int, text: str = "text", edited: int | None = None, **more: object) -> ContentItem:
    """Build a post published `number` minutes into a day, edited at minute `edited`."""
    item = ContentItem(
        id=f"list:1/{number}",
        published_at=DAY + timedelta(minutes=number),
        edited_at=DAY + timedelta(minutes=edited) if edited is not None else None,
        text=text,
        **more,
    )
    return stamp(item, "list")


@dataclass
class ListSource:
    """A source whose content is a list that a test may change."""

    entries: list[Entry]
    page_size: int = 3
    deleted: set[str] = field(default_factory=set)
    service: ClassVar[str] = "list"
    identity: str = "list:1"
    title: str = "A list"

    def fingerprint(self) -> str:
        return str(hash(tuple(entry.id for entry in self.entries)))

    def head(self) -> datetime | None:
        return max((e.published_at for e in self.entries if isinstance(e, ContentItem)), default=None)

    def read(self, cursor: str = "") -> Iterator[Page]:
        start = int(cursor or 0)
        for place in range(start, len(self.entries), self.page_size):
            end = min(place + self.page_size, len(self.entries))
            yield Page(self.entries[place:end], str(end), end, len(self.entries))

    def gone(self, ids: Sequence[str]) -> list[str]:
        return [item_id for item_id in ids if item_id in self.deleted]

    def media(self, media: Media) -> MediaFile:
        raise MediaMissing(f"{media.ref} is not there")

    def close(self) -> None:
        pass


@dataclass
class FollowedSource(ListSource):
    """A list that says what changed since: its cursor counts the changes that have been told."""

    changes: list[Entry | str] = field(default_factory=list)
    """New and edited entries in order, and the ids of deleted ones."""
    asked: list[str] = field(default_factory=list)
    """The cursors that reading began at."""
    _behind: int = 0

    def fingerprint(self) -> str:
        return ""

    def read(self, cursor: str = "") -> Iterator[Page]:
        self.asked.append(cursor)
        self._behind = int(cursor or 0)
        for place in range(self._behind, len(self.changes), self.page_size):
            some = self.changes[place : place + self.page_size]
            yield Page([one for one in some if not isinstance(one, str)], cursor or "0")

    def stand(self) -> str:
        return str(len(self.changes))

    def gone(self, ids: Sequence[str]) -> list[str]:
        told = {one for one in self.changes[self._behind :] if isinstance(one, str)}
        return [item_id for item_id in ids if item_id in told]


@dataclass
class FakePlace:
    """A publishing place in memory; `errors` are raised one by one, before or after the effect."""

    grade: Grade = Grade.HOLDS
    fallback: Grade = Grade.HOLDS
    key_life: timedelta | None = None
    settles_after: timedelta = timedelta(0)
    errors: list[tuple[str, Exception] | None] = field(default_factory=list)
    effects: list[tuple[str, str, str]] = field(default_factory=list)
    objects: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    losing: tuple[str, ...] = ()
    answered: dict[str, str] = field(default_factory=dict)
    """Item → the object of the item that it answers."""
    service: ClassVar[str] = "fake"
    limits: ClassVar[Limits] = Limits()
    identity: str = "fake:one"

    def check(self) -> None:
        pass

    def render(self, item: ContentItem) -> Rendered:
        return Rendered(item.text, self.losing)

    def write(self, write: Write) -> Receipt:
        when, error = (self.errors.pop(0) if self.errors else None) or ("", None)
        if when == "before the mark":
            raise error
        write.sending()
        if when == "refused":
            raise error
        remote_id = self._apply(write)
        if when == "after the effect":
            raise error
        return Receipt(remote_id=remote_id, at=datetime.now(UTC), deleted=write.action == "delete")

    def _apply(self, write: Write) -> str:
        if self.grade is Grade.DEDUPLICATES and write.key in self.keys:
            return self.keys[write.key]
        remote_id = write.held.remote_id if write.held else f"o{len(self.effects) + 1}"
        if write.answers:
            self.answered[write.item_id] = write.answers.remote_id
        self.effects.append((str(write.action), write.item_id, write.item.text if write.item else ""))
        if write.action == "delete":
            self.objects.pop(remote_id, None)
        else:
            self.objects[remote_id] = write.item.text
        self.keys[write.key] = remote_id
        return remote_id

    def find(self, write: Write, since: datetime) -> Receipt | None:
        remote_id = self.keys.get(write.key)
        return Receipt(remote_id=remote_id, at=datetime.now(UTC)) if remote_id else None

    def close(self) -> None:
        pass


def lost(when: str = "after the effect") -> tuple[str, Exception]:
    """Have the answer lost."""
    return when, OutcomeUnknown("no answer within 25 s")
