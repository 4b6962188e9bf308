"""The work pool that everything runs in, and its queues: how many runs of one account may go on at once.

https://docs.prefect.io/v3/how-to-guides/deployment_infra/manage-work-pools
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from adapters.contracts.errors import ConfigurationError
from deployments.parts import MISSING, Drift
from tasks.crashes import HEARTBEAT, POOL

TYPE = "process"
EVERY_RUN = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT)}
"""Settings of every run in the pool, whatever its worker's environment says."""
LIMITS = {"vk": 2, "youtube": 1}
"""Runs at once, by the service at which an account is the bottleneck: more would hold slots and wait for each other."""


@dataclass(frozen=True)
class Pool:
    """The work pool."""

    client: SyncPrefectClient
    kind: ClassVar[str] = "work pool"

    def look(self) -> Drift:
        """Compare the pool's kind and the settings of its runs."""
        try:
            found = self.client.read_work_pool(POOL)
        except ObjectNotFound:
            return {POOL: MISSING}
        if found.type != TYPE:
            raise ConfigurationError(
                f"the work pool {POOL} is of type {found.type}, and must be {TYPE}: delete it, then run this again"
            )
        given = _settings(found.base_job_template)
        return {POOL: "" if EVERY_RUN.items() <= given.items() else "differs: the runs' heartbeat"}

    def make(self, names: Sequence[str]) -> None:
        """Make the pool, or add what its template lacks; what else was set there stays."""
        for name in names:
            try:
                template = self.client.read_work_pool(name).base_job_template
            except ObjectNotFound:
                template = ProcessWorker.get_default_base_job_template()
                wanted = WorkPoolCreate(name=name, type=TYPE, base_job_template=_with_settings(template))
                self.client.create_work_pool(wanted)
            else:
                self.client.update_work_pool(name, WorkPoolUpdate(base_job_template=_with_settings(template)))

    def note(self) -> str:
        """Tell of a pool that takes nothing on."""
        try:
            paused = self.client.read_work_pool(POOL).is_paused
        except ObjectNotFound:
            return ""
        return f"the work pool is paused: prefect work-pool resume {POOL}" if paused else ""


@dataclass(frozen=True)
class Queues:
    """The queues that the deployments name; with a limit, one account's runs do not fill all workers and wait there."""

    client: SyncPrefectClient
    names: frozenset[str]
    kind: ClassVar[str] = "queue"

    def look(self) -> Drift:
        """Compare the limits."""
        try:
            found = {queue.name: queue for queue in self.client.read_work_queues(work_pool_name=POOL)}
        except ObjectNotFound:
            found = {}
        return {name: self._differs(name, found.get(name)) for name in sorted(self.names)}

    def _differs(self, name: str, found: Any) -> str:
        """Compare one queue; one that no limit is known for only has to be there."""
        if found is None:
            return MISSING
        limit = limit_of(name)
        if limit is None or found.concurrency_limit == limit:
            return ""
        return f"differs: {found.concurrency_limit or 'no limit'} where {limit} at once is meant"

    def make(self, names: Sequence[str]) -> None:
        """Make the queues."""
        found = {queue.name: queue for queue in self.client.read_work_queues(work_pool_name=POOL)}
        for name in names:
            queue = found.get(name) or self.client.create_work_queue(name, work_pool_name=POOL)
            if limit_of(name) is not None:
                self.client.update_work_queue(queue.id, concurrency_limit=limit_of(name))

    def note(self) -> str:
        """Say nothing: a queue that nobody names is nobody's."""
        return ""


def limit_of(queue: str) -> int | None:
    """Return how many runs a queue lets go on: `vk`, and `vk-shop` for an account of its own, have VK's limit."""
    return LIMITS.get(queue.partition("-")[0])


def _settings(template: dict[str, Any]) -> dict[str, str]:
    """Return the environment that a pool gives to each of its runs."""
    return dict(template.get("variables", {}).get("properties", {}).get("env", {}).get("default") or {})


def _with_settings(template: dict[str, Any]) -> dict[str, Any]:
    """Return a job template with this pack's settings in its environment."""
    variables = dict(template.get("variables", {}))
    properties = dict(variables.get("properties", {}))
    env = {"title": "Environment Variables", "type": "object"} | properties.get("env", {})
    properties["env"] = env | {"default": _settings(template) | EVERY_RUN}
    return template | {"variables": variables | {"properties": properties}}
