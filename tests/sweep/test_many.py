"""Eight processes at one pair: none twice, none lost, whoever is killed; judged by the server's own log."""

from __future__ import annotations

from collections import Counter

import pytest

from adapters.contracts.jobs import Reason
from adapters.contracts.store import DeadLetterFilter
from adapters.stores.sql import SqlJobStore, engine_of
from tests.sweep import many
from tests.sweep.child import Run

NUMBERS = pytest.mark.parametrize("number", [300, pytest.param(20_000, marks=pytest.mark.long)])
KEYS = pytest.mark.parametrize("honours", [True, False])
SEED = 20261125


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


def judge(url, server, crowd, number, most_dead):
    """Compare the server's log with the dead letters."""
    assert crowd.failures == []
    created = Counter(effect["id"] for effect in server.effects())
    assert [name for name, times in created.items() if times > 1] == []
    store = SqlJobStore(engine_of(url))
    dead = {letter.item_id: letter.reason for letter in store.dead_letters(DeadLetterFilter())}
    store.close()
    assert set(dead.values()) <= {Reason.UNKNOWN}
    assert len(dead) <= most_dead
    assert {f"list:1/{n}" for n in range(1, number + 1)} - created.keys() <= dead.keys()


@NUMBERS
@KEYS
def test_eight_processes_with_sqlite(tmp_path, counting, number, honours):
    """Three of them killed; without a key what each had in flight may be a dead letter."""
    server, url = counting(honour_key=honours), f"sqlite:///{tmp_path / 'store.db'}"
    told = Run("webhook", str(tmp_path), state=number, store=url, url=server.url, honours_key=honours)
    crowd = many.carry(told, server, seed=SEED, disturb=lambda: None, seconds=60 + number / 20)
    judge(url, server, crowd, number, 0 if honours else many.DOOMED)


@NUMBERS
@KEYS
@pytest.mark.postgres
def test_eight_processes_with_a_postgres_that_is_restarted(tmp_path, counting, cluster, number, honours):
    """Each may have one more in flight when the database goes away between its sending and its noting."""
    url, restart = cluster
    server = counting(honour_key=honours)
    told = Run("webhook", str(tmp_path), state=number, store=url, url=server.url, honours_key=honours)
    crowd = many.carry(told, server, seed=SEED, disturb=restart, seconds=60 + number / 20)
    assert crowd.restarts > 0
    judge(url, server, crowd, number, 0 if honours else many.DOOMED + many.PROCESSES)
