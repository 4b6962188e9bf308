"""The kit on YouTube: every post has a video and a photo, two pieces, a thumbnail and a playlist."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from adapters.conformance.publishing import Place, PublishingSuite, Seen
from adapters.conformance.publishing.base import HTTP_STATUSES
from adapters.conformance.publishing.desk import picture
from adapters.conformance.wire import Answer
from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import Grade
from adapters.destinations.youtube import Addresses, Credentials, YouTubeDestination, YouTubeSettings
from tests.servers.youtube import YouTube

TOKEN = "canary-access-5c1f0a77"  # noqa: S105 - a canary
BLOCK = 256 << 10
NO_RIGHT = Answer(
    403, {}, b'{"error": {"code": 403, "message": "No", "errors": [{"reason": "insufficientPermissions"}]}}'
)


@pytest.fixture(scope="class")
def server(tmp_path_factory):
    """An emulator of YouTube, a process of its own."""
    running = YouTube(tmp_path_factory.mktemp("youtube"), access_token=TOKEN, uploads_a_day=10_000)
    yield running
    try:
        running.effects()
    finally:
        running.stop()


def files(number):
    """A post's video, in two pieces, and its photo."""
    video = Media(kind=MediaKind.VIDEO, name=f"{number}.mp4", mime="video/mp4")
    photo = Media(kind=MediaKind.PHOTO, name=f"{number}.png", mime="image/png")
    return (video, number.to_bytes(4, "big") * (BLOCK // 4 + 100)), (photo, picture(number))


class TestYouTube(PublishingSuite):
    """FINDABLE, by the session and by a tag."""

    adapter = YouTubeDestination
    grade = Grade.FINDABLE
    # One video an item: albums, and the photo that becomes its thumbnail, are tried in tests/destinations.
    carries_media = False
    # The session, the first piece, the last.
    publishes_with = 3
    # < and > become quotation marks.
    keeps_text = False
    denied = NO_RIGHT
    # A 401 is answered with a fresh access token (tests/destinations); what stays refused is a right that is missing.
    statuses = HTTP_STATUSES | {"401": (NO_RIGHT, ConfigurationError)}

    @pytest.fixture
    def place(self, server):
        """The channel, empty for each check; its sessions' addresses lead through the wire."""
        server.control(reset=True)
        settings = YouTubeSettings(channel="UCemulated0000000000000", playlist="PLemulated", chunk=BLOCK)
        credentials = Credentials(
            client_id="client-1", client_secret=SecretStr("client-secret-1"), refresh_token=SecretStr("refresh-1")
        )

        def connect(url):
            server.control(public=url)
            return YouTubeDestination(settings, credentials, Addresses(base=url, token=f"{server.base}/token"))

        def objects():
            videos = server.state()["videos"]
            return [Seen(name, video["snippet"].get("description", "")) for name, video in videos.items()]

        return Place(server.base, connect, objects, TOKEN, needs=files, deadline=2.0)
