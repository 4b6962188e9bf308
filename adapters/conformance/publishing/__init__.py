"""The suite of a publishing destination.

class TestChat(PublishingSuite):
    adapter = ChatDestination
    grade = Grade.DEDUPLICATES

    @pytest.fixture
    def place(self):
        service = FakeChat()
        yield Place(service.url, connect=..., objects=..., secret=...)
        service.stop()
"""

from adapters.conformance.publishing.desk import Place as Place
from adapters.conformance.publishing.desk import Seen as Seen
from adapters.conformance.publishing.doubt import Doubt
from adapters.conformance.publishing.manners import Manners
from adapters.conformance.publishing.secrets import Secrets
from adapters.conformance.publishing.waiting import Waiting
from adapters.conformance.publishing.writing import Writing

__all__ = ["Place", "PublishingSuite", "Seen"]


class PublishingSuite(Manners, Writing, Doubt, Waiting, Secrets):
    """Every check of a publishing destination."""
