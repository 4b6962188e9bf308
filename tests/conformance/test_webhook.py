"""The kit on the webhook, with a key that is honoured and without."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from adapters.conformance.publishing import Place, PublishingSuite, Seen
from adapters.contracts.ports import Grade
from adapters.destinations.webhook import WebhookDestination, WebhookSettings
from tests.servers.counting import Counting

SECRET = "canary-c9f0f895"  # noqa: S105 - a canary


@pytest.fixture(scope="class")
def server(request, tmp_path_factory):
    """A counting webhook, a process of its own."""
    honours = request.cls.grade is Grade.DEDUPLICATES
    running = Counting(tmp_path_factory.mktemp("webhook"), honour_key=honours)
    yield running
    running.effects()
    running.stop()


class Webhook(PublishingSuite):
    """What both have in common: files are described, `check` asks nobody, the secret signs."""

    carries_media = False
    probes = False
    signs = True

    @pytest.fixture
    def place(self, server):
        """The webhook, empty for each check."""
        server.control(reset=True)
        settings = {"name": "kit", "honours_key": self.grade is Grade.DEDUPLICATES}
        return Place(
            url=server.base,
            connect=lambda url: WebhookDestination(WebhookSettings(url=f"{url}/hook", **settings), SecretStr(SECRET)),
            objects=lambda: [Seen(name, thing["text"]) for name, thing in server.state()["objects"].items()],
            secret=SECRET,
        )


class TestWebhookThatHonoursTheKey(Webhook):
    """DEDUPLICATES."""

    adapter = WebhookDestination
    grade = Grade.DEDUPLICATES


class TestWebhookThatDoesNot(Webhook):
    """HOLDS."""

    adapter = WebhookDestination
    grade = Grade.HOLDS
