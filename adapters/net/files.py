"""Files of the net as media: held in memory, on disk while somebody needs them, or read piece by piece from there."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, BinaryIO

from adapters.contracts.errors import Transient
from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.http import origin
from adapters.media import in_memory
from adapters.net.addresses import Refused
from adapters.net.exchange import Bounds, Clock, Exchange, Wire

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

RECONNECTS = 5
STRONG_AFTER = 60.0
"""Seconds that a file must have been older than its answer for its date to name its bytes (RFC 9110, 8.8.2.2)."""


def kept(blocks: Iterator[bytes], small: int) -> MediaFile:
    """Read a body to its end: up to `small` bytes into memory, more into a file that vanishes with the last reader."""
    data = bytearray()
    for block in blocks:
        data += block
        if len(data) > small:
            return _on_disk(bytes(data), blocks)
    return in_memory(bytes(data))


def _on_disk(begin: bytes, rest: Iterator[bytes]) -> MediaFile:
    """Put a body into a file without a name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as what reads it
    size = file.write(begin)
    for block in rest:
        size += file.write(block)
    file.flush()
    return MediaFile(open=lambda: io.BufferedReader(_Slice(file, size)), size=size)


class _Slice(io.RawIOBase):
    """A reader of a shared file with a place of its own."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = _place(offset, whence, self._at, self._size)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = os.pread(self._file.fileno(), len(view), self._at)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def validator(headers: Mapping[str, str]) -> str:
    """Return what names these very bytes in `If-Range`, where the server serves ranges; empty where nothing does."""
    if "bytes" not in headers.get("accept-ranges", "").lower():
        return ""
    tag = headers.get("etag", "").strip()
    if tag.startswith('"'):
        return tag
    modified = headers.get("last-modified", "")
    try:
        age = parsedate_to_datetime(headers.get("date", "")) - parsedate_to_datetime(modified)
    except (ValueError, TypeError, OverflowError):
        return ""
    return modified if age.total_seconds() >= STRONG_AFTER else ""


def same(url: str, mark: str, size: int) -> str:
    """Name the bytes of a file in any process, without its address; empty where the server cannot."""
    return hashlib.sha256(f"{url}\n{mark}\n{size}".encode()).hexdigest() if mark else ""


class Remote:
    """A large file that stays where it is."""

    def __init__(self, wire: Wire, url: str, size: int, mark: str, agent: str, bounds: Bounds) -> None:
        self.wire, self.url, self.size, self.mark, self.bounds = wire, url, size, mark, bounds
        self._agent = agent

    def open(self) -> BinaryIO:
        """Return a reader; it can seek when the server serves ranges."""
        return io.BufferedReader(_Reader(self), 1 << 16)

    def ask(self, at: int, clock: Clock) -> Exchange:
        """Ask for the bytes from a place on; raises MediaMissing when they are no longer the same file's."""
        headers = {"user-agent": self._agent, "accept-encoding": "identity"}
        if at:
            headers |= {"range": f"bytes={at}-", "if-range": self.mark}
        exchange = self.wire.open(self.url, headers, clock)
        whole = exchange.status == 200 and exchange.size == self.size  # noqa: PLR2004 - RFC 9110, 15.3.1
        begun = exchange.headers.get("content-range", "").replace(" ", "") == f"bytes{at}-{self.size - 1}/{self.size}"
        changed = self.mark and validator(exchange.headers) not in {"", self.mark}
        if changed or not (whole if not at else exchange.status == 206 and begun):  # noqa: PLR2004 - 15.3.7
            exchange.close()
            if exchange.status == 429 or exchange.status >= 500:  # noqa: PLR2004
                raise Transient(f"{origin(self.url)}: answered {exchange.status}")
            raise MediaMissing(f"{origin(self.url)}: the file changed while it was read (answered {exchange.status})")
        return exchange


class _Reader(io.RawIOBase):
    """Reads a remote file in order; where the connection breaks and ranges are served, it goes on in a new one."""

    def __init__(self, remote: Remote) -> None:
        self._remote, self._at, self._left = remote, 0, b""
        self._clock = Clock(remote.bounds)
        self._exchange: Exchange | None = None
        self._blocks: Iterator[bytes] = iter(())
        self._reconnects = RECONNECTS

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._remote.mark)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        place = _place(offset, whence, self._at, self._remote.size)
        if place != self._at:
            if not self.seekable():
                raise io.UnsupportedOperation("seek")
            self._drop()
            self._at = place
        return place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._left and self._at < self._remote.size:
            self._left = self._next()
        data, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._drop()
        super().close()

    def _next(self) -> bytes:
        """Return the next block; raises MediaMissing when it cannot be had."""
        while True:
            try:
                if self._exchange is None:
                    self._exchange = self._remote.ask(self._at, self._clock)
                    self._blocks = self._exchange.blocks()
                return next(self._blocks, b"")
            except Transient as error:
                self._drop()
                self._reconnects -= 1
                if self._reconnects < 0 or self._clock.left() <= 0 or (self._at and not self.seekable()):
                    raise MediaMissing(f"{error}, after {self._at:,} of {self._remote.size:,} bytes") from None
            except Refused as error:
                raise MediaMissing(str(error)) from None

    def _drop(self) -> None:
        """Leave the connection."""
        if self._exchange is not None:
            self._exchange.close()
        self._exchange, self._left = None, b""


def _place(offset: int, whence: int, at: int, size: int) -> int:
    """Return the place that a seek means."""
    base = {os.SEEK_SET: 0, os.SEEK_CUR: at, os.SEEK_END: size}[whence]
    return max(base + offset, 0)
