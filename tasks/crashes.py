"""Runs that a crash has ended: taken up again, twice at most; and those that nobody has called crashed yet.

The only place where they are taken up: the automation of `deployments/automations.py` merely has the watcher look at
once. Prefect's server may tell an automation of a crash a quarter of an hour late, when the run has long gone on; here
nothing is done without a look at the run's state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import SetStateStatus
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.states import AwaitingRetry, Crashed
from prefect.utilities.urls import url_for

POOL = "syndicate"
"""The work pool that everything runs in."""
HEARTBEAT = 30
"""Seconds between a run's signs of life; the least that Prefect takes."""
LOST = timedelta(seconds=5 * HEARTBEAT)
"""Without a sign of life for so long a run counts as dead; a server that restarts meanwhile must not be enough."""
TRIES = (1, 2)
"""Which crashes of a run are followed by another try, by its run count; a run that never began has none and no end."""
RECENT = timedelta(days=1)
"""What crashed longer ago is left to people."""
NO_SIGN = f"no sign of life for {LOST.total_seconds():.0f} s: its process, its worker or its machine is gone"
SIGN = "prefect.flow-run.heartbeat"
LOOKED = "syndicate.watch.looked"
PAGE = 200


@dataclass(frozen=True)
class TakenUp:
    """A run that goes on after a crash, in words for people."""

    run_id: UUID
    name: str
    body: str


def mend(client: SyncPrefectClient, watcher: UUID | None, now: datetime) -> list[TakenUp]:
    """Call runs crashed that are silent, take crashed ones up again, and return those; never one of the watcher's own.

    A watcher that crashed would be started by the clock and by another's crash as well; `watcher` is its flow.
    """
    for run in list(_silent(client, now)):
        _change(client, run, Crashed(message=NO_SIGN))
    return [
        _told(client, run)
        for run in list(_crashed(client, now))
        if run.flow_id != watcher and _change(client, run, AwaitingRetry(message="taken up again after a crash"))
    ]


def _silent(client: SyncPrefectClient, now: datetime) -> Iterator[FlowRun]:
    """Yield runs that were dead at the last look and are still, though the server has been there to hear them.

    The automation calls them crashed earlier, but for those whose time ran out while the server was away for a minute
    more: it forgets them when it starts (`sweep_closed_buckets` in prefect/server/events/triggers.py).
    """
    looked = _last(client, LOOKED, "syndicate.watch", now - RECENT, now - LOST)
    if looked is None:
        return
    for run in _runs(client, {"state": {"type": {"any_": ["RUNNING"]}}}):
        begun = _state(run).timestamp
        last = _last(client, SIGN, f"prefect.flow-run.{run.id}", begun, now) if begun < looked - LOST else None
        if last is not None and last < looked - LOST:
            yield run


def _last(client: SyncPrefectClient, event: str, resource: str, since: datetime, until: datetime) -> datetime | None:
    """Return when something was last heard of, or None."""
    wanted = EventFilter(
        event=EventNameFilter(name=[event]),
        resource=EventResourceFilter(id=[resource]),
        occurred=EventOccurredFilter.model_validate({"since": since, "until": until}),
    )
    found = client.read_events(wanted, limit=1).events
    return found[0].occurred if found else None


def _crashed(client: SyncPrefectClient, now: datetime) -> Iterator[FlowRun]:
    """Yield crashed runs of deployments that have tries left."""
    recent = {"state": {"name": {"any_": ["Crashed"]}}, "end_time": {"after_": now - RECENT}}
    for run in _runs(client, recent):
        if run.deployment_id and run.run_count in TRIES:
            yield run


def _runs(client: SyncPrefectClient, which: dict[str, object]) -> Sequence[FlowRun]:
    """Return the pool's runs of this kind."""
    wanted, found = FlowRunFilter.model_validate(which), list[FlowRun]()
    mine = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
    while some := client.read_flow_runs(flow_run_filter=wanted, work_pool_filter=mine, limit=PAGE, offset=len(found)):
        found += some
    return found


def _change(client: SyncPrefectClient, run: FlowRun, state: State[object]) -> bool:
    """Give a run a state, unless it has got another one since it was read or Prefect's rules forbid it; say whether."""
    if client.read_flow_run(run.id).state_id != run.state_id:
        return False
    return client.set_flow_run_state(run.id, state).status == SetStateStatus.ACCEPT


def _told(client: SyncPrefectClient, run: FlowRun) -> TakenUp:
    """Say which run it is, and what of."""
    state = _state(run)
    flow = client.read_flow(run.flow_id).name
    body = f"{flow}, run {run.name}\ncrashed at {state.timestamp:%Y-%m-%d %H:%M} UTC: {state.message}\n"
    body += f"Next: nothing, it is taken up again and sends nothing twice. {url_for('flow-run', obj_id=run.id) or ''}"
    return TakenUp(run.id, run.name, body)


def _state(run: FlowRun) -> State[object]:
    """Return a run's state; one that has begun has one."""
    if run.state is None:
        raise TypeError(f"the flow run {run.id} has no state")
    return run.state
