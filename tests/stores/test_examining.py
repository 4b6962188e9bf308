"""A look at a job store: nothing is made or changed by it, and what is wrong is seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from adapters.conformance.stores.samples import QUEUE, job
from adapters.contracts.errors import StoreUnavailable
from adapters.stores.sql import SqlJobStore, engine_of, sqlite_engine
from adapters.stores.sql.examining import examine


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    """Neither the file nor its folder."""
    seen = examine(sqlite_engine(tmp_path / "deep" / "syndicate.db"))
    assert (seen.revision, seen.is_current, seen.is_known, seen.birth_id) == ("", False, True, "")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request, tmp_path):
    """A database of each kind."""
    if request.param == "sqlite":
        made = sqlite_engine(tmp_path / "syndicate.db")
    else:
        made = engine_of(request.getfixturevalue("postgres_url"))
    yield made
    made.dispose()


def test_a_store_is_looked_at(engine):
    """Whose it is, by which clock, and which jobs a dead worker has left."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    dead = SqlJobStore.open(engine, clock=lambda: hour_ago)
    dead.create([job("s/1"), job("s/2")])
    assert dead.claim_next(QUEUE, owner="the dead", run_id="r", lease=timedelta(minutes=1))
    seen = examine(engine)
    assert (seen.is_current, seen.birth_id, seen.stuck) == (True, dead.birth_id, 1)
    assert abs(seen.clock_ahead) < 5
    living = SqlJobStore.open(engine)
    taken = living.claim_next(QUEUE, owner="the living", run_id="r", lease=timedelta(minutes=1))
    assert (taken.item_id, examine(engine).stuck) == ("s/1", 0)
    living.close()


def test_other_releases_are_told_apart(engine):
    """An earlier one by its name among ours, a later one by a name that we do not know."""
    SqlJobStore.open(engine).close()
    for revision, known in (("0001", True), ("9999", False)):
        with engine.begin() as connection:
            connection.execute(text("UPDATE syndicate_version SET version_num = :it"), {"it": revision})
        seen = examine(engine)
        assert (seen.revision, seen.is_current, seen.is_known) == (revision, False, known)


def test_a_store_that_does_not_answer_is_said_to_be_away():
    """With nothing of its password."""
    with pytest.raises(StoreUnavailable) as caught:
        examine(engine_of("postgresql://ada:canary@127.0.0.1:1/x"))
    assert "canary" not in str(caught.value)
