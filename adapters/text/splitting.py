"""Long texts in pieces: cut at a paragraph, sentence or word, never in a character, an address or a markup token."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from adapters.contracts.limits import GRAPHEME, Unit, length

SHORTEST = 32
"""Of a piece, in any unit: less would leave no room for a word beside the number."""
URL = re.compile(r"(?:https?://|www\.|t\.me/)\S+")
CUTS = (
    (re.compile(r"\n[ \t]*\n\s*"), 0.5),
    (re.compile(r"\n"), 0.5),
    (re.compile(r"[.!?…]+[\"'»”)\]]*\s+"), 0.5),
    (re.compile(r"\s+"), 0.0),
)
"""Where to cut, best first, each with the share of the room that a piece must at least fill for it."""


def parts(
    text: str, limit: int, unit: Unit = "code points", token: re.Pattern[str] | None = None, least: int = 1
) -> list[str]:
    """Return the text as it is where it fits, else in numbered parts, each within the limit, with `(1/3)` at its end.

    White space at the cuts is dropped, nothing else; `token` matches what must not be cut. With `least` there are at
    least so many parts, the last ones a number alone.
    """
    if least <= 1 and length(text, unit) <= limit:
        return [text]
    for digits in range(1, 7):
        room = limit - len("\n\n(/)") - 2 * digits
        pieces = [piece.strip() for piece in cut(text, room, unit, token)]
        pieces = [piece for piece in pieces if piece]
        pieces += [""] * (least - len(pieces))
        if len(str(len(pieces))) <= digits:
            return [f"{piece}\n\n({number}/{len(pieces)})".strip() for number, piece in enumerate(pieces, 1)]
    raise ValueError(f"a text of {len(text):,} characters has too many parts of {limit}")


def cut(text: str, room: int, unit: Unit = "code points", token: re.Pattern[str] | None = None) -> list[str]:
    """Return pieces that put together are the text again, none longer than `room`.

    What is never cut (an address, a token, a character) is, where it is longer than a whole piece by itself.
    """
    if room < SHORTEST:
        raise ValueError(f"pieces of {room} are too short, {SHORTEST} is the least")
    atoms = list(_atoms(text, room, unit))
    starts = [0, *accumulate(len(atom) for atom in atoms)]
    sizes = [0, *accumulate(1 if unit == "graphemes" else length(atom, unit) for atom in atoms)]
    kept = [match.span() for pattern in (URL, token) if pattern for match in pattern.finditer(text)]
    pieces, first = [], 0
    while first < len(atoms):
        last = bisect_right(sizes, sizes[first] + room) - 1
        if last < len(atoms):
            end = _best(text, starts[first], starts[last], kept)
            # A place to cut that lies inside a character moves to its begin.
            last = max(bisect_right(starts, end) - 1, first + 1)
        pieces.append(text[starts[first] : starts[last]])
        first = last
    return pieces


def _atoms(text: str, room: int, unit: Unit) -> Iterator[str]:
    """Yield the text's characters as readers see them; a character longer than a piece comes in code points."""
    for match in GRAPHEME.finditer(text):
        atom = match.group()
        if unit != "graphemes" and length(atom, unit) > room:
            yield from atom
        else:
            yield atom


def _best(text: str, begin: int, end: int, kept: list[tuple[int, int]]) -> int:
    """Return the best place to cut in `begin`…`end`, not inside what is kept whole, or `end`."""
    holding = next((span for span in kept if begin < span[0] < end < span[1]), None)
    latest = holding[0] if holding else end
    for pattern, share in CUTS:
        least = begin + (end - begin) * share
        ends = [match.end() for match in pattern.finditer(text, begin, latest)]
        good = [place for place in ends if place > least and not _inside(place, kept)]
        if good:
            return good[-1]
    return latest


def _inside(place: int, kept: list[tuple[int, int]]) -> bool:
    """Say whether a place lies inside what is kept whole."""
    return any(begin < place < end for begin, end in kept)
