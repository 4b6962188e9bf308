"""The sweep: what a site shows now, id by id, and how that is told from what it showed before.

Times alone would not do: a back-dated post is born with its old date as its time of change, and a scheduled one keeps,
when it appears, the time at which it was written.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.sources.wordpress.api import PAGE, Api

FIELDS = "id,date_gmt,modified_gmt,content.protected"
SIGN = 5
"""Bytes kept of a post: three of its time of change, two of its date."""
ENOUGH = 3
"""Posts known from before that are needed to tell another site from this one."""
PATIENCE = 1000
"""Steps back that a sweep takes before it gives up on a site that changes faster than it can be read."""


@dataclass(frozen=True)
class Shown:
    """One post as the sweep sees it."""

    type: str
    sign: bytes
    protected: bool


def shown(post: Mapping[str, Any], kind: str) -> Shown:
    """Note what tells one state of a post from another."""
    protected = is_protected(post)
    modified = f"{post.get('modified_gmt')}|{protected}".encode()
    date = str(post.get("date_gmt")).encode()
    sign = hashlib.blake2b(modified, digest_size=3).digest() + hashlib.blake2b(date, digest_size=2).digest()
    return Shown(kind, sign, protected)


def is_protected(post: Mapping[str, Any]) -> bool:
    """Say whether a post asks for a password."""
    content = post.get("content")
    return bool(content.get("protected")) if isinstance(content, dict) else False


def sweep(api: Api, paths: Mapping[str, str], params: Mapping[str, str]) -> dict[int, Shown]:
    """Return all that the types show; `paths` has each type's, `params` the statuses asked for."""
    found: dict[int, Shown] = {}
    for kind, path in paths.items():
        for post in ascending(api, path, params):
            found[post["id"]] = shown(post, kind)
    return found


def ascending(api: Api, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the posts of a type by id, none skipped whatever appears or vanishes meanwhile.

    WordPress pages by number, which shifts. Each page therefore begins with the last post of the one before; where it
    begins later, something has vanished below, and a step back is taken.
    """
    asked = {**params, "_fields": FIELDS, "orderby": "id", "order": "asc", "per_page": str(PAGE)}
    offset, last, steps = 0, 0, 0
    begins: dict[int, int] = {}
    while True:
        posts, answer = api.listed(path, asked | {"offset": str(offset)})
        # A page that begins there again has nothing before it: WordPress counts posts that it does not show.
        if offset and posts and posts[0]["id"] > last and begins.get(offset) != posts[0]["id"]:
            begins[offset] = posts[0]["id"]
            offset, steps = max(offset - PAGE, 0), steps + 1
            if steps > PATIENCE:
                raise Transient(f"{path} changes faster than it can be read; try again")
            continue
        for post in posts:
            if post["id"] > last:
                last = post["id"]
                yield post
        if (not posts and answer.total is None) or (answer.total is not None and offset + PAGE >= answer.total):
            return
        offset += PAGE - 1


@dataclass
class Known:
    """What has been told of a site; its text is the cursor."""

    site: str
    signs: dict[int, bytes] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)
    """Those of them that may have changed again within the same second: the next run tells them once more."""
    top: int = 0
    """The highest id that the site was ever seen to have given."""

    @classmethod
    def of(cls, cursor: str, site: str) -> Known:
        """Read a cursor; one that is none, or another site's, begins anew."""
        try:
            value = orjson.loads(cursor) if cursor else {}
            if value.get("of") != site:
                return cls(site)
            signs = {number: sign for bucket, text in value["seen"].items() for number, sign in _unpacked(bucket, text)}
            return cls(site, signs, {int(number) for number in value["fresh"]}, int(value["top"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls(site)

    def cursor(self) -> str:
        """Return the cursor behind what has been told so far."""
        return self._text(self.signs, self.fresh)

    def stand(self) -> str:
        """Return the cursor behind a reading that came to its end."""
        return self._text({number: sign for number, sign in self.signs.items() if number not in self.fresh}, ())

    def changed(self, now: Mapping[int, Shown]) -> list[int]:
        """Return what has not been told as it is now, by id."""
        return sorted(number for number, one in now.items() if self.signs.get(number) != one.sign)

    def go_on(self, now: Mapping[int, Shown]) -> None:
        """Forget what is not shown any more: coming back, it is new; raises ConfigurationError at another site."""
        before = len(self.signs)
        same = sum(1 for number, sign in self.signs.items() if number in now and now[number].sign[3:] == sign[3:])
        if before >= ENOUGH and same < max(1, before // 100):
            raise ConfigurationError(
                f"of {before} posts that {self.site} had, {same} are there as they were: is another site behind this "
                "address now? If the change is right, read it anew with --reread"
            )
        self.top = max(self.top, *now, 0)
        self.signs = {number: sign for number, sign in self.signs.items() if number in now}
        self.fresh &= self.signs.keys()

    def note(self, number: int, sign: bytes, *, fresh: bool) -> None:
        """Have told one post."""
        self.signs[number] = sign
        (self.fresh.add if fresh else self.fresh.discard)(number)

    def _text(self, signs: Mapping[int, bytes], fresh: Iterable[int]) -> str:
        """Write a cursor: the signs of 256 neighbours are one piece of base64."""
        buckets: dict[str, bytes] = {}
        for number in sorted(signs):
            key = str(number >> 8)
            buckets[key] = buckets.get(key, b"") + bytes([number & 255]) + signs[number]
        seen = {key: b64encode(piece).decode() for key, piece in buckets.items()}
        return orjson.dumps({"of": self.site, "top": self.top, "fresh": sorted(fresh), "seen": seen}).decode()


def _unpacked(bucket: str, text: str) -> Iterator[tuple[int, bytes]]:
    """Yield the ids and signs of one piece; raises ValueError for what is none."""
    data = b64decode(text, validate=True)
    if len(data) % (SIGN + 1):
        raise ValueError("a piece of a cursor is cut")
    for at in range(0, len(data), SIGN + 1):
        yield (int(bucket) << 8) + data[at], data[at + 1 : at + 1 + SIGN]
