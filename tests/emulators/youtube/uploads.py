"""Resumable sessions (developers.google.com/youtube/v3/guides/using_resumable_upload_protocol).

POST …?uploadType=resumable → 200 with Location; PUT there with `Content-Range: bytes A-B/N`, chunks of a multiple of
256 KiB except the last; `bytes */N` asks; 308 with `Range: bytes=0-X` (none when nothing is there) or 200/201 with the
video; 404 for a session that is not there any more. What a broken connection had brought is kept in blocks of 256 KiB,
as the chunk rule suggests; how the real service keeps it is not documented.
"""

import hashlib
import re
import threading
import time
from datetime import timedelta

from discovery import parts
from rules import Refused
from videos import make, resource

BLOCK = 256 << 10
PIECE = 64 << 10


class Gone(Exception):
    """The client is not there any more, or shall be told nothing."""


def begin(world, query, body, headers, address):
    """Open a session; return its URI."""
    total, kind = headers.get("X-Upload-Content-Length"), headers.get("X-Upload-Content-Type", "")
    if total is None or not total.isdigit() or int(total) == 0:
        raise Refused(400, "mediaBodyRequired", "The request does not include the video content.")
    if not kind.startswith("video/") and kind != "application/octet-stream":
        raise Refused(400, "badContent", f"Unsupported content with type: {kind}")
    upload_id = f"{world.settings['session_mark']}{world.draw(40)}"
    world.sessions[upload_id] = {
        "query": query,
        "body": body,
        "total": int(total),
        "held": 0,
        "digest": hashlib.sha256(),
        "video": "",
        "until": world.now() + timedelta(seconds=world.settings["session_life"]),
        "lock": threading.Lock(),
    }
    world.note(session=upload_id, total=int(total))
    base = world.settings["public"] or address
    return f"{base}/upload/youtube/v3/videos?uploadType=resumable&part={','.join(query['part'])}&upload_id={upload_id}"


def find(world, query):
    """Return the session of a PUT; raises Refused when it is not there any more."""
    session = world.sessions.get(query.get("upload_id", [""])[0])
    if session is None or session["until"] <= world.now():
        raise Refused(404, "notFound", "Not Found")
    return session


def put(world, session, headers, read, cut):
    """Take a chunk or a question; return status, headers, video."""
    length = int(headers.get("Content-Length", "0"))
    total, first, last = _range(headers.get("Content-Range", ""), length)
    with session["lock"]:
        if total != session["total"]:
            raise Refused(400, "badRequest", f"{total} bytes in all were announced as {session['total']}")
        if first is not None and not session["video"]:
            if first != session["held"]:
                raise Refused(400, "badRequest", f"byte {session['held']} is next, not {first}")
            if length % BLOCK and last + 1 != total:
                raise Refused(400, "badRequest", "a chunk is a multiple of 256 KiB, except the last")
            _take(session, length, read, cut, world.settings["pause"])
        if session["held"] == total and not session["video"]:
            with world.lock:
                session["video"] = make(world, session)
        if session["video"]:
            with world.lock:
                if session["video"] not in world.videos:
                    raise Refused(404, "notFound", "Not Found")
                return 200, {}, resource(world, session["video"], parts(session["query"]))
        held = session["held"]
        return 308, {"Range": f"bytes=0-{held - 1}"} if held else {}, None


def _take(session, length, read, cut, pause):
    """Read a chunk; of one that breaks off only whole blocks are kept."""
    got, block = 0, bytearray()
    wanted = length if cut is None else min(cut, length)
    while got < wanted and (piece := read(min(PIECE, wanted - got))):
        got += len(piece)
        session["received"] = session.get("received", 0) + len(piece)
        time.sleep(pause)
        block += piece
        if len(block) >= BLOCK:
            session["digest"].update(block[:BLOCK])
            session["held"] += BLOCK
            del block[:BLOCK]
    if got < length:
        raise Gone
    session["digest"].update(block)
    session["held"] += len(block)


def _range(said, length):
    """Read a Content-Range; the first two are None for a question."""
    asked = re.fullmatch(r"bytes \*/(\d+)", said)
    if asked and length == 0:
        return int(asked[1]), None, None
    given = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", said)
    if not given:
        raise Refused(400, "badRequest", f"no such Content-Range: {said!r} with {length} bytes")
    first, last, total = (int(number) for number in given.groups())
    if last - first + 1 != length or last >= total:
        raise Refused(400, "badRequest", f"{said} with {length} bytes")
    return total, first, last
