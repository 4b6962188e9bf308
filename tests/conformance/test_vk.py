"""The kit on VK's walls: a community's, with photos in steps, answered in VK's own words."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from adapters.conformance.publishing import Place, PublishingSuite, Seen
from adapters.conformance.publishing.base import HTTP_STATUSES, LEAST_WAIT
from adapters.conformance.wire import Answer
from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Rejected, Transient
from adapters.contracts.ports import Grade
from adapters.destinations.vk import VkDestination, VkSettings
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk


def says(code, words="no"):
    """Return an error as VK answers it."""
    error = {"error_code": code, "error_msg": words, "request_params": [{"key": "method", "value": "wall.post"}]}
    return Answer(200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps({"error": error}).encode())


CODES = {
    1: OutcomeUnknown,
    5: ConfigurationError,
    6: RateLimited,
    7: ConfigurationError,
    9: RateLimited,
    10: OutcomeUnknown,
    14: ConfigurationError,
    15: ConfigurationError,
    17: ConfigurationError,
    24: ConfigurationError,
    27: ConfigurationError,
    29: RateLimited,
    36: OutcomeUnknown,
    43: Transient,
    100: Rejected,
    203: ConfigurationError,
    210: Rejected,
    222: Rejected,
    1051: ConfigurationError,
}
"""What each code means for the request that posts; why: docs/vk.md."""
DAY_IS_FULL = "Access to adding post denied: you can only add 50 posts a day"
STATUSES = {
    **HTTP_STATUSES,
    **{f"error {code}": (says(code), error) for code, error in CODES.items()},
    "error 214, the day is full": (says(214, DAY_IS_FULL), RateLimited),
    "error 214, no right": (says(214, "Access to adding post denied"), ConfigurationError),
    "an answer without sense": (Answer(200, {}, b'{"odd": 1}'), OutcomeUnknown),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An emulator of VK, a process of its own."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED, daily_posts=None)
    yield running
    running.stop()


class TestVk(PublishingSuite):
    """DEDUPLICATES by guid for an hour, FINDABLE after it."""

    adapter = VkDestination
    grade = Grade.DEDUPLICATES
    statuses = STATUSES
    least_wait = LEAST_WAIT | {"error 9": 60, "error 29": 60, "error 214, the day is full": 60}
    denied = says(5, "User authorization failed: access_token has expired.")
    refused = says(100, "One of the parameters specified was missing or invalid")

    @staticmethod
    def echoing(answer, secret):
        """VK repeats what it was given in its words."""
        if answer.status != 200 or b"error_msg" not in answer.body:
            return Answer(answer.status, answer.headers, answer.body + secret.encode())
        said = json.loads(answer.body)
        said["error"]["error_msg"] += f" access_token={secret}"
        return Answer(answer.status, answer.headers, json.dumps(said).encode())

    @pytest.fixture
    def place(self, server):
        """The community's wall, empty for each check."""
        server.control(reset=True)
        yield Place(
            url=server.base,
            connect=lambda url: VkDestination(
                VkSettings(community=GROUP, base_url=f"{url}/method"), SecretStr(USER_TOKEN)
            ),
            objects=lambda: [
                Seen(f"{post['owner_id']}_{post['id']}", post["text"], tuple(post["media"])) for post in server.posts()
            ],
            secret=USER_TOKEN,
            age=lambda seconds: server.control(move=seconds),
        )
        assert server.invalid() == []
