"""Backfill: carry a long range of a pair in shards, on its work pool or in this process, and go on where it was."""

from pydantic import Field

from adapters.contracts.jobs import JobStore
from tasks.cli import main
from tasks.flow import Ended, flow
from tasks.groups import Group
from tasks.shards import Step, cut, given
from tasks.summary import Summary


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
    """Start shards again that are said to be running: their worker was killed, and nobody has noticed."""


@flow(name="backfill")
def backfill(carried: Range, going: Going, *, summary: str = "") -> Ended:
    """Carry a long range of a pair in shards, each a run of the pair. The same command again goes on where it was.

    Shards that are done are not run again; those that failed try their dead letters again. Where the pair itself begins
    stays as it is.

    Args:
        summary: A file to write the summary to, as JSON.
    """
    from datetime import UTC, datetime

    from tasks.backfill import Backfill, carry, deployed, load, told
    from tasks.run import conclude, run_id, under_worker

    pair = load(carried.pair)
    shards = cut(carried.since, carried.until, carried.by, datetime.now(UTC))
    parameters = told(pair, given(carried.option), carried.per_day)

    def drive(store: JobStore) -> Summary:
        deployment = "" if going.here else deployed(pair)
        one = Backfill(pair, parameters, shards, run_id(), going.take_over)
        return carry(one, store, at_once=going.at_once, deployment=deployment)

    return conclude(f"backfill {carried.pair}", drive, summary, lasting=under_worker())


if __name__ == "__main__":
    main(backfill)
