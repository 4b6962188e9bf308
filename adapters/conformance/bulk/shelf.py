"""What a bulk place's backend brings: a way to open it, and a way to look at what is really there."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from adapters.conformance.suite import Suite
from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.ports import Batch, BulkDestination, Committed, MediaFile, MediaMissing
from adapters.contracts.store import Cursor
from adapters.contracts.version import stamp

SOURCE = "kit:1"
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Shelf:
    """A bulk place of the backend's own, not yet made when a check begins."""

    open: Callable[[], BulkDestination]
    """A fresh adapter on the place, as a new process would build it."""
    texts: Callable[[], Mapping[str, str]]
    """What is there and not deleted, behind the adapter's back: item id → text; empty before the first commit."""
    digest: Callable[[], str]
    """Changes with any byte of the place; empty where there is none yet."""
    media: Callable[[], Sequence[bytes]]
    """The files that lie there."""
    marked: Callable[[], Mapping[str, str]] = dict
    """What is there marked as deleted, alike; empty where the place cannot mark."""
    refused: ContentItem | None = None
    """An item of source `kit:1` that the place will not take; None where it takes all."""
    wipe: Callable[[], None] | None = None
    """Takes the place away, as a lost disk does."""
    move: Callable[[], Callable[[], BulkDestination]] | None = None
    """Moves the place elsewhere, another folder or another address; returns how it is opened there."""
    file: Callable[[str], bytes] = lambda name: f"the bytes of {name}".encode() * 9
    """Makes a file that the place takes and keeps as it is, another one for each name."""


class BulkBase(Suite):
    """Declarations of a bulk place, and the fixture `shelf` that its suite brings."""

    carries_media: ClassVar[bool] = True
    one_source: ClassVar[bool] = True
    """Whether a place belongs to one source; False where several share it."""
    moves: ClassVar[bool] = True
    """Whether the place can be moved elsewhere."""
    wipes: ClassVar[bool] = True
    """Whether the place can be taken away."""
    refuses: ClassVar[bool] = True
    """Whether there are items that the place will not take."""

    @pytest.fixture
    def shelf(self) -> Shelf:
        """Bring the place: to be overridden."""
        raise TypeError(f"{type(self).__name__} brings no fixture `shelf`")


def post(number: int, text: str = "", edited: int = 0, **more: Any) -> ContentItem:
    """Make an item, published in minute `number`, edited in minute `edited`."""
    item = ContentItem(
        id=f"{SOURCE}/{number}",
        published_at=START + timedelta(minutes=number),
        edited_at=START + timedelta(minutes=edited) if edited else None,
        text=text or f"text {number}",
        **more,
    )
    return stamp(item, "kit")


def medium(name: str, data: bytes) -> Media:
    """Name a file of a post."""
    return Media(kind=MediaKind.PHOTO, ref=name, name=name, mime="image/png", size=len(data))


def missing(media: Media) -> MediaFile:
    """Be a source that has no file."""
    raise MediaMissing(f"{media.name} is not there")


def bytes_of(files: Mapping[str, bytes]) -> Callable[[Media], MediaFile]:
    """Be a source that has these files."""

    def media(wanted: Media) -> MediaFile:
        if wanted.ref not in files:
            return missing(wanted)
        data = files[wanted.ref]
        return MediaFile(lambda: io.BytesIO(data), len(data))

    return media


def commit(
    shelf: Shelf,
    *items: ContentItem,
    deleted: Sequence[str] = (),
    marked: Sequence[str] = (),
    cursor: Cursor | None = None,
    media: Callable[[Media], MediaFile] = missing,
) -> Committed:
    """Open the place, write one batch and close it."""
    with shelf.open().open(SOURCE) as session:
        return session.commit(Batch(items, deleted=deleted, marked=marked, cursor=cursor), media)
