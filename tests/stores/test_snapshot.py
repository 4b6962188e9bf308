"""Reading while others write: what several statements read is of one moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.contracts.jobs import Action, Descriptor, Job, Receipt, job_key
from adapters.contracts.store import Queue
from adapters.stores.sql import SqlJobStore, engine_of, planning
from tests.fakes import post

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def both(url):
    """Two workers' views of one store."""
    stores = [SqlJobStore(engine_of(url), lambda: NOW) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def test_an_item_delivered_while_it_is_looked_up_is_known_as_it_was_or_as_it_is(both, monkeypatch):
    """Never half: a newest job that is done, with nothing held, would be taken for an item to create once more."""
    mine, other = both
    item, read = post(1), planning._held

    def meanwhile(*arguments):
        held = read(*arguments)
        other.create(
            [
                Job(
                    key=job_key("fake:one", item.id, 1),
                    descriptor=Descriptor(source_id="list:1", destination_id="fake:one"),
                    item_id=item.id,
                    revision=1,
                    action=Action.CREATE,
                    version=item.version,
                    item=item,
                )
            ]
        )
        queue = Queue("list:1", "fake:one")
        job = other.claim_next(queue, owner="o", run_id="r", lease=timedelta(minutes=1))
        other.finish(job, Receipt(remote_id="o1", at=NOW, version=item.version), run_id="r")
        return held

    mine.now()
    assert mine.birth_id
    assert other.birth_id
    with monkeypatch.context() as patched:
        patched.setattr(planning, "_held", meanwhile)
        assert mine.known("fake:one", [item.id]) == {}
    assert mine.known("fake:one", [item.id])[item.id].held.remote_id == "o1"
