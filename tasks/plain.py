"""The plain engine: carries a road without Prefect, for the crash sweep and for whoever embeds the roads."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from adapters.contracts.errors import RateLimited, Transient
from adapters.contracts.jobs import Job, Receipt, Tally
from adapters.contracts.retry import RetryPolicy

T = TypeVar("T")


@dataclass(frozen=True)
class PlainEngine:
    """Repeats a job's attempts as the policy says, and does each step once."""

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

    def step(self, name: str, do: Callable[[], T]) -> T:
        """Do one step."""
        del name
        return do()

    def whole(self, name: str, key: str, do: Callable[[], Tally]) -> Tally:
        """Do a whole transfer; nothing is remembered between runs."""
        del name, key
        return do()
