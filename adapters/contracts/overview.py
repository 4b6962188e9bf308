"""What the job store knows of all pairs at one moment: for the page that shows every pair."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from adapters.contracts.item import Model
from adapters.contracts.runs import PairRecord, PastRun


class Standing(Model):
    """Where one pair stands."""

    pair: PairRecord
    waiting: int = 0
    """Its jobs that are pending or in a worker's hands."""
    waiting_since: datetime | None = None
    """When the oldest of them was recorded: so far the place is behind what is known of the source."""
    due: datetime | None = None
    """When the first of them may go on, in the past for at once; its place may ask for more."""
    dead: dict[str, int] = Field(default_factory=dict)
    """Its dead letters by reason."""
    begun_in_day: int = 0
    """How many deliveries were begun in the last 24 hours: what `per_day` counts."""
    left_alone_until: datetime | None = None
    """Until when its place has asked to be left alone: a quota used up, an outage."""
    last_run: str = ""
    """The id of the run that began last; empty when none is recorded."""
    last_began: datetime | None = None
    last_ended: str = ""
    """How it ended, "waits" when its rest is due later; empty while it goes on, and when it broke off."""
    delivered_at: datetime | None = None
    """When the last run ended that delivered something."""
    past: tuple[PastRun, ...] = ()
    """Its last runs that ended or began to wait, the newest first."""


class Turn(Model):
    """When an account may ask next, where that is not now: its pace is kept by all workers together."""

    account: str
    at: datetime


class Overview(Model):
    """All that is known of all pairs, at one moment of the store's time."""

    at: datetime
    pairs: tuple[Standing, ...] = ()
    turns: tuple[Turn, ...] = ()
