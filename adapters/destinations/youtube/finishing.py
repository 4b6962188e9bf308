"""Finishing: what a video needs once its bytes are there, each step once, and YouTube's verdict on it."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from adapters.contracts.errors import ConfigurationError, Rejected, StillWorking, Transient
from adapters.contracts.item import Media
from adapters.contracts.ports import MediaMissing, Write
from adapters.destinations.youtube.api import Api
from adapters.destinations.youtube.errors import field
from adapters.destinations.youtube.metadata import thumbnail_of
from adapters.destinations.youtube.settings import YouTubeSettings
from adapters.uploads import KeptAlive, file_body

WAITS = (30.0, 30.0, 60.0, 60.0)
"""Seconds between questions for the verdict; what is not settled then counts as delivered."""
THUMBNAIL_REFUSED = "a photo is refused as a thumbnail"
REASONS = {"rejected": "rejectionReason", "failed": "failureReason"}


@dataclass
class Finishing:
    """The steps behind an upload, each noted in the job when it is done."""

    api: Api
    settings: YouTubeSettings
    write: Write
    video: str
    _done: dict[str, Any] = dataclass_field(default_factory=dict)

    def run(self) -> tuple[str, ...]:
        """Do what is not done yet and return what was lost.

        Raises Rejected with YouTube's reason, and StillWorking while it has none.
        """
        self._done = {"video": self.video} | {
            name: self.write.progress[name]
            for name in ("thumbnail", "playlist", "polls")
            if name in self.write.progress
        }
        if self.write.progress.get("video") != self.video:
            self.write.save(self._done)
        photo = thumbnail_of(self.write.item, self.settings) if self.write.item else None
        if photo is not None and "thumbnail" not in self._done:
            self._note("thumbnail", self._thumbnail(photo))
        if self.settings.playlist and "playlist" not in self._done:
            self._playlist()
            self._note("playlist", self.settings.playlist)
        self._verdict()
        return (THUMBNAIL_REFUSED,) if self._done.get("thumbnail") == "refused" else ()

    def _note(self, step: str, value: object) -> None:
        """Keep that a step is done."""
        self._done[step] = value
        self.write.save(self._done)

    def _thumbnail(self, photo: Media) -> str:
        """Set the thumbnail (docs/thumbnails/set); one that YouTube refuses is left out, for the video is there."""
        try:
            file = self.write.media(photo) if self.write.media else None
        except MediaMissing:
            file = None
        if file is None:
            return "refused"
        address = self.api.url("/upload/youtube/v3/thumbnails/set", {"videoId": self.video, "uploadType": "media"})
        headers = {"content-type": photo.mime or "application/octet-stream"}
        alive = KeptAlive(lambda: self.write.save(self._done))
        body = file_body(file, alive)
        try:
            response = self.api.send("POST", address, body, headers, self.write.deadline, self.write.sending)
            self.api.checked(response, "a thumbnail")
        except Rejected:
            return "refused"
        return "set"

    def _playlist(self) -> None:
        """Add the video to the playlist unless it is there (docs/playlistItems/insert takes it any number of times)."""
        playlist = self.settings.playlist
        query = {"part": "id", "playlistId": playlist, "videoId": self.video, "maxResults": "1"}
        resource = {"kind": "youtube#video", "videoId": self.video}
        try:
            found = self.api.read("/youtube/v3/playlistItems", query, self.write.deadline)
            if field(found, "items"):
                return
            body = {"snippet": {"playlistId": playlist, "resourceId": resource}}
            path, deadline = "/youtube/v3/playlistItems", self.write.deadline
            self.api.call("POST", path, {"part": "snippet"}, body, deadline, self.write.sending)
        except Rejected as error:
            raise ConfigurationError(
                f"the video {self.video} is there, but not in the playlist {playlist}: {error}; mend the playlist or "
                "leave it out, and run again"
            ) from error

    def _verdict(self) -> None:
        """Hear whether YouTube keeps the video (docs/videos, status.uploadStatus)."""
        query = {"part": "status", "id": self.video}
        try:
            found = self.api.read("/youtube/v3/videos", query, self.write.deadline)
        except Rejected as error:
            # The question was refused, not the video.
            raise Transient(str(error)) from error
        status = field(next(iter(field(found, "items") or []), None), "status")
        state = str(field(status, "uploadStatus") or "uploaded")
        if state in REASONS:
            # A redrive shall upload it anew: what was refused is no video that anybody could adopt.
            self.write.save({})
            reason = field(status, REASONS[state]) or "no reason given"
            raise Rejected(f"YouTube {state} the video {self.video}: {reason}; delete it there, mend it, and redrive")
        polls = int(self._done.get("polls", 0))
        if state == "uploaded" and polls < len(WAITS):
            self._note("polls", polls + 1)
            raise StillWorking(f"YouTube is still processing the video {self.video}", WAITS[polls])
