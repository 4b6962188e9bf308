"""The kit on the example: run it with `pytest examples/chat`."""

import pytest
from pydantic import SecretStr

from adapters.conformance.publishing import Place, PublishingSuite, Seen
from adapters.contracts.ports import Grade
from examples.chat.adapter import ChatDestination
from examples.chat.server import Chat

TOKEN = "canary-8f14e45f"  # noqa: S105 - a canary, not a secret


class TestChat(PublishingSuite):
    """The chat service."""

    adapter = ChatDestination
    grade = Grade.DEDUPLICATES

    @pytest.fixture
    def place(self):
        """A fake chat service of its own for each check."""
        chat = Chat(TOKEN)
        yield Place(
            url=chat.url,
            connect=lambda url: self.adapter(url, chat.room, SecretStr(TOKEN)),
            objects=lambda: [Seen(name, m["text"], tuple(m["files"])) for name, m in chat.messages.items()],
            secret=TOKEN,
            age=chat.age,
        )
        chat.stop()
