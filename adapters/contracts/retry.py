"""RetryPolicy: an error and an attempt's number give "again after d" or "give up"."""

from __future__ import annotations

import random
from dataclasses import dataclass

from adapters.contracts.errors import RateLimited, Transient


@dataclass(frozen=True)
class RetryAfter:
    """Try again, this many seconds from now."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """Do not try again; `reason` is for people."""

    reason: str


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently one job is tried. A value: two equal policies decide alike."""

    attempts: int = 5
    """How often a job is tried in all, the attempts of dead workers counted."""
    base: float = 1.0
    """Seconds before the second attempt."""
    factor: float = 3.0
    """By how much each further delay grows."""
    longest: float = 20.0
    """Seconds no single delay exceeds."""
    jitter: float = 0.2
    """The share by which a delay is spread at random, so that many workers do not come back at once."""
    deadline: float = 25.0
    """Seconds one request may take, from its first byte to its last."""

    def decide(self, error: Exception, attempt: int, spread: float = 0.0) -> RetryAfter | GiveUp:
        """Say what to do after attempt number `attempt` (the first is 1) ended with `error`.

        `spread`, from -1 to 1, places the delay within the jitter; the caller draws it, so that this stays pure.
        """
        if isinstance(error, RateLimited):
            return RetryAfter(error.retry_after)
        if not isinstance(error, Transient):
            return GiveUp(str(error))
        if attempt >= self.attempts:
            return GiveUp(f"tried {attempt} times, the last one failed: {error}")
        delay = min(self.base * self.factor ** (attempt - 1), self.longest)
        return RetryAfter(delay * (1 + self.jitter * spread))

    def delays(self) -> list[float]:
        """Return the seconds before the 2nd, 3rd … attempt with jitter drawn: what an engine of retries wants."""
        plain = [min(self.base * self.factor**n, self.longest) for n in range(self.attempts - 1)]
        return [delay * (1 + self.jitter * random.uniform(-1, 1)) for delay in plain]  # noqa: S311 - no secret
