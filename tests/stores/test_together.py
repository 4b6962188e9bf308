"""Several processes on one database: one store, each job once, a day's number shared."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter

import pytest

from adapters.conformance.stores.samples import QUEUE, claim, job, receipt
from adapters.contracts.jobs import job_key
from adapters.contracts.store import Queue
from adapters.stores.sql import SqlJobStore, engine_of


def _in_processes(number, target, *args):
    """Run a function in several fresh processes at once; returns what each put."""
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(number), context.Queue()
    running = [context.Process(target=target, args=(gate, results, *args)) for _ in range(number)]
    for process in running:
        process.start()
    try:
        return [results.get(timeout=600) for _ in running]
    finally:
        for process in running:
            process.join()


def _open(gate, results, url):
    """Open a store when all the others do."""
    gate.wait()
    try:
        results.put(SqlJobStore.open(engine_of(url)).birth_id)
    except Exception as error:  # noqa: BLE001  the test shows it
        results.put(repr(error))


def _claim_all(gate, results, url, per_day):
    """Claim and finish until nothing is left."""
    store = SqlJobStore(engine_of(url))
    gate.wait()
    done = []
    try:
        while taken := claim(store, Queue("s", "d", per_day=per_day), owner=str(os.getpid())):
            done.append(taken.key)
            store.finish(store.mark_sending(taken), receipt(), run_id="r")
    except Exception as error:  # noqa: BLE001  the test shows it
        done.append(repr(error))
    results.put(done)


class TestTogether:
    """Several processes and threads on one store."""

    def test_eight_begin(self, url):
        """Eight processes that start at once on an empty database make one store."""
        births = set(_in_processes(8, _open, url))
        assert births == {SqlJobStore.open(engine_of(url)).birth_id}
        assert len(next(iter(births))) == 32

    @pytest.mark.parametrize("workers", [2, 8])
    def test_each_exactly_once(self, url, workers):
        """Two thousand jobs, two revisions an item: each is claimed once, and an item's in their order."""
        store = SqlJobStore.open(engine_of(url))
        store.create([job(f"s/{number % 1000}", number // 1000 + 1) for number in range(2000)])
        claimed = [key for part in _in_processes(workers, _claim_all, url, None) for key in part]
        left = store.next_due(QUEUE)
        expected = {job_key("d", f"s/{number}", revision) for number in range(1000) for revision in (1, 2)}
        assert Counter(claimed).most_common(1)[0][1] == 1
        assert (set(claimed), left) == (expected, None)
        store.close()

    def test_a_day_together(self, url):
        """Eight workers together begin no more than the day's number."""
        store = SqlJobStore.open(engine_of(url))
        store.create([job(f"s/{number}") for number in range(100)])
        claimed = [key for part in _in_processes(8, _claim_all, url, 25) for key in part]
        assert len(set(claimed)) == len(claimed) == 25
        store.close()
