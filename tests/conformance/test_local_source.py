"""The kit on an archive that is read."""

from __future__ import annotations

from functools import partial

import pytest

from adapters.conformance.sources import Feed, SourceSuite
from adapters.sources.local import LocalSource
from tests.conformance.archived import READER, Archive


class TestLocalSource(SourceSuite):
    """An archive of forty items."""

    adapter = LocalSource
    reader = READER

    @pytest.fixture
    def feed(self, tmp_path):
        """An archive of its own for each check."""
        made = Archive(tmp_path)
        return Feed(
            open=partial(LocalSource, made.folder, page_size=10),
            ids=made.ids,
            edit=lambda: made.change(7, text="new"),
            count=lambda: made.change(5, counters={"❤": 9}),
            append=made.append,
            delete=made.delete,
        )
