"""The roads that are swept: how each is prepared, run, and judged by what is really there afterwards."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from adapters.contracts.jobs import Reason
from adapters.contracts.store import DeadLetterFilter
from adapters.destinations.local.files import digest
from adapters.stores.sql import SqlJobStore, engine_of
from tests.servers.counting import Counting
from tests.sweep import content
from tests.sweep.child import Run
from tests.sweep.tracing import FILES, Nursery

HASHED = {"media", "markdown", "site"}
"""An archive's folders whose files are compared byte by byte."""


@dataclass
class Verdict:
    """What a point came to."""

    lost: int = 0
    doubled: int = 0
    torn: int = 0
    redone: int = 0
    dead: int = 0
    """Dead letters that say `unknown`."""
    notes: list[str] = field(default_factory=list)
    """What else is not as promised."""


@dataclass
class Archive:
    """An export carried into an archive on disk (the road "pages": with all its formats), or by a naive writer."""

    name: str = "archive"
    road: str = "archive"
    honours_key: bool = False
    store: ClassVar[str] = "sqlite"
    calm: dict[str, Any] = field(default_factory=dict)
    calm_files: dict[str, str] = field(default_factory=dict)
    old_files: dict[str, str] = field(default_factory=dict)

    def prepare(self, base: Path, nursery: Nursery) -> None:
        """Make the export, carry its older state, and see what an undisturbed run makes of the newer one."""
        content.exports(base)
        carried(nursery, Run(self.road, str(base), 1, run_id="before"))
        self.old_files = files(base)
        calm = base.parent / "calm"
        shutil.copytree(base, calm)
        carried(nursery, Run(self.road, str(calm)))
        self.calm = {item["id"]: item for item in read(calm)[0]}
        self.calm_files = files(calm)
        assert len(self.calm) >= content.NEW

    @contextmanager
    def world(self, folder: Path) -> Iterator[_ArchiveWorld]:
        """Open the world of one point."""
        yield _ArchiveWorld(self, folder)


@dataclass
class _ArchiveWorld:
    """One point's archive."""

    kind: Archive
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
        """Look at what a reader of the archive sees right after the fault."""
        items, torn = read(self.folder)
        verdict.torn += torn
        verdict.doubled += len(items) - len({item["id"] for item in items})
        verdict.torn += sum(
            digest_ not in {self.kind.old_files.get(name), self.kind.calm_files.get(name)}
            for name, digest_ in files(self.folder).items()
            if digest_ and not name.endswith(".tmp")
        )
        there = {item["id"]: item for item in items}
        self.missing = sum(there.get(name) != item for name, item in self.kind.calm.items())

    def judge(self, verdict: Verdict, second: dict[str, Any]) -> None:
        """Compare the archive with the undisturbed one."""
        items, torn = read(self.folder)
        verdict.torn += torn
        verdict.doubled = max(verdict.doubled, len(items) - len({item["id"] for item in items}))
        there = {item["id"]: item for item in items}
        verdict.lost += sum(there.get(name) != item for name, item in self.kind.calm.items())
        verdict.notes += [f"{name} should not be there" for name in there.keys() - self.kind.calm.keys()]
        verdict.redone = max(0, second["delivered"] - self.missing)
        if verdict.redone > self.told.batch:
            verdict.notes.append(f"{verdict.redone} items written again, more than a batch")
        if self.kind.road != "naive" and (found := files(self.folder)) != self.kind.calm_files:
            verdict.notes.append(f"other files: {sorted(found.items() ^ self.kind.calm_files.items())}")
        if second["warnings"]:
            verdict.notes.append(f"the second run found: {second['warnings']}")


def read(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the items that a reader finds in an archive, and the number of lines it cannot read."""
    items, torn = [], 0
    for file in sorted((folder / "archive").glob("[is]*/*.jsonl")):
        for line in file.read_bytes().splitlines(keepends=True):
            try:
                item = json.loads(line)
            except ValueError:
                torn += 1
                continue
            torn += not line.endswith(b"\n")
            # When it was found to be deleted differs from run to run.
            items.append(item | ({"deleted_at": True} if "deleted_at" in item else {}))
    return items, torn


def files(folder: Path) -> dict[str, str]:
    """Return the names of all files in an archive; media and pages with the hash of their bytes."""
    archive = folder / "archive"
    found = (path for path in archive.rglob("*") if path.is_file())
    return {str(path.relative_to(archive)): digest(path) if HASHED & {*path.parts} else "" for path in found}


@dataclass
class Webhook:
    """A list published to a counting webhook; the store is SQLite, or a database of the server at `postgres`."""

    name: str = "webhook"
    road: str = "webhook"
    honours_key: bool = True
    postgres: str = ""
    parallel: int = 1
    calm: set[tuple[str, str]] = field(default_factory=set)
    _base: str = ""

    @property
    def store(self) -> str:
        """The store's name."""
        return "postgresql" if self.postgres else "sqlite"

    def prepare(self, base: Path, nursery: Nursery) -> None:
        """Publish the list's older state, and see what an undisturbed run makes of the newer one."""
        content.posts(base, 2)
        self._base = database(self.postgres)
        server = Counting(base.parent, honour_key=self.honours_key)
        carried(nursery, self._told(base, server, self._base, state=1, run_id="before"))
        server.stop()
        calm = base.parent / "calm"
        shutil.copytree(base, calm)
        with self.world(calm) as world:
            carried(nursery, world.told)
            self.calm = {(effect["action"], effect["id"]) for effect in world.server.effects()}
        assert len(self.calm) == 8

    @contextmanager
    def world(self, folder: Path) -> Iterator[_WebhookWorld]:
        """Open the world of one point: its own server, its own database."""
        logs = folder.parent / f"{folder.name}.server"
        logs.mkdir()
        server, store = Counting(logs, honour_key=self.honours_key), database(self.postgres, self._base)
        try:
            yield _WebhookWorld(self, self._told(folder, server, store), server)
        finally:
            server.stop()
            drop(self.postgres, store)

    def _told(self, folder: Path, server: Counting, store: str, **more: Any) -> Run:
        """Say what a run is told."""
        told = Run(
            self.road,
            str(folder),
            store=store,
            url=server.url,
            honours_key=self.honours_key,
            parallel=self.parallel,
        )
        return replace(told, **more)


def database(server: str, template: str = "") -> str:
    """Make a database like another one and return its URL; without a server, SQLite's is copied with its folder."""
    if not server:
        return ""
    name = f"s{uuid4().hex}"
    like = f" TEMPLATE {make_url(template).database}" if template else ""
    administer(server, f"CREATE DATABASE {name}{like}")
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def drop(server: str, url: str) -> None:
    """Remove a database."""
    if url:
        administer(server, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def administer(server: str, statement: str) -> None:
    """Do something that PostgreSQL does in no transaction."""
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@dataclass
class _WebhookWorld:
    """One point's store and server."""

    kind: Webhook
    told: Run
    server: Counting

    def wanted(self, call: str, rest: str) -> bool:
        """Say whether a call of the swept run is one of its points."""
        if call in FILES:
            return f"{self.told.folder}/" in rest and "= -1" not in rest
        # How many pieces an answer comes in is chance; what is sent is not.
        return call == "sendto" and "127.0.0.1" in rest

    def between(self, verdict: Verdict) -> None:
        """See nothing yet: what was sent may still be on its way."""

    def judge(self, verdict: Verdict, second: dict[str, Any]) -> None:
        """Judge by the server's own log, and by the dead letters in the store."""
        effects = Counter((effect["action"], effect["id"]) for effect in self.server.effects())
        store = SqlJobStore(engine_of(self.told.store or f"sqlite:///{self.told.folder}/store.db"))
        dead = {letter.item_id: letter.reason for letter in store.dead_letters(DeadLetterFilter())}
        store.close()
        unknown = {name for name, reason in dead.items() if reason is Reason.UNKNOWN}
        verdict.dead = len(unknown)
        verdict.doubled += sum(number - 1 for number in effects.values())
        verdict.notes += [f"{one} {number} times" for one, number in effects.items() if number > 1]
        missing = self.kind.calm - effects.keys()
        verdict.lost += len(missing if self.kind.honours_key else {one for one in missing if one[1] not in unknown})
        verdict.redone = self.server.state()["requests"] - effects.total()
        if unknown != dead.keys() or (dead and self.kind.honours_key):
            verdict.notes.append(f"dead letters: {dead}")
        verdict.notes += [f"{one} was never asked for" for one in effects.keys() - self.kind.calm]
        if second["pending"]:
            verdict.notes.append(f"{second['pending']} items still wait")


class World(Protocol):
    """One point's world."""

    @property
    def told(self) -> Run:
        """What the swept run is told."""

    def wanted(self, call: str, rest: str) -> bool:
        """Say whether a call of the swept run is one of its points."""

    def between(self, verdict: Verdict) -> None:
        """Look at what is there right after the fault."""

    def judge(self, verdict: Verdict, second: dict[str, Any]) -> None:
        """Compare what is there in the end with what should be."""


class Road(Protocol):
    """A road that is swept."""

    name: str
    road: str

    @property
    def store(self) -> str:
        """The name of the job store's or the place's database."""

    def prepare(self, base: Path, nursery: Nursery) -> None:
        """Carry an older state, and see what an undisturbed run makes of the newer one."""

    def world(self, folder: Path) -> AbstractContextManager[World]:
        """Open the world of one point."""


def carried(nursery: Nursery, told: Run) -> None:
    """Do a run that must come to its end."""
    ended = nursery.run(told, Path(told.folder).parent)
    if ended.code:
        raise RuntimeError(f"the undisturbed run failed with {ended.code}: {ended.errors}")
