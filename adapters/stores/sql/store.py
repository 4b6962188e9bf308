"""The JobStore over SQL: each verb opens one transaction and hands it to the file that knows the verb."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, Self

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from adapters.contracts.errors import LeaseLost
from adapters.contracts.jobs import Failure, Job, Reason, Receipt, State
from adapters.contracts.overview import Overview
from adapters.contracts.runs import PairRecord, PastRun, RunRecord, Tally
from adapters.contracts.store import Conflict, DeadLetterFilter, Holder, Known, PagePlan, Queue
from adapters.databases.engines import BEGIN, prepare
from adapters.stores.sql import claiming, dead_letters, holding, holds, overview, planning, runs, schema
from adapters.stores.sql.engines import reaching
from adapters.stores.sql.grouping import End, Grouping, Wish
from adapters.stores.sql.rows import WHOLE, job_of, job_row, upsert
from adapters.stores.sql.tables import cursors, jobs, pauses, store
from adapters.stores.sql.times import Clock, moment

OVERTAKEN_AT_MOST = 5
"""How often marks and ends are tried again behind a faster transaction."""
_OVERTAKEN = frozenset({"40001", "40P01"})


class SqlJobStore:
    """A `JobStore` in a SQLite file or a PostgreSQL database; nothing connects before the first verb."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        prepare(engine)
        self._writes = engine.execution_options(**{BEGIN: "IMMEDIATE"})
        # What several statements read must be of one moment: a job that ends between two of them would be in neither.
        one_moment = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        self._reads = engine.execution_options(**{BEGIN: "DEFERRED"}, **one_moment)
        self._clock = clock
        self._ready = False
        self._getting_ready = Lock()
        # SQLite takes one writer; a thread that finds another at it would sleep where it can wait.
        self._one_at_a_time: AbstractContextManager[object] = (
            Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )
        self._grouping = Grouping(self._settle)

    @classmethod
    def open(cls, engine: Engine, clock: Clock | None = None) -> Self:
        """Return a store whose schema is up to date; raises StoreUnavailable and ConfigurationError."""
        opened = cls(engine, clock)
        with reaching(engine):
            opened._ensure()
        return opened

    @cached_property
    def birth_id(self) -> str:
        """The store's own identity, drawn when it was made."""
        with self._reading() as connection:
            return str(connection.scalar(select(store.c.birth_id)))

    def now(self) -> datetime:
        """Return the store's time, aware, UTC."""
        if self._clock is None and self._reads.dialect.name == "sqlite":
            return datetime.now(UTC)
        with self._reading() as connection:
            return moment(connection, self._clock)

    def create(self, jobs: Sequence[Job]) -> None:
        """Record new jobs as they are; raises Conflict."""
        with self._writing() as (connection, now):
            planning.insert_jobs(connection, now, jobs)

    def get(self, key: str) -> Job | None:
        """Return one job with its item, or None."""
        with self._reading() as connection:
            row = connection.execute(select(*WHOLE).where(jobs.c.key == key)).mappings().first()
            return None if row is None else job_of(row)

    def update(self, job: Job) -> None:
        """Replace a job that nobody works on; raises Conflict when it is running, KeyError when there is none."""
        with self._writing() as (connection, now):
            row = job_row(job, now)
            idle = (jobs.c.key == job.key, jobs.c.state != State.RUNNING.value)
            try:
                changed = connection.execute(update(jobs).where(*idle).values(**row).returning(jobs.c.key)).first()
            except IntegrityError as error:
                raise Conflict(f"the item of {job.key} is in a worker's hands") from error
            if changed is not None:
                return
            if connection.scalar(select(jobs.c.key).where(jobs.c.key == job.key)) is None:
                raise KeyError(job.key)
            raise Conflict(f"{job.key} is running")

    def claim_next(self, queue: Queue, *, owner: str, run_id: str, lease: timedelta) -> Job | None:
        """Take the queue's oldest due job, or None when none is due now."""
        with self._writing() as (connection, now):
            return claiming.claim(connection, now, queue, owner, run_id, now + lease)

    def claim_several(self, queue: Queue, number: int, *, owner: str, run_id: str, lease: timedelta) -> list[Job]:
        """Take some of the queue's oldest due jobs, or none when none is due now."""
        with self._writing() as (connection, now):
            return claiming.claim_several(connection, now, queue, number, owner, run_id, now + lease)

    def mark_sending(self, job: Job) -> Job:
        """Commit the mark that a request is about to leave; raises LeaseLost."""
        return self._grouping.ask(Wish(job))

    def save_progress(self, job: Job, progress: Mapping[str, Any], lease: timedelta) -> Job:
        """Store what a publication in steps has reached, and renew the lease; raises LeaseLost."""
        with self._writing() as (connection, now):
            return holding.save_progress(connection, now, job, progress, now + lease)

    def begin_attempt(self, job: Job, lease: timedelta) -> Job:
        """Count one more attempt of a job that its worker keeps, and renew the lease; raises LeaseLost."""
        with self._writing() as (connection, now):
            return holding.begin_attempt(connection, now, job, now + lease)

    def finish(self, job: Job, receipt: Receipt, *, run_id: str) -> None:
        """Close the job as delivered and note what the place now holds; raises LeaseLost."""
        self._grouping.ask(Wish(job, End(receipt, run_id)))

    def fail(self, job: Job, reason: Reason, failure: Failure, *, run_id: str, in_doubt: bool) -> None:
        """Make the job a dead letter; raises LeaseLost."""
        with self._writing() as (connection, now):
            holding.fail(connection, now, job, reason, failure, run_id, in_doubt=in_doubt)

    def release(
        self, job: Job, failure: Failure | None, *, not_before: datetime | None, in_doubt: bool, counts: bool
    ) -> None:
        """Give the job back as pending; raises LeaseLost."""
        with self._writing() as (connection, now):
            holding.release(connection, now, job, failure, not_before, in_doubt=in_doubt, counts=counts)

    def put_back(self, job: Job) -> None:
        """Give a claimed job back that was not begun; raises LeaseLost."""
        with self._writing() as (connection, now):
            holding.put_back(connection, now, job)

    def cancel(self, job: Job, *, run_id: str) -> None:
        """Close a claimed job with which nothing is left to do; raises LeaseLost."""
        with self._writing() as (connection, now):
            holding.cancel(connection, now, job, run_id)

    def known(self, destination_id: str, ids: Sequence[str], run_id: str = "") -> dict[str, Known]:
        """Return what is known of each id, and what of it a run has met; ids never heard of are left out."""
        with self._reading() as connection:
            return planning.known(connection, destination_id, ids, run_id)

    def held_ids(self, source_id: str, destination_id: str) -> list[str]:
        """Return the ids of the pair's items that the place holds, or that an open job or a dead letter may bring."""
        with self._reading() as connection:
            return planning.held_ids(connection, source_id, destination_id)

    def members(self, destination_id: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other ids of each of these items that is an album."""
        with self._reading() as connection:
            return planning.members(connection, destination_id, ids)

    def commit_page(self, run_id: str, source_id: str, destination_id: str, plan: PagePlan) -> None:
        """Record a page's plan and its cursor in one transaction; raises Conflict and records nothing."""
        try:
            with self._writing() as (connection, now):
                planning.record(connection, now, run_id, source_id, destination_id, plan)
        except IntegrityError as error:
            raise Conflict("another run has recorded the same just now") from error

    def cursor(self, source_id: str, destination_id: str, selection: str) -> str:
        """Return the cursor of the pair under a selection, or an empty string."""
        mine = (
            cursors.c.source_id == source_id,
            cursors.c.destination_id == destination_id,
            cursors.c.selection == selection,
        )
        with self._reading() as connection:
            return connection.scalar(select(cursors.c.value).where(*mine)) or ""

    def pause(self, destination_id: str, until: datetime) -> None:
        """Let no worker claim a job of this destination before `until`; never shortens a pause."""
        with self._writing() as (connection, _):
            mine = pauses.c.destination_id == destination_id
            known = connection.scalar(select(pauses.c.until).where(mine).with_for_update())
            if known is None or known < until:
                upsert(connection, pauses, [{"destination_id": destination_id, "until": until}])

    def pace(self, account: str, per_second: float) -> timedelta:
        """Take the next turn of an account that may ask so often; returns how long it is until then."""
        with self._writing() as (connection, now):
            return claiming.take_turn(connection, now, account, timedelta(seconds=1 / per_second))

    def hold(self, name: str, owner: str, lease: timedelta) -> Holder | None:
        """Take a named thing for an owner, or keep it for longer; returns None, or who has it."""
        with self._writing() as (connection, now):
            return holds.take(connection, now, name, owner, now + lease)

    def let_go(self, name: str, owner: str) -> None:
        """Give a named thing back, if it is still this owner's."""
        with self._writing() as (connection, _):
            holds.let_go(connection, name, owner)

    def next_due(self, queue: Queue) -> datetime | None:
        """Return when the earliest open job of the queue can be claimed, or None when none can."""
        with self._reading() as connection:
            return claiming.next_due(connection, moment(connection, self._clock), queue)

    def pair(self, source_id: str, destination_id: str) -> PairRecord | None:
        """Return what is remembered of the pair."""
        with self._reading() as connection:
            return runs.pair(connection, source_id, destination_id)

    def pairs(self) -> list[PairRecord]:
        """Return what is remembered of every pair, by source and destination."""
        with self._reading() as connection:
            return runs.every_pair(connection)

    def pause_pair(self, source_id: str, destination_id: str, why: str) -> None:
        """Note why nothing of the pair is to be carried, or with an empty `why` that it goes on; raises KeyError."""
        with self._writing() as (connection, _):
            runs.pause_pair(connection, source_id, destination_id, why)

    def save_pair(self, record: PairRecord) -> None:
        """Remember this of the pair; whether it is paused stays as it is."""
        with self._writing() as (connection, _):
            runs.save_pair(connection, record)

    def begin_run(self, run: RunRecord, keys: Collection[str] | None = None) -> RunRecord:
        """Record the run, or return its record; unless it has ended, it carries the pair's open jobs."""
        with self._writing() as (connection, now):
            return runs.begin(connection, now, run, keys)

    def end_run(self, run_id: str, ended: str, tally: Tally) -> None:
        """Note that the run has ended, or waits, and what it came to; raises KeyError for one that never began."""
        with self._writing() as (connection, now):
            runs.end(connection, now, run_id, ended, tally)

    def history(self, source_id: str, destination_id: str, limit: int, *, delivered: int = 0) -> list[PastRun]:
        """Return the pair's last runs that delivered at least so many, the newest first."""
        with self._reading() as connection:
            return runs.past(connection, source_id, destination_id, limit, delivered)

    def overview(self, past: int) -> Overview:
        """Return where every pair stands, at one moment, each with so many of its last runs."""
        with self._reading() as connection:
            return overview.overview(connection, moment(connection, self._clock), past)

    def came_to(self, run_ids: Sequence[str]) -> list[PastRun]:
        """Return what these runs came to each time they ended or began to wait, oldest first."""
        with self._reading() as connection:
            return runs.came_to(connection, run_ids)

    def tally(self, run_id: str) -> Tally:
        """Count the run's items from the records."""
        with self._reading() as connection:
            return runs.tally(connection, run_id)

    def delivered(self, run_id: str, limit: int) -> list[Job]:
        """Return the first jobs that the run delivered, without items, oldest first."""
        with self._reading() as connection:
            return runs.delivered(connection, run_id, limit)

    def dead_letters(self, which: DeadLetterFilter) -> list[Job]:
        """Return the matching dead letters with their items, oldest first."""
        with self._reading() as connection:
            return dead_letters.find(connection, which)

    def redrive(self, keys: Sequence[str], *, run_id: str) -> list[str]:
        """Make failed jobs pending anew; returns those changed."""
        with self._writing() as (connection, now):
            return dead_letters.redrive(connection, now, keys, run_id)

    def adopt(self, key: str, receipt: Receipt, *, run_id: str) -> None:
        """Close a dead letter: a person named the object that is there; raises KeyError when it is none."""
        with self._writing() as (connection, now):
            dead_letters.adopt(connection, now, key, receipt, run_id)

    def skip(self, keys: Sequence[str], *, run_id: str) -> list[str]:
        """Close dead letters as not to be sent; returns those changed."""
        with self._writing() as (connection, now):
            return dead_letters.skip(connection, now, keys, run_id)

    def resend(self, key: str, *, run_id: str) -> Job:
        """Record a new revision of a done or failed job's item, to be created anew; raises KeyError, Conflict."""
        with self._writing() as (connection, now):
            return dead_letters.resend(connection, now, key, run_id)

    def close(self) -> None:
        """Give back connections."""
        self._writes.dispose()

    def _settle(self, wishes: Sequence[Wish]) -> None:
        """Commit what several threads want of their jobs."""
        answers = self._settled(wishes)
        for wish, answer in zip(wishes, answers, strict=True):
            if isinstance(answer, LeaseLost):
                wish.error = answer
            else:
                wish.answer = answer

    def _settled(self, wishes: Sequence[Wish]) -> list[Job | LeaseLost]:
        """Do it, again when another transaction was faster: nothing of it was done then."""
        for _ in range(OVERTAKEN_AT_MOST):
            try:
                with self._writing() as (connection, now):
                    return holding.settle(connection, now, wishes)
            except Conflict:
                continue
        with self._writing() as (connection, now):
            return holding.settle(connection, now, wishes)

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, datetime]]:
        """Yield a transaction that writes, and its time, told once nobody else writes."""
        with self._one_at_a_time, reaching(self._writes):
            self._ensure()
            with self._writes.begin() as connection:
                try:
                    yield connection, moment(connection, self._clock)
                except OperationalError as error:
                    if getattr(error.orig, "sqlstate", "") in _OVERTAKEN:
                        raise Conflict("another transaction was faster: read again and plan again") from error
                    raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Yield a transaction that only reads."""
        with reaching(self._reads):
            self._ensure()
            with self._reads.begin() as connection:
                yield connection

    def _ensure(self) -> None:
        """Bring the schema up to date, once in this object's life."""
        with self._getting_ready:
            if not self._ready:
                schema.ensure(self._writes, self._reads, self._clock)
                self._ready = True
