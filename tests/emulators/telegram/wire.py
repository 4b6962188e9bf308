"""What goes over a connection: TCP's frames, messages and containers, TL objects as bytes and back."""

from __future__ import annotations

import asyncio
import struct
from zlib import crc32

from telethon.extensions import BinaryReader
from telethon.tl import functions, types
from telethon.tl.core import GzipPacked, MessageContainer, RpcResult

WRAPPERS = (
    functions.InvokeWithLayerRequest,
    functions.InitConnectionRequest,
    functions.InvokeWithoutUpdatesRequest,
    functions.InvokeAfterMsgRequest,
    functions.InvokeWithTakeoutRequest,
)
TRUE, FALSE, VECTOR = 0x997275B5, 0xBC799737, 0x1CB5C415
GZIP_FROM = 512
"""Answers longer than this are packed, as the real server does."""


class Refused(Exception):
    """A request is refused: 400 `PHONE_CODE_INVALID`."""

    def __init__(self, code: int, message: str):
        super().__init__(message)
        self.code = code
        self.message = message


def pack(value) -> bytes:
    """Serialise any TL value: an object, a bool, a vector."""
    if isinstance(value, bool):
        return struct.pack("<I", TRUE if value else FALSE)
    if isinstance(value, list | tuple):
        parts = [struct.pack("<q", one) if isinstance(one, int) else pack(one) for one in value]
        return struct.pack("<Ii", VECTOR, len(parts)) + b"".join(parts)
    return bytes(value)


def result(message_id: int, body: bytes) -> bytes:
    """Wrap the answer to a request."""
    if len(body) > GZIP_FROM:
        packed = bytes(GzipPacked(body))
        body = min(packed, body, key=len)
    return struct.pack("<Iq", RpcResult.CONSTRUCTOR_ID, message_id) + body


def container(messages: list[tuple[int, int, bytes]]) -> bytes:
    """Put several messages (id, number, body) into one body."""
    parts = [struct.pack("<qii", one, number, len(body)) + body for one, number, body in messages]
    return struct.pack("<Ii", MessageContainer.CONSTRUCTOR_ID, len(parts)) + b"".join(parts)


def messages(message_id: int, number: int, body: bytes) -> list[tuple[int, int, object]]:
    """Take a message apart: (id, number, TL object) for each one in it, unpacked."""
    kind = struct.unpack_from("<I", body)[0]
    if kind != MessageContainer.CONSTRUCTOR_ID:
        said = BinaryReader(body).tgread_object()
        if isinstance(said, GzipPacked):
            said = BinaryReader(said.data).tgread_object()
        return [(message_id, number, said)]
    found, at = [], 8
    for _ in range(struct.unpack_from("<i", body, 4)[0]):
        inner_id, inner_number, length = struct.unpack_from("<qii", body, at)
        found += messages(inner_id, inner_number, body[at + 16 : at + 16 + length])
        at += 16 + length
    return found


def unwrap(request) -> tuple[object, list[object]]:
    """Take a request out of what it is wrapped in."""
    around = []
    while isinstance(request, WRAPPERS):
        around.append(request)
        request = request.query
    return request, around


def plain(said: types.TLObject) -> bytes:
    """Wrap what is said before there is a key."""
    body = bytes(said)
    return struct.pack("<qqi", 0, 1, len(body)) + body


class Frames:
    """The "full" transport: length, number, payload, checksum (core.telegram.org/mtproto/mtproto-transports#full)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer
        self._sent = 0

    async def read(self) -> bytes:
        """Return the next payload; raises IncompleteReadError at the end, ValueError for what is no frame."""
        head = await self._reader.readexactly(8)
        length = struct.unpack("<ii", head)[0]
        rest = await self._reader.readexactly(length - 8)
        if crc32(head + rest[:-4]) != struct.unpack("<I", rest[-4:])[0]:
            raise ValueError("a frame's checksum is wrong")
        return rest[:-4]

    def write(self, payload: bytes) -> None:
        """Send a payload."""
        frame = struct.pack("<ii", len(payload) + 12, self._sent) + payload
        self._sent += 1
        self._writer.write(frame + struct.pack("<I", crc32(frame)))

    def abort(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()
