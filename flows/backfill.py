"""Backfill: carry a long range of a pair in shards, on its work pool or in this process, and go on where it was."""

from adapters.contracts.store import JobStore
from tasks.cli import main
from tasks.flow import Ended, flow
from tasks.ranges import Going, Range
from tasks.shards import cut, given
from tasks.summary import Summary


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
