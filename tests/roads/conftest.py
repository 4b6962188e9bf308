"""The publishing road as tests run it: over a store in memory, whose time goes on when the road waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.contracts.retry import RetryPolicy
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.fakes import DAY


class Clock:
    """The store's time, moved by waiting."""

    def __init__(self):
        self.now = DAY + timedelta(days=30)

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def road(tmp_path, clock):
    """Return a function that runs the pair once more, or redrives slices of its letters."""
    store, runs = memory_store(clock), iter(range(1, 1000))

    def run(source, place, *, letters=None, left=(), run_id="", **options):
        policy = RetryPolicy(jitter=0)
        made = PublishingRoad(
            pair="list → fake",
            source=source,
            source_id="list:1",
            destination=place,
            settings={},
            store=store,
            media=FolderMediaStore(tmp_path / "media"),
            options=Options(**{"from_beginning": True, **options}),
            policy=policy,
            engine=PlainEngine(policy, clock.wait),
            watcher=Watchers(),
            run_id=run_id or f"run-{next(runs)}",
            pause=clock.wait,
        )
        summary = made.run() if letters is None else made.redrive(letters, left)
        assert not summary.errors
        return summary

    run.store = store
    yield run
    store.close()
