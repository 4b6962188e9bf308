"""The road into a database, swept: SQLite in the point's folder, or a database of the server at `postgres`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, text

from tests.sweep import content
from tests.sweep.child import Run
from tests.sweep.roads import Verdict, carried, database, drop
from tests.sweep.tracing import FILES, Nursery

PARTS = {
    "members": "SELECT item_id, id FROM members ORDER BY id",
    "media": "SELECT item_id, position, kind, file, missing, name, bytes FROM media ORDER BY item_id, position",
    "tags": "SELECT item_id, tag FROM tags ORDER BY tag",
}


@dataclass
class Tables:
    """An export carried into a database."""

    name: str = "sql"
    road: str = "sql"
    postgres: str = ""
    calm: dict[str, Any] = field(default_factory=dict)
    _base: str = ""

    @property
    def store(self) -> str:
        """The name of the place's database; the job store is SQLite."""
        return "postgresql" if self.postgres else "sqlite"

    def prepare(self, base: Path, nursery: Nursery) -> None:
        """Make the export, carry its older state, and see what an undisturbed run makes of the newer one."""
        content.exports(base)
        self._base = database(self.postgres)
        carried(nursery, Run(self.road, str(base), 1, place=self._base, run_id="before"))
        calm = base.parent / "calm"
        shutil.copytree(base, calm)
        with self.world(calm) as world:
            carried(nursery, world.told)
            self.calm = world.rows()
        assert len(self.calm) >= content.NEW

    @contextmanager
    def world(self, folder: Path) -> Iterator[_TablesWorld]:
        """Open the world of one point."""
        place = database(self.postgres, self._base)
        try:
            yield _TablesWorld(self, Run(self.road, str(folder), place=place))
        finally:
            drop(self.postgres, place)


@dataclass
class _TablesWorld:
    """One point's database."""

    kind: Tables
    told: Run
    missing: int = 0

    def wanted(self, call: str, rest: str) -> bool:
        """Say whether a call of the swept run is one of its points."""
        if call in FILES:
            return f"{self.told.folder}/" in rest and "= -1" not in rest
        return bool(self.kind.postgres) and call == "sendto" and "127.0.0.1" in rest

    def between(self, verdict: Verdict) -> None:
        """Look at what a reader of the database sees right after the fault."""
        del verdict
        there = self.rows()
        self.missing = sum(there.get(name) != row for name, row in self.kind.calm.items())

    def judge(self, verdict: Verdict, second: dict[str, Any]) -> None:
        """Compare the database with the undisturbed one."""
        there = self.rows()
        verdict.lost += sum(there.get(name) != row for name, row in self.kind.calm.items())
        verdict.notes += [f"{name} should not be there" for name in there.keys() - self.kind.calm.keys()]
        verdict.redone = max(0, second["delivered"] - self.missing)
        if verdict.redone > self.told.batch:
            verdict.notes.append(f"{verdict.redone} items written again, more than a batch")

    def rows(self) -> dict[str, Any]:
        """Return each item with what belongs to it; the database itself allows no id twice."""
        url = self.told.place.replace("postgresql:", "postgresql+psycopg:") or f"sqlite:///{self.told.folder}/place.db"
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                if not inspect(connection).has_table("items"):
                    return {}
                # When it was found to be deleted differs from run to run.
                rows = connection.execute(text("SELECT *, deleted_at IS NOT NULL AS gone FROM items")).mappings()
                own = {"seq", "deleted_at", "search"}
                found = {row["id"]: {name: row[name] for name in row if name not in own} for row in rows}
                for part, query in PARTS.items():
                    for owner, *values in connection.execute(text(query)):
                        found[owner].setdefault(part, []).append(values)
        finally:
            engine.dispose()
        return found
