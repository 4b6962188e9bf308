"""A good little source for trying the kit: a file with an item a line, pictures beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Media, MediaKind, Unreadable
from adapters.contracts.ports import MediaFile, MediaMissing, Page
from adapters.contracts.version import stamp


class LinesSource:
    """Reads `posts.jsonl` in a folder: {id, at, text, edited, likes, files, members}."""

    service: ClassVar[str] = "lines"
    page = 3

    def __init__(self, folder: Path, name: str = "pond") -> None:
        self.folder, self.name = folder, name

    @property
    def identity(self) -> str:
        return f"lines:{self.name}"

    @property
    def title(self) -> str:
        return self.name

    def fingerprint(self) -> str:
        return hashlib.sha256(self._bytes()).hexdigest()

    def head(self) -> datetime | None:
        return max((entry.published_at for entry in self.entries() if isinstance(entry, ContentItem)), default=None)

    def read(self, cursor: str = "") -> Iterator[Page]:
        entries = self.entries()
        start = int(cursor) if cursor.isdigit() else 0
        if start > len(entries):
            raise ConfigurationError(f"the file has {len(entries)} lines, the cursor says {start}: read it anew")
        for at in range(start, len(entries), self.page):
            end = min(at + self.page, len(entries))
            yield Page(entries[at:end], str(end), end, len(entries))

    def gone(self, ids: Sequence[str]) -> list[str]:
        there = {name for entry in self.entries() if isinstance(entry, ContentItem) for name in entry.names}
        numbers = [int(name.rpartition("/")[2]) for name in there]
        inside = range(min(numbers, default=0), max(numbers, default=0))
        mine = [name for name in ids if name.startswith(f"{self.identity}/")]
        return [name for name in mine if name not in there and int(name.rpartition("/")[2]) in inside]

    def media(self, media: Media) -> MediaFile:
        path = (self.folder / "files" / media.ref.replace("\0", "?")).resolve()
        if path.parent != (self.folder / "files").resolve() or not path.is_file():
            raise MediaMissing(f"{media.ref!r} is not among the files")
        return MediaFile(lambda: path.open("rb"), path.stat().st_size, path)

    def close(self) -> None:
        pass

    def _bytes(self) -> bytes:
        try:
            return (self.folder / "posts.jsonl").read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{self.folder}: {error.strerror}") from error

    def entries(self) -> list[ContentItem | Unreadable]:
        return [self.entry(number, line) for number, line in enumerate(self._bytes().splitlines(), 1)]

    def entry(self, number: int, line: bytes) -> ContentItem | Unreadable:
        try:
            return self.item(json.loads(line))
        except (ValueError, KeyError) as error:
            return Unreadable(
                where=f"line {number}", error=str(error), data=line, sha256=hashlib.sha256(line).hexdigest()
            )

    def item(self, post: dict) -> ContentItem:
        made = ContentItem(
            id=f"{self.identity}/{post['id']}",
            published_at=datetime.fromtimestamp(post["at"], UTC),
            edited_at=datetime.fromtimestamp(post["edited"], UTC) if post.get("edited") else None,
            text=post["text"],
            media=tuple(
                Media(kind=MediaKind.PHOTO, ref=name, name=name, size=size) for name, size in post.get("files", [])
            ),
            members=tuple(f"{self.identity}/{member}" for member in post.get("members", [])),
            counters={"likes": post.get("likes", 0)},
        )
        return stamp(made, self.service)
