"""Grouping: what several threads of a process want of their claimed jobs at one moment becomes one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from adapters.contracts.jobs import Job, Receipt

MOST = 64
"""How many wishes one transaction takes at most: nobody waits long for the others'."""
PATIENCE = 0.006
"""Seconds for which a leader waits for others while there are some: a transaction costs as much as ten wishes in it."""


@dataclass(frozen=True)
class End:
    """How a job ended: what its place said, and in which run."""

    receipt: Receipt
    run_id: str


@dataclass
class Wish:
    """What a thread wants of its job, a mark or an end, and what came of it."""

    job: Job
    end: End | None = None
    """None: the mark that a request is about to leave."""
    answer: Job | None = None
    """The job as the store has it, once the wish is committed."""
    error: BaseException | None = None
    turn: Lock = field(default_factory=Lock)
    """Held until the thread that waits for it is to go on, and lighter than an event: there are two for each job."""
    settled: bool = False

    def __post_init__(self) -> None:
        """Let the first who waits wait."""
        self.turn.acquire()


class Grouping:
    """Commits the wishes of threads: the first to come leads, and whoever comes meanwhile is the next one's group.

    For threads that no signal interrupts, or for one alone: who waits must come to its turn.
    """

    def __init__(self, commit: Callable[[Sequence[Wish]], None]) -> None:
        """Take what commits a group in one transaction and gives each of its wishes an answer or an error."""
        self._commit = commit
        self._lock = Lock()
        self._waiting: list[Wish] = []
        self._led = False
        self._company = False
        """Whether the last group had more than one wish: a thread alone never waits."""

    def ask(self, wish: Wish) -> Job:
        """Return the job once the wish is committed; raises what stands against it."""
        with self._lock:
            self._waiting.append(wish)
            leads, self._led = not self._led, True
        if not leads:
            wish.turn.acquire()
        if not wish.settled:
            self._lead()
        if wish.error is not None:
            raise wish.error
        return wish.answer or wish.job

    def _lead(self) -> None:
        """Commit those who wait, this thread's wish among them, and let the next one lead."""
        if self._company:
            time.sleep(PATIENCE)
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._company = len(group) > 1
        try:
            self._commit(group)
        except BaseException as error:  # noqa: BLE001 - each thread raises it where it asked
            for wish in group:
                wish.error = error
        finally:
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._led = heir is not None
            for wish in group:
                wish.settled = True
                wish.turn.release()
            if heir is not None:
                heir.turn.release()
