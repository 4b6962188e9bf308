"""Standing: how each pair is, from what the job store and Prefect know of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import BaseModel, Field

from adapters.contracts.overview import Overview, Standing
from tasks.charts import sparkline
from tasks.planned import Deployment, Planned, Run

LATEST = 3
"""Of a pair's runs, so many are asked for at Prefect: a run by hand hides the deployment behind it."""
STATES = (
    "crashed",
    "failed",
    "dead letters",
    "cancelled",
    "paused",
    "waits",
    "running",
    "broke off",
    "well",
    "never run",
)
"""What is said of a pair: what needs somebody first."""
TROUBLE = frozenset({"crashed", "failed", "dead letters", "broke off"})


class Row(BaseModel):
    """What is told of one pair."""

    pair: str
    """"telegram → vk"."""
    source: str = ""
    destination: str = ""
    """Their identities; empty for a pair that has never run."""
    deployment: str = ""
    """As `prefect deployment run` takes it; empty where none is known."""
    state: str
    why: str = ""
    last_run: str = ""
    has_page: bool = False
    """Whether Prefect knows that run, so that there is a page of it."""
    last_run_at: datetime | None = None
    delivered_at: datetime | None = None
    waiting: int = 0
    waiting_since: datetime | None = None
    due: datetime | None = None
    left_alone_until: datetime | None = None
    dead: dict[str, int] = Field(default_factory=dict)
    begun_in_day: int = 0
    per_day: int | None = None
    next_run: datetime | None = None
    history: str = ""
    """What its last runs delivered, a letter a run."""

    @property
    def left(self) -> int | None:
        """How many deliveries the day has left; None where no number is set."""
        return None if self.per_day is None else max(0, self.per_day - self.begun_in_day)


class Page(BaseModel):
    """All pairs at one moment."""

    at: datetime
    rows: list[Row]
    notes: list[str]

    @property
    def line(self) -> str:
        """Say in a line how the pairs are."""
        states = Counter(row.state for row in self.rows)
        told = [f"{states[state]:,} {state}" for state in STATES if states[state]]
        pairs = "pair" if len(self.rows) == 1 else "pairs"
        return f"{len(self.rows):,} {pairs}: {', '.join(told)}" if told else "no pairs yet"


def run_ids(overview: Overview) -> set[str]:
    """Return the runs that Prefect is to be asked of."""
    found = {standing.last_run for standing in overview.pairs}
    return {*found, *(run.run_id for standing in overview.pairs for run in standing.past[:LATEST])} - {""}


def page(overview: Overview, planned: Planned) -> Page:
    """Put together what the job store and Prefect know."""
    deployments = {_key(standing): _deployment(standing, planned) for standing in overview.pairs}
    shared = Counter(one.deployment_id for one in deployments.values() if one)
    rows = [_row(overview.at, one, planned, deployments[_key(one)], shared) for one in overview.pairs]
    rows += [_never(one) for one in planned.deployments.values() if one.scheduled and one.deployment_id not in shared]
    rows.sort(key=lambda row: (STATES.index(row.state), row.pair, row.source, row.destination, row.deployment))
    notes = [f"the account {turn.account} is asked again from {turn.at:%H:%M:%S} UTC on" for turn in overview.turns]
    notes = [planned.missing, *notes] if planned.missing else notes
    return Page(at=overview.at, rows=rows, notes=notes)


def _key(standing: Standing) -> tuple[str, str]:
    """Name a pair."""
    return standing.pair.source_id, standing.pair.destination_id


def _deployment(standing: Standing, planned: Planned) -> Deployment | None:
    """Return the deployment by which a pair ran last."""
    ids = [standing.last_run, *(run.run_id for run in standing.past[:LATEST])]
    used = (planned.runs[one].deployment for one in ids if one in planned.runs)
    return next((planned.deployments[one] for one in used if one in planned.deployments), None)


def _row(now: datetime, standing: Standing, planned: Planned, by: Deployment | None, shared: Counter[str]) -> Row:
    """Tell one pair."""
    pair, run = standing.pair, planned.runs.get(standing.last_run)
    if by and by.last and shared[by.deployment_id] == 1 and _is_newer(by.last, standing):
        # A run that could not even begin (a token that is over) is in no record but Prefect's.
        run = by.last
    state, why = _state(now, standing, run)
    return Row(
        pair=pair.name or f"{pair.source_id} → {pair.destination_id}",
        source=pair.source_id,
        destination=pair.destination_id,
        deployment=by.name if by else "",
        state=state,
        why=why,
        last_run=run.run_id if run else standing.last_run,
        has_page=run is not None,
        last_run_at=run.at if run else standing.last_began,
        per_day=run.per_day if run else None,
        next_run=_next(run, by),
        history=sparkline(standing.past),
        **standing.model_dump(
            include={
                "delivered_at",
                "waiting",
                "waiting_since",
                "due",
                "left_alone_until",
                "dead",
                "begun_in_day",
            }
        ),
    )


def _is_newer(run: Run, standing: Standing) -> bool:
    """Say whether a run began after the last one that the records know."""
    return run.run_id != standing.last_run and bool(run.at and standing.last_began and run.at > standing.last_began)


def _next(run: Run | None, by: Deployment | None) -> datetime | None:
    """Return when a pair runs next: a run that waits goes on before the next one begins."""
    moments = [run.at if run and run.kind == "SCHEDULED" else None, by.next_run if by else None]
    return min(filter(None, moments), default=None)


def _state(now: datetime, standing: Standing, run: Run | None) -> tuple[str, str]:
    """Say in a word how a pair is, and why."""
    if standing.pair.paused:
        return "paused", standing.pair.paused
    kind = run.kind if run else {"failed": "FAILED", "": ""}.get(standing.last_ended, "COMPLETED")
    if kind in {"RUNNING", "PENDING", "CANCELLING"}:
        return "running", ""
    if kind in {"CRASHED", "FAILED", "CANCELLED"}:
        state = "dead letters" if kind == "FAILED" and standing.dead and not _stopped(run) else kind.lower()
        return state, run.name if run else ""
    if standing.dead:
        return "dead letters", ""
    if standing.waiting and (standing.left_alone_until or (standing.due and standing.due > now)):
        return "waits", ""
    if not kind and standing.last_run:
        return "broke off", "or it goes on; Prefect would know"
    return "well", ""


def _stopped(run: Run | None) -> bool:
    """Say whether a run did not get to its work."""
    return run is not None and (": stopped, " in run.name or ": broke off, " in run.name)


def _never(one: Deployment) -> Row:
    """Tell a deployment that has a schedule and has recorded no run."""
    last = one.last
    failed = last is not None and last.kind in {"FAILED", "CRASHED", "CANCELLED"}
    return Row(
        pair=one.pair,
        deployment=one.name,
        state=last.kind.lower() if last and failed else "never run",
        why=last.name if last and failed else "",
        last_run=last.run_id if last else "",
        has_page=last is not None,
        last_run_at=last.at if last else None,
        next_run=one.next_run,
    )
