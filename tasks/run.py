"""One run of a pair inside its flow: opens what the pair needs, drives the road, reports, and ends the flow run."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec
from uuid import UUID, uuid4

from prefect import State
from prefect.artifacts import create_table_artifact
from prefect.runtime import deployment, flow_run
from prefect.states import Completed
from pydantic import ValidationError
from typing_extensions import TypeIs

from adapters.contracts.errors import ConfigurationError, MassDeletion, RateLimited, SyndicateError
from adapters.contracts.jobs import Job
from adapters.contracts.keeping import KeepingStore
from adapters.contracts.ports import BulkDestination, PublishingDestination, SourceAdapter
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import DeadLetterFilter
from tasks.bulk import BulkRoad
from tasks.charts import SHOWN
from tasks.credentials import media_store, open_store, store_place
from tasks.engine import PrefectEngine, reschedule
from tasks.holding import alone, going
from tasks.identity import check_identity
from tasks.options import Options, one_line
from tasks.pages import dead_letter_rows, listed
from tasks.publish import PublishingRoad
from tasks.report import FACE
from tasks.summary import LISTED, Summary
from tasks.telling import ArtifactProgress, name_run, rename, show_artifacts, state_of, watchers

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

    def drive(store: KeepingStore) -> Summary:
        told = f"run {run_id()}"
        with ExitStack() as stack:
            if not options.dry_run:
                stack.enter_context(going(store, source.identity, destination.identity, told))
            stack.enter_context(alone(store, told, source, destination))
            try:
                return patiently(lambda: carry(store), wait=options.wait)
            finally:
                source.close()

    def carry(store: KeepingStore) -> Summary:
        media, policy = media_store(), RetryPolicy()
        engine, progress = PrefectEngine(policy), ArtifactProgress(pair)
        watcher = watchers(progress, dry_run=options.dry_run)
        if is_bulk(destination):
            road = BulkRoad(pair, source, destination, settings, store, media, options, engine, watcher, run_id())
            summary = road.run()
            progress.finish(summary.pending)
            summary.place = str(settings.get("archive") or settings.get("database") or settings.get("feed") or "")
            summary.source, summary.destination = source.identity, destination.identity
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
        progress.finish(summary.pending)
        summary.source, summary.destination = source.identity, place.identity
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
    pair: str, drive: Callable[[KeepingStore], Summary], summary_file: str = "", *, lasting: bool = False
) -> State[Any]:
    """Open the store, drive, report to terminal, file and artifacts, and return the flow run's state."""
    began = time.monotonic()
    try:
        store = open_store(lasting=lasting)
        try:
            summary = drive(store).close(began)
            dead = store.dead_letters(DeadLetterFilter(run_id=run_id(), limit=LISTED)) if summary.died else []
            summary.past = store.history(summary.source, summary.destination, SHOWN)
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
    show_artifacts(summary, dead)
    return _ended(summary)


def _advise(summary: Summary) -> None:
    """Fill in what to do next."""
    if summary.died and under_worker():
        summary.next_step = f"mend the cause, then click Retry, or: prefect flow-run retry {run_id()}"
    elif summary.died:
        summary.next_step = "python flows/dead_letters.py list --run-id " + run_id()
    elif summary.paused:
        summary.next_step = "python flows/pairs.py resume, when it shall go on"
    elif summary.come_back is not None:
        summary.next_step = f"run the same command again after {summary.come_back:%Y-%m-%d %H:%M:%S} UTC, or say --wait"
    elif summary.dead or summary.blocked:
        summary.next_step = "python flows/dead_letters.py list"


def _ended(summary: Summary) -> State[Any]:
    """Name the flow run and return the state it ends in; a long wait under a worker does not return."""
    name_run(summary)
    if summary.come_back is not None and under_worker() and summary.exit_code != 1:
        reschedule(UUID(str(flow_run.get_id())), summary.come_back)
    return state_of(summary)


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
        except Exception as bug:
            # Its message may be anything, a stranger's text too; it stands in the state and in the log. Should the name
            # not arrive, that is not what is to be told.
            with suppress(Exception):
                rename(f"{flow_run.get_flow_name()}: broke off, {type(bug).__name__}", set())
            raise

    return flow_body


def cannot_work(error: SyndicateError) -> State[Any]:
    """End a run that could not do its work: exit code 1."""
    summary = Summary(pair="", errors=[str(error)]).close(time.monotonic())
    face = FACE.get()
    if face is not None:
        face.error = str(error)
    return _ended(summary)


def with_store(do: Callable[[KeepingStore], object]) -> object:
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
        told = f"{len(rows):,} jobs" + (f"; the first {LISTED:,}" if len(rows) > LISTED else "")
        create_table_artifact(listed(rows), key="dead-letters", description=told)
    return Completed(message=f"{len(rows)} jobs", data=listed(rows))
