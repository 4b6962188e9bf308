"""Bodies of uploads: a file, a part of one, or a form with a file in it, read while it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from adapters.contracts.errors import Rejected
from adapters.contracts.ports import MediaFile
from adapters.http import Body, boottime

BLOCK = 1 << 18
RENEWED = 10.0
"""Seconds after which `KeptAlive` calls again; a small part of a lease."""
SLOWEST = 100_000.0
"""Bytes a second; an upload that is slower than this is given up."""


@dataclass
class KeptAlive:
    """Calls `renew` every few seconds of an upload: the job's lease must not end while its bytes are under way."""

    renew: Callable[[], None]
    clock: Callable[[], float] = boottime
    _last: float = 0.0

    def __call__(self) -> None:
        """Be told that a block leaves; raises what `renew` raises, LeaseLost above all."""
        now = self.clock()
        self._last = self._last or now
        if now - self._last >= RENEWED:
            self.renew()
            self._last = now


def deadline_for(size: int, least: float) -> float:
    """Return the seconds that so many bytes may take, `least` for none: a deadline by size."""
    return least + size / SLOWEST


def file_body(file: MediaFile, alive: Callable[[], None], start: int = 0, end: int | None = None) -> Body:
    """Return a file's bytes from `start` up to `end`, its size where none is given; `alive` is called at each block.

    A file that is shorter than it says ends the request with Rejected: half a medium never arrives as a whole one.
    """
    stop = file.size if end is None else min(end, file.size)
    return Body(stop - start, lambda: _blocks(file, alive, start, stop))


def form_body(field: str, name: str, mime: str, file: MediaFile, alive: Callable[[], None]) -> tuple[Body, str]:
    """Return a form of one file (RFC 7578) and its Content-Type."""
    boundary = uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}"; filename="{_quoted(name)}"\r\n'
        f"Content-Type: {mime}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()

    def blocks() -> Iterator[bytes]:
        yield head
        yield from _blocks(file, alive, 0, file.size)
        yield tail

    return Body(len(head) + file.size + len(tail), blocks), f"multipart/form-data; boundary={boundary}"


def _blocks(file: MediaFile, alive: Callable[[], None], start: int, stop: int) -> Iterator[bytes]:
    """Yield the bytes from `start` to `stop`."""
    with file.open() as stream:
        if start:
            stream.seek(start)
        left = stop - start
        while left > 0:
            alive()
            block = stream.read(min(BLOCK, left))
            if not block:
                raise Rejected(f"the file ends {left:,} bytes before its size: it has changed since it was kept")
            left -= len(block)
            yield block


def _quoted(text: str) -> str:
    """Make a name fit for a form's header, as browsers do (WHATWG, multipart/form-data encoding)."""
    plain = text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return re.sub(r"[\x00-\x1f\x7f]", "_", plain)
