"""The store suite on the SQL store with the fault that PLANTED_FAULT names; without one, on the sound store."""

import os

import pytest

from adapters.conformance.stores import Clock, StoreSuite
from adapters.stores.sql import SqlJobStore, engine_of
from tests.conformance.planted.stores import FAULTS


class TestPlanted(StoreSuite):
    """SQLite on disk."""

    adapter = FAULTS.get(os.environ["PLANTED_FAULT"], SqlJobStore)

    @pytest.fixture
    def clock(self):
        """A clock of the check's own."""
        return Clock()

    @pytest.fixture
    def store(self, clock, tmp_path):
        """An empty store."""
        opened = self.adapter(engine_of(f"sqlite:///{tmp_path / 'jobs.db'}"), clock)
        yield opened
        opened.close()

    @pytest.fixture
    def reopen(self, clock, tmp_path):
        """Another process's handle."""
        opened = []

        def reopened():
            opened.append(self.adapter(engine_of(f"sqlite:///{tmp_path / 'jobs.db'}"), clock))
            return opened[-1]

        yield reopened
        for store in opened:
            store.close()
