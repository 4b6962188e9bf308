"""The source: a site is swept by ids, what differs is read, and what is gone is asked for one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Media
from adapters.contracts.ports import MediaFile, MediaMissing, Page
from adapters.http import Client, origin
from adapters.net import Net, Reach
from adapters.sources.wordpress.api import LONGEST, PAGE, Api
from adapters.sources.wordpress.post import moment
from adapters.sources.wordpress.reading import Reader, Told
from adapters.sources.wordpress.settings import Login, WordPressSettings, name_of
from adapters.sources.wordpress.sweep import Known, Shown, is_protected, sweep
from adapters.text.from_html import from_html

NO_SUCH_POST = "rest_post_invalid_id"
WITHDRAWN = frozenset({"trash", "draft", "pending", "future", "private", "auto-draft"})
"""Statuses of what readers do not see any more."""


class WordPressSource:
    """One site. An item's id is `wordpress:<name>/<id>`: WordPress counts posts of all types together."""

    service: ClassVar[str] = "wordpress"

    def __init__(
        self,
        settings: WordPressSettings,
        login: Login | None = None,
        *,
        page_size: int = PAGE,
        client: Client | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take a site, and a login for what not everybody sees; client and pause are for tests."""
        self._settings = settings
        self._page_size = min(page_size, PAGE)
        self._client = client or Client(longest=LONGEST)
        self._api = Api(settings, login, self._client, pause)
        self._net = Net(Reach(settings.allow_private))
        # Whoever named the site trusts it with its own files, on a private host too.
        self._own = Net(Reach((*settings.allow_private, urlsplit(settings.wordpress).hostname or "")))
        self._shown: dict[int, Shown] | None = None
        self._known: Known | None = None

    @property
    def identity(self) -> str:
        """`wordpress:example.org`, by the address that the site itself reports, or by the name given."""
        home = str(self._api.index().get("home") or "")
        name = self._settings.site_name or name_of(home) or name_of(self._settings.wordpress)
        return f"{self.service}:{name}"

    @property
    def title(self) -> str:
        """The site's name."""
        return " ".join(from_html(str(self._api.index().get("name") or "")).text.split())

    def fingerprint(self) -> str:
        """Return nothing: a site is asked each time."""
        return ""

    def head(self) -> datetime | None:
        """Return when the newest post was published."""
        asked = {"orderby": "date", "order": "desc", "per_page": "20", "_fields": "id,date,date_gmt,content.protected"}
        found = []
        for path in self._paths().values():
            posts, _ = self._api.listed(path, self._statuses() | asked)
            found += [at for post in posts if self._wanted(is_protected(post)) and (at := self._date(post))]
        return max(found, default=None)

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield what has changed since a cursor, by id: `{"of", "top", "seen", "fresh"}`, see `sweep.Known`."""
        known = Known.of(cursor, self.identity)
        now = self._swept()
        known.go_on(now)
        self._known = known
        changed = known.changed(now)
        for at in range(0, len(changed), self._page_size):
            some = changed[at : at + self._page_size]
            told = self._told(some, now)
            for number, one in told.items():
                known.note(number, one.shown.sign, fresh=one.fresh)
            entries = [told[number].entry for number in some if number in told]
            yield Page(entries, known.cursor(), at + len(some), len(changed))

    def stand(self) -> str:
        """Return the cursor behind all that `read` has told; what changed just now is told once more."""
        return self._known.stand() if self._known else ""

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those of the ids that the site says are deleted, in the trash, or withdrawn from its readers.

        An id that it refuses to speak about (401, 403) is not gone, nor is one that it may never have given.
        """
        prefix = f"{self.identity}/"
        asked = {item_id: item_id.removeprefix(prefix) for item_id in ids if item_id.startswith(prefix)}
        now = self._swept() if self._shown is None else self._shown
        top = max(self._known.top if self._known else 0, *now, 0)
        missing = [(name, int(tail)) for name, tail in asked.items() if tail.isdecimal() and len(tail) < 19]  # noqa: PLR2004
        return [name for name, number in missing if number not in now and self._is_gone(number, top)]

    def media(self, media: Media) -> MediaFile:
        """Find the bytes of a picture or a file where the post says they are; raises MediaMissing."""
        if not media.ref.startswith(("https://", "http://")):
            raise MediaMissing(f"{media.ref[:80]!r} is no address of a file")
        return (self._own if origin(media.ref) == origin(self._settings.wordpress) else self._net).file(media.ref)

    def close(self) -> None:
        """Close kept connections."""
        self._client.close()
        self._net.close()
        self._own.close()

    def _paths(self) -> dict[str, str]:
        """Return the types that are read, with their paths; raises ConfigurationError for one that is not there."""
        self._api.index()
        bases = self._api.bases()
        unknown = [name for name in self._settings.types if name not in bases]
        if unknown:
            raise ConfigurationError(
                f"--types {unknown[0]}: {origin(self._settings.wordpress)} has no such type to be read, it has "
                f"{', '.join(bases)}; a custom type needs `show_in_rest`"
            )
        return {name: bases[name] for name in self._settings.types}

    def _statuses(self) -> dict[str, str]:
        """Return the question for posts in the statuses that are carried."""
        return {"status": ",".join(("publish", *(one for one in self._settings.also if one != "protected")))}

    def _wanted(self, protected: bool) -> bool:  # noqa: FBT001 - what a post is, no switch
        """Say whether a post is carried, by whether it asks for a password."""
        return not protected or "protected" in self._settings.also

    def _swept(self) -> dict[int, Shown]:
        """Sweep the site."""
        found = sweep(self._api, self._paths(), self._statuses())
        self._shown = {number: one for number, one in found.items() if self._wanted(one.protected)}
        return self._shown

    def _told(self, some: Sequence[int], now: Mapping[int, Shown]) -> dict[int, Told]:
        """Read some posts, of whatever types."""
        context = {"context": "edit"} if "protected" in self._settings.also else {}
        reader = Reader(self._api, self.identity, self.service, self._statuses() | context)
        told: dict[int, Told] = {}
        for kind, path in self._paths().items():
            told |= reader.read([number for number in some if now[number].type == kind], kind, path)
        return {number: one for number, one in told.items() if self._wanted(one.shown.protected)}

    def _date(self, post: Mapping[str, Any]) -> datetime | None:
        """Return when a post was published; None where that cannot be read."""
        try:
            return moment(post, "date", float(self._api.index().get("gmt_offset") or 0))
        except (ValueError, TypeError, OverflowError):
            return None

    def _is_gone(self, number: int, top: int) -> bool:
        """Ask for one post that is not shown; raises what any answer but a post's own means."""
        ours = self._paths()
        carried = set(self._statuses()["status"].split(","))
        for path in dict.fromkeys((*ours.values(), *self._api.bases().values())):
            answer = self._api.ask(f"{path}/{number}", {"_fields": "id,status,content.protected"})
            if answer.status in {401, 403}:
                return False
            if answer.status == 200 and isinstance(answer.value, dict) and answer.value.get("id") == number:  # noqa: PLR2004
                status, protected = str(answer.value.get("status")), is_protected(answer.value)
                return status in WITHDRAWN - carried or not self._wanted(protected)
            if answer.code != NO_SUCH_POST:
                raise self._api.refusal(answer, f"{path}/{number}")
        return number <= top
