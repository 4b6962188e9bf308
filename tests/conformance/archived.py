"""An archive that the pack's own destination has written, and writes again when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.ports import Batch, MediaFile
from adapters.contracts.version import stamp
from adapters.destinations.local import LocalDestination, LocalSettings

PLACE = "telegram:42"
READER = "telegram_export"


def post(number, text="", **more):
    """Build one item as its first reader had it."""
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return stamp(
        ContentItem(id=f"{PLACE}/{number}", published_at=at, text=text or f"post {number}", **more),
        READER,
    )


class Archive:
    """Forty posts, an album of two pictures among them, and one line that damage has hit."""

    def __init__(self, folder):
        self.folder = folder / "archive"
        self.files = folder / "from"
        self.files.mkdir()
        pictures = [self._picture(name) for name in ("a.jpg", "b.jpg")]
        album = post(21, "an album", media=tuple(pictures), members=(f"{PLACE}/21", f"{PLACE}/22"))
        numbers = [number for number in range(1, 41) if number not in {21, 22}]
        self.items = {item.id: item for item in [*map(post, numbers[:20]), album, *map(post, numbers[20:])]}
        self.commit(*self.items.values())
        self.damage(31)

    def _picture(self, name):
        """Make a picture's bytes where the first source had them."""
        (self.files / name).write_bytes(name.encode() * 50)
        return Media(kind=MediaKind.PHOTO, ref=name, name=name, size=250)

    def _media(self, medium):
        path = self.files / medium.ref
        return MediaFile(open=lambda: path.open("rb"), size=path.stat().st_size, path=path)

    def commit(self, *items, deleted=()):
        """Write into the archive as a pair does."""
        with LocalDestination(LocalSettings(archive=self.folder)).open(PLACE) as session:
            session.commit(Batch(items=items, deleted=deleted), self._media)

    def damage(self, number):
        """Hit the line of one item, so that nobody can read it."""
        part = self.folder / "items" / "000001.jsonl"
        part.write_bytes(part.read_bytes().replace(b'"text":"post %d"' % number, b'"text":"post %d' % number))

    @property
    def ids(self):
        """Return what a complete reading yields."""
        return [name for name in self.items if name != f"{PLACE}/31"]

    def change(self, number, **more):
        """Write one item again."""
        self.commit(stamp(self.items[f"{PLACE}/{number}"].model_copy(update=more), READER))
        return f"{PLACE}/{number}"

    def append(self):
        """Write a new item."""
        self.commit(post(500, "newest"))
        return f"{PLACE}/500"

    def delete(self):
        """Mark one from the middle as deleted."""
        self.commit(deleted=[f"{PLACE}/12"])
        return f"{PLACE}/12"
