"""The destination: creates, edits and deletes videos, and finds what an earlier attempt has left.

FINDABLE: YouTube makes a second video of the same upload. The session's address, kept in the job, tells what became of
the first; where the session has ended, a tag made of the job's key finds the video among the channel's uploads.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from adapters.contracts.errors import (
    ConfigurationError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Transient,
)
from adapters.contracts.item import ContentItem
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Grade, MediaMissing, Rendered, Write
from adapters.destinations.youtube.api import Api
from adapters.destinations.youtube.channel import Channel
from adapters.destinations.youtube.errors import field
from adapters.destinations.youtube.finishing import Finishing
from adapters.destinations.youtube.metadata import (
    DESCRIPTION,
    LARGEST_VIDEO,
    MARK,
    body_of,
    mark,
    metadata_of,
    shown,
    snippet_of,
    video_of,
    videos_of,
)
from adapters.destinations.youtube.oauth import Tokens
from adapters.destinations.youtube.settings import Addresses, Credentials, YouTubeSettings
from adapters.destinations.youtube.upload import Finished, Gone, Stands, Upload, ask, file_of
from adapters.http import Client

SETTLES = timedelta(seconds=30)
"""A last piece that is held back longer meets its own session, which takes it once; what this waits for is the list of
uploads, which a session that has ended is looked up in."""
READING = 25.0
"""Seconds a question outside of a write may take."""


class YouTubeDestination:
    """A YouTube channel."""

    service: ClassVar[str] = "youtube"
    limits: ClassVar[Limits] = Limits(text=DESCRIPTION, unit="bytes")

    def __init__(
        self,
        settings: YouTubeSettings,
        credentials: Credentials | None = None,
        addresses: Addresses | None = None,
        client: Client | None = None,
    ) -> None:
        """Take settings and who signs in; without credentials it can render and nothing else."""
        self._settings = settings
        self._client = client or Client()
        self._signed_in = credentials is not None
        known = addresses or Addresses()
        tokens = Tokens(credentials or Credentials.model_validate(NOBODY), known.token, self._client)
        self._api = Api(known.base, tokens, self._client)
        self._channel = Channel(self._api, settings.channel)

    @property
    def identity(self) -> str:
        """`youtube:<channel id>`."""
        return f"youtube:{self._settings.channel}"

    @property
    def grade(self) -> Grade:
        """A second upload is a second video; ours can be found."""
        return Grade.FINDABLE

    @property
    def fallback(self) -> Grade:
        """No key is used."""
        return Grade.FINDABLE

    @property
    def key_life(self) -> timedelta | None:
        """No key is used."""
        return None

    @property
    def settles_after(self) -> timedelta:
        """How long a video may take until the channel's list of uploads shows it; half a minute, not documented."""
        return SETTLES

    def check(self) -> None:
        """Prove token, channel and playlist; nothing is left behind."""
        self._may_send()
        self._channel.check(READING)
        if self._settings.playlist:
            self._channel.check_playlist(self._settings.playlist, READING)

    def leaves_out(self, item: ContentItem) -> str:
        """Name what keeps an item from YouTube: without a video there is nothing to show there."""
        videos = videos_of(item)
        if not videos:
            return "no video"
        return "its video is missing" if all(video.missing for video in videos) else ""

    def render(self, item: ContentItem) -> Rendered:
        """Show the video's words."""
        metadata = metadata_of(item, self._settings)
        return Rendered(shown(item, metadata, self._settings), metadata.losses)

    def write(self, write: Write) -> Receipt:
        """Do one write."""
        self._may_send()
        if write.action is Action.DELETE:
            return self._delete(write)
        if write.action is Action.UPDATE:
            return self._update(write)
        return self._created(write, self._video(write))

    def find(self, write: Write, since: datetime) -> Receipt | None:
        """Find the video of an earlier attempt, and do for it what was still to be done.

        None where there is none, and for edits and deletions, which may be sent again. Raises Rejected when YouTube
        has refused the video since.
        """
        del since
        if write.action is not Action.CREATE:
            return None
        try:
            video = write.progress.get("video") or self._left(write)
            return self._created(write, str(video)) if video else None
        except OutcomeUnknown as error:
            # It stays in doubt as it is; this attempt of looking is what failed.
            raise Transient(str(error)) from error

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _may_send(self) -> None:
        """Refuse to go on without credentials."""
        if not self._signed_in:
            raise ConfigurationError(
                "YouTube wants YOUTUBE_CLIENT_ID, YOUTUBE_CLIENT_SECRET and YOUTUBE_REFRESH_TOKEN, or a block that "
                "holds them: docs/youtube.md says how they are got"
            )

    def _video(self, write: Write) -> str:
        """Return the id of the write's video, uploading what is not there yet."""
        if "video" in write.progress:
            return str(write.progress["video"])
        upload = self._upload(write)
        if upload.session:
            state = ask(self._api, upload.session, upload.file.size, write.deadline)
            if isinstance(state, Finished):
                return state.video
            if isinstance(state, Stands):
                return upload.send(state.at)
            found = self._channel.find(mark(write.key), write.deadline)
            if found:
                return found
        return self._anew(write, upload)

    def _left(self, write: Write) -> str:
        """Return the id of the video that an earlier attempt has made; empty where it has not, or not yet."""
        session, size = str(write.progress.get("session", "")), int(write.progress.get("size", 0))
        state = ask(self._api, session, size, write.deadline) if session else Gone()
        if isinstance(state, Finished):
            return state.video
        return self._channel.find(mark(write.key), write.deadline) if isinstance(state, Gone) else ""

    def _anew(self, write: Write, upload: Upload) -> str:
        """Begin an upload and send all of it."""
        item = _item(write)
        metadata = metadata_of(item, self._settings, [mark(write.key)])
        query = {"part": "snippet,status", "notifySubscribers": str(self._settings.notify).lower()}
        upload.begin(video_of(item), body_of(metadata, self._settings), query)
        return upload.send(0)

    def _upload(self, write: Write) -> Upload:
        """Prepare the upload of a write's video; raises Rejected for what can never be uploaded."""
        videos = videos_of(_item(write))
        if not videos:
            raise Rejected(f"{write.item_id} has no video, and YouTube takes nothing else: skip it")
        if len(videos) > 1 and self._settings.several == "refuse":
            raise Rejected(f"{write.item_id} has {len(videos)} videos: split it, or send the first alone (--several)")
        try:
            file = file_of(write, video_of(_item(write)))
        except MediaMissing as error:
            raise Rejected(f"the video of {write.item_id} is missing: {error}; bring it and resend the item") from error
        if file.size > LARGEST_VIDEO:
            raise Rejected(f"the video of {write.item_id} has {file.size:,} bytes, {LARGEST_VIDEO:,} are allowed")
        return Upload(self._api, write, file, self._settings.chunk, str(write.progress.get("session", "")))

    def _created(self, write: Write, video: str) -> Receipt:
        """Do what a video needs besides its bytes, hear YouTube's verdict, and return the receipt."""
        finishing = Finishing(self._api, self._settings, write, video)
        try:
            losses = finishing.run()
        except RateLimited:
            raise
        except Transient as error:
            # The video is there: whoever takes this for a failure would upload a second one.
            write.sending()
            raise OutcomeUnknown(f"the video {video} is there, and then: {error}") from error
        return _receipt(write, video, losses)

    def _update(self, write: Write) -> Receipt:
        """Give a video its item's new words; everything else stays as its owner left it (docs/videos/update)."""
        video, item = _held(write), _item(write)
        found = self._api.read("/youtube/v3/videos", {"part": "snippet", "id": video}, write.deadline)
        items = field(found, "items") or []
        if not items:
            raise Rejected(f"the video {video} is not there any more: `dead_letters resend` makes a new one")
        snippet: dict[str, Any] = field(items[0], "snippet") or {}
        kept = {name: snippet[name] for name in KEPT if name in snippet}
        marks = [tag for tag in snippet.get("tags", ()) if tag.startswith(MARK)]
        words = snippet_of(metadata_of(item, self._settings, marks))
        body = {"id": video, "snippet": {"categoryId": self._settings.category, **kept, **words}}
        self._api.call("PUT", "/youtube/v3/videos", {"part": "snippet"}, body, write.deadline, write.sending)
        return _receipt(write, video)

    def _delete(self, write: Write) -> Receipt:
        """Delete a video; one that is gone already is what was asked for."""
        video = _held(write)
        response = self._api.send(
            "DELETE", self._api.url("/youtube/v3/videos", {"id": video}), b"", {}, write.deadline, write.sending
        )
        if response.status not in {404, 410}:
            self._api.checked(response, "a deletion")
        return _receipt(write, video)


KEPT = ("categoryId", "defaultLanguage", "defaultAudioLanguage")
"""What an edit of the snippet would lose if it did not say it again."""
NOBODY: dict[str, str] = {"client_id": "", "client_secret": ""}


def _item(write: Write) -> ContentItem:
    """Return the write's item."""
    if write.item is None:
        raise ValueError(f"{write.key} has no item")
    return write.item


def _held(write: Write) -> str:
    """Return the id of the video that the place holds."""
    if write.held is None:
        raise ValueError(f"{write.key} holds nothing")
    return write.held.remote_id


def _receipt(write: Write, video: str, losses: tuple[str, ...] = ()) -> Receipt:
    """Return what is there now."""
    return Receipt(
        remote_id=video,
        url=f"https://www.youtube.com/watch?v={video}",
        at=datetime.now(UTC),
        version=write.item.version if write.item else "",
        changed_at=write.item.changed_at if write.item else None,
        deleted=write.action is Action.DELETE,
        losses=losses,
    )
