"""What Prefect knows of pairs: their deployments, the last runs of these, and when the next ones are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.settings import PREFECT_API_URL

from tasks.server import chosen

PAGE = 200
"""What Prefect's API answers at once."""
PATIENCE = 5.0


@dataclass(frozen=True)
class Run:
    """A flow run, as Prefect has it."""

    run_id: str
    name: str
    state: str
    """The state's name: "Completed", "Crashed", "AwaitingRetry"."""
    kind: str
    """The state's type: "COMPLETED", "CRASHED", "SCHEDULED"."""
    at: datetime | None
    """When it ended, began, or is to begin."""
    per_day: int | None = None
    deployment: str = ""
    """The id of its deployment; empty when a person ran the file."""


@dataclass(frozen=True)
class Deployment:
    """A deployment of a pair."""

    deployment_id: str
    name: str
    """As `prefect deployment run` takes it: "telegram-to-vk/default"."""
    pair: str
    """"telegram → vk", from its tags."""
    scheduled: bool
    """Whether it has a schedule that is not paused."""
    next_run: datetime | None = None
    last: Run | None = None


@dataclass(frozen=True)
class Planned:
    """What Prefect knows; empty where no server answers, and `missing` says why."""

    runs: dict[str, Run] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    missing: str = ""


def reachable() -> str:
    """Return why no Prefect server can be asked from a command line; empty when one answers."""
    url = PREFECT_API_URL.value() if chosen(os.environ, Path.cwd()) else None
    if not url:
        return "no Prefect server is named in PREFECT_API_URL: schedules and states of runs are not known"
    try:
        with urlopen(f"{url.rstrip('/')}/health", timeout=PATIENCE):  # noqa: S310 - whom a person has named
            return ""
    except (OSError, ValueError) as problem:
        return f"the Prefect server at {url} does not answer ({problem}): schedules and states of runs are not known"


def ask(run_ids: Iterable[str]) -> Planned:
    """Ask Prefect of these runs and of every deployment of a pair."""
    with get_client(sync_client=True) as client:
        runs = {run.run_id: run for run in _runs(client, sorted(set(run_ids)))}
        used = {run.deployment for run in runs.values()}
        deployments = {}
        for found in _deployments(client):
            if found.scheduled or found.deployment_id in used:
                deployments[found.deployment_id] = _looked_at(client, found)
    return Planned(runs, deployments)


def _runs(client: SyncPrefectClient, run_ids: Sequence[str]) -> Iterator[Run]:
    """Yield those of the runs that Prefect knows; a redrive's id is none of its own."""
    ids = iter(UUID(one) for one in run_ids)
    while some := list(islice(ids, PAGE)):
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=some))
        for run in client.read_flow_runs(flow_run_filter=wanted, limit=PAGE):
            yield _run(run)


def _deployments(client: SyncPrefectClient) -> Iterator[Deployment]:
    """Yield every deployment of a pair: its tags name source and destination."""
    offset, flows = 0, {flow.id: flow.name for flow in _flows(client)}
    while some := client.read_deployments(limit=PAGE, offset=offset):
        offset += len(some)
        for one in some:
            tags = dict(tag.split(":", 1) for tag in one.tags if ":" in tag)
            if {"source", "destination"} <= tags.keys():
                yield Deployment(
                    deployment_id=str(one.id),
                    name=f"{flows.get(one.flow_id, '')}/{one.name}",
                    pair=f"{tags['source']} → {tags['destination']}",
                    scheduled=_is_scheduled(one),
                )


def _flows(client: SyncPrefectClient) -> Iterator[Any]:
    """Yield every flow."""
    offset = 0
    while some := client.read_flows(limit=PAGE, offset=offset):
        offset += len(some)
        yield from some


def _is_scheduled(one: DeploymentResponse) -> bool:
    """Say whether a deployment runs by itself."""
    return not one.paused and any(schedule.active for schedule in one.schedules)


def _looked_at(client: SyncPrefectClient, one: Deployment) -> Deployment:
    """Add a deployment's last run and its next one."""
    mine = FlowRunFilterDeploymentId(any_=[UUID(one.deployment_id)])
    planned, begun = (
        FlowRunFilter(deployment_id=mine, state=FlowRunFilterState(type=kind))
        for kind in (
            FlowRunFilterStateType(any_=[StateType.SCHEDULED]),
            FlowRunFilterStateType(not_any_=[StateType.SCHEDULED]),
        )
    )
    coming = client.read_flow_runs(flow_run_filter=planned, sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC, limit=1)
    last = client.read_flow_runs(flow_run_filter=begun, sort=FlowRunSort.START_TIME_DESC, limit=1)
    return Deployment(
        **{name: getattr(one, name) for name in ("deployment_id", "name", "pair", "scheduled")},
        next_run=coming[0].next_scheduled_start_time if coming else None,
        last=_run(last[0]) if last else None,
    )


def _run(run: FlowRun) -> Run:
    """Return a flow run as it is shown."""
    per_day = run.parameters.get("per_day")
    return Run(
        run_id=str(run.id),
        name=run.name,
        state=run.state.name or "" if run.state else "",
        kind=run.state.type.value if run.state else "",
        at=run.end_time or run.start_time or run.expected_start_time,
        per_day=per_day if isinstance(per_day, int) else None,
        deployment=str(run.deployment_id or ""),
    )
