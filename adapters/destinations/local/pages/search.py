"""The site's search: an index of words in scripts, which a page opened from disk can load where it can fetch nothing.

    search/segments.js       the segments, and the pages of each
    search/p/2025/05-2.js    a page's items: anchor, moment, text
    search/w/2025-1/07.js    a segment's words whose first two letters fall into shard 7, with the items they are in

`assets/search.js` reads them; `folded`, `words` and `shard_of` are written there once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from adapters.archive import ArchivedItem

TEXT = 20_000
"""Characters of an item that are searched."""
WORD = 40
"""Characters of a word that count."""
SHARD_ITEMS = 300
"""Items a shard, more or less: so that a shard is some ten kilobytes."""
MOST_SHARDS = 32
_WORD = re.compile(r"[^\W_]+")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def searched(item: ArchivedItem) -> str:
    """Return all that an item is found by, in one line."""
    pieces = [item.title, item.text]
    if item.poll:
        pieces += [item.poll.question, *(answer.text for answer in item.poll.answers)]
    if item.location:
        pieces += [item.location.name, item.location.address]
    if item.author:
        pieces.append(item.author.signature)
    if item.forward:
        pieces.append(item.forward.name)
    for medium in item.media:
        pieces += [medium.performer, medium.title or medium.name]
    return " ".join(" · ".join(piece for piece in pieces if piece)[:TEXT].split())


def folded(text: str) -> str:
    """Return a text as it is compared: small letters, and Russian io as ie."""
    return text.lower().replace("\u0451", "\u0435")


def words(text: str) -> set[str]:
    """Return the words of a text."""
    return {word[:WORD] for word in _WORD.findall(folded(text))}


def shard_of(word: str, shards: int) -> int:
    """Return the number of the shard that holds a word: by its first two letters, so that a beginning is enough."""
    return (ord(word[0]) * 31 + (ord(word[1]) if len(word) > 1 else 0)) % shards


def shards_for(items: int) -> int:
    """Return how many shards a segment of so many items has."""
    return max(1, min(MOST_SHARDS, items // SHARD_ITEMS))


def block(page: str, rows: Iterable[tuple[str, str, str]]) -> bytes:
    """Return the script of a page's items: (anchor, moment, text) each."""
    return _call("block", page, list(rows))


def texts(script: bytes) -> list[str]:
    """Return the texts in a page's script."""
    return [row[2] for row in orjson.loads(b"[" + script[len("block(") : -len(");\n")] + b"]")[1]]


def index(segment: str, pages: Sequence[Sequence[str]], page_items: int, shards: int) -> list[bytes]:
    """Return the scripts of a segment's shards, given the texts of its pages.

    A line is a word and the numbers of its items, each less the one before it, in base 36.
    """
    found: list[dict[str, list[int]]] = [{} for _ in range(shards)]
    for number, page in enumerate(pages):
        for place, text in enumerate(page, number * page_items):
            for word in words(text):
                found[shard_of(word, shards)].setdefault(word, []).append(place)
    return [
        _call("shard", segment, number, "\n".join(f"{word} {_deltas(shard[word])}" for word in sorted(shard)))
        for number, shard in enumerate(found)
    ]


def segments(known: Sequence[tuple[str, int, Sequence[str]]], page_items: int) -> bytes:
    """Return the script that names the segments: (name, shards, pages) each."""
    return _call("segments", page_items, [list(one) for one in known])


def _call(name: str, *arguments: Any) -> bytes:
    """Return a script that hands over data."""
    # U+2028 and U+2029 may stand in a script's strings since 2019; older readers take them for the line's end.
    inner = orjson.dumps(list(arguments))[1:-1]
    return (
        name.encode() + b"(" + inner.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029") + b");\n"
    )


def _deltas(numbers: Sequence[int]) -> str:
    """Return growing numbers, each less the one before it."""
    last, out = 0, []
    for number in numbers:
        out.append(_base36(number - last))
        last = number
    return " ".join(out)


def _base36(number: int) -> str:
    """Return a number in base 36."""
    if number < 36:  # noqa: PLR2004 - one digit
        return _DIGITS[number]
    return _base36(number // 36) + _DIGITS[number % 36]
