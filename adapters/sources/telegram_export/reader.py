"""Reads messages out of a result.json piece by piece: memory does not grow with the file, and damage stays local.

The form is tdesktop's own (export_output_json.cpp in telegramdesktop/tdesktop). Messages are cut apart at their
indentation, whatever it is; where they have none, at their braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import orjson

BLOCK = 1 << 20
MESSAGES = re.compile(rb'"messages"\s*:\s*\[')
OPENING = re.compile(rb'\{\s*(?:"|\Z)')
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[{}\]]', re.DOTALL)
ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
HEADER = {
    name: re.compile(rb'"' + name.encode() + rb'"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+|null)')
    for name in ("name", "type", "id")
}


@dataclass(frozen=True)
class Chat:
    """A chat's head, and where its messages begin."""

    name: str
    type: str
    id: int
    offset: int
    """The byte behind `"messages": [`."""


@dataclass(frozen=True)
class Piece:
    """The bytes of one message as they lie in the file."""

    data: bytes
    offset: int
    end: int
    """The byte behind the message."""
    whole: bool = True
    """False for what is left of a file that was cut off."""


def chats(stream: BinaryIO) -> Iterator[Chat]:
    """Yield the heads of all chats in the order of the file; reads it through."""
    buffer, base = b"", 0
    while True:
        block = stream.read(BLOCK)
        buffer += block
        kept = 0
        for found in MESSAGES.finditer(buffer):
            # What stands in front of the messages belongs to this chat from its last opening brace on.
            head = buffer[max(kept, found.start() - 4096) : found.start()]
            opening = [brace.start() for brace in OPENING.finditer(head)]
            yield _chat(head[opening[-1] :] if opening else head, base + found.end())
            kept = found.end()
        if not block:
            return
        keep = max(kept, len(buffer) - 8192)
        base += keep
        buffer = buffer[keep:]


def tail_of(stream: BinaryIO, chat: Chat) -> Chat:
    """Fill in a head whose keys stand behind its messages: another order than tdesktop's, yet JSON all the same."""
    if chat.id:
        return chat
    last = b""
    while block := stream.read(BLOCK):
        last = (last + block)[-4096:]
    found = _chat(last, chat.offset)
    return replace(found, name=found.name or chat.name, type=found.type or chat.type)


def _chat(head: bytes, offset: int) -> Chat:
    """Read name, type and id out of the text in front of the messages; the nearest ones win."""
    values: dict[str, object] = {}
    for name, pattern in HEADER.items():
        found = pattern.findall(head)
        values[name] = _loads_or_none(found[-1]) if found else None
    number = values["id"]
    return Chat(
        name=str(values["name"] or ""),
        type=str(values["type"] or ""),
        id=number if isinstance(number, int) else 0,
        offset=offset,
    )


def _loads_or_none(data: bytes) -> object:
    """Parse a small JSON value, None where it is none."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def pieces(stream: BinaryIO, offset: int) -> Iterator[Piece]:
    """Yield the messages of the array in which `offset` lies, from there on.

    The stream stands at `offset`, which is the array's begin or a message's end.
    """
    start = stream.read(BLOCK)
    lead = re.match(rb"[\s,]*", start)
    skipped = lead.end() if lead else 0
    if start[skipped : skipped + 1] != b"{":
        return
    space = start[:skipped].lstrip(b",")
    line = space.rpartition(b"\n")
    # A message a line begins on a line of its own too, but does not end on one.
    if line[1] and start[skipped + 1 : skipped + 2] in {b"\n", b"\r"}:
        newline = b"\r\n" if line[0].endswith(b"\r") else b"\n"
        yield from _by_indentation(stream, start[skipped:], offset + skipped, newline + line[2] + b"}")
    else:
        yield from _by_braces(stream, start[skipped:], offset + skipped)


def _by_indentation(stream: BinaryIO, buffer: bytes, at: int, close: bytes) -> Iterator[Piece]:
    """Cut at the line that closes a message: a string holds no line break, and what is inside is indented deeper."""
    comma = close + b","
    while True:
        parts = buffer.split(comma)
        buffer = parts.pop()
        for part in parts:
            if close in part:
                yield _last(part, at, close)
                return
            end = at + len(part) + len(close)
            skip = len(part) - len(part.lstrip())
            yield Piece(part[skip:] + close, at + skip, end)
            at = end + 1
        if close in buffer and buffer.partition(close)[2].lstrip()[:1] == b"]":
            yield _last(buffer, at, close)
            return
        block = stream.read(BLOCK)
        if not block:
            yield from _rest(buffer, at, close)
            return
        buffer += block


def _last(part: bytes, at: int, close: bytes) -> Piece:
    """Return the last message of its array, which no comma follows."""
    body = part.partition(close)[0]
    skip = len(body) - len(body.lstrip())
    return Piece(body[skip:] + close, at + skip, at + len(body) + len(close))


def _rest(buffer: bytes, at: int, close: bytes) -> Iterator[Piece]:
    """Return what is left where a file ends before its array does."""
    if close in buffer:
        last = _last(buffer, at, close)
        yield last
        buffer, at = buffer[last.end - at :], last.end
    data = buffer.strip(b" \r\n\t,]}")
    if data:
        yield Piece(buffer.strip(), at, at + len(buffer), whole=False)


def _by_braces(stream: BinaryIO, buffer: bytes, at: int) -> Iterator[Piece]:  # noqa: C901 - one scan, one loop
    """Cut where the braces of a message are balanced; strings are stepped over whole."""
    depth, position, begin = 0, 0, 0
    while True:
        for found in TOKEN.finditer(buffer, position):
            token = found.group()
            if token[:1] == b'"':
                if not found.group(1):
                    break
            elif token == b"{":
                begin = found.start() if depth == 0 else begin
                depth += 1
            elif token == b"}":
                depth -= 1
                if depth == 0:
                    yield Piece(buffer[begin : found.end()], at + begin, at + found.end())
                    begin = found.end()
            elif depth == 0:
                return
            position = found.end()
        block = stream.read(BLOCK)
        if not block:
            left = buffer[begin:].strip(b" \r\n\t,")
            if depth > 0 and left:
                yield Piece(left, at + begin, at + len(buffer), whole=False)
            return
        buffer, at = buffer[begin:] + block, at + begin
        position -= begin
        begin = 0


def parse(data: bytes) -> object:
    r"""Parse a message; what tdesktop is known to write wrongly is repaired where its meaning is sure.

    Control characters come as `\xNN`, which is no JSON (telegramdesktop/tdesktop#27571). Raises ValueError.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return orjson.loads(ESCAPE.sub(_escape, data))


def _escape(found: re.Match[bytes]) -> bytes:
    """Write an escape as JSON has it; other escapes stay."""
    digits: bytes | None = found.group(1)
    return b"\\u00" + digits if digits else found.group()
