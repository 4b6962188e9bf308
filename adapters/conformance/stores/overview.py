"""The overview: what is known of every pair, at one moment."""

from __future__ import annotations

from datetime import timedelta

from adapters.conformance.stores.samples import QUEUE, START, Clock, begin, deliver, failed, failure, job, take
from adapters.contracts.jobs import Descriptor, Reason
from adapters.contracts.overview import Overview, Standing, Turn
from adapters.contracts.runs import PairRecord
from adapters.contracts.store import JobStore


def pair(store: JobStore, source_id: str = "s", destination_id: str = "d") -> PairRecord:
    """Record a pair."""
    record = PairRecord(source_id=source_id, destination_id=destination_id, service="local", name="a → b")
    store.save_pair(record)
    return record


class Overviews:
    """Where every pair stands."""

    def test_nothing_is_known(self, store: JobStore) -> None:
        """A new store knows of no pair; a new pair has done nothing."""
        assert store.overview(9) == Overview(at=START)
        record = pair(store)
        assert store.overview(9) == Overview(at=START, pairs=(Standing(pair=record),))

    def test_what_waits_and_what_is_dead(self, store: JobStore, clock: Clock) -> None:
        """Open jobs with the oldest's age and the first one's due time, dead letters by reason, what the day began."""
        pair(store)
        store.create([job("s/1"), failed("s/2"), failed("s/3", reason=Reason.UNKNOWN), failed("s/4")])
        clock.go(seconds=60)
        store.create([job("s/5"), job("s/6")])
        store.mark_sending(take(store))
        store.release(take(store), failure(), not_before=START + timedelta(hours=1), in_doubt=False, counts=True)
        told = store.overview(9).pairs[0]
        assert (told.waiting, told.waiting_since, told.dead) == (3, START, {"rejected": 2, "unknown": 1})
        assert told.begun_in_day == 1
        assert told.due is not None
        assert told.due <= clock(), "one of them may go on at once"

    def test_a_day_is_24_hours(self, store: JobStore, clock: Clock) -> None:
        """What was begun earlier is not of this day."""
        pair(store)
        store.create([job("s/1"), job("s/2")])
        store.mark_sending(take(store))
        clock.go(hours=24)
        store.mark_sending(take(store))
        assert store.overview(9).pairs[0].begun_in_day == 1

    def test_pairs_are_told_apart(self, store: JobStore) -> None:
        """Another pair's jobs, dead letters and runs are its own; of one place all pairs are left alone."""
        pair(store)
        other = pair(store, "other")
        store.create([job("s/1"), failed("s/2")])
        theirs = Descriptor(source_id="other", destination_id="d")
        store.create([job("o/1", descriptor=theirs)])
        begin(store)
        store.pause("d", START + timedelta(hours=1))
        first, second = store.overview(9).pairs
        assert (first.pair, second.waiting, second.dead, second.last_run) == (other, 1, {"rejected": 1}, "r")
        assert (first.waiting, first.dead, first.last_run) == (1, {}, "")
        assert first.left_alone_until == second.left_alone_until == START + timedelta(hours=1)

    def test_the_last_runs(self, store: JobStore, clock: Clock) -> None:
        """So many as asked for, the newest first; an older delivery's time is known all the same."""
        pair(store)
        store.create([job()])
        for number in range(3):
            begin(store, f"r{number}")
            if not number:
                deliver(store, run_id="r0")
            clock.go(seconds=60)
            store.end_run(f"r{number}", "completed", store.tally(f"r{number}"))
        told = store.overview(2).pairs[0]
        assert [run.run_id for run in told.past] == ["r2", "r1"]
        assert told.delivered_at == START + timedelta(seconds=60)
        assert (told.last_run, told.last_ended, told.last_began) == ("r2", "completed", START + timedelta(seconds=120))

    def test_how_the_last_run_stands(self, store: JobStore, clock: Clock) -> None:
        """One that goes on has not ended; one that waits says so."""
        pair(store)
        begin(store)
        assert (store.overview(9).pairs[0].last_run, store.overview(9).pairs[0].last_ended) == ("r", "")
        store.end_run("r", "waits", store.tally("r"))
        assert store.overview(9).pairs[0].last_ended == "waits"
        clock.go(seconds=1)
        begin(store, "next")
        assert (store.overview(9).pairs[0].last_run, store.overview(9).pairs[0].last_ended) == ("next", "")

    def test_whose_turn_it_is(self, store: JobStore, clock: Clock) -> None:
        """An account that must wait is told, until it need not."""
        store.pace("account", 0.1)
        assert store.overview(9).turns == (Turn(account="account", at=START + timedelta(seconds=10)),)
        clock.go(seconds=10)
        assert store.overview(9).turns == ()

    def test_an_overview_changes_nothing(self, store: JobStore) -> None:
        """Whoever looks takes no job and no turn."""
        pair(store)
        store.create([job()])
        assert store.overview(9) == store.overview(9)
        assert take(store, QUEUE).attempt == 1
