"""The suite of a source.

class TestNotes(SourceSuite):
    adapter = NotesSource

    @pytest.fixture
    def feed(self, tmp_path):
        ...
        return Feed(open=partial(NotesSource, tmp_path), ids=[...], edit=..., append=...)
"""

from __future__ import annotations

from adapters.conformance.sources.changes import Changes
from adapters.conformance.sources.feed import Feed
from adapters.conformance.sources.reading import Reading

__all__ = ["Feed", "SourceSuite"]


class SourceSuite(Reading, Changes):
    """Every check of a source."""
