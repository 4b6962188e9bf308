"""Shards: a range in pieces without a gap, mistakes that are told, and a sum in which each item is counted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PastRun
from tasks.backfill import load
from tasks.backfill import told as told_to
from tasks.shards import add_up, cut, given, identity
from tasks.summary import Summary

NOW = datetime(2026, 5, 5, tzinfo=UTC)


def test_months_follow_each_other_without_a_gap():
    """Each shard begins where the one before it ends; the first and the last are cut by the range."""
    shards = cut("2024-11-15", "2025-02-03T12:00", "month", NOW)
    names = [shard.name for shard in shards]
    assert names == [
        "2024-11-15/2024-12-01",
        "2024-12-01/2025-01-01",
        "2025-01-01/2025-02-01",
        "2025-02-01/2025-02-03T12:00:00+00:00",
    ]
    assert all(one.until == other.since for one, other in pairwise(shards))


@pytest.mark.parametrize(
    ("by", "number", "second"),
    [("day", 731, "2024-01-02"), ("week", 105, "2024-01-08"), ("month", 24, "2024-02-01"), ("year", 2, "2025-01-01")],
)
def test_the_calendar(by, number, second):
    """Days, weeks from their Mondays, months and years; a leap year has its day."""
    shards = cut("2024-01-01", "2026-01-01", by, NOW)
    assert (len(shards), shards[1].parameters["since"]) == (number, second)
    assert sum((shard.until - shard.since for shard in shards), timedelta()) == timedelta(days=731)


@pytest.mark.parametrize(
    ("since", "until", "by", "said"),
    [
        ("", "2025-01-01", "month", "from when to when"),
        ("2025-01-01", "", "month", "from when to when"),
        ("2025-01-01", "2025-01-01", "month", "nothing lies between"),
        ("2025-02-01", "2025-01-01", "month", "nothing lies between"),
        ("2025-01-01", "2026-06-01", "month", "still to come"),
        ("2020-01-01", "2025-01-01", "day", "more than 1,000 shards"),
        ("January", "2025-01-01", "month", "no date"),
    ],
)
def test_a_mistake_in_the_range_is_told(since, until, by, said):
    """What cannot be meant is refused with what to say instead."""
    with pytest.raises(ConfigurationError, match=said):
        cut(since, until, by, NOW)


def test_options_are_told_once():
    """They are told as on a command line; what is no option, or told twice, is refused."""
    assert given(["--database=sqlite:///a=b.db", "base-url=x"]) == {"database": "sqlite:///a=b.db", "base_url": "x"}
    for wrong in (["archive"], ["=x"], ["a=1", "a=2"]):
        with pytest.raises(ConfigurationError, match="name=value"):
            given(wrong)


def test_the_same_options_are_the_same_backfill():
    """In whatever order they are told."""
    assert identity("p", {"a": "1", "b": "2"}) == identity("p", {"b": "2", "a": "1"})
    assert identity("p", {"a": "1"}) != identity("q", {"a": "1"})


def told(run_id, ended="completed", **counts):
    """Build what a run came to."""
    return PastRun(run_id=run_id, source_id="s", destination_id="d", begun_at=NOW, at=NOW, ended=ended, **counts)


def total(*past):
    """Return the sum, which must come out."""
    summary = Summary(pair="")
    add_up(summary, past)
    out = summary.delivered + summary.already + summary.filtered + summary.pending + summary.dead
    assert summary.seen + summary.carried == out
    return summary


def test_shards_add_up():
    """Each run's numbers are added."""
    summary = total(told("a", seen=5, delivered=4, created=4, dead=1, died=1), told("b", seen=3, already=3))
    assert (summary.seen, summary.delivered, summary.already, summary.dead, summary.died) == (8, 4, 3, 1, 1)


def test_a_run_that_waited_counts_as_it_ended():
    """What it had come to when it began to wait is in what it came to in the end."""
    summary = total(told("a", "waits", seen=5, delivered=2, pending=3), told("a", seen=5, delivered=5))
    assert (summary.seen, summary.delivered, summary.pending) == (5, 5, 0)


def test_a_retried_run_counts_its_dead_letters_once():
    """What the retry has delivered is dead no more, and no item more than there was."""
    first = told("a", "failed", seen=5, delivered=3, dead=2, died=2)
    summary = total(first, told("a", "failed", delivered=1, dead=1, died=1))
    assert (summary.seen, summary.carried, summary.delivered, summary.dead, summary.died) == (5, 0, 4, 1, 1)


def test_what_another_run_left_is_carried():
    """A run that took over somebody else's job says so."""
    summary = total(told("a", seen=2, delivered=2), told("b", seen=1, delivered=2))
    assert (summary.seen, summary.carried, summary.delivered) == (3, 1, 4)


@pytest.mark.parametrize(
    ("pair", "options", "per_day", "said"),
    [
        ("local_to_nowhere", {}, None, "there is no pair 'local_to_nowhere'"),
        ("../tests/exports", {}, None, "there is no pair"),
        ("dead_letters", {}, None, "there is no pair 'dead_letters'"),
        ("local_to_webhook", {"limit": "3"}, None, "a backfill says that itself"),
        ("local_to_webhook", {"nothing": "3"}, None, "has no option of that name"),
        ("local_to_sql", {"database": "sqlite:///x.db"}, 5, "has no pace"),
        ("local_to_webhook", {"url": "https://x", "name": "a", "honours_key": "perhaps"}, None, "do not fit"),
    ],
)
def test_a_mistake_in_what_is_told_is_refused(pair, options, per_day, said):
    """Before anything is started: an unknown pair, an option that a shard must not have, a value that does not fit."""
    with pytest.raises(ConfigurationError, match=said):
        told_to(load(pair), options, per_day)


def test_what_is_told_is_as_the_pair_takes_it():
    """Values are read as on a command line and passed on as JSON has them."""
    told_ = told_to(load("local_to_webhook"), {"url": "https://x", "name": "12", "parallel": "4"}, 7)
    assert told_ == {"url": "https://x", "name": "12", "parallel": 4, "per_day": 7}
