"""Hands: several threads of one run do its jobs at once; whatever ends them, each job's end is in the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from datetime import datetime
from threading import Condition, Event, Thread
from typing import Protocol

from adapters.contracts.errors import OutcomeUnknown, RateLimited, Rejected, Transient
from adapters.contracts.jobs import Done, Job, Receipt, Result, Waits
from adapters.http import boottime
from adapters.runner import Attempts, Stopped

LOOKS_EVERY = 0.2
"""Seconds between two looks of the main thread, which alone is told of signals."""
PAIRED = 2
"""Hands for each job that may be on its way: while one waits for an answer, another has the end of its job recorded."""
AHEAD = 0.5
"""For so many seconds of work jobs are claimed ahead: a claim costs as much as the rest of a quick job."""
MOST_AHEAD = 64
STALE = 10.0
"""Seconds after its claim by which a job must have begun, else it is given back: its lease would not last."""


class Bench(Protocol):
    """What hands work with: all of it may be called from any thread."""

    def claim(self, number: int) -> list[Job]:
        """Take up to so many due jobs, oldest first."""

    def do(self, job: Job) -> Result:
        """Do one claimed job; what it raises ends the work of all."""

    def put_back(self, job: Job) -> None:
        """Give a claimed job back that was not begun."""


class Hands:
    """Hands for one queue, with so many jobs on their way at once: sent, or about to be, and not answered.

    A job begins while no other that it must not pass is in hand, which it is until its end is in the store. What went
    wrong with one, and may concern the others, is in the store before another begins. A job that was claimed before in
    vain is done alone, so that one which kills its worker takes no other with it. A job that answers another's item
    waits for that one: else it would not find what it answers.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._turn = Condition()
        self._ready: deque[Job] = deque()
        self._in_hand: dict[str, Job] = {}
        self._on_way: set[str] = set()
        self._heeded: set[str] = set()
        """Those in hand whose end may concern the others."""
        self._claiming = False
        self._claimed, self._claimed_at = 0, boottime()
        """How many the last claim brought, and when."""
        self._dry = False
        """The last claim found nothing, and nothing has ended since."""
        self._ending = Event()
        self._error: BaseException | None = None
        self._closed_until: datetime | None = None
        self.done = 0
        """How many jobs were delivered."""

    def work(self, bench: Bench, watch: Callable[[int], None]) -> None:
        """Do the queue's due jobs; raises what a job raised once all that were in hand have ended.

        Interrupted, it begins no other job, wakes those that wait between two attempts, and waits for the answers to
        what was sent.
        """
        hands = [
            Thread(target=copy_context().run, args=(self._work, bench), name=f"hand-{number}", daemon=True)
            for number in range(self._number * PAIRED)
        ]
        try:
            for hand in hands:
                hand.start()
            for hand in hands:
                while hand.is_alive():
                    hand.join(LOOKS_EVERY)
                    watch(self.done)
        finally:
            self._end()
            for hand in hands:
                hand.join()
            self._put_back(bench)
        if self._error is not None:
            raise self._error

    def pause(self, seconds: float) -> None:
        """Wait between two attempts of a job; raises Stopped when the work ends meanwhile."""
        if self._ending.wait(seconds):
            raise Stopped("the run ends before its next attempt")

    def answered(self, job: Job) -> None:
        """Note that a job has its answer: another may be on its way while this one's end is recorded."""
        with self._turn:
            self._on_way.discard(job.key)
            self._turn.notify()

    def heed(self, job: Job) -> None:
        """Let nothing begin before the end of this job is in the store."""
        with self._turn:
            self._heeded.add(job.key)

    def close_until(self, moment: datetime) -> None:
        """Leave the place alone until a moment, in the store's time: no hand tries anything again before."""
        with self._turn:
            self._closed_until = max(moment, self._closed_until or moment)

    def closed_until(self) -> datetime | None:
        """Return until when the place is to be left alone."""
        with self._turn:
            return self._closed_until

    def _work(self, bench: Bench) -> None:
        """Be one hand."""
        while (job := self._next(bench)) is not None:
            try:
                result: Result | None = bench.do(job)
            except BaseException as error:  # noqa: BLE001 - the main thread raises it
                result = None
                self._end(error)
            self._ended(job, result, bench)

    def _next(self, bench: Bench) -> Job | None:
        """Return the next job that may begin, claiming where that is this hand's turn; None when the work is done."""
        while True:
            with self._turn:
                self._turn.wait_for(self._something_to_do)
                if self._ending.is_set() or self._finished():
                    self._turn.notify_all()
                    return None
                if self._ready and boottime() - self._claimed_at <= STALE:
                    job = self._ready.popleft()
                    self._in_hand[job.key] = job
                    self._on_way.add(job.key)
                    # One that waits is woken for each thing that changes, and wakes the next: all at once would only
                    # look and wait again.
                    self._turn.notify()
                    return job
                self._claiming = True
                stale, wanted = self._unbegun(), self._wanted()
            self._give_back(bench, stale)
            self._refill(bench, wanted)

    def _wanted(self) -> int:
        """Return how many jobs to claim: one for each free hand, and what the last ones' pace would use up soon."""
        free = self._number - len(self._on_way)
        pace = self._claimed / max(boottime() - self._claimed_at, 0.001)
        return min(max(free, int(pace * AHEAD)), self._number + MOST_AHEAD)

    def _refill(self, bench: Bench, wanted: int) -> None:
        """Claim some jobs."""
        claimed: list[Job] = []
        try:
            claimed = bench.claim(wanted)
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._end(error)
        with self._turn:
            self._ready.extend(claimed)
            self._claimed, self._claimed_at = len(claimed), boottime()
            self._dry, self._claiming = not claimed, False
            self._turn.notify()

    def _something_to_do(self) -> bool:
        """Say whether a hand need not wait."""
        if self._ending.is_set() or self._finished():
            return True
        if self._heeded or len(self._on_way) >= self._number:
            return False
        if self._ready:
            return self._may_begin(self._ready[0])
        return not self._claiming and not self._dry

    def _finished(self) -> bool:
        """Say whether nothing is due and nothing in hand could make anything due."""
        return self._dry and not self._ready and not self._in_hand and not self._claiming

    def _may_begin(self, job: Job) -> bool:
        """Say whether a job may go beside those in hand."""
        if not self._in_hand:
            return True
        if job.attempt > 1 or any(other.attempt > 1 for other in self._in_hand.values()):
            return False
        answered = job.item.reply_to if job.item else ""
        return not answered or all(answered not in _names(other) for other in self._in_hand.values())

    def _ended(self, job: Job, result: Result | None, bench: Bench) -> None:
        """Note that a hand is free again."""
        with self._turn:
            del self._in_hand[job.key]
            self._on_way.discard(job.key)
            self._heeded.discard(job.key)
            self._dry = False
            self.done += isinstance(result, Done)
            self._turn.notify()
        if isinstance(result, Waits):
            # The place wants to be left alone; those that were claimed meanwhile wait in the store.
            self.close_until(result.until)
            self._put_back(bench)

    def _put_back(self, bench: Bench) -> None:
        """Give those jobs back that were not begun."""
        with self._turn:
            unbegun = self._unbegun()
        self._give_back(bench, unbegun)

    def _unbegun(self) -> list[Job]:
        """Take those jobs that were not begun."""
        unbegun = list(self._ready)
        self._ready.clear()
        return unbegun

    def _give_back(self, bench: Bench, unbegun: list[Job]) -> None:
        """Give jobs back; whatever stands against it ends the work."""
        try:
            for job in unbegun:
                bench.put_back(job)
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self._end(error)

    def _end(self, error: BaseException | None = None) -> None:
        """Begin no other job, because of the first error that says so."""
        with self._turn:
            self._error = self._error or error
            self._ending.set()
            self._turn.notify_all()


class Considerate:
    """Attempts of one hand, which leaves its place alone once another has learned that it must."""

    def __init__(self, attempts: Attempts, hands: Hands, now: Callable[[], datetime]) -> None:
        self._attempts = attempts
        self._hands = hands
        self._now = now

    def __call__(self, job: Job, attempt: Callable[[], Receipt]) -> Receipt:
        """Run `attempt` as the policy says; raises RateLimited for what failed while the place is to be left alone."""
        first = True

        def considered() -> Receipt:
            nonlocal first
            if not first:
                self._consider(Transient("an earlier attempt failed"))
            first = False
            receipt = attempt()
            self._hands.answered(job)
            return receipt

        try:
            return self._attempts(job, considered)
        except (Rejected, OutcomeUnknown):
            raise
        except BaseException as error:
            self._hands.heed(job)
            if isinstance(error, Transient) and not isinstance(error, RateLimited):
                self._consider(error)
            raise

    def _consider(self, error: Transient) -> None:
        """Raise RateLimited, naming an error, while the place is to be left alone."""
        until, now = self._hands.closed_until(), self._now()
        if until is not None and until > now:
            raise RateLimited(f"{error}; the place is left alone for now", (until - now).total_seconds()) from error


def _names(job: Job) -> set[str]:
    """Return every name of a job's item."""
    return {job.item_id, *(job.item.names if job.item else ())}
