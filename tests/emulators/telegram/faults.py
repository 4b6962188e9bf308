"""Faults on command: floods, errors, lost connections, slow and missing answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.emulators.telegram.wire import Refused


@dataclass(frozen=True)
class Call:
    """A request that came; its connection may have been dropped before it was done."""

    name: str
    """Its class without "Request": `GetHistory`."""
    request: object
    at: datetime
    account: object
    dc: int
    space: str
    """`messages`, `channels`: where TL has it."""
    wrappers: tuple[str, ...] = ()

    def is_a(self, name: str) -> bool:
        """Say whether a test means it by a name: `GetMessages`, `channels.GetMessages`, or any by an empty one."""
        return name in {"", self.name, f"{self.space}.{self.name}"}


@dataclass
class _Drop:
    when: str
    name: str
    nth: int


@dataclass
class _Failure:
    name: str
    refused: Refused
    times: int


@dataclass
class Faults:
    """All faults that were asked for."""

    floods: dict[str, datetime] = field(default_factory=dict)
    failures: list[_Failure] = field(default_factory=list)
    drops: list[_Drop] = field(default_factory=list)
    waits: dict[str, float] = field(default_factory=dict)
    silences: set[str] = field(default_factory=set)

    def fail(self, name: str, refused: Refused, times: int) -> None:
        """Refuse a request so many times."""
        self.failures.append(_Failure(name, refused, times))

    def drop(self, when: str, name: str, nth: int) -> None:
        """Drop the connection at the nth such request."""
        if when not in {"before", "after"}:
            raise ValueError(f"no time to drop a connection: {when}")
        self.drops.append(_Drop(when, name, nth))

    def refuse(self, call: Call) -> None:
        """Raise Refused where a fault says so."""
        for name, until in self.floods.items():
            left = math.ceil((until - call.at) / timedelta(seconds=1))
            if call.is_a(name) and left > 0:
                raise Refused(420, f"FLOOD_WAIT_{left}")
        for failure in self.failures:
            if call.is_a(failure.name) and failure.times > 0:
                failure.times -= 1
                raise failure.refused

    def lost(self, call: Call) -> str:
        """Count a call for every drop, and say when the connection goes: `before`, `after`, or never."""
        struck = ""
        for drop in self.drops:
            drop.nth -= call.is_a(drop.name)
            if call.is_a(drop.name) and drop.nth == 0:
                struck = drop.when
        return struck

    def wait(self, call: Call) -> float:
        """Return how many seconds an answer takes."""
        return max((seconds for name, seconds in self.waits.items() if call.is_a(name)), default=0.0)

    def silent(self, call: Call) -> bool:
        """Say whether a call is never answered."""
        return any(call.is_a(name) for name in self.silences)
