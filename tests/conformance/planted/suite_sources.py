"""The source suite on the little source with the fault that PLANTED_FAULT names; without one, on the sound one."""

import os

import pytest

from adapters.conformance.sources import SourceSuite
from tests.conformance.lines import LinesSource
from tests.conformance.notes import feed_of
from tests.conformance.planted.sources import FAULTS


class TestPlanted(SourceSuite):
    """A file with an item a line."""

    adapter = FAULTS.get(os.environ["PLANTED_FAULT"], LinesSource)

    @pytest.fixture
    def feed(self, tmp_path):
        """A folder of its own for each check."""
        return feed_of(tmp_path / "pond", self.adapter)
