"""The KeepingStore over SQL: the job store, and the verbs about whole pairs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.contracts.keeping import Brought, Buried, Fit, Prunable, Remembered, Stock
from adapters.contracts.store import DeadLetterFilter
from adapters.stores.sql import keeping, pruning
from adapters.stores.sql.store import SqlJobStore
from adapters.stores.sql.times import moment


class SqlKeepingStore(SqlJobStore):
    """A `KeepingStore` in a SQLite file or a PostgreSQL database."""

    def buried(self, which: DeadLetterFilter) -> list[Buried]:
        """Count the matching dead letters by pair and reason."""
        with self._reading() as connection:
            return keeping.buried(connection, which)

    def left_open(self, source_id: str, destination_id: str, part: str) -> list[str]:
        """Return the pair's open jobs that were last carried by a run with `part` in its name, oldest first."""
        with self._reading() as connection:
            return keeping.left_open(connection, source_id, destination_id, part)

    def stock(self) -> list[Stock]:
        """Count what there is of every pair that has a job or an object."""
        with self._reading() as connection:
            return keeping.stock(connection)

    def fits(self, source_id: str, destination_id: str, brought: Sequence[Brought]) -> list[Fit]:
        """Say of each receipt what it means; nothing changes."""
        with self._reading() as connection:
            return keeping.fits(connection, moment(connection, self._clock), source_id, destination_id, brought)

    def take_receipts(
        self, source_id: str, destination_id: str, brought: Sequence[Brought], *, run_id: str
    ) -> list[Fit]:
        """Note that the place holds these; raises Conflict, noting none, when one is neither new nor known."""
        with self._writing() as (connection, now):
            return keeping.take_receipts(connection, now, source_id, destination_id, brought, run_id)

    def remembered(self, source_id: str, destination_id: str, item_id: str) -> Remembered:
        """Count what is remembered of an item, or with an empty id of the whole pair."""
        with self._reading() as connection:
            return keeping.remembered(connection, moment(connection, self._clock), source_id, destination_id, item_id)

    def forget(self, source_id: str, destination_id: str, item_id: str, *, run_id: str) -> Remembered:
        """Drop what is remembered of an item, or with an empty id of the pair; raises Conflict while busy."""
        with self._writing() as (connection, now):
            return keeping.forget(connection, now, source_id, destination_id, item_id, run_id)

    def going(self, name: str) -> list[str]:
        """Return who has a thing whose name begins like this, and has it still."""
        with self._reading() as connection:
            return keeping.going(connection, moment(connection, self._clock), name)

    def prunable(self, before: datetime) -> Prunable:
        """Count what is older and needed by nobody."""
        with self._reading() as connection:
            return pruning.prunable(connection, before)

    def done_jobs(self, before: datetime, after: int, limit: int) -> list[tuple[int, str]]:
        """Return the next jobs of which something can be dropped, with their places."""
        with self._reading() as connection:
            return pruning.done_jobs(connection, before, after, limit)

    def prune_jobs(self, before: datetime, keys: Sequence[str]) -> Prunable:
        """Drop these jobs' items, and those jobs whole that a newer one of their item has followed."""
        with self._writing() as (connection, _):
            return pruning.prune_jobs(connection, before, keys)

    def prune_marks(self, before: datetime, limit: int) -> int:
        """Drop at most so many entries of ended runs' lists; returns how many."""
        with self._writing() as (connection, _):
            return pruning.prune_marks(connection, before, limit)

    def prune_runs(self, before: datetime) -> Prunable:
        """Drop ended runs that left no dead letter, with their cursors, and history but each pair's last hundred."""
        with self._writing() as (connection, _):
            return pruning.prune_runs(connection, before)

    def kept_media(self, before: datetime) -> set[str]:
        """Return the digests of all media that are named by an item which is not to be pruned."""
        with self._reading() as connection:
            return pruning.kept_media(connection, before)
