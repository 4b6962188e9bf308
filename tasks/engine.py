"""Prefect's engine: the roads' steps as task runs, the RetryPolicy as task retries, results kept under the job key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.context import TaskRunContext
from prefect.exceptions import Abort
from prefect.filesystems import LocalFileSystem
from prefect.logging import get_logger
from prefect.results import ResultRecord, ResultRecordMetadata, ResultStore, get_result_store  # type: ignore[attr-defined]
from prefect.states import AwaitingRetry

from adapters.contracts.errors import RateLimited, Transient
from adapters.contracts.jobs import Job, Receipt
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.runs import Tally
from adapters.runner import Attempts, Repeated

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

    def several(self, pause: Callable[[float], None]) -> Attempts:
        """Return what repeats the attempts of several jobs at once and keeps their receipts; they get no task runs."""
        # Prefect's own signature says that it may be a coroutine: not where there is no event loop.
        results = cast("ResultStore", get_result_store().update_for_task(deliver))
        return KeptReceipts(Repeated(self.policy, pause), results)

    def whole(self, name: str, key: str, do: Callable[[], Tally]) -> Tally:
        """Do a whole transfer as a task run, or take what it came to under the same key."""
        result: Any = transfer(key, name, do)
        return result if isinstance(result, Tally) else Tally(**result)


@dataclass(frozen=True)
class KeptReceipts:
    """Keeps receipts as the task `deliver` does, under the same keys: what one has kept the other finds.

    A task run costs 10 to 20 ms of one processor, whoever waits; so many jobs at once are one step of the run.
    """

    attempts: Attempts
    results: ResultStore

    def __call__(self, job: Job, attempt: Callable[[], Receipt]) -> Receipt:
        """Run a job's attempts, or take the receipt that an earlier try of it did not get into the job store."""
        key = cache_key(job.key)
        kept = self._kept(key) if job.attempt > 1 or job.last_sent_at is not None else None
        if kept is not None:
            return kept
        receipt = self.attempts(job, attempt)
        try:
            self._keep(key, receipt)
        except Exception as error:  # noqa: BLE001 - an answer must get into the job store, whatever a disk says
            get_logger(__name__).warning("the receipt of %s was not kept: %s", job.key, type(error).__name__)
        return receipt

    def _keep(self, key: str, receipt: Receipt) -> None:
        """Write the record that Prefect's cache reads under this key."""
        results = self.results
        if self._folder is None:
            results.write(receipt, key=key)
            return
        # What `write` does, without looking up each time where the folder really is: a third of a job's time here.
        described = ResultRecordMetadata(
            serializer=results.serializer, storage_key=key, storage_block_id=results.result_storage_block_id
        )
        (self._folder / key).write_bytes(ResultRecord(result=receipt, metadata=described).serialize())

    @cached_property
    def _folder(self) -> Path | None:
        """Where records lie as files of this machine, made if need be; None where they lie elsewhere, or are split."""
        storage = self.results.result_storage
        if type(storage) is not LocalFileSystem or self.results.metadata_storage is not None:
            return None
        folder = Path(storage.basepath or ".").expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _kept(self, key: str) -> Receipt | None:
        """Return a receipt that was kept; None too when it cannot be read: the job store and the grade decide then."""
        if not self.results.exists(key):
            return None
        try:
            found = self.results.read(key).result
        except Exception:  # noqa: BLE001 - as Prefect's own cache, which runs the task again
            return None
        return found if isinstance(found, Receipt) else None


def reschedule(run_id: UUID, due: datetime) -> None:
    """Give the worker's slot back and have the same flow run taken up at `due`; does not return."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, AwaitingRetry(scheduled_time=due), force=True)
    raise Abort(f"waits until {due:%Y-%m-%d %H:%M:%S} UTC")
