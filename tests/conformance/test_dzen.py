"""The kit on Dzen's feed, in a folder and in buckets."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from lxml import etree

from adapters.conformance.bulk import BulkSuite, Shelf
from adapters.conformance.bulk.shelf import post
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from tests.pictures import picture

PROFILE = Profile(text_min=0, max_items=1000)
"""Every item of the kit is in the feed at once, so that what is held and what is shown can be compared."""


def texts(state, feed):
    """Return what a feed holds: the texts as the state has them, of exactly the articles that the feed shows."""
    if state is None:
        return {}
    rows = {name: row for name, row in json.loads(state)["rows"].items() if not row.get("deleted")}
    assert sorted(guid.text for guid in etree.fromstring(feed).iter("guid")) == sorted(rows)
    return {name: row["body"].get("text", "") for name, row in rows.items()}


class Dzen(BulkSuite):
    """What all of them have in common."""


class TestFolder(Dzen):
    """A folder that a web server serves."""

    adapter = DzenDestination

    @pytest.fixture
    def shelf(self, tmp_path):
        """A folder of its own for each check."""
        folder = tmp_path / "feed"

        def opened(place=folder):
            return DzenDestination(DzenSettings(place=str(place), base_url="https://example.com/dzen", profile=PROFILE))

        def read(name):
            return (folder / name).read_bytes() if (folder / name).exists() else None

        def digest():
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            whole = b"".join(str(file).encode() + file.read_bytes() for file in files)
            return hashlib.sha256(whole).hexdigest() if files else ""

        def move():
            moved = folder.rename(tmp_path / "moved")
            return lambda: opened(moved)

        return Shelf(
            open=opened,
            texts=lambda: texts(read("state/state.json"), read("public/feed.xml")),
            digest=digest,
            media=lambda: [file.read_bytes() for file in (folder / "public/media").rglob("*") if file.is_file()],
            # A lone surrogate has no place in UTF-8.
            refused=post(9).model_copy(update={"text": "\ud800"}),
            wipe=lambda: shutil.rmtree(folder),
            move=move,
            file=picture,
        )
