"""A wall as `wall.get` shows it, walked from the oldest post to the newest while it shifts: dev.vk.com/method/wall.get.

An offset counts from the newest post, so it means another place after each arrival, deletion and pinning. What a single
answer shows is one state of the wall, in order. Answers are joined where they overlap: one that does not reach back to
what the last one ended with is asked for again, further back. The pinned post comes first and is missing in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from adapters.contracts.errors import Transient

Key = tuple[int, int]
"""A post's place in the order of its wall: when it was published, and its number."""
BEFORE_ALL: Key = (0, 0)
MOST = 100
"""Posts an answer may have."""
Ask = Callable[[str, Mapping[str, object]], Any]
"""Calls one of VK's methods and returns its answer."""


@dataclass(frozen=True)
class Found:
    """A post as VK shows it, its place, and the names of those it speaks of."""

    key: Key
    post: Mapping[str, Any]
    people: Mapping[int, str]

    @property
    def name(self) -> str:
        """What tells this post from others: its number, or the hash of one that has none."""
        return str(self.key[1]) if self.key[1] else sha256(orjson.dumps(self.post)).hexdigest()


@dataclass(frozen=True)
class Look:
    """One answer: a stretch of the wall in one of its states, the oldest post first, the pinned one apart."""

    at: int
    count: int
    size: int
    found: list[Found]
    pinned: list[Found]

    def reaches(self, key: Key) -> bool:
        """Say whether nothing lies between this stretch and a place before it."""
        return self.at + self.size >= self.count or bool(self.found and self.found[0].key <= key)


class Wall:
    """One wall."""

    def __init__(self, owner_id: int, ask: Ask, size: int = MOST, *, paid: bool = False) -> None:
        """Take how many posts are asked for at once, two at least, and whether those for subscribers are shown."""
        self._owner_id = owner_id
        self._ask = ask
        self._paid = paid
        self.count = 0
        """How many posts VK has counted at the last look."""
        self._size = max(2, min(size, MOST))
        self._overlap = max(1, self._size // 20)

    def look(self, at: int, size: int = 0) -> Look:
        """Ask for a stretch of the wall."""
        size = size or self._size
        asked = {"owner_id": self._owner_id, "offset": at, "count": size, "extended": 1}
        said = self._ask("wall.get", asked)
        items, count = (said.get("items"), said.get("count")) if isinstance(said, dict) else (None, None)
        if not isinstance(items, list) or not isinstance(count, int):
            raise Transient("wall.get: the answer is none of VK's")
        # What is on the timer, was suggested, or is a deleted post's trace is nothing that readers see.
        posts = [one for one in items if isinstance(one, dict) and is_shown(one) and (self._paid or not is_paid(one))]
        self.count = count
        people = people_of(said)
        pinned = [Found(_key(one), one, people) for one in posts if one.get("is_pinned")]
        rest = list(_in_order([one for one in reversed(posts) if not one.get("is_pinned")], people))
        return Look(at, count, size, rest, pinned)

    def walk(self, after: Key) -> Iterator[list[Found]]:
        """Yield the posts behind a place in their order, a stretch at a time; one stretch is one state of the wall.

        A post may come twice, and one that was pinned meanwhile comes last.
        """
        look = self.look(0)
        pinned = {one.name: one for one in look.pinned}
        if look.reaches(after):
            yield _merged([*look.found, *pinned.values()], after)
            return
        frontier, at, back, blind = after, self._begin(after, look.count), self._overlap, -1
        while True:
            look = self.look(at)
            if not look.reaches(frontier) and look.count != blind:
                at, back = at + back, back * 2
                continue
            fresh = [one for one in look.found if one.key > frontier]
            pinned |= {one.name: one for one in look.pinned}
            newest = fresh[-1].key if fresh else frontier
            yield _merged([*fresh, *(one for one in pinned.values() if one.key <= newest)], frontier)
            if at == 0:
                break
            # Behind a long stretch that VK counts and does not show there is nothing to join answers by.
            if fresh:
                blind = -1
            elif back > self._overlap:
                blind = look.count
            frontier = newest
            at, back = max(at - (self._size - self._overlap), 0), self._overlap
        yield _merged(pinned.values(), after)

    def _begin(self, after: Key, count: int) -> int:
        """Return an offset from which the wall's end, or a place on it, is in reach."""
        if after == BEFORE_ALL:
            return max(count - self._size, 0)
        low, high = 0, self._size
        while high < count and not self.look(high, 1).reaches(after):
            low, high = high, high * 2
        high = min(high, count)
        while high - low >= self._size:
            middle = (low + high) // 2
            if self.look(middle, 1).reaches(after):
                high = middle
            else:
                low = middle
        return low


def is_shown(post: Mapping[str, Any]) -> bool:
    """Say whether readers see a post."""
    return not post.get("is_deleted") and post.get("post_type") not in {"postpone", "suggest"}


def is_paid(post: Mapping[str, Any]) -> bool:
    """Say whether a post is for paying subscribers alone."""
    donut = post.get("donut")
    return isinstance(donut, dict) and bool(donut.get("is_donut"))


def people_of(said: Mapping[str, Any]) -> dict[int, str]:
    """Return the names that an extended answer brings: owner's id → name."""
    found: dict[int, str] = {}
    for one in _objects(said.get("profiles")):
        words = [one.get("first_name"), one.get("last_name")]
        found[_number(one.get("id"))] = " ".join(word for word in words if isinstance(word, str) and word)
    for one in _objects(said.get("groups")):
        found[-_number(one.get("id"))] = one["name"] if isinstance(one.get("name"), str) else ""
    return found


def _merged(found: Iterable[Found], after: Key) -> list[Found]:
    """Return posts behind a place in order, each once."""
    return sorted({one.name: one for one in found if one.key > after}.values(), key=lambda one: one.key)


def _in_order(posts: list[Mapping[str, Any]], people: Mapping[int, str]) -> Iterator[Found]:
    """Place posts; one whose date nobody can read is as old as its neighbour."""
    dates = [date for post in posts if (date := _number(post.get("date")))]
    last = dates[0] if dates else 0
    for post in posts:
        last = _number(post.get("date")) or last
        yield Found((last, _number(post.get("id"))), post, people)


def _key(post: Mapping[str, Any]) -> Key:
    """Return a post's place."""
    return _number(post.get("date")), _number(post.get("id"))


def _number(value: object) -> int:
    """Return a number; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 53 else 0


def _objects(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
