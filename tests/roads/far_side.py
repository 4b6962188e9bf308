"""What the state machine's roads run in: a clock, processes that die, and a place that knows what truly happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Rejected, Transient
from adapters.contracts.jobs import Receipt
from adapters.contracts.ports import Grade, Write
from tests.fakes import DAY, FakePlace

SETTLES = timedelta(seconds=5)
"""Within which a request that is still under way takes effect."""
KEY_LIFE = timedelta(hours=1)
VERBS = ("begin_run", "save_pair", "commit_page", "claim_next", "mark_sending", "begin_attempt", "finish", "fail")
VERBS += ("release", "pause", "end_run")
CRASHES = [f"{when} {verb}" for verb in VERBS for when in ("before", "after")]
CRASHES += ["before the effect", "in flight", "after the effect"]


class Killed(BaseException):
    """The process is gone: no handler of its own runs any more."""


class Bug(Exception):
    """What an adapter raises that nobody foresaw."""


class Stuck(AssertionError):
    """A run waits for ever."""


FAULTS: dict[str, tuple[str, Exception]] = {
    "answer lost": ("after the effect", OutcomeUnknown("no answer")),
    "request lost": ("never", OutcomeUnknown("no answer")),
    "request late": ("late", OutcomeUnknown("no answer")),
    "rejected": ("refused", Rejected("422: no")),
    "unreachable": ("before the mark", Transient("connection refused: not sent")),
    "not taken": ("refused", Transient("503: not taken")),
    "throttled": ("refused", RateLimited("429", 2)),
    "throttled for long": ("refused", RateLimited("429", 7200)),
    "no right": ("before the mark", ConfigurationError("401: the token is wrong")),
    "bug": ("after the effect", Bug("nobody foresaw this")),
}


class Clock:
    """The store's time, moved by waiting."""

    def __init__(self):
        self.now = DAY + timedelta(days=30)
        self.waits = 0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits += 1
        if self.waits > 2000:
            raise Stuck("a run waits and waits")
        self.now += timedelta(seconds=seconds)


@dataclass
class Process:
    """One process, killed when it passes a point for the n-th time; the dead touch nothing any more."""

    kill: tuple[str, int] = ("", 0)
    dead: bool = False
    passed: int = 0

    def at(self, point: str) -> None:
        self.passed += point == self.kill[0]
        self.dead = self.dead or (point == self.kill[0] and self.passed == self.kill[1])
        if self.dead:
            raise Killed(point)


class Mortal:
    """A job store as one process has it: it may die before or after each transaction."""

    def __init__(self, store, process):
        self._store, self._process = store, process

    def __getattr__(self, name):
        verb = getattr(self._store, name)

        def call(*args, **named):
            self._process.at(f"before {name}")
            done = verb(*args, **named)
            self._process.at(f"after {name}")
            return done

        return call


@dataclass(frozen=True)
class Effect:
    """Something that truly happened at the place."""

    action: str
    item_id: str
    key: str
    remote_id: str


@dataclass
class FarSide(FakePlace):
    """A place that knows what it holds, which requests went unanswered, and which are still under way."""

    clock: Clock = field(default_factory=Clock)
    process: Process = field(default_factory=Process)
    live: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Remote id: item id, text."""
    done: list[Effect] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)
    """Keys of jobs that sent a request whose end the store cannot know, unless somebody tells it."""
    remembered: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    under_way: list[tuple[datetime, Write]] = field(default_factory=list)
    slow: str = ""
    """Where the next writer is stopped for longer than its lease."""
    meanwhile: Callable[[], None] = lambda: None
    """What others do while it is stopped."""

    def write(self, write: Write) -> Receipt:
        self.land()
        when, error = (self.errors.pop(0) if self.errors else None) or ("", None)
        if when == "before the mark":
            raise error
        self._stop("before the mark")
        write.sending()
        doubtful = write.key in self.unanswered
        self.unanswered.add(write.key)
        self.process.at("before the effect")
        if when == "refused":
            if not doubtful:
                self.unanswered.discard(write.key)
            raise error
        if when == "never":
            raise error
        try:
            self.process.at("in flight")
        except Killed:
            self._send_late(write)
            raise
        if when == "late":
            self._send_late(write)
            raise error
        remote_id = self._take(write, self.clock())
        self._stop("after the effect")
        self.process.at("after the effect")
        if when == "after the effect":
            raise error
        return Receipt(remote_id=remote_id, at=self.clock())

    def find(self, write: Write, since: datetime) -> Receipt | None:
        self.land()
        self.unanswered.discard(write.key)
        left = [effect for effect in self.done if effect.key == write.key]
        return Receipt(remote_id=left[-1].remote_id, at=self.clock()) if left else None

    def land(self) -> None:
        """Let those requests under way take effect whose time has come."""
        due = [one for one in self.under_way if one[0] <= self.clock()]
        self.under_way = [one for one in self.under_way if one[0] > self.clock()]
        for at, write in due:
            self._take(write, at)

    def _send_late(self, write: Write) -> None:
        # A late write to a place that takes the latest would undo a newer one: no grade is asked to prevent that.
        late = self.clock() if self.grade is Grade.OVERWRITES else self.clock() + SETTLES
        self.under_way.append((late, write))
        self.land()

    def _stop(self, point: str) -> None:
        if self.slow == point:
            self.slow = ""
            self.clock.wait(61)
            self.meanwhile()

    def _take(self, write: Write, now: datetime) -> str:
        """Do what the grade says about this write."""
        known = self.remembered.get(write.key)
        if self.grade is Grade.DEDUPLICATES and known and now < known[1] + KEY_LIFE + SETTLES:
            return known[0]
        if self.grade is Grade.OVERWRITES:
            remote_id = f"the object of {write.item_id}"
        elif write.action == "create" or write.held is None:
            remote_id = f"o{len(self.done) + 1}"
        else:
            remote_id = write.held.remote_id
            assert write.action == "delete" or remote_id in self.live, f"{write.key} edits what is not there"
        if write.action == "delete":
            self.live.pop(remote_id, None)
        else:
            self.live[remote_id] = (write.item_id, write.item.text)
        self.remembered[write.key] = (remote_id, now)
        self.done.append(Effect(str(write.action), write.item_id, write.key, remote_id))
        return remote_id
