"""Walking a channel from its oldest message to its newest, on pages that only lead backwards.

`?before=N` gives about twenty messages with numbers below N. A stretch above what is known is read from its upper end
down until it meets what is known, so that nothing between can be missed; a page that says "nothing" where another has
said "there is more" is no end but a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adapters.contracts.errors import ConfigurationError, RateLimited
from adapters.sources.telegram_web.page import Piece, Preview

STEP = 20
"""Messages of a page; a stretch begins with as many numbers."""
LONGEST_STEP = 2000
UNNAMED_WAIT = 60.0

Fetch = Callable[[int], Preview]


def stretches(fetch: Fetch, floor: int, newest: Preview) -> Iterator[list[Piece]]:
    """Yield the messages above a number in stretches, each complete and in order; `newest` is the newest page.

    A stretch's uppermost message is left for the next one, where its album is whole; the newest page has no such end.
    """
    step, fresh = STEP, True
    while floor < _last(newest):
        if floor + 1 < _first(newest) and floor + step < _last(newest):
            found, pages = _down(fetch, floor, fetch(floor + step + 1))
            fresh = False
            top = max((piece.at for piece in found if piece.numbers), default=0)
            whole = [piece for piece in found if piece.at < top]
            step = _step(step, pages, len(whole))
            if whole:
                yield whole
                floor = whole[-1].last
        elif fresh:
            yield _down(fetch, floor, newest)[0]
            return
        else:
            newest, fresh = fetch(0), True
            if not newest.pieces:
                raise refused("the newest page")


def _step(step: int, pages: int, found: int) -> int:
    """Return how long the next stretch is to be: so that it fits on a page, also where most numbers are gone."""
    if not found:
        return step * 2
    if pages == 1 and found < STEP // 2:
        return min(step * 2, LONGEST_STEP)
    return max(STEP, step // pages)


def refused(what: str) -> RateLimited:
    """Say that a page is empty which cannot be: so t.me is known to answer who asks too much."""
    return RateLimited(f"{what} of the preview is empty, though there are messages: t.me asks to wait", UNNAMED_WAIT)


def _down(fetch: Fetch, floor: int, page: Preview) -> tuple[list[Piece], int]:
    """Return what lies above a number, from a page downwards, and how many pages that took."""
    found: dict[int, list[Piece]] = {}
    pages, low = 1, 0
    while True:
        _merge(found, page, floor)
        below = _first(page)
        if not page.pieces or below <= floor + 1 or not page.older:
            break
        if low and below >= low:
            raise ConfigurationError(
                f"the preview shows message {below} again where older ones are asked for: its paging is not understood"
            )
        low = below
        page, pages = _next(fetch, page), pages + 1
    return [piece for at in sorted(found) for piece in found[at]], pages


def _next(fetch: Fetch, page: Preview) -> Preview:
    """Return the page below; the lowest message is read again with it, since a page may begin inside an album."""
    lowest = next(piece for piece in page.pieces if piece.numbers)
    for before in dict.fromkeys((lowest.last + 1, lowest.at)):
        below = fetch(before)
        if not below.pieces:
            raise refused(f"the page before message {before}")
        if _first(below) < lowest.at or not below.older:
            return below
    return below


def _merge(found: dict[int, list[Piece]], page: Preview, floor: int) -> None:
    """Add a page's messages above a number; a message that an earlier page has shown the tail of is whole here."""
    fresh: dict[int, list[Piece]] = {}
    for piece in page.pieces:
        if piece.at > floor:
            fresh.setdefault(piece.at, []).append(piece)
    covered = {number for pieces in fresh.values() for piece in pieces for number in piece.numbers}
    for at in [at for at in found if at in covered]:
        del found[at]
    found.update(fresh)


def _first(page: Preview) -> int:
    """Return a page's lowest number."""
    return next((piece.at for piece in page.pieces if piece.numbers), 0)


def _last(page: Preview) -> int:
    """Return a page's highest number."""
    return max((piece.last for piece in page.pieces), default=0)
