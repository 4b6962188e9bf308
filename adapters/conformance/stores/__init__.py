"""What every job store promises, as a suite to inherit from.

    class TestMyStore(StoreSuite):
        @pytest.fixture
        def clock(self): return Clock()

        @pytest.fixture
        def store(self, clock): ...        # an empty store that tells the time by this clock

        @pytest.fixture
        def reopen(self, store): ...       # a function that gives another handle on the same store

Another handle is what another process would have: the suite claims with one and looks with the other. It closes
neither. A store that cannot outlive its process gives itself.
"""

from __future__ import annotations

from adapters.conformance.stores.claiming import Claiming
from adapters.conformance.stores.dead_letters import DeadLetters
from adapters.conformance.stores.fencing import Fencing
from adapters.conformance.stores.holds import Holds
from adapters.conformance.stores.keeping import Forgetting, Keeping, Pruning, Receipts
from adapters.conformance.stores.lifecycle import Lifecycle
from adapters.conformance.stores.overview import Overviews
from adapters.conformance.stores.planning import Planning
from adapters.conformance.stores.runs import Runs
from adapters.conformance.stores.samples import Clock
from adapters.conformance.stores.several import Several
from adapters.conformance.suite import Suite

__all__ = ["Clock", "KeepingSuite", "StoreSuite"]


class StoreSuite(Suite, Lifecycle, Claiming, Fencing, Planning, Runs, DeadLetters, Holds, Overviews, Several):
    """The job store's promises, sentence by sentence; bring the fixtures `clock`, `store` and `reopen`."""


class KeepingSuite(Suite, Keeping, Receipts, Forgetting, Pruning):
    """What a `KeepingStore` promises beside; the same fixtures."""
