"""Source: the wall of a VK community or user. Facts and how sure they are: docs/vk.md."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import SecretStr

from adapters.contracts.errors import Transient
from adapters.contracts.item import ContentItem, Entry, Media
from adapters.contracts.ports import MediaFile, MediaMissing, Pace, Page
from adapters.http import Client
from adapters.net import Net, Reach
from adapters.sources.vk.post import READER, addresses, entry_of, item_id
from adapters.sources.vk.reading import Reading
from adapters.sources.vk.service import Service
from adapters.sources.vk.settings import VkSourceSettings
from adapters.sources.vk.wall import MOST, Found, Wall, people_of

__all__ = ["VkSource", "VkSourceSettings"]

REF = re.compile(r"(\d{1,15}) ([a-z]+-?\d+(?:_\d+)?)", re.ASCII)
KEPT_ADDRESSES = 20_000
"""Where files lie, of so many that were read last: their posts need not be asked for again."""


class VkSource:
    """A wall, the oldest post first; followed by its newest posts."""

    service: ClassVar[str] = READER

    def __init__(
        self,
        settings: VkSourceSettings,
        token: SecretStr | None,
        http: Client | None = None,
        page_size: int = MOST,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take settings and a user's or an application's access token."""
        self._settings = settings
        self._service = Service(settings, token, http, pause)
        self._wall = Wall(settings.owner_id, self._service.ask, page_size, paid=settings.donut)
        self._scope = f"{self.identity} with paid posts" if settings.donut else self.identity
        self._net = Net(Reach(settings.allow_private))
        self._addresses: dict[str, str] = {}
        self._reading: Reading | None = None
        self._title = ""

    @property
    def identity(self) -> str:
        """`vk:<owner id>`: a community's is negative. The destination calls this wall alike."""
        return f"vk:{self._settings.owner_id}"

    @property
    def title(self) -> str:
        """The name of the community or the user."""
        if not self._title:
            if self._settings.community:
                said = self._service.ask("groups.getById", {"group_id": self._settings.community})
            else:
                said = {"profiles": self._service.ask("users.get", {"user_ids": self._settings.user})}
            people = people_of(said) if isinstance(said, dict) else {}
            self._title = people.get(self._settings.owner_id, "")
        return self._title

    def keep_pace(self, pace: Pace) -> None:
        """Wait for the account's turn before each request from now on."""
        self._service.keep_pace(pace)

    def fingerprint(self) -> str:
        """Return nothing: a wall does not tell."""
        return ""

    def head(self) -> datetime | None:
        """Return when the newest post was published."""
        look = self._wall.look(0)
        dates = [one.key[0] for one in (*look.found, *look.pinned) if one.key[0]]
        return datetime.fromtimestamp(max(dates), UTC) if dates else None

    def read(self, cursor: str = "") -> Iterator[Page]:
        """Yield the pages behind a cursor, which is JSON: see `adapters.sources.vk.cursor`."""
        self._reading = Reading(self._wall, self._scope, cursor, self._settings.look_back, self._entry)
        yield from self._reading.pages()

    def stand(self) -> str:
        """Return the cursor behind all that was read."""
        return self._reading.stand.written(self._scope) if self._reading else ""

    def gone(self, ids: Sequence[str]) -> list[str]:
        """Return those of the ids whose posts are deleted: VK says so, or shows others and not them, twice.

        Each answer must show the newest post too, else this wall is not to be seen, and nobody knows; so it is with an
        empty wall. A number that VK is not known to have given yet is no deleted post.
        """
        asked = {item_id: number for item_id in ids if (number := self._number(item_id))}
        look = self._wall.look(0)
        newest = max((one.key[1] for one in (*look.found, *look.pinned)), default=0)
        given = max(newest, self._reading.highest if self._reading else 0)
        deleted = {number for number in asked.values() if number <= given}
        for _ in range(2):
            deleted = self._absent(sorted(deleted), newest)
        return [item_id for item_id in ids if asked.get(item_id) in deleted]

    def media(self, media: Media) -> MediaFile:
        """Find the bytes of a file; its address expires, and the post is asked for another. Raises MediaMissing."""
        named = REF.fullmatch(media.ref)
        if not named:
            raise MediaMissing(f"{media.ref[:80]!r} is no file of a wall")
        known = self._addresses.get(media.ref, "")
        if known:
            try:
                return self._net.file(known)
            except MediaMissing:
                self._addresses.pop(media.ref, None)
        return self._net.file(self._address(int(named[1]), media.ref))

    def close(self) -> None:
        """Close connections."""
        self._service.close()
        self._net.close()

    def _entry(self, found: Found) -> Entry:
        """Make an entry of a post, and keep where its files lie."""
        entry = entry_of(found, self._settings.owner_id)
        if isinstance(entry, ContentItem):
            self._keep(found.post)
        return entry

    def _keep(self, post: Any) -> None:
        """Keep where a post's files lie; the oldest are forgotten."""
        self._addresses |= addresses(post)
        while len(self._addresses) > KEPT_ADDRESSES:
            del self._addresses[next(iter(self._addresses))]

    def _address(self, number: int, ref: str) -> str:
        """Ask a post where one of its files lies now."""
        name = f"{self._settings.owner_id}_{number}"
        try:
            posts = self._posts([number])
            found = addresses(posts[0]) if posts else {}
        except (Transient, ValueError) as error:
            raise MediaMissing(f"wall{name} cannot be asked where {ref} lies: {error}") from error
        if ref not in found:
            raise MediaMissing(f"wall{name} has no such file any more: {ref}")
        self._addresses[ref] = found[ref]
        return found[ref]

    def _number(self, item: str) -> int:
        """Return a post's number, 0 for an id of another place."""
        number = item.rpartition("/")[2]
        well = number.isascii() and number.isdigit() and len(number) <= 15  # noqa: PLR2004 - VK's numbers are shorter
        return int(number) if well and item == item_id(self._settings.owner_id, int(number)) else 0

    def _absent(self, numbers: list[int], witness: int) -> set[int]:
        """Return those posts that VK does not show, or shows as deleted, where it shows the witness."""
        absent: set[int] = set()
        for begin in range(0, len(numbers), MOST - 1):
            some = numbers[begin : begin + MOST - 1]
            shown = {one.get("id") for one in self._posts([*some, witness]) if not one.get("is_deleted")}
            absent |= {number for number in some if number not in shown} if witness in shown else set()
        return absent

    def _posts(self, numbers: list[int]) -> list[dict[str, Any]]:
        """Return posts of this wall by their numbers, at most a hundred: dev.vk.com/method/wall.getById."""
        names = ",".join(f"{self._settings.owner_id}_{number}" for number in numbers)
        said = self._service.ask("wall.getById", {"posts": names})
        items = said.get("items") if isinstance(said, dict) else said
        if not isinstance(items, list):
            raise Transient("wall.getById: the answer is none of VK's")
        return [one for one in items if isinstance(one, dict) and one.get("owner_id") == self._settings.owner_id]
