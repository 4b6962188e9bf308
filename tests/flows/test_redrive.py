"""Redriving in thousands, as commands: side by side and again and again, nothing is sent twice and nothing is lost."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from adapters.contracts.runs import PairRecord
from adapters.stores.sql import SqlKeepingStore, engine_of
from tests.flows.letters import letter

pytestmark = pytest.mark.served

PLACE = "webhook:many"


@pytest.fixture
def buried(tmp_path, counting):
    """Return a function that makes a job store with so many dead letters for a counting webhook."""

    def make(number, **settings):
        place, url = counting(**settings), f"sqlite:///{tmp_path / 'jobs.db'}"
        store = SqlKeepingStore.open(engine_of(url))
        told = {"url": place.url, "name": "many"}
        store.save_pair(
            PairRecord(source_id="list:1", destination_id=PLACE, service="webhook", settings=told, begun=True)
        )
        for at in range(0, number, 1000):
            store.create([letter(n, PLACE) for n in range(at + 1, min(at + 1000, number) + 1)])
        return place, store, {"SYNDICATE_DATABASE_URL": url}

    return make


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_are_redriven_twice(run, buried, tmp_path, number):
    """Two redrives side by side and one after another: each item once; the dry run's count is the real one."""
    place, _, store = buried(number, reject_containing="refused")

    def dry():
        output = run("dead_letters", "redrive", "--dry-run", "--json", **store)[1]
        return [json.loads(line)["item"] for line in output.splitlines()]

    def redrive():
        told = tmp_path / "summary.json"
        code, output, _ = run("dead_letters", "redrive", "--summary", told, **store)
        return code, json.loads(told.read_text()), output

    assert len(dry()) == number
    both = [run.start("dead_letters", "redrive", **store) for _ in range(2)]
    outputs = [process.communicate(timeout=3000)[0] for process in both]
    assert {process.returncode for process in both} <= {0, 2}, outputs
    assert len(place.effects()) == number * 9 // 10

    refused = dry()
    assert len(refused) == number // 10
    place.control(reject_containing="")
    code, summary, output = redrive()
    assert (code, summary["carried"], summary["delivered"]) == (0, len(refused), len(refused)), output
    assert redrive()[1]["carried"] == 0
    assert Counter(effect["id"] for effect in place.effects()) == Counter(f"list:1/{n}" for n in range(1, number + 1))
