"""A file's bytes, read from Telegram part by part (core.telegram.org/api/files): from anywhere, to the whole size."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from telethon import errors

from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.media import in_memory
from adapters.sources.telegram.line import TRIES, Line
from adapters.sources.telegram.media import Stored

PART = 512 * 1024
"""Bytes a request: the most there are, and a part never crosses a mebibyte's border."""
EXPIRED = (errors.FileReferenceExpiredError, errors.FileReferenceInvalidError, errors.FilerefUpgradeNeededError)
NOWHERE = (errors.FileIdInvalidError, errors.LocationInvalidError, errors.LimitInvalidError)


class _Expired(Exception):
    """A file reference is not valid any more: the message tells another one."""


class _Nowhere(Exception):
    """Telegram does not have this file."""


@dataclass
class Remote:
    """One file at Telegram. `again` reads its message anew and returns where the bytes lie now, or None."""

    line: Line
    name: str
    stored: Stored
    again: Callable[[], Stored | None]

    def file(self, same: str) -> MediaFile:
        """Return the file; `same` names these very bytes in every process."""
        if self.stored.data:
            return in_memory(self.stored.data)
        return MediaFile(open=self._opened, size=self.stored.size, same=same)

    def part(self, offset: int) -> bytes:
        """Return the bytes from an offset on, as many as a part has; raises MediaMissing for a file that is cut."""
        expected = min(PART, self.stored.size - offset)
        data = b""
        for _ in range(TRIES):
            data = self._asked(offset)
            if len(data) >= expected:
                return data[:expected]
        raise MediaMissing(f"{self.name}: Telegram has {offset + len(data):,} of its {self.stored.size:,} bytes")

    def _opened(self) -> BinaryIO:
        """Return the file as a stream that can seek."""
        return io.BufferedReader(_Parts(self), PART)

    def _asked(self, offset: int) -> bytes:
        """Ask for a part, once more where the file reference has expired."""
        try:
            return self._once(offset)
        except _Expired:
            renewed = self.again()
            if renewed is None or renewed.location is None:
                raise MediaMissing(f"{self.name}: its message has it no more") from None
            self.stored = renewed
        try:
            return self._once(offset)
        except _Expired:
            raise MediaMissing(f"{self.name}: Telegram does not take its own reference to it") from None

    def _once(self, offset: int) -> bytes:
        """Ask for a part."""
        stored = self.stored

        async def ask(client: Any) -> bytes:
            parts = client.iter_download(
                stored.location, offset=offset, limit=1, request_size=PART, file_size=stored.size, dc_id=stored.dc_id
            )
            try:
                return bytes(await anext(parts, b""))
            except EXPIRED:
                raise _Expired from None
            except NOWHERE:
                raise _Nowhere from None
            finally:
                if getattr(parts, "_sender", None) is not None:
                    await parts.close()

        try:
            return self.line.patiently(ask, f"reading {self.name}")
        except _Nowhere:
            raise MediaMissing(f"{self.name}: Telegram does not have it any more") from None


class _Parts(io.RawIOBase):
    """A file's parts as a stream; one part is kept."""

    def __init__(self, remote: Remote) -> None:
        super().__init__()
        self._remote = remote
        self._position = 0
        self._begin = -1
        self._part = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._remote.stored.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read up to the end of a part."""
        if self._position >= self._remote.stored.size:
            return 0
        begin = self._position - self._position % PART
        if begin != self._begin:
            self._part, self._begin = self._remote.part(begin), begin
        data = self._part[self._position - begin :][: len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
