"""The kit on a VK wall that is read: from an emulator of its own process, by pages of four."""

from __future__ import annotations

from functools import partial

import pytest
from pydantic import SecretStr

from adapters.conformance.sources import Feed, SourceSuite
from adapters.sources.vk import VkSource, VkSourceSettings
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk

OWNER = -GROUP
DAY = 1_700_000_000
GARBLED = 5


def at_once(seconds):
    """Wait for nothing: a plain function, to be sent to another process."""


def photo(number):
    """Return a photo as a post has it, in two sizes."""
    sizes = [
        {"type": letter, "width": side, "height": side, "url": f"file:photo{OWNER}_{number}.{letter}"}
        for letter, side in (("x", 604), ("z", 1080))
    ]
    shown = {"id": number, "owner_id": OWNER, "album_id": -7, "date": DAY, "has_tags": False, "sizes": sizes}
    return {"type": "photo", "photo": shown}


def put(number, **more):
    """Return a post to be put on the wall."""
    return {"owner_id": OWNER, "date": DAY + number * 60, "text": f"Post {number}", **more}


POSTS = [put(number) for number in range(1, 11)]
POSTS[2]["attachments"] = [photo(1), photo(2)]
POSTS[6]["attachments"] = [photo(3)]
POSTS[7]["pinned"] = True


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An emulator of VK, a process of its own."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED, garbled=[GARBLED])
    yield running
    running.stop()


class TestVkSource(SourceSuite):
    """A community's wall with an album, a pinned post, and one that nobody can read."""

    adapter = VkSource
    has_secret = True

    @pytest.fixture
    def feed(self, server):
        """The wall as it is at first, for each check."""
        server.control(reset=True, put=POSTS)
        settings = VkSourceSettings(
            community=GROUP, base_url=f"{server.base}/method", allow_private=("127.0.0.1",), look_back=20
        )

        def change(post_id, **fields):
            server.control(change=[{"owner_id": OWNER, "post_id": post_id, **fields}])
            return f"vk:{OWNER}/{post_id}"

        def append():
            server.control(put=[put(11)])
            return f"vk:{OWNER}/11"

        yield Feed(
            open=partial(VkSource, settings, SecretStr(USER_TOKEN), page_size=4, pause=at_once),
            ids=[f"vk:{OWNER}/{number}" for number in range(1, 11) if number != GARBLED],
            edit=lambda: change(3, text="new words", edited=DAY + 9000),
            count=lambda: change(
                6, likes={"can_like": 1, "count": 9, "user_likes": 0}, views={"count": 500}, reposts={"count": 2}
            ),
            append=append,
            delete=lambda: change(7, deleted=True),
            secret=USER_TOKEN,
        )
        assert server.invalid() == []
