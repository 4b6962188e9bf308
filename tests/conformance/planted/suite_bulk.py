"""The bulk suite on the shelf with the fault that PLANTED_FAULT names; without one, on the sound shelf."""

import hashlib
import json
import os
import shutil
from functools import partial

import pytest

from adapters.conformance.bulk import BulkSuite, Shelf
from adapters.conformance.bulk.shelf import post
from tests.conformance.planted.bulk import FAULTS
from tests.conformance.shelf import LONGEST, ShelfDestination


class TestPlanted(BulkSuite):
    """One JSON file with a lock beside it."""

    adapter = FAULTS.get(os.environ["PLANTED_FAULT"], ShelfDestination)

    @pytest.fixture
    def shelf(self, tmp_path):
        """A folder of its own for each check."""
        folder = tmp_path / "shelf"

        def texts():
            path = folder / "shelf.json"
            lines = json.loads(path.read_text())["items"].items() if path.exists() else ()
            return {name: json.loads(line["item"])["text"] for name, line in lines if not line["deleted"]}

        def digest():
            files = sorted(folder.glob("*"))
            return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() if files else ""

        return Shelf(
            open=lambda: self.adapter(folder),
            texts=texts,
            digest=digest,
            media=lambda: [file.read_bytes() for file in folder.glob("media_*")],
            refused=post(9, "x" * (LONGEST + 1)),
            wipe=lambda: shutil.rmtree(folder),
            move=lambda: partial(self.adapter, folder.rename(tmp_path / "moved")),
        )
