"""Prefect's engine: the roads' steps as task runs, the RetryPolicy as task retries, results kept under the job key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.context import TaskRunContext
from prefect.exceptions import Abort
from prefect.states import AwaitingRetry

from adapters.contracts.errors import RateLimited, Transient
from adapters.contracts.jobs import Job, Receipt, Tally
from adapters.contracts.retry import RetryPolicy

T = TypeVar("T")


def cache_key(text: str) -> str:
    """Return a cache key that every storage takes: a job key holds slashes, which file locks do not."""
    return hashlib.sha256(text.encode()).hexdigest()


def _by_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    """Cache under the explicit key alone: hashed inputs differ between processes."""
    del context
    return cache_key(str(parameters["key"]))


def _is_transient(task: Task[..., Any], run: Any, state: State) -> bool:
    """Retry what may pass and names no wait of its own. A plain function: Prefect 3.8 ignores any other callable."""
    del task, run
    error = state.result(raise_on_failure=False)
    return isinstance(error, Transient) and not isinstance(error, RateLimited)


@task(
    name="deliver",
    task_run_name="{what}",
    cache_key_fn=_by_key,
    persist_result=True,
    result_serializer="json",
    retry_condition_fn=_is_transient,
)
def deliver(key: str, what: str, attempt: Callable[[], Receipt]) -> Receipt:
    """Do one job; its receipt is kept under the job key, so that a crash before `finish` loses nothing."""
    del key, what
    return attempt()


@task(name="transfer", task_run_name="{name}", cache_key_fn=_by_key, persist_result=True, result_serializer="json")
def transfer(key: str, name: str, do: Callable[[], Any]) -> Any:
    """Do a whole bulk transfer; the same export into an untouched place is `Cached`."""
    del key, name
    return do()


@task(name="step", task_run_name="{name}", cache_policy=NO_CACHE, persist_result=False)
def step(name: str, do: Callable[[], Any]) -> Any:
    """Do one step of a road."""
    del name
    return do()


@dataclass(frozen=True)
class PrefectEngine:
    """Carries a road in a flow run."""

    policy: RetryPolicy

    def __call__(self, job: Job, attempt: Callable[[], Receipt]) -> Receipt:
        """Run a job's attempts as one task run, retried as the policy says."""
        bound = deliver.with_options(retries=self.policy.attempts - 1, retry_delay_seconds=self.policy.delays())
        return bound(job.key, f"{job.action} {job.item_id}", attempt)

    def step(self, name: str, do: Callable[[], T]) -> T:
        """Do one step as a task run."""
        result: Any = step(name, do)
        return cast("T", result)

    def whole(self, name: str, key: str, do: Callable[[], Tally]) -> Tally:
        """Do a whole transfer as a task run, or take what it came to under the same key."""
        result: Any = transfer(key, name, do)
        return result if isinstance(result, Tally) else Tally(**result)


def reschedule(run_id: UUID, due: datetime) -> None:
    """Give the worker's slot back and have the same flow run taken up at `due`; does not return."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, AwaitingRetry(scheduled_time=due), force=True)
    raise Abort(f"waits until {due:%Y-%m-%d %H:%M:%S} UTC")
