"""Posts by their ids: whole, with the files they show; where the server fails at many, the one it fails at is found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from adapters.contracts.errors import RateLimited, Transient
from adapters.contracts.item import Entry, Unreadable
from adapters.contracts.version import stamp
from adapters.sources.wordpress import post as fields
from adapters.sources.wordpress.api import PAGE, Answer, Api, Broken
from adapters.sources.wordpress.content import Attachment, numbers
from adapters.sources.wordpress.sweep import Shown, shown

SETTLED = timedelta(minutes=2)
"""WordPress tells times of change to the second: what changed just now may change again within the same one."""
KEPT_BYTES = 1 << 20
STRANGE = (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Told:
    """One post as it was read."""

    entry: Entry
    shown: Shown
    fresh: bool
    """Whether it shall be told once more by the next run."""


class Reader:
    """Reads posts of one site."""

    def __init__(self, api: Api, site: str, reader: str, params: Mapping[str, str]) -> None:
        """Take the site's identity, the reader's name for versions, and the question that all readings share."""
        self._api, self._site, self._reader, self._params = api, site, reader, params

    def read(self, some: Sequence[int], kind: str, path: str) -> dict[int, Told]:
        """Read posts of one type by id; those that have vanished meanwhile are left out."""
        if not some:
            return {}
        try:
            posts, answer = self._fetched(some, path)
        except RateLimited:
            raise
        except Transient as error:
            if len(some) == 1:
                return self._unread(some[0], kind, path, error)
            half = len(some) // 2
            return self.read(some[:half], kind, path) | self.read(some[half:], kind, path)
        library = self._library(posts.values())
        return {number: self._told(post, kind, answer, library) for number, post in posts.items()}

    def _fetched(self, some: Sequence[int], path: str) -> tuple[dict[int, dict[str, Any]], Answer]:
        """Ask for posts whole; what was not asked for is not taken."""
        asked = {
            "include": ",".join(map(str, some)),
            "per_page": str(PAGE),
            "_fields": fields.FIELDS,
            "_embed": "author,wp:term",
        }
        posts, answer = self._api.listed_once(path, {**self._params, **asked})
        wanted = set(some)
        return {post["id"]: post for post in posts if post["id"] in wanted}, answer

    def _told(self, post: Mapping[str, Any], kind: str, answer: Answer, library: Mapping[int, Attachment]) -> Told:
        """Read one post."""
        offset = self._api.index().get("gmt_offset")
        try:
            hours = float(offset or 0)
            modified = fields.moment(post, "modified", hours)
            entry: Entry = stamp(fields.item_of(post, library, self._site, hours), self._reader)
        except STRANGE as error:
            modified = None
            why = f"a field holds what it cannot hold: {(str(error) or type(error).__name__).splitlines()[0][:200]}"
            entry = self._unreadable(post["id"], kind, why, orjson.dumps(post))
        fresh = modified is not None and abs(answer.at - modified) <= SETTLED
        return Told(entry, shown(post, kind), fresh)

    def _library(self, posts: Iterable[Mapping[str, Any]]) -> dict[int, Attachment]:
        """Ask for the files that posts show; a site that keeps its library shut leaves the addresses in the text."""
        wanted = {number for post in posts for number in _files(post)}
        found: dict[int, Attachment] = {}
        for at in range(0, len(wanted), PAGE):
            some = sorted(wanted)[at : at + PAGE]
            asked = {
                "include": ",".join(map(str, some)),
                "per_page": str(PAGE),
                "_fields": "id,source_url,mime_type,media_details,alt_text",
            }
            answer = self._api.ask("wp/v2/media", asked)
            listed = answer.value if answer.status == 200 and isinstance(answer.value, list) else []  # noqa: PLR2004
            for one in listed:
                if isinstance(one, dict) and type(one.get("id")) is int and one.get("source_url"):
                    found[one["id"]] = Attachment.of(one)
        return found

    def _unread(self, number: int, kind: str, path: str, error: Transient) -> dict[int, Told]:
        """Tell of a post at which the server fails, once it is sure that it does not fail at everything."""
        asked = {"include": str(number), "_fields": "id,date_gmt,modified_gmt,content.protected"}
        posts, _ = self._api.listed(path, {**self._params, **asked})
        if not posts:
            return {}
        body = error.body if isinstance(error, Broken) else str(error).encode()
        why = f"the site cannot show it: {error}; look at its page, and at the plugins that have a part in it"
        return {number: Told(self._unreadable(number, kind, why, body), shown(posts[0], kind), fresh=True)}

    def _unreadable(self, number: int, kind: str, error: str, data: bytes) -> Unreadable:
        """Keep what cannot be read."""
        return Unreadable(
            where=f"{self._site}, {kind} {number}",
            error=error,
            data=data[:KEPT_BYTES] or b"(nothing)",
            sha256=hashlib.sha256(data).hexdigest(),
            item_id=f"{self._site}/{number}",
        )


def _files(post: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the files that a post shows."""
    featured = post.get("featured_media")
    first = {featured} if type(featured) is int and featured > 0 else set()
    return first | numbers(fields.rendered(post, "content"))
