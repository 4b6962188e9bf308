"""What a check finds: ok, a warning or a wrong, what, why, and how it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One finding; it holds no secret."""

    check: str
    level: Level
    what: str
    why: str = ""
    mend: str = ""
    """A command, or what a person does; empty where all is well."""

    @property
    def row(self) -> dict[str, str]:
        """The finding as a row of a table, or as JSON."""
        return {
            "check": self.check,
            "level": self.level.value,
            "what": self.what,
            "why": self.why,
            "mend": self.mend,
        }


def ok(check: str, what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, Level.OK, what)


def warn(check: str, what: str, why: str, mend: str) -> Finding:
    """Return a finding that can wait."""
    return Finding(check, Level.WARN, what, why, mend)


def wrong(check: str, what: str, why: str, mend: str) -> Finding:
    """Return a finding with which something does not work."""
    return Finding(check, Level.WRONG, what, why, mend)


def verdict(findings: Sequence[Finding]) -> str:
    """Sum findings up in one line."""
    number = {level: sum(one.level is level for one in findings) for level in Level}
    if number[Level.WRONG]:
        return f"{number[Level.WRONG]} wrong, {number[Level.WARN]} to look at, {number[Level.OK]} ok"
    if number[Level.WARN]:
        return f"nothing is wrong; {number[Level.WARN]} to look at, {number[Level.OK]} ok"
    return f"all is well: {number[Level.OK]} ok"


def is_wrong(findings: Sequence[Finding]) -> bool:
    """Say whether anything is wrong."""
    return any(one.level is Level.WRONG for one in findings)
