"""One run of a pair inside its flow: opens what the pair needs, drives the road, reports, and ends the flow run."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec
from uuid import UUID, uuid4

from prefect import State
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.runtime import deployment, flow_run
from prefect.states import Completed, Failed
from pydantic import ValidationError
from typing_extensions import TypeIs

from adapters.contracts.errors import ConfigurationError, MassDeletion, RateLimited, SyndicateError
from adapters.contracts.jobs import DeadLetterFilter, Job, JobStore
from adapters.contracts.ports import BulkDestination, PublishingDestination, SourceAdapter
from adapters.contracts.retry import RetryPolicy
from tasks.bulk import BulkRoad
from tasks.credentials import media_store, open_store, store_place
from tasks.engine import ArtifactProgress, PrefectEngine, reschedule
from tasks.holding import alone
from tasks.identity import check_identity
from tasks.options import Options, one_line
from tasks.pages import dead_letter_rows, delivered_page, summary_page
from tasks.publish import PublishingRoad
from tasks.report import FACE, Watchers
from tasks.summary import LISTED, Summary

P = ParamSpec("P")


def run_id() -> str:
    """Return the run's id: the flow run's, so that a restart of it is the same run."""
    return str(flow_run.get_id() or uuid4())


def under_worker() -> bool:
    """Say whether a worker runs this, so that a long wait can give its slot back."""
    return bool(deployment.id)


def run_pair(
    source: SourceAdapter,
    destination: BulkDestination | PublishingDestination,
    settings: dict[str, object],
    options: Options,
    summary_file: str = "",
) -> State[Any]:
    """Run one pair and return the state its flow run ends in."""
    pair = f"{source.service} → {destination.service}"

    def drive(store: JobStore) -> Summary:
        with alone(store, f"run {run_id()}", source, destination):
            try:
                return patiently(lambda: carry(store), wait=options.wait)
            finally:
                source.close()

    def carry(store: JobStore) -> Summary:
        media, policy = media_store(), RetryPolicy()
        engine, watcher = PrefectEngine(policy), _watchers(dry_run=options.dry_run)
        if is_bulk(destination):
            road = BulkRoad(pair, source, destination, settings, store, media, options, engine, watcher, run_id())
            summary = road.run()
            summary.place = str(settings.get("archive") or settings.get("database") or settings.get("feed") or "")
            summary.destination = destination.identity
            return summary
        place = destination
        if not options.dry_run:
            check_identity(pair, source.identity, place.identity, store.birth_id, store_place(), new=options.new_store)
        summary = PublishingRoad(
            pair,
            source,
            source.identity,
            place,
            settings,
            store,
            media,
            options,
            policy,
            engine,
            watcher,
            run_id(),
        ).run()
        summary.destination = place.identity
        return summary

    lasting = under_worker() and not is_bulk(destination)
    try:
        return conclude(pair, drive, summary_file, lasting=lasting)
    finally:
        source.close()


def patiently(do: Callable[[], Summary], *, wait: bool) -> Summary:
    """Run a road; where its source asks to wait and the person said so, wait and go on."""
    while True:
        try:
            return do()
        except RateLimited as error:
            if not wait:
                raise
            time.sleep(error.retry_after)


def conclude(
    pair: str, drive: Callable[[JobStore], Summary], summary_file: str = "", *, lasting: bool = False
) -> State[Any]:
    """Open the store, drive, report to terminal, file and artifacts, and return the flow run's state."""
    began = time.monotonic()
    try:
        store = open_store(lasting=lasting)
        try:
            summary = drive(store).close(began)
            dead = store.dead_letters(DeadLetterFilter(run_id=run_id(), limit=LISTED)) if summary.died else []
        finally:
            store.close()
    except RateLimited as error:
        # The source, or what this run may use only alone, asks to wait; what is planned and written is recorded.
        due = datetime.now(UTC) + timedelta(seconds=error.retry_after)
        summary = Summary(pair=pair, warnings=[str(error)], come_back=due).close(began)
        dead = []
    except (ConfigurationError, MassDeletion, SyndicateError) as error:
        summary = Summary(pair=pair, errors=[str(error)]).close(began)
        dead = []
    _advise(summary)
    face = FACE.get()
    if face is not None:
        face.summary = summary
    if summary_file:
        summary.write(Path(summary_file))
    create_markdown_artifact(summary_page(summary), key="summary", description=summary.line)
    if summary.deliveries:
        told = f"{summary.delivered:,} delivered"
        create_markdown_artifact(delivered_page(summary), key="delivered", description=told)
    if dead:
        told = f"{summary.died:,} not delivered, and why" + (f"; the first {LISTED:,}" if summary.died > LISTED else "")
        create_table_artifact(dead_letter_rows(dead), key="dead-letters", description=told)
    return _state(summary)


def _advise(summary: Summary) -> None:
    """Fill in what to do next."""
    if summary.died and under_worker():
        summary.next_step = f"mend the cause, then click Retry, or: prefect flow-run retry {run_id()}"
    elif summary.died:
        summary.next_step = "python flows/dead_letters.py list --run-id " + run_id()
    elif summary.come_back is not None:
        summary.next_step = f"run the same command again after {summary.come_back:%Y-%m-%d %H:%M:%S} UTC, or say --wait"
    elif summary.dead or summary.blocked:
        summary.next_step = "python flows/dead_letters.py list"


def _state(summary: Summary) -> State[Any]:
    """Turn a summary into the state of its flow run; a long wait under a worker does not return."""
    identity = flow_run.get_id()
    if identity:
        with get_client(sync_client=True) as client:
            client.update_flow_run(
                UUID(str(identity)), name=summary.line[:200], tags=sorted({*flow_run.get_tags(), *_tags(summary)})
            )
    if summary.come_back is not None and under_worker() and summary.exit_code != 1:
        reschedule(UUID(str(identity)), summary.come_back)
    data = summary.model_dump(mode="json")
    # A failed state carries no data: Prefect takes whatever it finds there for an exception.
    if summary.exit_code == 1:
        return Failed(message=summary.errors[0])
    if summary.exit_code == 2:  # noqa: PLR2004 - the exit code that says so
        return Failed(message=f"{summary.died} dead letters: {summary.line}. Next: {summary.next_step}")
    if summary.come_back is not None:
        return Completed(name="Deferred", message=f"{summary.line}; {summary.next_step}", data=data)
    return Completed(message=summary.line, data=data)


def _tags(summary: Summary) -> set[str]:
    """Name pair and destination, so that runs, and automations on them, can be told apart."""
    named = {"pair": summary.pair, "destination": summary.destination}
    return {f"{name}:{value}" for name, value in named.items() if value}


def _watchers(*, dry_run: bool) -> Watchers:
    """Tell the terminal where a person looks at it, and Prefect's page always, but seldom."""
    watchers = Watchers()
    face = FACE.get()
    if face is not None and face.bars is not None:
        watchers.each.append((face.bars, 0.1))
    if not dry_run:
        watchers.each.append((ArtifactProgress(), 5.0))
    return watchers


def is_bulk(destination: BulkDestination | PublishingDestination) -> TypeIs[BulkDestination]:
    """Tell the two kinds of road apart by what the place offers."""
    return hasattr(destination, "open")


def guarded(body: Callable[P, object]) -> Callable[P, object]:
    """Let a flow that cannot begin (a wrong argument, a missing block) end with one clear line."""

    @wraps(body)
    def flow_body(*arguments: P.args, **options: P.kwargs) -> object:
        try:
            return body(*arguments, **options)
        except ValidationError as error:
            return cannot_work(one_line(error))
        except SyndicateError as error:
            return cannot_work(error)

    return flow_body


def cannot_work(error: SyndicateError) -> State[Any]:
    """End a run that could not do its work: exit code 1."""
    summary = Summary(pair="", errors=[str(error)]).close(time.monotonic())
    face = FACE.get()
    if face is not None:
        face.error = str(error)
    return _state(summary)


def with_store(do: Callable[[JobStore], object]) -> object:
    """Do something with the job store that is no run of a pair."""
    store = open_store(lasting=False)
    try:
        return do(store)
    finally:
        store.close()


def show_jobs(jobs: list[Job], *, as_json: bool, whole: bool) -> State[Any]:
    """Show jobs in the terminal and as an artifact."""
    rows = dead_letter_rows(jobs)
    face = FACE.get()
    if face is not None:
        face.show_jobs(jobs, rows, as_json=as_json, whole=whole)
    if rows:
        create_table_artifact(rows, key="dead-letters", description=f"{len(rows)} jobs")
    return Completed(message=f"{len(rows)} jobs", data=rows)
