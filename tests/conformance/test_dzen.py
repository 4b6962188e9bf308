"""The kit on Dzen's feed, in a folder and in buckets."""

from __future__ import annotations

import hashlib
import json
import shutil
from itertools import count

import obstore
import pytest
from lxml import etree

from adapters.conformance.bulk import BulkSuite, Shelf
from adapters.conformance.bulk.shelf import post
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.destinations.dzen.bucket import bucket
from tests.pictures import picture
from tests.servers import s3

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


NUMBERS = count()


class Bucket(Dzen):
    """What buckets have in common."""

    @pytest.fixture
    def shelf(self, service, monkeypatch):
        """A prefix of its own for each check."""
        monkeypatch.setenv("NO_PROXY", "*")
        prefix = f"feed{next(NUMBERS)}"

        def opened(prefix=prefix):
            place = f"s3://{s3.BUCKET}/{prefix}"
            settings = DzenSettings(place=place, base_url="https://example.com", profile=PROFILE)
            return DzenDestination(settings, bucket(place, service.url, "us-east-1", (s3.KEY, s3.SECRET)))

        def files():
            """Everything but the lock and the probe, which are no part of what is kept."""
            kept = service.files(prefix)
            return {name: data for name, data in kept.items() if name not in {"state/lock", "state/probe"}}

        def kept():
            found = files()
            return texts(found.get("state/state.json"), found.get("public/feed.xml"))

        def move():
            for name, data in files().items():
                obstore.put(service.store, f"{prefix}-moved/{name}", data)
            wipe()
            return lambda: opened(f"{prefix}-moved")

        def wipe():
            for name in service.files(prefix):
                obstore.delete(service.store, f"{prefix}/{name}")

        return Shelf(
            open=opened,
            texts=kept,
            digest=lambda: hashlib.sha256(repr(found).encode()).hexdigest() if (found := files()) else "",
            media=lambda: [data for name, data in files().items() if name.startswith("public/media/")],
            refused=post(9).model_copy(update={"text": "\ud800"}),
            wipe=wipe,
            move=move,
            file=picture,
        )


class TestBucket(Bucket):
    """A service that keeps conditions: moto."""

    adapter = DzenDestination

    @pytest.fixture
    def service(self, moto):
        """One service for all checks."""
        return moto


class TestBucketWithoutConditions(Bucket):
    """A service that ignores conditions: rclone."""

    adapter = DzenDestination

    @pytest.fixture
    def service(self, rclone):
        """One service for all checks."""
        return rclone
