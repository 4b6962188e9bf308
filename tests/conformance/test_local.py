"""The kit on the archive."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from adapters.conformance.bulk import BulkSuite, Shelf
from adapters.conformance.bulk.shelf import post
from adapters.destinations.local import LocalDestination, LocalSettings
from tests.exports import lines


class TestLocal(BulkSuite):
    """An archive on disk."""

    adapter = LocalDestination

    @pytest.fixture(params=[("jsonl",), ("jsonl", "markdown", "site")], ids=["record", "pages"])
    def shelf(self, tmp_path, request):
        """A folder of its own for each check; with the pages all promises are the same."""
        folder = tmp_path / "archive"

        def opened(path=folder):
            return LocalDestination(LocalSettings(archive=path, formats=request.param))

        def digest():
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            return (
                hashlib.sha256(b"".join(str(f).encode() + f.read_bytes() for f in files)).hexdigest() if files else ""
            )

        def move():
            moved = folder.rename(tmp_path / "moved")
            return lambda: opened(moved)

        return Shelf(
            open=opened,
            texts=lambda: {item["id"]: item["text"] for item in lines(folder) if not item.get("deleted_at")},
            marked=lambda: {
                item["id"]: item.get("text", "") for item in lines(folder) if "text" in item and "deleted_at" in item
            },
            digest=digest,
            media=lambda: [file.read_bytes() for file in (folder / "media").rglob("*") if file.is_file()],
            # A lone surrogate has no place in UTF-8.
            refused=post(9).model_copy(update={"text": "\ud800"}),
            wipe=lambda: shutil.rmtree(folder),
            move=move,
        )
