"""Backfill: a pair's shards as flow runs, on its deployment's work pool or in this process, and one summary of all."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prefect import Flow, tags
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, WorkerStatus
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, ParameterBindError, ParameterTypeError
from prefect.flows import load_flow_from_entrypoint
from prefect.states import Scheduled

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.store import JobStore
from tasks.run import under_worker
from tasks.shards import Shard, add_up, identity
from tasks.summary import Summary

FLOWS = Path(__file__).parents[1] / "flows"
POLL = 2.0
"""Seconds between two looks at what the shards do."""
PATIENCE = timedelta(seconds=20)
"""A backfill waits so long in its worker's slot, then gives it back while nothing happens: its shards need one too."""
COMES_BACK = timedelta(seconds=30)
SOON = timedelta(minutes=1)
"""A shard that is due later than this waits for its place, and the backfill with it."""
MOST_CRASHES = 3
"""How often a shard whose process died is started by one backfill."""
ITS_OWN = frozenset({"since", "until", "backfill", "limit", "dry_run", "summary", "per_day"})
"""Options of a pair that a backfill sets itself, or that would leave a shard half done."""


def load(pair: str) -> Flow[..., Any]:
    """Load a pair's flow by its file's name; raises ConfigurationError when there is none that can be sharded."""
    file = FLOWS / f"{pair}.py"
    if pair.isidentifier() and "_to_" in pair and file.is_file():
        flow: Flow[..., Any] = load_flow_from_entrypoint(f"{file}:{pair}")
        if "backfill" in inspect.signature(flow.fn).parameters:
            return flow
    known = sorted(path.stem for path in FLOWS.glob("*_to_*.py"))
    raise ConfigurationError(f"there is no pair {pair!r} to backfill: take one of {', '.join(known)}")


def told(flow: Flow[..., Any], options: dict[str, str], per_day: int | None) -> dict[str, Any]:
    """Return what all shards are told, checked by the pair's own signature; raises ConfigurationError."""
    known = inspect.signature(flow.fn).parameters
    for name in options:
        if name in ITS_OWN:
            raise ConfigurationError(f"--option {name}=…: a backfill says that itself; see --help")
        if name not in known:
            raise ConfigurationError(f"--option {name}=…: {flow.name} has no option of that name")
    if per_day is not None and "per_day" not in known:
        raise ConfigurationError(f"--per-day: {flow.name} writes in bulk and has no pace; leave it out")
    pace = {} if per_day is None else {"per_day": per_day}
    try:
        checked = flow.validate_parameters({**options, **pace})
    except (ParameterTypeError, ParameterBindError) as error:
        # What was told may be an address with a secret: only what is wrong with it is repeated.
        lines = [line.strip() for line in str(error).splitlines() if "input_value" not in line and "http" not in line]
        raise ConfigurationError(f"the options of {flow.name} do not fit: {' '.join(lines)}") from None
    found = flow.serialize_parameters(checked)
    return {name: found[name] for name in (*options, *pace)}


@dataclass
class Backfill:
    """One start of a backfill: which shards it has, where they run, and what became of them."""

    pair: Flow[..., Any]
    parameters: dict[str, Any]
    shards: Sequence[Shard]
    run_id: str
    take_over: bool = False
    """Whether shards that are said to be in a worker's hands are started again: it was killed."""

    @property
    def tag(self) -> str:
        """What all its shards' runs are tagged with: a later start with the same options finds them by it."""
        lasting = {name: value for name, value in self.parameters.items() if name != "per_day"}
        return f"backfill:{identity(self.pair.name, lasting)}"

    def all_parameters(self, shard: Shard) -> dict[str, Any]:
        """Return what the run of a shard is told."""
        return {**self.parameters, **shard.parameters}

    def tags_of(self, shard: Shard) -> list[str]:
        """Return the tags of a shard's run."""
        return [self.tag, f"shard:{shard.name}", f"started-by:{self.run_id}"]

    def runs(self, client: SyncPrefectClient) -> dict[str, FlowRun]:
        """Return the newest run of each shard, by its name."""
        mine = FlowRunFilter(tags=FlowRunFilterTags(all_=[self.tag]))
        all_runs: list[FlowRun] = []
        while some := client.read_flow_runs(flow_run_filter=mine, limit=200, offset=len(all_runs)):
            all_runs += some
        found: dict[str, FlowRun] = {}
        for run in sorted(all_runs, key=lambda run: run.created or _NEVER):
            found |= {tag.removeprefix("shard:"): run for tag in run.tags if tag.startswith("shard:")}
        return found

    def mine(self, run: FlowRun) -> bool:
        """Say whether this start of the backfill has run, or has begun, a shard's run."""
        return f"started-by:{self.run_id}" in run.tags


_NEVER = datetime.min.replace(tzinfo=UTC)


def carry(backfill: Backfill, store: JobStore, *, at_once: int, deployment: str) -> Summary:
    """Run the shards that are not done, on the pool of a deployment, or without a name in this process; sum all up."""
    began = time.monotonic()
    summary = Summary(pair=f"backfill {backfill.pair.name}")
    with get_client(sync_client=True) as client:
        if deployment:
            _on_pool(backfill, client, deployment, at_once, summary)
        else:
            _here(backfill, client, store, summary)
        _sum_up(backfill, backfill.runs(client), store, summary)
    return summary.close(began)


def deployed(flow: Flow[..., Any]) -> str:
    """Return the name of the pair's deployment, or nothing where there is none; raises ConfigurationError.

    A deployment without a worker would keep its runs waiting for ever.
    """
    name = f"{flow.name}/default"
    with get_client(sync_client=True) as client:
        try:
            found = client.read_deployment_by_name(name)
        except ObjectNotFound:
            return ""
        pool = found.work_pool_name or ""
        workers = client.read_workers_for_work_pool(pool) if pool else []
    if not any(worker.status is WorkerStatus.ONLINE for worker in workers):
        raise ConfigurationError(
            f"{name} is deployed, and no worker is at work in its pool: prefect worker start --pool {pool}; or say "
            "--here, and the shards run in this process"
        )
    return name


def _here(backfill: Backfill, client: SyncPrefectClient, store: JobStore, summary: Summary) -> None:
    """Run the shards that are not done one after the other; stop where the place waits, or nothing can work."""
    runs = backfill.runs(client)
    for shard in backfill.shards:
        run = runs.get(shard.name)
        if run is not None and _done(run):
            continue
        with tags(*backfill.tags_of(shard)):
            state: Any = backfill.pair(**backfill.all_parameters(shard), return_state=True)
        if state.name == "Deferred":
            summary.come_back = _come_back(state.result(raise_on_failure=False))
            return
        run_id = str(state.state_details.flow_run_id)
        if not state.is_completed() and not store.came_to([run_id]):
            summary.errors.append(f"{shard.name}: {state.message}")
            return


def _come_back(result: object) -> datetime:
    """Read from a shard's summary when the rest is due."""
    found = result.get("come_back") if isinstance(result, dict) else None
    return datetime.fromisoformat(str(found)) if found else datetime.now(UTC) + COMES_BACK


def _on_pool(backfill: Backfill, client: SyncPrefectClient, deployment: str, at_once: int, summary: Summary) -> None:
    """Keep so many shards going until all are done, or only time can help."""
    since, before = time.monotonic(), ""
    while True:
        runs = backfill.runs(client)
        going = {name: run for name, run in runs.items() if _going(backfill, run)}
        failed = [run for run in runs.values() if backfill.mine(run) and _stopped(run)]
        summary.errors = [f"{run.name}: {run.state.message}" for run in failed if run.state][:1]
        left = [] if failed else [shard for shard in backfill.shards if _left(backfill, runs.get(shard.name))]
        for shard in left[: max(at_once - len(going), 0)]:
            _start(backfill, client, deployment, shard, runs.get(shard.name))
        if not going and not left:
            return
        due = [run.next_scheduled_start_time or _NEVER for run in going.values()]
        if going and (len(going) >= at_once or not left) and min(due) > datetime.now(UTC) + SOON:
            summary.come_back = min(due)
            return
        now = repr(sorted((name, run.state_name) for name, run in runs.items()))
        since, before = (time.monotonic(), now) if now != before else (since, before)
        if under_worker() and time.monotonic() - since > PATIENCE.total_seconds():
            summary.come_back = datetime.now(UTC) + COMES_BACK
            return
        time.sleep(POLL)


def _start(backfill: Backfill, client: SyncPrefectClient, deployment: str, shard: Shard, run: FlowRun | None) -> None:
    """Have a shard run; one that was run before goes on as the same run, with its own dead letters."""
    if run is None:
        run_deployment(
            deployment,
            parameters=backfill.all_parameters(shard),
            tags=backfill.tags_of(shard),
            flow_run_name=f"backfill {shard.name}",
            idempotency_key=f"{backfill.tag} {shard.name}",
            as_subflow=False,
            timeout=0,
        )
        return
    kept = [tag for tag in run.tags if not tag.startswith("started-by:")]
    client.update_flow_run(
        run.id, parameters=backfill.all_parameters(shard), tags={*kept, *backfill.tags_of(shard)}, name=run.name
    )
    client.set_flow_run_state(run.id, Scheduled(), force=True)


def _done(run: FlowRun) -> bool:
    """Say whether a shard is at its end; one that was put off is not."""
    return run.state is not None and run.state.is_completed() and run.state.name != "Deferred"


def _going(backfill: Backfill, run: FlowRun) -> bool:
    """Say whether a shard's run is waiting for a worker or in its hands."""
    if run.state is None or run.state.is_final():
        return False
    # A worker that is killed while it hands a run over leaves it pending.
    held = run.state.is_running() or run.state.is_pending()
    return backfill.mine(run) or not (backfill.take_over and held)


def _left(backfill: Backfill, run: FlowRun | None) -> bool:
    """Say whether a shard is to be started: never run, failed in an earlier start, or its process died."""
    if run is None or run.state is None:
        return True
    if _done(run) or _going(backfill, run):
        return False
    return not backfill.mine(run) or (run.state.is_crashed() and run.run_count < MOST_CRASHES)


def _stopped(run: FlowRun) -> bool:
    """Say whether a shard failed otherwise than with dead letters: the next one would, too."""
    return run.state is not None and run.state.is_failed() and " dead letters: " not in (run.state.message or "")


def _sum_up(backfill: Backfill, runs: dict[str, FlowRun], store: JobStore, summary: Summary) -> None:
    """Fill in what all shards came to, from the records of their runs, and list them."""
    mine = [runs[shard.name] for shard in backfill.shards if shard.name in runs]
    past = store.came_to([str(run.id) for run in mine])
    add_up(summary, past)
    if any(run.state and run.state.is_crashed() for run in mine):
        summary.errors.append("the processes of some shards died: start the same backfill again, it goes on")
    if any(_done(run) for run in mine) and not past:
        summary.errors.append(
            "the job store here knows nothing of the shards' runs: set SYNDICATE_DATABASE_URL to the one that the "
            "workers use, and start the same backfill again to see what it came to"
        )
    done = sum(_done(run) for run in mine)
    summary.warnings.append(f"{done} of {len(backfill.shards)} shards are done")
    by_run = {one.run_id: one for one in past}
    rows: list[dict[str, Any]] = []
    for shard in backfill.shards:
        run = runs.get(shard.name)
        one = by_run.get(str(run.id)) if run else None
        numbers = {name: getattr(one, name) if one else "" for name in ("seen", "delivered", "already", "dead")}
        rows.append({"shard": shard.name, "state": run.state_name if run else "not begun", **numbers})
    create_table_artifact(rows, key="backfill", description=f"{done} of {len(rows)} shards are done")
