"""Reads messages out of a result.json piece by piece: memory does not grow with the file, and damage stays local.

The form is tdesktop's own (export_output_json.cpp in telegramdesktop/tdesktop). Messages are cut apart at their
indentation, whatever it is; where they have none, where the next one begins, or at their braces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

import orjson

BLOCK = 1 << 20
SEEN = 1 << 16
"""Bytes by which a layout is told."""
MESSAGES = re.compile(rb'"messages"\s*:\s*\[')
OPENING = re.compile(rb'\{\s*(?:"|\Z)')
TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+("?)|[{}\]]', re.DOTALL)
START = re.compile(rb'\{\s*"id"\s*:\s*-?\d+\s*,\s*"type"\s*:\s*"')
"""How tdesktop begins a message, and nothing else: by it the next one is found where damage has hidden an end."""
UNQUOTED = re.compile(rb'("document_id"\s*:\s*)([^"\s\[\]{},][^"\r\n{}]*?)(?=\s*[,}\r\n])')
"""tdesktop 4.1 wrote a custom emoji's file without quotes (telegramdesktop/tdesktop#24961)."""
START_BARE = re.compile(rb'"id"\s*:\s*-?\d+\s*,\s*"type"\s*:\s*"')
PRETTY = re.compile(rb'(\r?\n[ \t]*)\{[ \t]*\r?\n[ \t]*"id"\s*:\s*-?\d+\s*,\s*"type"\s*:\s*"')
OTHER = re.compile(rb"(\r?\n[ \t]*)\{[ \t]*\r?\n")
"""How a message begins on lines of its own: as tdesktop writes it, and with its keys in another order."""
DECODER = json.JSONDecoder()
LEAD = re.compile(rb'[^\[\]{"]*')
"""What may stand in front of a message: nothing of its own."""
TWICE = re.compile(rb'[,{]\s*"text"\s*:')
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


class Piece(NamedTuple):
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
        # Looking for the bare name first is ten times as fast, and nearly all of the file has none.
        for found in MESSAGES.finditer(buffer) if b'"messages"' in buffer else ():
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
    start = _begin(stream)
    lead = LEAD.match(start)
    skipped = lead.end() if lead else 0
    if start[skipped : skipped + 1] in {b"", b"]"}:
        return
    if pretty := PRETTY.search(start):
        yield from _by_indentation(stream, start[skipped:], offset + skipped, pretty[1] + b"}")
    elif START.search(start):
        yield from _by_starts(stream, start[skipped:], offset + skipped)
    elif strange := OTHER.search(start[: skipped + 3]):
        yield from _by_indentation(stream, start[skipped:], offset + skipped, strange[1] + b"}")
    else:
        yield from _by_braces(stream, start[skipped:], offset + skipped)


def _begin(stream: BinaryIO) -> bytes:
    """Read so much that the layout can be seen, if there is so much."""
    start = b""
    while len(start) < SEEN and (block := stream.read(BLOCK)):
        start += block
    return start


def _by_indentation(stream: BinaryIO, buffer: bytes, at: int, close: bytes) -> Iterator[Piece]:
    """Cut at the lines that begin a message: a string holds no line break, and what is inside is indented deeper."""
    opening = close[:-1] + b"{"
    brace = b""
    while True:
        parts = buffer.split(opening)
        buffer = parts.pop()
        for part in parts:
            end = part.find(close) + len(close)
            if part[end:] == b",":
                # As nearly every message lies there: closed by its line, and nothing behind it but the comma.
                then = at + len(brace) + len(part) + len(opening) - 1
                yield Piece(brace + part[:end], at, then)
                at, brace = then, b"{"
                continue
            data = brace + part
            body, tail, _ = _ended(data, close)
            then = at + len(data) + len(opening) - 1
            if _is_end(tail):
                yield Piece(body, at, at + len(body))
                return
            yield Piece(body, at, then)
            if len(tail) > 1:
                # The next message's own brace was hit: what is left of it stands here.
                yield Piece(tail, then - len(tail), then)
            at, brace = then, b"{"
        block = stream.read(BLOCK)
        body, tail, closed = _ended(brace + buffer, close)
        if not block:
            yield from _rest(body, tail, at, closed=closed)
            return
        if _is_end(tail):
            yield Piece(body, at, at + len(body))
            return
        buffer += block


def _ended(data: bytes, close: bytes) -> tuple[bytes, bytes, bool]:
    """Return a message up to the line that closes it, what stands behind that, and whether there is such a line."""
    cut = data.find(close)
    if cut < 0:
        return data.rstrip(b", \t\r\n"), b"", False
    cut += len(close)
    return data[:cut], data[cut:].strip(b", \t\r\n"), True


def _is_end(tail: bytes) -> bool:
    """Say whether a chat's messages end here: a bracket alone may be a damaged comma, its loss hides the next chat."""
    return (tail.startswith(b"]") and len(tail) > 1) or b'"messages"' in tail


def _rest(body: bytes, tail: bytes, at: int, *, closed: bool) -> Iterator[Piece]:
    """Return what is left where a file ends."""
    if body.strip(b" \r\n\t,]}"):
        yield Piece(body, at, at + len(body), whole=closed)
    if tail.startswith(b'"') or (START_BARE.search(tail) and not tail.startswith(b"]")):
        yield Piece(tail, at + len(body), at + len(body) + len(tail), whole=False)


def _by_starts(stream: BinaryIO, buffer: bytes, at: int) -> Iterator[Piece]:
    """Cut where a message begins as tdesktop begins each, so that damage inside one does not reach the next."""
    begin, looked = 0, 1
    while True:
        found = START.search(buffer, looked)
        if found is None:
            block = stream.read(BLOCK)
            # A begin that is cut by the end of what is there is looked for again.
            looked = max(1, len(buffer) - 256 - begin)
            buffer, at, begin = buffer[begin:], at + begin, 0
            if not block:
                yield from _by_braces(stream, buffer, at)
                return
            buffer += block
            continue
        cut = found.start()
        head = buffer[begin:cut].rstrip()
        if head.endswith(b"["):
            # The next chat's first message: this one was the last of its array.
            yield from _by_braces(stream, buffer[begin:cut], at + begin, ends=True)
            return
        yield Piece(head.rstrip(b", \t\r\n"), at + begin, at + cut)
        begin, looked = cut, cut + 1


def _by_braces(stream: BinaryIO, buffer: bytes, at: int, *, ends: bool = False) -> Iterator[Piece]:  # noqa: C901 - one scan
    """Cut where the braces of a message are balanced; strings are stepped over whole. `ends`: this is all there is."""
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
        block = b"" if ends else stream.read(BLOCK)
        if not block:
            left = buffer[begin:].strip(b" \r\n\t,")
            if left and (depth > 0 or begin == 0):
                # Where the array's own end stands behind it, it is damaged rather than cut off.
                yield Piece(left, at + begin, at + len(buffer), whole=ends or left.endswith((b"]}", b"]")))
            return
        buffer, at = buffer[begin:] + block, at + begin
        position -= begin
        begin = 0


def apart(piece: Piece) -> list[Piece]:
    """Take apart a piece that cannot be parsed: a whole message at its begin is one, what stands behind it another."""
    try:
        text = piece.data.decode(errors="surrogateescape")
        _, cut = DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return [piece]
    size = len(text[:cut].encode(errors="surrogateescape"))
    rest = piece.data[size:].strip(b", \t\r\n")
    if not rest or rest in {b"]", b"}", b"]}"}:
        return [piece]
    first = Piece(piece.data[:size], piece.offset, piece.offset + size)
    return [first, Piece(rest, piece.offset + size, piece.end, piece.whole)]


def parse(data: bytes) -> object:
    r"""Parse a message; what tdesktop is known to write wrongly is repaired where its meaning is sure.

    Control characters come as `\xNN`, which is no JSON (telegramdesktop/tdesktop#27571). Raises ValueError.
    """
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        # What stands in front of a message is no part of it.
        begun = data[max(data.find(b"{"), 0) :]
        data = ESCAPE.sub(_escape, UNQUOTED.sub(rb'\1"\2"', begun))
        found = orjson.loads(data)
    if isinstance(found, dict) and not found.get("text") and b'"action"' in data and len(TWICE.findall(data)) > 1:
        # A gift's own text and the message's empty one have the same key (telegramdesktop/tdesktop#28781).
        return json.loads(data, object_pairs_hook=_fuller)
    return found


def _fuller(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object in which a key that comes twice keeps the value that says something."""
    made: dict[str, object] = {}
    for name, value in pairs:
        made[name] = value or made.get(name, value)
    return made


def _escape(found: re.Match[bytes]) -> bytes:
    """Write an escape as JSON has it; other escapes stay."""
    digits: bytes | None = found.group(1)
    return b"\\u00" + digits if digits else found.group()
