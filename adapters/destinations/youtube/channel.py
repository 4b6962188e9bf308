"""The channel: whether it is ours, and which of its uploads carries a mark."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.contracts.errors import ConfigurationError, Rejected, Transient
from adapters.destinations.youtube.api import PAGE, Api
from adapters.destinations.youtube.errors import field
from adapters.destinations.youtube.oauth import SIGN_IN, Tokens
from adapters.destinations.youtube.settings import Addresses, Credentials
from adapters.http import Client

PAGES = 40
"""Of uploads looked through: more than two weeks of the daily quota, twice a session's life."""
DEAD = frozenset({"rejected", "failed", "deleted"})
"""Upload states of what is no video for anybody."""


@dataclass(frozen=True)
class Channel:
    """The channel whose id is in the settings."""

    api: Api
    channel_id: str

    def check(self, deadline: float) -> None:
        """Prove that the sign-in is this channel's; raises ConfigurationError."""
        self._uploads(deadline)

    def check_playlist(self, playlist: str, deadline: float) -> None:
        """Prove that a playlist is there; raises ConfigurationError."""
        query = {"part": "id", "playlistId": playlist, "maxResults": "1"}
        try:
            self.api.read("/youtube/v3/playlistItems", query, deadline)
        except Rejected as error:
            raise ConfigurationError(f"the playlist {playlist} cannot be used: {error}") from error

    def find(self, tag: str, deadline: float) -> str:
        """Return the id of the newest upload with this tag, or an empty string.

        A page costs two units of quota: the list of uploads has no tags, so the videos themselves are asked.
        """
        try:
            return self._find(tag, deadline)
        except Rejected as error:
            # The question was refused, which tells of no video.
            raise Transient(str(error)) from error

    def _find(self, tag: str, deadline: float) -> str:
        """Look through the uploads, newest first."""
        uploads, token = self._uploads(deadline), ""
        for _ in range(PAGES):
            query = {"part": "contentDetails", "playlistId": uploads, "maxResults": str(PAGE)}
            page = self.api.read("/youtube/v3/playlistItems", query | ({"pageToken": token} if token else {}), deadline)
            ids = [field(one, "contentDetails", "videoId") for one in field(page, "items") or []]
            found = self._marked([str(one) for one in ids if one], tag, deadline)
            token = str(field(page, "nextPageToken") or "")
            if found or not token:
                return found
        return ""

    def _marked(self, ids: list[str], tag: str, deadline: float) -> str:
        """Return the first of these videos that lives and carries a tag."""
        if not ids:
            return ""
        found = self.api.read("/youtube/v3/videos", {"part": "snippet,status", "id": ",".join(ids)}, deadline)
        videos = [
            str(field(one, "id"))
            for one in field(found, "items") or []
            if tag in (field(one, "snippet", "tags") or ()) and field(one, "status", "uploadStatus") not in DEAD
        ]
        return next(iter(videos), "")

    def _uploads(self, deadline: float) -> str:
        """Return the id of the playlist of all uploads."""
        mine = self.api.read("/youtube/v3/channels", {"part": "id,contentDetails", "mine": "true"}, deadline)
        for one in field(mine, "items") or []:
            if field(one, "id") == self.channel_id:
                return str(field(one, "contentDetails", "relatedPlaylists", "uploads") or "")
        names = ", ".join(str(field(one, "id")) for one in field(mine, "items") or []) or "no channel at all"
        raise ConfigurationError(
            f"the sign-in is for {names} and not for {self.channel_id}: {SIGN_IN}, and choose that channel"
        )


def channels_of(
    credentials: Credentials, addresses: Addresses, client: Client, deadline: float
) -> list[tuple[str, str]]:
    """Return id and title of the channels that a sign-in is for: one, as Google asks which."""
    api = Api(addresses.base, Tokens(credentials, addresses.token, client), client)
    mine = api.read("/youtube/v3/channels", {"part": "id,snippet", "mine": "true"}, deadline)
    return [(str(field(one, "id")), str(field(one, "snippet", "title") or "")) for one in field(mine, "items") or []]
