"""Telling Prefect of a run: its progress and artifacts, its name and tags, and the state it ends in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prefect import State
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from adapters.contracts.jobs import Job
from tasks.pages import dead_letter_rows, delivered_page, summary_page
from tasks.report import FACE, Watchers
from tasks.summary import LISTED, Summary

SOON = 5.0
"""Seconds: a step that takes longer is shown while it goes on; one that does not is told once, when it is over."""
LONGEST_NAME = 200


def _create(key: str, share: float, told: str) -> UUID | None:
    """Create a progress artifact in Prefect."""
    made = create_progress_artifact(progress=share, key=key, description=told)
    return made if isinstance(made, UUID) else None


def _move(artifact: UUID, share: float, told: str) -> None:
    """Move a progress artifact in Prefect."""
    update_progress_artifact(artifact, progress=share, description=told)


@dataclass
class _Step:
    """How far one step is, and what Prefect has been told of it."""

    begun: float
    done: int = 0
    total: int = 0
    artifact: UUID | None = None
    told: tuple[float, str] | None = None


@dataclass
class ArtifactProgress:
    """Progress as artifacts of the flow run's page, one a step; a request costs a tenth of a second."""

    pair: str
    clock: Callable[[], float] = time.monotonic
    create: Callable[[str, float, str], UUID | None] = _create
    move: Callable[[UUID, float, str], None] = _move
    _steps: dict[str, _Step] = field(default_factory=dict)

    def progress(self, what: str, done: int, total: int) -> None:
        """Take note; a step that goes on for long is shown."""
        step = self._steps.setdefault(what, _Step(self.clock()))
        step.done, step.total = done, total
        if self.clock() - step.begun >= SOON:
            self._tell(what, step, 100.0 * done / total if total else 0.0)

    def finish(self, left: int) -> None:
        """Show how far the steps got; of one whose length nobody knew, so many items are left to do."""
        for what, step in self._steps.items():
            whole = step.total or step.done + left
            self._tell(what, step, 100.0 * step.done / whole if whole else 100.0)

    def _tell(self, what: str, step: _Step, share: float) -> None:
        """Create or move the artifact of a step."""
        # A source's unit says nothing to a person, bytes or pages; where the whole is unknown it is all there is.
        told = min(100.0, share), f"{self.pair}: {what}" + ("" if step.total else f", {step.done:,} so far")
        if told == step.told:
            return
        step.told = told
        if step.artifact is None:
            step.artifact = self.create(what, *told)
        else:
            self.move(step.artifact, *told)


def watchers(progress: ArtifactProgress, *, dry_run: bool) -> Watchers:
    """Tell the terminal where a person looks at it, and Prefect's page always, but seldom."""
    told = Watchers()
    face = FACE.get()
    if face is not None and face.bars is not None:
        told.each.append((face.bars, 0.1))
    if not dry_run:
        told.each.append((progress, SOON))
    return told


def show_artifacts(summary: Summary, dead: Sequence[Job]) -> None:
    """Put what a run came to on its page: the summary always, lists where there is something to list."""
    create_markdown_artifact(summary_page(summary), key="summary", description=summary.line)
    if summary.deliveries:
        told = f"{summary.delivered:,} delivered"
        create_markdown_artifact(delivered_page(summary), key="delivered", description=told)
    if dead:
        told = f"{summary.died:,} not delivered, and why" + (f"; the first {LISTED:,}" if summary.died > LISTED else "")
        create_table_artifact(dead_letter_rows(dead), key="dead-letters", description=told)


def name_run(summary: Summary) -> None:
    """Name the flow run by what happened, and tag it by pair, source and destination."""
    rename(summary.line if summary.pair else f"{flow_run.get_flow_name()}: {summary.line}", tags(summary))


def state_of(summary: Summary) -> State[Any]:
    """Return the state that a flow run with this summary ends in."""
    data = summary.model_dump(mode="json")
    # A failed state carries no data: Prefect takes whatever it finds there for an exception.
    if summary.exit_code == 1:
        return Failed(message=summary.errors[0])
    if summary.exit_code == 2:  # noqa: PLR2004 - the exit code that says so
        return Failed(message=f"{summary.died} dead letters: {summary.line}. Next: {summary.next_step}")
    if summary.paused:
        return Completed(name="Paused", message=f"{summary.line}; {summary.next_step}", data=data)
    if summary.come_back is not None:
        return Completed(name="Deferred", message=f"{summary.line}; {summary.next_step}", data=data)
    return Completed(message=summary.line, data=data)


def rename(name: str, more_tags: set[str]) -> None:
    """Give the flow run a name that says what happened, and tags besides those it has."""
    identity = flow_run.get_id()
    if not identity:
        return
    with get_client(sync_client=True) as client:
        named = sorted({*flow_run.get_tags(), *more_tags})
        client.update_flow_run(UUID(str(identity)), name=name[:LONGEST_NAME], tags=named)


def tags(summary: Summary) -> set[str]:
    """Name pair, source and destination, both by service, as deployments do, and by identity: for filters."""
    source, arrow, destination = summary.pair.partition(" → ")
    named = [("pair", summary.pair), ("source", summary.source), ("destination", summary.destination)]
    named += [("source", source), ("destination", destination)] if arrow else []
    return {f"{name}:{value}" for name, value in named if value}
