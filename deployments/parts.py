"""What a Prefect server must have, a part a kind; each part can look, and make what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

MISSING = "missing"

Drift = dict[str, str]
"""What each thing of a part lacks, by its name, for people and never a secret; empty: it is as it should be."""


class Part(Protocol):
    """Things of one kind, told from code, prefect.yaml or the environment."""

    @property
    def kind(self) -> str:
        """What they are, in the singular."""

    def look(self) -> Drift:
        """Compare with the server and change nothing."""

    def make(self, names: Sequence[str]) -> None:
        """Make these things as they should be; raises ConfigurationError."""

    def note(self) -> str:
        """Say what was left out on purpose and what to do about it, or nothing."""


@dataclass(frozen=True)
class Report:
    """What became of one part."""

    kind: str
    drift: Drift
    note: str

    @property
    def wrong(self) -> dict[str, str]:
        """What is not as it should be."""
        return {name: what for name, what in self.drift.items() if what}


def differences(pairs: Iterable[tuple[str, object, object]]) -> str:
    """Name what differs of (name, wanted, found); empty when nothing does."""
    return ", ".join(name for name, wanted, found in pairs if wanted != found)
