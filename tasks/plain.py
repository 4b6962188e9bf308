"""The plain engine: carries a road without Prefect, for the crash sweep and for whoever embeds the roads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from adapters.contracts.runs import Tally
from adapters.runner import Attempts, Repeated

T = TypeVar("T")


@dataclass(frozen=True)
class PlainEngine(Repeated):
    """Repeats a job's attempts as the policy says, and does each step once."""

    def step(self, name: str, do: Callable[[], T]) -> T:
        """Do one step."""
        del name
        return do()

    def several(self, pause: Callable[[float], None]) -> Attempts:
        """Return what repeats the attempts of several jobs at once."""
        return Repeated(self.policy, pause)

    def whole(self, name: str, key: str, do: Callable[[], Tally]) -> Tally:
        """Do a whole transfer; nothing is remembered between runs."""
        del name, key
        return do()
