"""Faults planted in the little source."""

from __future__ import annotations

import random
from dataclasses import replace
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


FAULTS = {
    name: made
    for name, made in list(globals().items())
    if isinstance(made, type) and issubclass(made, LinesSource) and made is not LinesSource
}
