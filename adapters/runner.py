"""The JobRunner: does one claimed job at a publishing destination, and leaves its end in the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from adapters.contracts.errors import (
    ConfigurationError,
    LeaseLost,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    StillWorking,
    Transient,
)
from adapters.contracts.item import Media
from adapters.contracts.jobs import Action, Died, Done, Dropped, Failure, Job, Reason, Receipt, Result, Waits
from adapters.contracts.ports import Grade, MediaFile, PublishingDestination, Write
from adapters.contracts.retry import GiveUp, RetryPolicy
from adapters.contracts.store import JobStore

LEASE = timedelta(seconds=60)
"""How long a claimed job belongs to its worker; longer than a request's deadline and the longest delay."""


GOT_ON = "got on in attempt"
"""Beside an adapter's own progress: the attempt that reached something new. Attempts are counted from it, for a job
that gets on does not kill its workers, however many die over it."""


class Stopped(Exception):
    """Raised between two attempts of a job when its run is to end: the job goes back to where it was."""


class Attempts(Protocol):
    """Who repeats a job's attempts: Prefect's task retries, or a plain loop without Prefect."""

    def __call__(self, job: Job, attempt: Callable[[], Receipt]) -> Receipt:
        """Run `attempt` until it returns, raises what is not to be retried, or the policy gives up."""


@dataclass(frozen=True)
class Repeated:
    """Repeats a job's attempts in this process, without an engine."""

    policy: RetryPolicy
    pause: Callable[[float], None] = time.sleep

    def __call__(self, job: Job, attempt: Callable[[], Receipt]) -> Receipt:
        """Run `attempt` until it returns, raises what is not to be retried, or the policy gives up."""
        del job
        for delay in self.policy.delays():
            try:
                return attempt()
            except RateLimited:
                raise
            except Transient:
                self.pause(delay)
        return attempt()


@dataclass
class DestinationRunner:
    """Does jobs at one destination, in the order that keeps the promise: mark, send, receipt, finish."""

    store: JobStore
    destination: PublishingDestination
    policy: RetryPolicy
    media: Callable[[Media], MediaFile]
    attempts: Attempts
    run_id: str
    lease: timedelta = LEASE

    def run(self, job: Job) -> Result:
        """Do one claimed job; see `adapters.contracts.jobs.JobRunner`."""
        work = _Work(self, job)
        tries = job.attempt - _got_on(job)
        if tries > self.policy.attempts:
            why = "its workers died or it was given back too often"
            return work.die(Transient(f"tried {tries - 1} times: {why}"), exhausted=True)
        if job.action is not Action.CREATE and (job.held is None or job.held.deleted):
            if job.action is Action.DELETE:
                self.store.cancel(job, run_id=self.run_id)
                return Dropped("there is nothing to delete")
            work.job = job = job.model_copy(update={"action": Action.CREATE})
        try:
            receipt = self.attempts(job, work.attempt)
        except (LeaseLost, Stopped) as error:
            return work.drop(error)
        except RateLimited as error:
            return work.wait(error)
        except ConfigurationError as error:
            work.give_back(error)
            raise
        except (Rejected, OutcomeUnknown, Transient) as error:
            return work.die(error, exhausted=isinstance(error, Transient))
        except BaseException as error:
            # A bug, a cancellation, a signal: the mark in the store says whether anything may have been sent.
            work.give_back(error)
            raise
        try:
            self.store.finish(work.job, receipt, run_id=self.run_id)
        except LeaseLost as error:
            return Dropped(str(error))
        return Done(receipt)


class _Work:
    """One job in its runner's hands: its attempts, and what is in doubt after them."""

    def __init__(self, runner: DestinationRunner, job: Job) -> None:
        self.runner = runner
        self.job = job
        self.doubt = job.in_doubt
        self._tries = 0

    def attempt(self) -> Receipt:
        """Try the write once; in doubt, first do what the destination's grade allows."""
        self._tries += 1
        if self._tries > 1:
            self._keep(self.runner.store.begin_attempt(self.job, self.runner.lease))
        if self.doubt:
            found = self._settle()
            if found is not None:
                return found
        try:
            # Told before the first byte: what goes wrong here must not stand between an answer and its record.
            losses = self._losses()
            return self._sent(self.runner.destination.write(self._write()), losses)
        except OutcomeUnknown as error:
            self.doubt = True
            if self._grade() is Grade.HOLDS:
                raise
            # The next attempt is safe here: it is dropped by its key, or looks first for what this one left.
            raise Transient(f"no answer: {error}") from error
        except (Rejected, RateLimited, Transient, ConfigurationError) as error:
            if self.doubt and isinstance(error, Rejected):
                raise OutcomeUnknown(f"an earlier request went unanswered, and then: {error}") from error
            raise

    def _settle(self) -> Receipt | None:
        """Deal with an earlier request that nobody knows the end of; returns its receipt when it is found."""
        grade = self._grade()
        if grade in {Grade.OVERWRITES, Grade.DEDUPLICATES}:
            return None
        since = self.job.sent_at
        if grade is Grade.HOLDS or since is None:
            raise OutcomeUnknown("an earlier request went unanswered, and nothing here can tell whether it arrived")
        settled = (self.job.last_sent_at or since) + self.runner.destination.settles_after
        wait = (settled - self.runner.store.now()).total_seconds()
        if wait > 0:
            raise RateLimited("an earlier request may still take effect", wait)
        try:
            found = self.runner.destination.find(self._write(), since)
        except Rejected:
            # Not one of its requests was refused: what it had left was, and that is an answer.
            self.doubt = False
            raise
        return None if found is None else self._sent(found, self._losses())

    def _grade(self) -> Grade:
        """Return the grade that holds for this job now: a key that is no longer remembered protects nothing."""
        destination, since = self.runner.destination, self.job.sent_at
        life = destination.key_life
        if since is not None and life is not None and self.runner.store.now() >= since + life:
            return destination.fallback
        return destination.grade

    def _write(self) -> Write:
        """Build what the adapter needs."""
        job = self.job
        return Write(
            action=job.action,
            key=job.key,
            item_id=job.item_id,
            item=job.item,
            # A creation that was asked for beside what is there, or after its deletion, edits nothing.
            held=None if job.action is Action.CREATE else job.held,
            deadline=self.runner.policy.deadline,
            sending=self._mark,
            save=self._save,
            progress={name: value for name, value in job.progress.items() if name != GOT_ON},
            media=self.runner.media,
            answers=self._answered(),
        )

    def _answered(self) -> Receipt | None:
        """Return the object of the item that this one answers, where that has come here too."""
        item, place = self.job.item, self.job.descriptor.destination_id
        if item is None or not item.reply_to or self.job.action is Action.DELETE:
            return None
        known = self.runner.store.known(place, [item.reply_to]).get(item.reply_to)
        return known.held if known and known.held and not known.held.deleted else None

    def _mark(self) -> None:
        """Commit, just before a first byte, that a request is about to leave."""
        self._keep(self.runner.store.mark_sending(self.job))

    def _save(self, progress: Mapping[str, Any]) -> None:
        """Keep a step's progress, which renews the lease."""
        got_on = {name: value for name, value in self.job.progress.items() if name == GOT_ON}
        if self.job.progress != {**progress, **got_on}:
            got_on = {GOT_ON: self.job.attempt}
        self._keep(self.runner.store.save_progress(self.job, {**progress, **got_on}, self.runner.lease))

    def _keep(self, job: Job) -> None:
        """Go on with the job as the store has it, without losing its item and the action decided here."""
        self.job = job.model_copy(update={"item": self.job.item, "held": self.job.held, "action": self.job.action})

    def _losses(self) -> tuple[str, ...]:
        """Say what the item loses on its way."""
        item = self.job.item
        return () if item is None else self.runner.destination.render(item).losses

    def _sent(self, receipt: Receipt, losses: tuple[str, ...]) -> Receipt:
        """Let the receipt say which version the place holds, and what that lost, as foreseen and besides."""
        item = self.job.item
        if item is None:
            return receipt
        held = {} if receipt.version else {"version": item.version, "changed_at": item.changed_at}
        return receipt.model_copy(update={"losses": tuple(dict.fromkeys((*losses, *receipt.losses))), **held})

    def wait(self, error: RateLimited) -> Result:
        """Give the job back until the moment that the place named, and let everyone leave the place alone so long.

        A place that is at work on this item alone takes the others meanwhile.
        """
        working = isinstance(error, StillWorking)
        store = self.runner.store
        until = store.now() + timedelta(seconds=error.retry_after)
        failure = self._failure(error)
        if not working:
            store.pause(self.job.descriptor.destination_id, until)
        try:
            store.release(self.job, failure, not_before=until, in_doubt=self.doubt or working, counts=False)
        except LeaseLost as lost:
            return Dropped(str(lost))
        return Waits(until, failure)

    def drop(self, why: LeaseLost | Stopped) -> Result:
        """Leave the job alone; where its run ends between two attempts, it is pending again and its doubt known."""
        if isinstance(why, Stopped):
            try:
                self.runner.store.release(self.job, None, not_before=None, in_doubt=self.doubt, counts=False)
            except LeaseLost as lost:
                return Dropped(str(lost))
        return Dropped(str(why))

    def give_back(self, error: BaseException) -> None:
        """Make the job pending again after something that is not its own fault."""
        in_doubt = self.doubt or (self.job.in_doubt and not isinstance(error, ConfigurationError))
        try:
            self.runner.store.release(
                self.job,
                self._failure(error),
                not_before=None,
                in_doubt=in_doubt,
                counts=not isinstance(error, ConfigurationError),
            )
        except LeaseLost:
            return

    def die(self, error: Exception, *, exhausted: bool) -> Result:
        """Make the job a dead letter."""
        decision = self.runner.policy.decide(error, max(self.job.attempt, self.runner.policy.attempts))
        message = decision.reason if isinstance(decision, GiveUp) else str(error)
        reason = Reason.EXHAUSTED if exhausted else Reason.REJECTED
        if self.doubt or isinstance(error, OutcomeUnknown):
            reason = Reason.UNKNOWN
        failure = self._failure(error, message)
        try:
            self.runner.store.fail(
                self.job, reason, failure, run_id=self.runner.run_id, in_doubt=reason is Reason.UNKNOWN
            )
        except LeaseLost as lost:
            return Dropped(str(lost))
        return Died(reason, failure)

    def _failure(self, error: BaseException, message: str = "") -> Failure:
        """Describe what went wrong in the store's time."""
        at: datetime = self.runner.store.now()
        return Failure(
            at=at, attempt=self.job.attempt, error=type(error).__name__, message=message or str(error) or repr(error)
        )


def _got_on(job: Job) -> int:
    """Return the attempt in which the job last reached something new; 0 where a person has counted anew since."""
    attempt = job.progress.get(GOT_ON, 0)
    return attempt if isinstance(attempt, int) and attempt <= job.attempt else 0
