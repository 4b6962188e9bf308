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
