"""Prefect's server: does it answer, is it of our version, by which clock, and what is deployed on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import yaml
from packaging.version import Version
from prefect import __version__ as ours
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import get_current_settings

from adapters.contracts.errors import ConfigurationError
from adapters.http import origin
from tasks.doctor.case import PROJECT, Case
from tasks.doctor.finding import Finding, ok, warn, wrong

PAGE = 200
"""Deployments, runs: the API's most at once."""
CLOCK_WARN, CLOCK_WRONG = 10.0, 60.0
"""Seconds that two clocks may differ; the server tells whole seconds."""
OLD = timedelta(days=1)
"""A run that is older than this and still runs is likely to be dead."""
SYNC_CLOCK = "timedatectl set-ntp true   # on the machine whose clock is wrong"
DEPLOY = "python deployments/setup.py"
UNAUTHORIZED = frozenset({401, 403})


def check_server(case: Case) -> Iterator[Finding]:
    """See whether the server answers, and keep the way to it."""
    where = "the server that each run starts for itself" if case.has_own_server else _address()
    try:
        case.ready()
    except ConfigurationError as error:
        yield wrong(
            "server", f"{where} did not start", str(error), "python -m tasks.server 4200   # shows its last words"
        )
        return
    client = get_client(sync_client=True)
    client.__enter__()
    try:
        theirs = client.api_version()
    except Exception as error:  # noqa: BLE001 - whatever is in the way of the server is the finding
        client.__exit__(None, None, None)
        yield _unreached(where, error)
        return
    case.client = client
    yield _compared(where, theirs)
    yield clock("server's clock", "Prefect's server", _ahead(client))


def check_deployments(case: Case) -> Iterator[Finding]:
    """Compare what is deployed with what prefect.yaml says of it; what is not deployed is nobody's mistake."""
    if case.client is None:
        return
    case.deployments = _deployments(case.client)
    if not case.deployments:
        yield ok("deployments", "none on this server: runs are started by hand")
        return
    kept = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    wanted = {_key(one["entrypoint"], one["name"]): one for one in kept}
    differ = [one for one in case.deployments if _differs(one, wanted.get(_key(one.entrypoint, one.name), {}))]
    if differ:
        yield warn(
            "deployments",
            f"{len(differ)} of {len(case.deployments)} are not as in prefect.yaml, such as {differ[0].entrypoint}",
            "the pack was updated, or they were changed by hand; they run as they are on the server",
            DEPLOY,
        )
    else:
        yield ok("deployments", f"{len(case.deployments)} on the server, as prefect.yaml has them")


def check_workers(case: Case) -> Iterator[Finding]:
    """See whether somebody takes up the runs of each work pool that deployments name."""
    if case.client is None:
        return
    for name in sorted({one.work_pool_name for one in case.deployments if one.work_pool_name}):
        yield _polled(case.client, name)


def check_runs(case: Case) -> Iterator[Finding]:
    """Look for runs that nobody runs any more, and whether such runs would be noticed."""
    if case.client is None or not case.deployments:
        return
    beat = get_current_settings().flows.heartbeat_frequency
    if beat is None:
        yield warn(
            "heartbeat",
            "flow runs send no heartbeat",
            "a run that is killed stays Running for ever",
            "prefect config set PREFECT_FLOWS_HEARTBEAT_FREQUENCY=30   # where the workers run",
        )
    else:
        yield ok("heartbeat", f"every {beat} s")
    dead = [run for run in _running(case.client) if _is_dead(case.client, run)]
    if dead:
        yield warn(
            "runs",
            f"{len(dead)} runs are called Running and nobody is likely to run them, such as {dead[0].name}",
            "their process was killed; what they had sent is in the job store, the next run goes on",
            f"prefect flow-run delete {dead[0].id}",
        )
    else:
        yield ok("runs", "none that is Running and dead")


def clock(check: str, whose: str, ahead: float) -> Finding:
    """Judge a clock that is so many seconds before this machine's."""
    apart = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    why = "leases, schedules and waits are counted by clocks that must agree"
    if abs(ahead) >= CLOCK_WRONG:
        return wrong(check, f"{whose} is {apart}", why, SYNC_CLOCK)
    if abs(ahead) >= CLOCK_WARN:
        return warn(check, f"{whose} is {apart}", why, SYNC_CLOCK)
    return ok(check, "the same as this machine's")


def _address() -> str:
    """Name the server, without what may be secret in its address."""
    url = get_current_settings().api.url
    return origin(str(url)) if url else "the server that Prefect starts for each run"


def _unreached(where: str, error: Exception) -> Finding:
    """Say why a server cannot be used."""
    if isinstance(error, PrefectHTTPStatusError) and error.response.status_code in UNAUTHORIZED:
        return wrong(
            "server",
            f"{where} does not let us in ({error.response.status_code})",
            "it wants a login, and what we have is none or another",
            "prefect config set PREFECT_API_AUTH_STRING=user:password   # as its operator has set it",
        )
    return wrong(
        "server",
        f"{where} does not answer ({type(error).__name__})",
        "nothing is scheduled, and no run can begin, while it is named and away",
        "prefect server start   # or name the right one: prefect config set PREFECT_API_URL=http://HOST:4200/api",
    )


def _compared(where: str, theirs: str) -> Finding:
    """Compare the server's version with ours."""
    if theirs == ours:
        return ok("server", f"{where} answers, version {theirs}")
    what, why = f"{where} is Prefect {theirs}, and here is {ours}", "the two understand each other for sure when equal"
    mend = f"pip install 'prefect=={ours}'   # where the server runs, then restart it"
    same = Version(theirs).release[:2] == Version(ours).release[:2]
    return warn("server", what, why, mend) if same else wrong("server", what, why, mend)


def _ahead(client: SyncPrefectClient) -> float:
    """Return the seconds by which the server's clock is before ours; 0 where it does not tell."""
    before = datetime.now(UTC)
    told = client.hello().headers.get("date", "")
    here = before + (datetime.now(UTC) - before) / 2
    try:
        return (parsedate_to_datetime(told) - here).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    """Return all deployments."""
    found: list[DeploymentResponse] = []
    while len(page := client.read_deployments(limit=PAGE, offset=len(found))) == PAGE:
        found += page
    return found + page


def _key(entrypoint: str | None, name: str) -> tuple[str, str]:
    """Return what makes two deployments the same: the flow's file and function, and the name."""
    return re.sub(r"^.*flows/", "", entrypoint or ""), name


def _differs(there: DeploymentResponse, wanted: dict[str, Any]) -> bool:
    """Say whether a deployment lacks what prefect.yaml gives it: its tags, and that it runs one at a time."""
    limit = there.global_concurrency_limit
    alone = wanted.get("concurrency_limit") in {None, limit.limit if limit else None}
    return not alone or not set(wanted.get("tags") or ()) <= set(there.tags)


def _polled(client: SyncPrefectClient, name: str) -> Finding:
    """See whether a worker asks a pool for work."""
    check, waits = "workers", "runs of its deployments wait, Late, until somebody takes them up"
    try:
        pool = client.read_work_pool(name)
    except ObjectNotFound:
        create = f"prefect work-pool create {name} --type process"
        return wrong(check, f"there is no work pool {name}, and deployments name it", waits, create)
    if pool.is_paused:
        return wrong(check, f"the work pool {name} is paused", waits, f"prefect work-pool resume {name}")
    alive = [one for one in client.read_workers_for_work_pool(name) if one.status.value == "ONLINE"]
    if not alive:
        return wrong(
            check, f"no worker polls the work pool {name}", waits, f"prefect worker start --pool {name}   # or its unit"
        )
    return ok(check, f"{len(alive)} poll the work pool {name}")


def _running(client: SyncPrefectClient) -> list[FlowRun]:
    """Return the runs of deployments that are called Running."""
    only = FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING"]}}})
    return [run for run in client.read_flow_runs(flow_run_filter=only, limit=PAGE) if run.deployment_id]


def _is_dead(client: SyncPrefectClient, run: FlowRun) -> bool:
    """Say whether a run is old beyond belief, or its pool has nobody who could run it."""
    if run.start_time is not None and datetime.now(UTC) - run.start_time > OLD:
        return True
    return bool(run.work_pool_name) and _polled(client, str(run.work_pool_name)).what.startswith("no worker")
