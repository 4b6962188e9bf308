"""The deployments: what prefect.yaml tells, compared with what the server has; made by Prefect's own `prefect deploy`.

https://docs.prefect.io/v3/how-to-guides/deployments/prefect-yaml
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.templating import apply_values

from adapters.contracts.errors import ConfigurationError
from deployments.parts import MISSING, Drift, differences

ROOT = Path(__file__).parents[1]
"""The project's folder: workers find it under the same path."""
HERE = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
"""What a deployment without `pull:` gets."""
SAID = 5
"""Lines of what `prefect deploy` said that are shown when it fails."""


@dataclass(frozen=True)
class Entry:
    """One deployment of a file."""

    file: Path
    told: dict[str, Any]
    flow: Flow[..., Any]

    @property
    def name(self) -> str:
        """`flow/deployment`, as Prefect's commands take it."""
        return f"{self.flow.name}/{self.told['name']}"

    @property
    def picked(self) -> str:
        """The name that `prefect deploy --name` takes: by the function, not by the flow."""
        return f"{self.told['entrypoint'].rpartition(':')[2].replace('_', '-')}/{self.told['name']}"

    @property
    def queue(self) -> str | None:
        """The work queue that it names."""
        queue: str | None = self.told.get("work_pool", {}).get("work_queue_name")
        return queue


@dataclass(frozen=True)
class Deployments:
    """The deployments of some files."""

    client: SyncPrefectClient
    entries: Sequence[Entry]
    kind: ClassVar[str] = "deployment"

    @classmethod
    def told(cls, client: SyncPrefectClient, files: Sequence[Path]) -> Deployments:
        """Read the files and load their flows; raises ConfigurationError."""
        return cls(client, [entry for file in files for entry in _entries(file)])

    def queues(self) -> frozenset[str]:
        """Return the work queues that they name."""
        return frozenset(entry.queue for entry in self.entries if entry.queue)

    def look(self) -> Drift:
        """Compare each deployment."""
        return {entry.name: self._differs(entry) for entry in self.entries}

    def _differs(self, entry: Entry) -> str:
        """Name what one deployment has otherwise than its file."""
        try:
            found = self.client.read_deployment_by_name(entry.name)
        except ObjectNotFound:
            return MISSING
        what = differences((name, wanted, got) for name, (wanted, got) in _compared(entry, found).items())
        return f"differs: {what}" if what else ""

    def make(self, names: Sequence[str]) -> None:
        """Deploy these; raises ConfigurationError with what Prefect said."""
        for file in dict.fromkeys(entry.file for entry in self.entries):
            picked = [entry.picked for entry in self.entries if entry.file == file and entry.name in names]
            if picked:
                _deploy(file, picked)

    def note(self) -> str:
        """Say how to run one."""
        return ""


def _entries(file: Path) -> Iterator[Entry]:
    """Yield what a file deploys."""
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{file} tells no deployments: {error}") from None
    for one in told:
        values = _filled(one)
        path, _, function = values["entrypoint"].rpartition(":")
        try:
            flow: Flow[..., Any] = load_flow_from_entrypoint(f"{ROOT / path}:{function}")
        except Exception as error:
            raise ConfigurationError(f"{file}: {values['entrypoint']} cannot be loaded: {error}") from error
        yield Entry(file, values, flow)


def _filled(told: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with `{{ $VARIABLE }}` filled in, as `prefect deploy` does."""
    filled: Any = apply_values(told, dict(os.environ), remove_notset=False)
    return dict(filled)


def _compared(entry: Entry, found: DeploymentResponse) -> dict[str, tuple[object, object]]:
    """Pair what is wanted with what the server has."""
    told, pool = entry.told, entry.told.get("work_pool", {})
    limit, strategy = _limit(told.get("concurrency_limit"))
    options = found.concurrency_options
    schema = entry.flow.parameters.model_dump(exclude_unset=True)
    pairs: dict[str, tuple[object, object]] = {
        "entrypoint": (told["entrypoint"], found.entrypoint),
        "description": (told.get("description") or entry.flow.description, found.description),
        "tags": (sorted(told.get("tags") or []), sorted(found.tags)),
        "parameters": (told.get("parameters") or {}, found.parameters),
        "form": (schema, found.parameter_openapi_schema),
        "work pool": (pool.get("name"), found.work_pool_name),
        "queue": (pool.get("work_queue_name") or "default", found.work_queue_name or "default"),
        "job variables": (pool.get("job_variables") or {}, found.job_variables),
        "folder": (told.get("pull") or HERE, found.pull_steps),
        "runs at once": (limit, found.global_concurrency_limit.limit if found.global_concurrency_limit else None),
        "what a second run does": (strategy, options.collision_strategy.value if options and strategy else None),
    }
    if told.get("schedules"):
        # Without any in the file, those that somebody made in the UI are as they should be.
        pairs["schedules"] = (_schedules(told["schedules"]), [_seen(one) for one in found.schedules])
    return pairs


def _limit(told: Any) -> tuple[int | None, str | None]:
    """Return how many runs at once a file allows, and what the next one does."""
    if isinstance(told, dict):
        return told.get("limit"), told.get("collision_strategy")
    return told, None


def _schedules(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a file's schedules in what this compares."""
    return [
        {
            "when": str(one.get("cron") or one.get("rrule") or float(one["interval"])),
            "timezone": one.get("timezone") or "UTC",
            "active": one.get("active", True),
            "parameters": one.get("parameters") or {},
        }
        for one in told
    ]


def _seen(one: Any) -> dict[str, Any]:
    """Return a server's schedule in what this compares."""
    schedule = one.schedule
    when = getattr(schedule, "cron", None) or getattr(schedule, "rrule", None) or schedule.interval.total_seconds()
    return {
        "when": str(when),
        "timezone": schedule.timezone or "UTC",
        "active": one.active,
        "parameters": one.parameters,
    }


def _deploy(file: Path, picked: Sequence[str]) -> None:
    """Run `prefect deploy` for some deployments of a file."""
    named = [part for name in picked for part in ("--name", name)]
    done = subprocess.run(  # noqa: S603 - Prefect's own command
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--prefect-file", str(file), *named],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ConfigurationError(f"prefect deploy of {file} failed: " + " / ".join(said[-SAID:]))
