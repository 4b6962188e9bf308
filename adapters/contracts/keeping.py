"""Keeping: what a person does with the records of whole pairs, beside the work itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from adapters.contracts.jobs import Reason, Receipt
from adapters.contracts.store import DeadLetterFilter, JobStore


@dataclass(frozen=True)
class Buried:
    """How many dead letters of a pair have one reason."""

    source_id: str
    destination_id: str
    reason: Reason
    number: int


@dataclass(frozen=True)
class Stock:
    """What the store has of one pair."""

    source_id: str
    destination_id: str
    held: int = 0
    """Objects that the place holds, as far as the store knows."""
    waiting: int = 0
    """Jobs pending or in a worker's hands."""
    dead: int = 0


class Fit(StrEnum):
    """What a receipt that a person brings means, given what the store knows of its item."""

    NEW = "new"
    """Nothing stands against it; a job that waited to send the item, or a dead letter of it, is closed."""
    KNOWN = "known"
    """The store has it already."""
    ELSEWHERE = "elsewhere"
    """The store knows another object of this item."""
    BUSY = "busy"
    """A worker is sending the item just now."""
    STRANGE = "strange"
    """The item is another source's."""


@dataclass(frozen=True)
class Brought:
    """A receipt that a person brings: which item is where."""

    item_id: str
    receipt: Receipt


@dataclass(frozen=True)
class Remembered:
    """What would be forgotten, or was."""

    items: int = 0
    """Items of which the place holds an object, or may."""
    waiting: int = 0
    """Jobs that were still to be done."""
    dead: int = 0
    in_doubt: int = 0
    """Waiting jobs and dead letters that may have arrived: sent anew, they could be there twice."""
    busy: int = 0
    """Jobs in a worker's hands now: nothing is forgotten as long as there is one."""


@dataclass(frozen=True)
class Prunable:
    """What of the records is older than a moment and needed by nobody."""

    payloads: int = 0
    """Done jobs whose items, as they were sent, are dropped."""
    revisions: int = 0
    """Done jobs that a newer one of their item has followed; they go whole."""
    runs: int = 0
    """Ended runs that go, with their own cursors."""
    marks: int = 0
    """Entries of ended runs' lists of what they counted."""
    history: int = 0
    bytes: int = 0
    """Of the jobs and their items, about."""


class KeepingStore(JobStore, Protocol):
    """A job store that can also be asked, and told, about whole pairs. Every verb is one transaction.

    What exactly-once needs is never dropped by pruning: receipts held, aliases, each item's newest job with its version
    and how it ended, open jobs, dead letters, and what open runs count.
    """

    def buried(self, which: DeadLetterFilter) -> list[Buried]:
        """Count the matching dead letters by pair and reason; a limit is not looked at."""

    def left_open(self, source_id: str, destination_id: str, part: str) -> list[str]:
        """Return the keys of the pair's open jobs that were last carried by a run with `part` in its name."""

    def stock(self) -> list[Stock]:
        """Count what there is of every pair that has a job or an object, by source and destination."""

    def fits(self, source_id: str, destination_id: str, brought: Sequence[Brought]) -> list[Fit]:
        """Say of each receipt what it means; nothing changes."""

    def take_receipts(
        self, source_id: str, destination_id: str, brought: Sequence[Brought], *, run_id: str
    ) -> list[Fit]:
        """Note that the place holds these; raises Conflict, noting none, when one is neither new nor known."""

    def remembered(self, source_id: str, destination_id: str, item_id: str) -> Remembered:
        """Count what is remembered of an item, or with an empty id of the whole pair."""

    def forget(self, source_id: str, destination_id: str, item_id: str, *, run_id: str) -> Remembered:
        """Drop what is remembered of an item, or with an empty id of the whole pair; raises Conflict while busy.

        The number of each item's last revision stays, so that no key is ever used again. The pair's cursors go, so
        that its next run reads its source anew; with the whole pair its record and its ended runs go too.
        """

    def going(self, name: str) -> list[str]:
        """Return who has a thing whose name begins like this (see `hold`), and has it still."""

    def prunable(self, before: datetime) -> Prunable:
        """Count what is older and needed by nobody."""

    def done_jobs(self, before: datetime, after: int, limit: int) -> list[tuple[int, str]]:
        """Return place and key of the next jobs behind a place of which something can be dropped, oldest first."""

    def prune_jobs(self, before: datetime, keys: Sequence[str]) -> Prunable:
        """Drop these jobs' items, and those jobs whole that a newer one of their item has followed."""

    def prune_marks(self, before: datetime, limit: int) -> int:
        """Drop at most so many entries of ended runs' lists; returns how many."""

    def prune_runs(self, before: datetime) -> Prunable:
        """Drop ended runs that left no dead letter, with their cursors, and history but each pair's last hundred."""

    def kept_media(self, before: datetime) -> set[str]:
        """Return the digests of all media that are named by an item which is not to be pruned."""
