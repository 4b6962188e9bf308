"""Faults on command: at the n-th request, or at the n-th call of a method, before or after it takes effect.

A fault is a JSON object:
  do       reset, silence, 502, cut: the answer is lost so (`when`: before or after the effect);
           error: this `code` is answered (before: in the effect's place; after: in the answer's);
           captcha: 14 once; expire: the token is expired from here on; late: the connection is reset, and the request
           takes effect when `after` further ones have been served, or at `land`; wait: it is answered `seconds` later;
           kill: the process whose id stands in `pid_file` is killed with SIGKILL;
           crash: the server drops all and is away for `seconds`
  at       the number of the request from now on, the first is 1; or with `method` of its calls
  method   `wall.post`, or `upload/photo`, `upload/video`, `upload/doc`; empty: all
  times    for how many requests from there on, 1 without it
"""

from __future__ import annotations

from dataclasses import dataclass, field

LOSSES = {"reset", "silence", "502", "cut"}
KINDS = LOSSES | {"error", "captcha", "expire", "late", "wait", "kill", "crash"}


@dataclass
class Fault:
    """One fault, and how far it is."""

    do: str
    when: str = "after"
    at: int = 1
    method: str = ""
    times: int = 1
    code: int = 0
    message: str = ""
    seconds: float = 0.0
    after: int = 1
    pid_file: str = ""
    seen: int = field(default=0, init=False)

    def __post_init__(self):
        if self.do not in KINDS or self.when not in {"before", "after"}:
            raise ValueError(f"no fault: {self}")

    def strikes(self, method):
        """Count a request, and say whether it is struck."""
        if self.method not in {"", method}:
            return False
        self.seen += 1
        return self.at <= self.seen < self.at + self.times


class Faults:
    """All faults that were asked for."""

    def __init__(self):
        self.all = []

    def add(self, described):
        """Add faults."""
        self.all += [Fault(**one) for one in described]

    def clear(self):
        """Forget them."""
        self.all.clear()

    def meet(self, method):
        """Count a request for every fault and return the first that strikes it."""
        struck = [fault for fault in self.all if fault.strikes(method)]
        self.all = [fault for fault in self.all if fault.seen < fault.at + fault.times - 1]
        return struck[0] if struck else None
