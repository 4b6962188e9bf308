"""Shards: a long range of time in pieces, and what the pieces came to in all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import orjson

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PastRun
from tasks.options import moment
from tasks.summary import Summary

Step = Literal["day", "week", "month", "year"]
"""How long a shard is."""
MOST = 1_000
"""How many shards a backfill has at most."""


@dataclass(frozen=True)
class Shard:
    """A piece of a range: from `since` up to `until`, which is the next one's."""

    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        """For people, and to know the shard again: its ends as they are told to its pair."""
        return f"{_told(self.since)}/{_told(self.until)}"

    @property
    def parameters(self) -> dict[str, object]:
        """What its pair's run is told of it."""
        return {"since": _told(self.since), "until": _told(self.until), "backfill": True}


def cut(since: str, until: str, by: Step, now: datetime) -> list[Shard]:
    """Cut a range into shards along the calendar in UTC; raises ConfigurationError for one that cannot be meant."""
    begin, end = moment("since", since), moment("until", until)
    if begin is None or end is None:
        raise ConfigurationError("say from when to when: --since 2024-01-01 --until 2025-01-01")
    if begin >= end:
        raise ConfigurationError(f"--since {since} is not before --until {until}: nothing lies between them")
    if end > now:
        raise ConfigurationError(
            f"--until {until} is still to come: what appears by then would be missing from a shard that is done. Say "
            f"--until {now:%Y-%m-%d} or earlier; what comes later is the pair's own"
        )
    shards: list[Shard] = []
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    while begin < end:
        behind = min(_next(begin, by), end)
        shards.append(Shard(begin, behind))
        begin = behind
        if len(shards) > MOST:
            raise ConfigurationError(
                f"from {since} to {until} by {by} is more than {MOST:,} shards: take longer ones, or part of the range"
            )
    return shards


def _next(moment_: datetime, by: Step) -> datetime:
    """Return where the calendar's next day, week, month or year begins."""
    day = moment_.replace(hour=0, minute=0, second=0, microsecond=0)
    if by == "day":
        return day + timedelta(days=1)
    if by == "week":
        return day + timedelta(days=7 - day.weekday())
    if by == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day.replace(year=day.year + 1, month=1, day=1)


def _told(moment_: datetime) -> str:
    """Return a moment as an option takes it."""
    return moment_.strftime("%Y-%m-%d") if moment_.time() == datetime.min.time() else moment_.isoformat()


def given(options: Sequence[str]) -> dict[str, str]:
    """Read options told as `name=value`; raises ConfigurationError."""
    found: dict[str, str] = {}
    for option in options:
        name, sign, value = option.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not sign or not name or name in found:
            raise ConfigurationError(f"--option {option!r}: write each of the pair's options once, as name=value")
        found[name] = value
    return found


def identity(pair: str, parameters: Mapping[str, object]) -> str:
    """Name a backfill: the same pair with the same options is the same one, whatever its range and its pace."""
    return hashlib.sha256(orjson.dumps([pair, dict(parameters)], option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def add_up(total: Summary, past: Iterable[PastRun]) -> None:
    """Add what shards' runs came to, from their records; a run that was told again counts what it carried once."""
    last: dict[str, list[PastRun]] = {}
    for one in past:
        told = last.setdefault(one.run_id, [])
        if told and told[-1].ended == "waits":
            # It has gone on since: what it came to then is in what it came to later.
            told.pop()
        told.append(one)
    for told in last.values():
        _add_run(total, told)


def _add_run(total: Summary, told: Sequence[PastRun]) -> None:
    """Add one run: each time it was started anew it took up some of what it had left."""
    for number, one in enumerate(told):
        carried = one.delivered + one.already + one.filtered + one.pending + one.dead - one.seen
        for name in ("seen", "delivered", "created", "updated", "deleted", "already", "filtered", "pending", "dead"):
            setattr(total, name, getattr(total, name) + getattr(one, name))
        again = min(carried, told[number - 1].dead) if number else 0
        total.dead -= again
        total.carried += carried - again
    total.died += told[-1].died
