"""The watcher: which pairs have fallen silent, and which have too many dead letters, told once each as Prefect events.

It takes crashed runs up again, too (`tasks/crashes.py`). What becomes of the events is `deployments/automations.py`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from prefect import State
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.states import Completed
from prefect.utilities.urls import url_for
from prefect.variables import Variable

from adapters.contracts.runs import PairRecord, PastRun
from adapters.contracts.store import DeadLetterFilter, JobStore
from tasks.crashes import LOOKED, mend
from tasks.credentials import open_store
from tasks.run import under_worker

SILENT = "syndicate.pair.silent"
RECOVERED = "syndicate.pair.recovered"
DEAD = "syndicate.pair.dead-letters"
TAKEN_UP = "syndicate.run.taken-up"

KNOWN = 30
"""Deliveries that say what is usual."""
ENOUGH = 4
"""Fewer deliveries say nothing about what is usual."""


@dataclass(frozen=True)
class Limits:
    """From when on somebody is told."""

    factor: float
    """How many usual gaps without a delivery are a silence."""
    least: timedelta
    """And at least so long."""
    dead: int
    """More dead letters of a pair than this."""


@dataclass(frozen=True)
class Told:
    """What has been told of a pair and still holds."""

    silent_since: str = ""
    dead: bool = False


@dataclass(frozen=True)
class Alarm:
    """One thing to tell."""

    event: str
    subject: str
    body: str


@dataclass(frozen=True)
class Seen:
    """What the store tells of a pair."""

    pair: PairRecord
    deliveries: Sequence[PastRun]
    """Runs that delivered, the newest first."""
    last: PastRun | None
    dead: int
    """Dead letters, counted up to one more than the limit."""

    @property
    def name(self) -> str:
        """The pair's name for people."""
        return self.pair.name or f"{self.pair.source_id} → {self.pair.destination_id}"


def usual_gap(deliveries: Sequence[datetime]) -> timedelta | None:
    """Return the median time between deliveries, newest first; None where there were too few."""
    if len(deliveries) < ENOUGH:
        return None
    return timedelta(seconds=median((later - earlier).total_seconds() for later, earlier in pairwise(deliveries)))


def silent_since(deliveries: Sequence[datetime], now: datetime, limits: Limits) -> datetime | None:
    """Return the last delivery of a pair that is silent now, or None: it is not, or nobody can tell."""
    usual = usual_gap(deliveries)
    if usual is None:
        return None
    return deliveries[0] if now - deliveries[0] > max(limits.factor * usual, limits.least) else None


def judge(seen: Seen, told: Told, now: datetime, limits: Limits) -> tuple[list[Alarm], Told]:
    """Return what is new of a pair, and what is told of it then; a paused pair is left in peace."""
    if seen.pair.paused:
        return [], Told()
    times = [run.at for run in seen.deliveries]
    since, alarms = silent_since(times, now, limits), []
    if since is not None and told.silent_since != since.isoformat():
        alarms.append(_silence(seen, since, now))
    elif since is None and told.silent_since:
        alarms.append(_recovery(seen, datetime.fromisoformat(told.silent_since)))
    if seen.dead > limits.dead and not told.dead:
        alarms.append(_dead(seen, limits))
    return alarms, Told(since.isoformat() if since else "", seen.dead > limits.dead)


def _silence(seen: Seen, since: datetime, now: datetime) -> Alarm:
    """Say what has stopped, since when, and where to look."""
    usual = usual_gap([run.at for run in seen.deliveries]) or timedelta(0)
    body = f"{_places(seen)}: nothing delivered since {_moment(since)}, for {_span(now - since)}; "
    body += f"usually something is delivered every {_span(usual)}.\n{_where_to_look(seen, since)}"
    return Alarm(SILENT, f"silent: {seen.name}", body)


def _where_to_look(seen: Seen, since: datetime) -> str:
    """Name the next step, from how the pair's last run ended."""
    last = seen.last
    if last is None or last.at <= since:
        return (
            "No run has ended since. Next: look at the pair's schedule, at its latest runs, and whether a worker is up."
        )
    link = _link(last.run_id)
    if last.ended == "failed":
        return f"Its last run failed at {_moment(last.at)}. Next: look at its reason. {link}"
    if last.pending:
        return f"Its last run left {last.pending:,} waiting at {_moment(last.at)}. Next: see what they wait for. {link}"
    if last.seen and last.filtered == last.seen:
        return f"Its last run filtered all {last.seen:,} items out. Next: see whether that is meant. {link}"
    return f"Its last run found nothing new at {_moment(last.at)}. Next: see whether the source is really quiet. {link}"


def _recovery(seen: Seen, since: datetime) -> Alarm:
    """Say that a silence is over."""
    again = next((run for run in reversed(seen.deliveries) if run.at > since), None)
    if again is None:
        body = f"{_places(seen)}: no longer out of the ordinary.\nNext: nothing."
        return Alarm(RECOVERED, f"no longer silent: {seen.name}", body)
    body = f"{_places(seen)}: delivered {again.delivered:,} at {_moment(again.at)}, after {_span(again.at - since)} of "
    body += f"silence.\nNext: nothing. {_link(again.run_id)}"
    return Alarm(RECOVERED, f"delivers again: {seen.name}", body)


def _dead(seen: Seen, limits: Limits) -> Alarm:
    """Say that dead letters pile up."""
    since = f", at its last run {_moment(seen.last.at)}" if seen.last else ""
    body = f"{_places(seen)}: more than {limits.dead:,} dead letters{since}.\n"
    body += f"Next: python flows/dead_letters.py list --destination {seen.pair.destination_id}, mend the cause, then "
    body += f"redrive them. {_link(seen.last.run_id) if seen.last else ''}"
    return Alarm(DEAD, f"dead letters: {seen.name}", body)


def watch(limits: Limits) -> State[Any]:
    """Take crashed runs up, look at every pair, tell what is new, and return the state that the run ends in."""
    taken_up = _take_up()
    store = open_store(lasting=under_worker())
    try:
        now = store.now()
        seen = see(store, limits)
    finally:
        store.close()
    told = [_tell(one, now, limits) for one in seen]
    emit_event(LOOKED, resource={"prefect.resource.id": "syndicate.watch"}, payload={"pairs": len(seen)})
    silent, dead = sum(bool(one.silent_since) for one in told), sum(one.dead for one in told)
    message = f"{len(seen)} pairs: {silent} silent, {dead} with more than {limits.dead} dead letters"
    runs = f"{taken_up} crashed run{'s' if taken_up > 1 else ''} taken up again"
    return Completed(message=f"{message}; {runs}" if taken_up else message)


def _take_up() -> int:
    """Take crashed runs up again and tell of each; returns their number."""
    context = FlowRunContext.get()
    watcher = context.flow_run.flow_id if context and context.flow_run else None
    with get_client(sync_client=True) as client:
        runs = mend(client, watcher, datetime.now(UTC))
    for run in runs:
        resource = {"prefect.resource.id": f"syndicate.run.{run.run_id}", "prefect.resource.name": run.name}
        subject = f"crashed, taken up again: {run.name}"
        emit_event(TAKEN_UP, resource=resource, payload={"subject": subject, "body": run.body})
    return len(runs)


def see(store: JobStore, limits: Limits) -> list[Seen]:
    """Read what the store tells of every pair."""
    return [_seen(store, pair, limits) for pair in store.pairs()]


def _seen(store: JobStore, pair: PairRecord, limits: Limits) -> Seen:
    """Read what one pair's records tell."""
    mine = pair.source_id, pair.destination_id
    which = DeadLetterFilter(source_id=mine[0], destination_id=mine[1], limit=limits.dead + 1)
    last = store.history(*mine, 1)
    return Seen(
        pair, store.history(*mine, KNOWN, delivered=1), last[0] if last else None, len(store.dead_letters(which))
    )


def _tell(seen: Seen, now: datetime, limits: Limits) -> Told:
    """Emit what is new of a pair, and then remember it: told twice after a crash rather than never."""
    key = hashlib.sha256(f"{seen.pair.source_id}|{seen.pair.destination_id}".encode()).hexdigest()[:24]
    name = f"syndicate_watch_{key}"
    before = _told(Variable.get(name, default=None))
    alarms, after = judge(seen, before, now, limits)
    resource = {"prefect.resource.id": f"syndicate.pair.{key}", "prefect.resource.name": seen.name}
    for alarm in alarms:
        emit_event(alarm.event, resource=resource, payload={"subject": alarm.subject, "body": alarm.body})
    if after == Told() != before:
        Variable.unset(name)
    elif after != before:
        Variable.set(name, {"silent_since": after.silent_since, "dead": after.dead}, overwrite=True)
    return after


def _told(kept: Any) -> Told:
    """Read what Prefect keeps of it; what somebody has made unreadable is told again."""
    value = kept if isinstance(kept, Mapping) else json.loads(kept) if isinstance(kept, str) else {}
    return Told(str(value.get("silent_since", "")), bool(value.get("dead", False)))


def _places(seen: Seen) -> str:
    """Name both ends of a pair exactly."""
    return f"{seen.pair.source_id} → {seen.pair.destination_id}"


def _moment(at: datetime) -> str:
    """Write a moment for people."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta) -> str:
    """Write how long something took, in its two largest units."""
    minutes = round(span.total_seconds() / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    named = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (rest, "min")) if number]
    return " ".join(named[:2]) or "less than a minute"


def _link(run_id: str) -> str:
    """Return a run's page, where Prefect knows its own address."""
    return url_for("flow-run", obj_id=run_id) or ""
