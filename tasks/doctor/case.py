"""The case: what the checks look at, found by the earlier ones for the later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.contracts.runs import PairRecord
from adapters.contracts.store import JobStore
from tasks.doctor.finding import Finding

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Case:
    """One installation, as far as it is known by now."""

    ready: Callable[[], None]
    """Waits for a server that was started for this look; raises ConfigurationError when it does not come."""
    has_own_server: bool
    """Whether nobody has named a server, so that each run starts its own."""
    client: SyncPrefectClient | None = None
    """The way to Prefect's server, once it has answered."""
    deployments: list[DeploymentResponse] = field(default_factory=list)
    store: JobStore | None = None
    """The job store, once it has been seen to be in order."""
    pairs: list[PairRecord] = field(default_factory=list)

    def options(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield where options are given for good, with them: deployments, their schedules, pairs."""
        for one in self.deployments:
            name = f"deployment {one.name} ({one.entrypoint})"
            yield name, one.parameters
            for schedule in one.schedules:
                yield f"a schedule of {name}", schedule.parameters
        for pair in self.pairs:
            yield f"pair {pair.source_id} → {pair.destination_id}", pair.settings


Check = Callable[[Case], Iterator[Finding]]
