"""Python's collector of garbage, kept from looking through what is being carried."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[Callable[[], None]]:
    """Let no garbage be looked for among values that make none, thousands of which are alive at a time.

    The collector would go over each of them again and again. Yields what looks through the young ones in between.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield lambda: _collect(wanted=was)
    finally:
        if was:
            gc.enable()


def _collect(*, wanted: bool) -> None:
    """Look through what was made since the last time."""
    if wanted:
        gc.collect(1)
