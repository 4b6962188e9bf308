"""Python's collector of garbage, kept from what is being read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Let no garbage be looked for while a feed is read, which makes none.

    Thousands of entries are alive at a time then, and the collector would go over each of them again and again.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
