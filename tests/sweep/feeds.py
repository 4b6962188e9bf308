"""The road into Dzen's feed, swept: a folder in the point's folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from lxml import etree

from tests.sweep import content
from tests.sweep.child import Run
from tests.sweep.roads import Verdict, carried
from tests.sweep.tracing import FILES, Nursery


@dataclass
class Feed:
    """An export carried into a feed."""

    name: str = "dzen"
    road: str = "dzen"
    store: ClassVar[str] = "sqlite"
    calm: dict[str, Any] = field(default_factory=dict)
    calm_feed: dict[str, bytes] = field(default_factory=dict)
    calm_files: set[str] = field(default_factory=set)

    def prepare(self, base: Path, nursery: Nursery) -> None:
        """Make the export, carry its older state, and see what an undisturbed run makes of the newer one."""
        content.exports(base)
        carried(nursery, Run(self.road, str(base), 1, run_id="before"))
        calm = base.parent / "calm"
        shutil.copytree(base, calm)
        carried(nursery, Run(self.road, str(calm)))
        self.calm, self.calm_feed, self.calm_files = held(calm), dict(shown(calm)), files(calm)
        assert len(self.calm) >= content.NEW
        assert len(self.calm_feed) == sum(not row["deleted"] for row in self.calm.values()) > content.OLD
        assert any("media" in name for name in self.calm_files)

    @contextmanager
    def world(self, folder: Path) -> Iterator[_FeedWorld]:
        """Open the world of one point."""
        yield _FeedWorld(self, folder)


@dataclass
class _FeedWorld:
    """One point's feed."""

    kind: Feed
    folder: Path
    missing: int = 0

    @property
    def told(self) -> Run:
        """What the swept run is told."""
        return Run(self.kind.road, str(self.folder))

    def wanted(self, call: str, rest: str) -> bool:
        """Say whether a call of the swept run is one of its points."""
        return call in FILES and f"{self.folder}/" in rest and "= -1" not in rest

    def between(self, verdict: Verdict) -> None:
        """Look at what Dzen would read right after the fault: a whole feed, each guid once, each picture there."""
        self._read(verdict)
        there = held(self.folder)
        self.missing = sum(there.get(name) != row for name, row in self.kind.calm.items())

    def judge(self, verdict: Verdict, second: dict[str, Any]) -> None:
        """Compare feed and state with the undisturbed ones."""
        feed, there = self._read(verdict), held(self.folder)
        verdict.lost += sum(there.get(name) != row for name, row in self.kind.calm.items())
        verdict.lost += sum(feed.get(guid) != item for guid, item in self.kind.calm_feed.items())
        strangers = (there.keys() - self.kind.calm.keys()) | (feed.keys() - self.kind.calm_feed.keys())
        verdict.notes += [f"{name} should not be there" for name in strangers]
        verdict.redone = max(0, second["delivered"] - self.missing)
        if verdict.redone > self.told.batch:
            verdict.notes.append(f"{verdict.redone} items written again, more than a batch")
        if (found := files(self.folder)) != self.kind.calm_files:
            verdict.notes.append(f"other files: {sorted(found ^ self.kind.calm_files)}")
        if second["warnings"]:
            verdict.notes.append(f"the second run found: {second['warnings']}")

    def _read(self, verdict: Verdict) -> dict[str, bytes]:
        """Return the feed's items by guid; count what stands twice, what is torn and what leads nowhere."""
        try:
            items = shown(self.folder)
        except etree.XMLSyntaxError:
            verdict.torn += 1
            return {}
        verdict.doubled += len(items) - len(dict(items))
        for _, item in items:
            for enclosure in etree.fromstring(item).iter("enclosure"):
                name = enclosure.get("url").removeprefix("https://example.com/")
                if not (self.folder / "feed/public" / name).is_file():
                    verdict.notes.append(f"{name} is named and not there")
        return dict(items)


def shown(folder: Path) -> list[tuple[str, bytes]]:
    """Return the items of a feed with their guids; none where there is no feed yet."""
    path = folder / "feed/public/feed.xml"
    items = etree.fromstring(path.read_bytes()).iter("item") if path.exists() else ()
    return [(item.findtext("guid"), etree.tostring(item)) for item in items]


def held(folder: Path) -> dict[str, Any]:
    """Return what a feed's state holds of each item."""
    path = folder / "feed/state/state.json"
    rows = json.loads(path.read_bytes())["rows"] if path.exists() else {}
    return {name: {"deleted": False, "whole": True} | row for name, row in rows.items()}


def files(folder: Path) -> set[str]:
    """Return the names of all files of a feed."""
    root = folder / "feed"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
