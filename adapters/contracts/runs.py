"""Pairs and their runs: what is remembered of them, and what a run has come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import Field

from adapters.contracts.item import Model


class PairRecord(Model):
    """What is remembered of a pair between its runs."""

    source_id: str
    destination_id: str
    service: str
    """The destination's service, so that its dead letters can be redriven."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The destination's settings as last used. Never a secret."""
    baseline: datetime | None = None
    """Items published up to here were there before the first run and are not sent."""
    begun: bool = False
    """Whether a first run has decided about `baseline`."""
    name: str = ""
    """For people: "telegram → vk"."""
    paused: str = ""
    """Why nothing of the pair is to be carried now; empty while it goes on. `save_pair` leaves it as it is."""


class RunRecord(Model):
    """One run of a pair: Prefect's flow run, or a process of its own."""

    run_id: str
    source_id: str
    destination_id: str
    ended: str = ""
    """Empty while it goes on, else "completed" or "failed"."""


class PastRun(Model):
    """What a run of a pair had come to when it ended or began to wait: an entry of the pair's history."""

    run_id: str
    source_id: str
    destination_id: str
    begun_at: datetime
    at: datetime
    """When it ended, or began to wait."""
    ended: str
    """"completed", "failed", or "waits" when the rest was due later."""
    seen: int = 0
    delivered: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    already: int = 0
    filtered: int = 0
    pending: int = 0
    dead: int = 0
    """All that the run met or carried and left as dead letters, earlier ones too."""
    died: int = 0
    """Those of them that became so in this run."""


@dataclass
class Tally:
    """A run in items, each counted once at its newest job; read from the records, never by subtraction."""

    seen: int = 0
    carried: int = 0
    delivered: int = 0
    already: int = 0
    filtered: dict[str, int] = field(default_factory=dict)
    pending: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    """By reason."""
    died: int = 0
    """How many of the dead became so in this run."""
    created: int = 0
    updated: int = 0
    deleted: int = 0
    losses: dict[str, int] = field(default_factory=dict)
    """What was lost on the way, and by how many of the delivered."""

    @property
    def adds_up(self) -> bool:
        """Whether every item that came in is accounted for."""
        out = self.delivered + self.already + sum(self.filtered.values()) + self.pending + sum(self.dead.values())
        return self.seen + self.carried == out
