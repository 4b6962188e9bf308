"""A finding: a rule that a feed breaks, where and how."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.destinations.dzen.rules import RULES


@dataclass(frozen=True)
class Finding:
    """One broken rule."""

    rule: str
    where: str
    how: str


def found(rule: str, where: str, how: str) -> Finding:
    """Return a finding; raises KeyError for a rule that does not stand in the table."""
    return Finding(RULES[rule].id, where, how)
