"""Posts on a wall: made, edited, deleted and found again, one by one, with each one's progress kept.

Progress: `media` (see `attachments`), `posts`: the ids of what is posted, `edited`: how many of the held posts are,
`due`: when the timer publishes each of them, seconds since 1970; a receipt's notes have the same.
"""

from __future__ import annotations

import hashlib
import html
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contracts.errors import OutcomeUnknown, RateLimited, Rejected
from adapters.contracts.item import ContentItem
from adapters.contracts.jobs import Receipt
from adapters.contracts.ports import Write
from adapters.destinations.vk.attachments import Attachments
from adapters.destinations.vk.mapping import Planned, plan
from adapters.destinations.vk.settings import VkSettings
from adapters.vk.client import Refusal, VkClient
from adapters.vk.errors import ADDING_DENIED, TAKEN, error_of

GONE = frozenset({104})
DENIED = frozenset({15, 210})
"""Said of a post that cannot be changed, or is not there: which, a look tells."""
PAGE = 100
PAGES = 20
"""At most so many pages of a wall are looked through."""
MINUTE = 60
"""Seconds between two posts on the timer: a time that is taken is refused."""
TIMES = 100
"""So many minutes of the timer are tried for one post."""
SKEW = timedelta(seconds=60)
"""By how much the store's clock and VK's may differ."""


class Posts:
    """One wall."""

    def __init__(self, client: VkClient, settings: VkSettings) -> None:
        """Take the way to VK."""
        self._client = client
        self._settings = settings
        self._free = 0
        """From when on the timer is free, as far as this object has filled it."""

    def publish(self, write: Write, item: ContentItem) -> Receipt:
        """Post an item, going on behind what an earlier attempt has posted."""
        return self._put(write, item, [])

    def edit(self, write: Write, item: ContentItem, held: Receipt) -> Receipt:
        """Let an item's posts say what it says now: edit them, post what is more, delete what is too many."""
        return self._put(write, item, self._current(write, held))

    def delete(self, write: Write, held: Receipt) -> Receipt:
        """Delete an item's posts; those that are gone already are what was asked for."""
        for post_id in self._current(write, held):
            self._delete(write, post_id)
        return Receipt(remote_id=held.remote_id, url=held.url, at=datetime.now(UTC), deleted=True)

    def find(self, write: Write, item: ContentItem, since: datetime) -> Receipt | None:
        """Look for the post that was sent last and not answered; what is found goes into the progress.

        Attachments that we uploaded ourselves are nobody else's. A text alone is ours when it is the only one of its
        kind since then; of two, nobody can say which: OutcomeUnknown.
        """
        progress = dict(write.progress)
        posted: list[int] = list(progress.get("posts", []))
        held = _ids(write.held) if write.held else []
        planned = plan(item, self._settings).posts
        number = len(held) + len(posted)
        if number >= len(planned) or progress.get("edited", 0) < min(len(held), len(planned)):
            return None
        names = self._attachments(write, progress).known(planned[number].pieces, planned[number].poll)
        post_id = None if names is None else self._find(write, planned[number], names, since)
        if post_id is None:
            return None
        progress["posts"] = [*posted, post_id]
        write.save(progress)
        if number + 1 < len(planned):
            # The rest is posted by the write that follows.
            return None
        return self._receipt(write, progress, held)

    def _put(self, write: Write, item: ContentItem, held: list[int]) -> Receipt:
        """Bring the wall to what an item's posts are now."""
        progress = dict(write.progress)
        planned = plan(item, self._settings).posts
        attachments = self._attachments(write, progress)
        for number, post in enumerate(planned):
            if number < len(held):
                if number >= progress.get("edited", 0):
                    self._edit(write, held[number], post, attachments)
                    self._step(write, progress, {"edited": number + 1}, len(planned))
            elif number >= len(held) + len(progress.get("posts", [])):
                post_id = self._next(write, number, post, attachments, len(held))
                self._step(write, progress, {"posts": [*progress.get("posts", []), post_id]}, len(planned))
        for post_id in held[len(planned) :]:
            self._delete(write, post_id)
        return self._receipt(write, progress, held[: len(planned)])

    def _attachments(self, write: Write, progress: dict[str, Any]) -> Attachments:
        """Open the attachments of a write."""
        progress["media"] = {place: dict(state) for place, state in progress.get("media", {}).items()}
        taken = {state.get("name") for state in progress["media"].values()}
        noted = write.held.notes.get("media", []) if write.held else []
        there = [list(one) for one in noted if one[0] not in taken]
        return Attachments(self._client, self._settings, write, progress, there)

    def _step(self, write: Write, progress: dict[str, Any], reached: dict[str, Any], number: int) -> None:
        """Note what is reached; a single post's receipt follows at once."""
        progress.update(reached)
        if number > 1:
            write.save(progress)

    def _next(self, write: Write, number: int, post: Planned, attachments: Attachments, held: int) -> int:
        """Make one more post; refused behind others of the same item, it leaves half an item there: a person looks."""
        try:
            return self._post(write, number, post, attachments)
        except Rejected as error:
            there = attachments.progress.get("posts", [])
            if not there and not held:
                raise
            raise OutcomeUnknown(
                f"{held + len(there)} posts of this item are on the wall, the last of them {there[-1:]}; the next one "
                f"was refused: {error}"
            ) from error

    def _post(self, write: Write, number: int, post: Planned, attachments: Attachments) -> int:
        """Publish one post; where its minute on the timer is taken, in a later one."""
        names = attachments.names(post.pieces, post.poll)
        asked: dict[str, object] = {
            "owner_id": self._settings.owner_id,
            "from_group": 1 if self._settings.community else None,
            "message": self._message(write, number, post),
            "attachments": ",".join([*names, *_link(post)]) or None,
            "guid": guid(write.key, number),
        }
        if self._settings.source_link and write.item is not None and write.item.url:
            asked["copyright"] = write.item.url
        if not self._settings.delay_minutes:
            return int(self._client.publish("wall.post", asked, write.deadline, write.sending)["post_id"])
        due = self._due(write, attachments.progress, number)
        for _ in range(TIMES):
            asked["publish_date"] = due[number]
            said = self._client.publish("wall.post", asked, write.deadline, write.sending, ADDING_DENIED)
            self._free = max(self._free, due[number] + MINUTE)
            if not isinstance(said, Refusal):
                return int(said["post_id"])
            if not TAKEN.search(said.message):
                raise error_of(said.code, said.message, "wall.post")
            due[number] += MINUTE
            write.save(attachments.progress)
        raise RateLimited(f"the next {TIMES} minutes of the timer are taken", TIMES * MINUTE)

    def _due(self, write: Write, progress: dict[str, Any], number: int) -> list[int]:
        """Return when the timer publishes an item's posts up to this one, the same at each attempt."""
        due: list[int] = progress.setdefault("due", [])
        if len(due) <= number:
            soonest = due[-1] + MINUTE if due else int(time.time()) + self._settings.delay_minutes * 60
            # Posts that an edit adds to what was published at once have no others before them on the timer.
            due += [max(soonest, self._free)] * (number + 1 - len(due))
            write.save(progress)
        return due

    def _message(self, write: Write, number: int, post: Planned) -> str | None:
        """Return a post's text, with its mark where one is asked for."""
        mark = f"\n\n[{guid(write.key, number)[:10]}]" if self._settings.mark else ""
        return f"{post.text}{mark}".strip() or None

    def _edit(self, write: Write, post_id: int, post: Planned, attachments: Attachments) -> None:
        """Edit one post: text and attachments take the place of what was there."""
        names = attachments.names(post.pieces, post.poll)
        due = self._dues(write.held).get(post_id, 0)
        asked: dict[str, object] = {
            "owner_id": self._settings.owner_id,
            "post_id": post_id,
            "message": self._message(write, 0, post) or "",
            "attachments": ",".join([*names, *_link(post)]),
            "publish_date": due if due > time.time() else None,
        }
        said = self._client.publish("wall.edit", asked, write.deadline, write.sending, GONE | DENIED)
        if isinstance(said, Refusal):
            raise Rejected(
                f"wall.edit: VK's error {said.code} ({said.message}): the post {self._name(post_id)} is not there any "
                "more, or is too old to be edited; resend the item as a new post, or skip"
            )

    def _delete(self, write: Write, post_id: int) -> None:
        """Delete one post."""
        asked = {"owner_id": self._settings.owner_id, "post_id": post_id}
        said = self._client.publish("wall.delete", asked, write.deadline, write.sending, GONE | DENIED)
        if isinstance(said, Refusal) and said.code in DENIED and self._there(write, post_id):
            raise Rejected(
                f"wall.delete: VK's error {said.code} ({said.message}): delete {self._name(post_id)} by hand"
            )

    def _there(self, write: Write, post_id: int) -> bool:
        """Say whether a post can be seen."""
        said = self._client.read("wall.getById", {"posts": self._name(post_id)}, write.deadline)
        return bool(said["items"] if isinstance(said, dict) else said)

    def _current(self, write: Write, held: Receipt) -> list[int]:
        """Return the ids of an item's posts as they are now: the timer gives a post a new one when it publishes it."""
        ids, due = _ids(held), self._dues(held)
        passed = [at for at in due.values() if 0 < at <= time.time()]
        if not passed:
            return ids
        since = datetime.fromtimestamp(min(passed), UTC) - SKEW
        published = {post.get("postponed_id"): post["id"] for post in self._posts(write, "all", since)}
        return [published.get(post_id, post_id) for post_id in ids]

    @staticmethod
    def _dues(held: Receipt | None) -> dict[int, int]:
        """Return when the timer publishes each of an item's posts, of those that went on the timer."""
        return dict(zip(_ids(held), held.notes.get("due", []), strict=False)) if held else {}

    def _find(self, write: Write, post: Planned, names: list[str], since: datetime) -> int | None:
        """Return the id of a post on the wall or on its timer that is this one, None where there is none."""
        number = len(write.progress.get("posts", [])) + (len(_ids(write.held)) if write.held else 0)
        text = _comparable(self._message(write, number, post) or "")
        found: set[int] = set()
        for place in ("all", "postponed") if self._settings.delay_minutes else ("all",):
            for one in self._posts(write, place, since - SKEW):
                mine = names and _attached(one) == names
                alike = not names and not _attached(one) and _comparable(one.get("text", "")) == text
                found |= {one["id"]} if mine or alike else set()
        if len(found) > 1:
            raise OutcomeUnknown(
                f"{len(found)} posts on the wall say the same, as {self._name(min(found))}: nothing tells which is ours"
            )
        return next(iter(found), None)

    def _posts(self, write: Write, place: str, since: datetime) -> Iterator[dict[str, Any]]:
        """Yield the account's posts since then, the newest first; a pinned one, which comes first, in its time."""
        for page in range(PAGES):
            asked = {"owner_id": self._settings.owner_id, "filter": place, "count": PAGE, "offset": page * PAGE}
            items = self._client.read("wall.get", asked, write.deadline)["items"]
            recent = [one for one in items if one.get("date", 0) >= since.timestamp()]
            yield from (one for one in recent if one.get("from_id") == self._settings.owner_id)
            older = [one for one in items if one not in recent and not one.get("is_pinned")]
            if len(items) < PAGE or (older and place == "all"):
                return

    def _receipt(self, write: Write, progress: dict[str, Any], held: list[int]) -> Receipt:
        """Say what is there now."""
        posts = [*held, *progress.get("posts", [])]
        due = [*self._dues(write.held).values()][: len(held)] or [0] * len(held)
        due += progress.get("due", [])[len(held) :] or [0] * len(progress.get("posts", []))
        attachments = self._attachments(write, dict(progress))
        notes: dict[str, Any] = {"media": attachments.kept()} if attachments.kept() else {}
        return Receipt(
            remote_id=",".join(self._name(post_id) for post_id in posts),
            url=f"https://vk.com/wall{self._name(posts[0])}",
            at=datetime.now(UTC),
            notes=notes | ({"due": due} if any(due) else {}),
        )

    def _name(self, post_id: int) -> str:
        """Name a post as VK does."""
        return f"{self._settings.owner_id}_{post_id}"


def guid(key: str, number: int) -> str:
    """Return the key that VK remembers for an hour: of the job, and of each further post of a long item."""
    root = key if number == 0 else f"{key}#{number}"
    return hashlib.blake2b(root.encode(), digest_size=16).hexdigest()


def _ids(held: Receipt) -> list[int]:
    """Return the ids of the posts that a receipt names; a person may have named one by its address."""
    return [int(name.rpartition("_")[2]) for name in held.remote_id.split(",") if name.rpartition("_")[2].isdigit()]


def _link(post: Planned) -> list[str]:
    """Return the link that a post shows a preview of."""
    return [post.link] if post.link else []


def _attached(post: dict[str, Any]) -> list[str]:
    """Return the names of a post's attachments, links left out."""
    found = []
    for one in post.get("attachments") or []:
        kind = one.get("type", "")
        thing = one.get(kind) or {}
        if kind != "link":
            found.append(f"{kind}{thing.get('owner_id')}_{thing.get('id')}")
    return found


def _comparable(text: str) -> str:
    """Return a text without what VK is free to change: entities, white space, forms of the same letter."""
    return " ".join(unicodedata.normalize("NFC", html.unescape(text)).split())
