"""Faults planted in the little source."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.ports import MediaFile
from adapters.contracts.version import stamp
from tests.conformance.lines import LinesSource


class CursorRunsAhead(LinesSource):
    """A page's cursor points behind the next page."""

    def read(self, cursor=""):
        for page in super().read(cursor):
            yield replace(page, cursor=str(int(page.cursor) + 1) if page.done < page.total else page.cursor)


class SkipsIntoTheFuture(LinesSource):
    """A cursor from behind the end reads nothing, and says nothing."""

    def read(self, cursor=""):
        try:
            yield from super().read(cursor)
        except ConfigurationError:
            return


class IdsByPosition(LinesSource):
    """Names an item by where it stands, which another item before it changes."""

    def entries(self):
        made = super().entries()
        return [
            entry.model_copy(update={"id": f"{self.identity}/{len(made) - n}", "members": ()})
            if isinstance(entry, ContentItem)
            else entry
            for n, entry in enumerate(made)
        ]


class IdsByHash(LinesSource):
    """Names an item by Python's hash, which another process salts otherwise."""

    def item(self, post):
        made = super().item(post)
        return made.model_copy(update={"id": f"{self.identity}/{abs(hash(made.text))}"})


class IdsWithoutPlace(LinesSource):
    """Names an item by its number alone."""

    def item(self, post):
        made = super().item(post)
        return made.model_copy(update={"id": str(post["id"])})


class VersionsCountLikes(LinesSource):
    """A like is an edit."""

    def item(self, post):
        return super().item({**post, "text": f"{post['text']} ({post.get('likes', 0)})"})


class VersionsOfTheId(LinesSource):
    """An edit is none."""

    def item(self, post):
        made = super().item(post)
        return made.model_copy(update={"version": f"lines.1:{post['id']}"})


class VersionsByChance(LinesSource):
    """Everything is an edit, each time."""

    def item(self, post):
        made = super().item(post)
        return made.model_copy(update={"version": f"lines.1:{random.random()}"})


class VersionsOfAnother(LinesSource):
    """Signs versions with another reader's name."""

    def item(self, post):
        return stamp(super().item(post), "other")


class DropsTheUnreadable(LinesSource):
    """Leaves out what it does not understand."""

    def entries(self):
        return [entry for entry in super().entries() if not isinstance(entry, Unreadable)]


class RaisesAtTheUnreadable(LinesSource):
    """One bad line, and nothing arrives."""

    def entry(self, number, line):
        made = super().entry(number, line)
        if isinstance(made, Unreadable):
            raise ConfigurationError(made.error)
        return made


class CutsMedia(LinesSource):
    """Loses the last byte of a file."""

    def media(self, media):
        path = super().media(media).path
        return MediaFile(lambda: BytesIO(path.read_bytes()[:-1]), path.stat().st_size)


class ClimbsOut(LinesSource):
    """Follows a reference out of its folder."""

    def media(self, media):
        path = self.folder / "files" / media.ref
        return MediaFile(lambda: path.open("rb"), path.stat().st_size, path)


class ForgetsMedia(LinesSource):
    """Reads an album's first picture only."""

    def item(self, post):
        return super().item({**post, "files": post.get("files", [])[:1]})


class GoneIsWhatIsNotShown(LinesSource):
    """Takes for deleted whatever it has not read."""

    def gone(self, ids):
        there = {name for entry in self.entries() if isinstance(entry, ContentItem) for name in entry.names}
        return [name for name in ids if name not in there]


class GoneIsNever(LinesSource):
    """Sees no deletion."""

    def gone(self, ids):
        return []


class ReadsOnce(LinesSource):
    """Has nothing more to say when it is asked again."""

    _read = False

    def read(self, cursor=""):
        if not self._read:
            self._read = True
            yield from super().read(cursor)


class ReadsTwice(LinesSource):
    """Shows the last item of a page again on the next."""

    def read(self, cursor=""):
        last = []
        for page in super().read(cursor):
            yield replace(page, entries=[*last, *page.entries])
            last = page.entries[-1:]


class ConnectsAtOnce(LinesSource):
    """Opens its file before anybody asked."""

    def __init__(self, folder, name="pond"):
        super().__init__(folder, name)
        self.entries()


class OldestIsHead(LinesSource):
    """Says that the oldest item is the newest: a first run would send everything."""

    def head(self):
        return min((entry.published_at for entry in self.entries() if isinstance(entry, ContentItem)), default=None)


# Held back until the kit was done, and not tuned to.


class LocalTimes(LinesSource):
    """Tells times as the clock on the wall does."""

    def item(self, post):
        made = super().item(post)
        return made.model_copy(update={"published_at": made.published_at.astimezone(timezone(timedelta(hours=3)))})


class SortsByEdit(LinesSource):
    """Moves what was edited to the end."""

    def entries(self):
        return sorted(super().entries(), key=lambda entry: getattr(entry, "edited_at", None) is not None)


class SplitsAlbums(LinesSource):
    """Makes an item of each picture."""

    def entries(self):
        found = []
        for entry in super().entries():
            media = entry.media if isinstance(entry, ContentItem) and len(entry.media) > 1 else ()
            parts = [
                stamp(entry.model_copy(update={"id": f"{entry.id}{n}", "media": (one,), "members": ()}), "lines")
                for n, one in enumerate(media)
            ]
            found += parts or [entry]
        return found


class GoneAreTheMembers(LinesSource):
    """Misses an album's pictures among its items."""

    def gone(self, ids):
        there = {entry.id for entry in self.entries() if isinstance(entry, ContentItem)}
        return [name for name in super().gone(ids) or ids if name not in there and not name.endswith("999999999")]


class HeadIsNow(LinesSource):
    """Takes the present for the newest item."""

    def head(self):
        return datetime.now(UTC)


class AnotherDeadLetterEachTime(LinesSource):
    """Names a broken piece by chance: a new dead letter at every run."""

    def entry(self, number, line):
        made = super().entry(number, line)
        return made.model_copy(update={"sha256": f"{random.random()}"}) if isinstance(made, Unreadable) else made


class FingerprintOfNothing(LinesSource):
    """Says that nothing has changed, always."""

    def fingerprint(self):
        return "constant"


class ReadsAFileOnce(LinesSource):
    """Hands out a stream that is at its end the second time."""

    def media(self, media):
        found = super().media(media)
        stream = BytesIO(found.path.read_bytes())
        stream.close = lambda: None
        return MediaFile(lambda: stream, found.size)


FAULTS = {
    name: made
    for name, made in list(globals().items())
    if isinstance(made, type) and issubclass(made, LinesSource) and made is not LinesSource
}
