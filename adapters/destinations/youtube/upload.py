"""Upload: a video's bytes by a resumable session, from the byte that YouTube holds, in whatever process.

developers.google.com/youtube/v3/guides/using_resumable_upload_protocol. The session's address is kept in the job before
the first byte leaves: with it alone the upload goes on. It is a bearer secret, and its job shows it to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from adapters.contracts.errors import OutcomeUnknown, Rejected, Transient
from adapters.contracts.item import Media
from adapters.contracts.ports import MediaFile, Write
from adapters.destinations.youtube.api import Api
from adapters.destinations.youtube.errors import field
from adapters.http import Response
from adapters.uploads import KeptAlive, deadline_for, file_body

PATH = "/upload/youtube/v3/videos"
LOST = frozenset({404, 410})
"""The session is not there any more: it has ended after a week, or was given up."""
STILL = 308
"""Not RFC 9110's redirect: the protocol's "go on"."""


@dataclass(frozen=True)
class Stands:
    """The session holds the bytes up to here."""

    at: int


@dataclass(frozen=True)
class Finished:
    """All bytes were taken, and became this video."""

    video: str


@dataclass(frozen=True)
class Gone:
    """There is no such session any more."""


State = Stands | Finished | Gone


@dataclass(repr=False)
class Upload:
    """One file on its way into one session, whose address nobody is shown."""

    api: Api
    write: Write
    file: MediaFile
    chunk: int
    session: str = ""

    def _reached(self, at: int) -> dict[str, Any]:
        """Return what the job keeps of it."""
        return {"session": self.session, "size": self.file.size, "at": at}

    def begin(self, medium: Media, body: Mapping[str, Any], query: Mapping[str, str]) -> None:
        """Open a session and keep its address in the job; no byte of the video has left when this returns."""
        mime = medium.mime if re.fullmatch(r"video/[\w.+-]+", medium.mime) else "application/octet-stream"
        response = self._asked(body, query, mime)
        self.session = response.headers.get("location", "")
        if not self.session:
            raise Transient("YouTube opened no session for the upload")
        self.write.save(self._reached(0))

    def send(self, at: int) -> str:
        """Send all bytes from here on; returns the video's id.

        Only the last piece can make the video: the mark is set before it, and only its lost answer is doubt. A piece
        before it is asked after and sent again from where it broke off, as long as anything arrives.
        """
        stuck = False
        while at < self.file.size:
            state = self._piece(at, min(at + self.chunk, self.file.size))
            if isinstance(state, Finished):
                return state.video
            if isinstance(state, Gone):
                raise Transient("YouTube has given up the session of the upload")
            if state.at <= at and stuck:
                raise Transient(f"YouTube takes no bytes behind {at:,} of {self.file.size:,}")
            stuck = state.at <= at
            at = state.at
            self.write.save(self._reached(at))
        self.write.sending()
        raise OutcomeUnknown("YouTube holds every byte and has not named the video yet")

    def _piece(self, begin: int, end: int) -> State:
        """Send one piece."""
        last = end == self.file.size
        # Bytes that are under way for long keep the lease alive themselves.
        alive = KeptAlive(partial(self.write.save, self._reached(begin)))
        headers = {
            "content-range": f"bytes {begin}-{end - 1}/{self.file.size}",
            "content-type": "application/octet-stream",
        }
        try:
            return _state(
                self.api,
                self.api.send(
                    "PUT",
                    self.session,
                    file_body(self.file, alive, begin, end),
                    headers,
                    deadline_for(end - begin, self.write.deadline) if self.write.deadline > 0 else 0.0,
                    self.write.sending if last else None,
                ),
            )
        except OutcomeUnknown:
            if last:
                raise
            return ask(self.api, self.session, self.file.size, self.write.deadline)

    def _asked(self, body: Mapping[str, Any], query: Mapping[str, str], mime: str) -> Response:
        """Ask for a session; a lost answer leaves an empty one behind that nobody sees."""
        headers = {
            "content-type": "application/json; charset=UTF-8",
            "x-upload-content-length": str(self.file.size),
            "x-upload-content-type": mime,
        }
        address = self.api.url(PATH, {"uploadType": "resumable", **query})
        try:
            response = self.api.send("POST", address, orjson.dumps(body), headers, self.write.deadline)
            self.api.checked(response, "an upload's begin")
        except OutcomeUnknown as error:
            raise Transient(str(error)) from error
        return response


def ask(api: Api, session: str, size: int, deadline: float) -> State:
    """Ask how far a session is: a question, whose lost answer is no doubt, and whose refusal tells of no video."""
    headers = {"content-range": f"bytes */{size}"}
    try:
        return _state(api, api.send("PUT", session, b"", headers, deadline))
    except (OutcomeUnknown, Rejected) as error:
        raise Transient(str(error)) from error


def _state(api: Api, response: Response) -> State:
    """Read what a session answered; raises what a refusal means."""
    if response.status == STILL:
        held = re.fullmatch(r"bytes=0-(\d+)", response.headers.get("range", ""))
        return Stands(int(held[1]) + 1 if held else 0)
    if response.status in LOST:
        return Gone()
    video = field(api.checked(response, "an upload"), "id")
    if not isinstance(video, str):
        raise OutcomeUnknown("YouTube took the last byte and named no video")
    return Finished(video)


def file_of(write: Write, medium: Media) -> MediaFile:
    """Return a video's kept bytes; raises Rejected where there are none."""
    if medium.missing or write.media is None:
        why = medium.missing or "it was not kept"
        raise Rejected(f"the video {medium.name or write.item_id} is missing: {why}; bring it and resend the item")
    file = write.media(medium)
    if file.size == 0:
        raise Rejected(f"the video {medium.name or write.item_id} is empty: mend it at the source")
    return file
