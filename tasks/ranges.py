"""What a backfill is told: which pair, from when to when, and how its shards are run."""

from __future__ import annotations

from pydantic import Field

from tasks.groups import Group
from tasks.shards import Step


class Range(Group):
    """What to carry."""

    pair: str
    """The pair, as its file is named: local_to_webhook."""
    since: str
    """From when on (2024-01-31, UTC unless a zone is given)."""
    until: str
    """Up to when, not later than now: what comes later is the pair's own."""
    by: Step = "month"
    """How long a shard is, along the calendar in UTC."""
    option: tuple[str, ...] = ()
    """The pair's own options, each as name=value: archive=/srv/archive."""
    per_day: int | None = Field(default=None, ge=1)
    """At most this many deliveries of the pair in any 24 hours, all its runs together; for publishing pairs."""


class Going(Group):
    """How to run it."""

    at_once: int = Field(default=2, ge=1)
    """How many shards run at a time on the work pool."""
    here: bool = False
    """Run the shards in this process, one after the other, as where there is no deployment of the pair."""
    take_over: bool = False
    """Start shards again that are said to be running, or about to: their worker was killed, and nobody has noticed."""
