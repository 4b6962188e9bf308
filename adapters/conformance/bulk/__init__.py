"""The suite of a bulk place: an archive, a database.

class TestArchive(BulkSuite):
    adapter = ArchiveDestination

    @pytest.fixture
    def shelf(self, tmp_path):
        return Shelf(open=lambda: ArchiveDestination(tmp_path), texts=..., digest=..., media=...)
"""

from __future__ import annotations

from adapters.conformance.bulk.guarding import Guarding
from adapters.conformance.bulk.keeping import Keeping
from adapters.conformance.bulk.shelf import Shelf

__all__ = ["BulkSuite", "Shelf"]


class BulkSuite(Keeping, Guarding):
    """Every check of a bulk place."""
