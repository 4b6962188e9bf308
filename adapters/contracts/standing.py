"""What a credential can do, as its service itself says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """A credential that works: what it can do, and what it will need of a person before long."""

    can: str
    """In words, whole: whose it is, and what it may do."""
    soon: str = ""
    """What ends or is missing, and how that is mended; empty where nothing is."""

    def __str__(self) -> str:
        """Say both."""
        return f"{self.can}; {self.soon}" if self.soon else self.can
