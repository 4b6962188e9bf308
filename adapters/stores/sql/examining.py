"""A look at a job store that changes nothing: is it there, of which release, whose, by which clock, what is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select

from adapters.databases.engines import BEGIN, place_of, prepare
from adapters.stores.sql.engines import reaching
from adapters.stores.sql.schema import SCHEMA
from adapters.stores.sql.tables import jobs, store
from adapters.stores.sql.times import moment

GRACE = timedelta(minutes=5)
"""How long a lease may be over before somebody should have taken its job."""


@dataclass(frozen=True)
class Examined:
    """What was seen."""

    place: str
    """For people, without user and password."""
    file: Path | None
    """SQLite's file."""
    revision: str
    """Of its schema; empty where the store is not made yet."""
    head: str
    """This release's."""
    is_known: bool
    """Whether this release knows the revision: a newer one made it otherwise."""
    birth_id: str = ""
    clock_ahead: float = 0.0
    """Seconds by which the store's clock is before this machine's."""
    stuck: int = 0
    """Jobs whose worker let their lease run out and whom nobody has taken over."""

    @property
    def is_current(self) -> bool:
        """Whether it can be used as it is."""
        return self.revision == self.head


def examine(engine: Engine) -> Examined:
    """Look at a store; raises StoreUnavailable where it cannot be reached."""
    prepare(engine)
    file = _file(engine)
    if file is not None and not file.exists():
        # To connect would be to make it.
        return Examined(place_of(engine), file, "", SCHEMA.head, is_known=True)
    with reaching(engine), engine.execution_options(**{BEGIN: "DEFERRED"}).begin() as connection:
        return _examined(connection, file)


def _examined(connection: Connection, file: Path | None) -> Examined:
    """Look at a store that answers."""
    place, head = place_of(connection.engine), SCHEMA.head
    if SCHEMA.version_table not in inspect(connection).get_table_names():
        return Examined(place, file, "", head, is_known=True)
    revision = SCHEMA.revision(connection) or ""
    if revision != head:
        return Examined(place, file, revision, head, is_known=revision in _revisions())
    before = datetime.now(UTC)
    now = moment(connection, None)
    here = before + (datetime.now(UTC) - before) / 2
    running = (jobs.c.state == "running", jobs.c.lease_until < now - GRACE)
    return Examined(
        place,
        file,
        revision,
        head,
        is_known=True,
        birth_id=str(connection.scalar(select(store.c.birth_id)) or ""),
        clock_ahead=(now - here).total_seconds(),
        stuck=int(connection.scalar(select(func.count()).select_from(jobs).where(*running)) or 0),
    )


def _file(engine: Engine) -> Path | None:
    """Return the file of a SQLite engine."""
    named = engine.url.database if engine.dialect.name == "sqlite" else ""
    return Path(named) if named else None


def _revisions() -> frozenset[str]:
    """Return the revisions that this release has migrations for."""
    from alembic.config import Config  # noqa: PLC0415 - loads slowly, and is seldom needed
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(SCHEMA.migrations).replace("%", "%%"))
    return frozenset(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())
