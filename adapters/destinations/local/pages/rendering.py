"""Rendering: the site's months are made by all processors, a page at a time each, and come back in order.

A process of these reads its tasks from its standard input and ends where that ends: it outlives nobody.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import adapters
from adapters.contracts.errors import SyndicateError, Transient
from adapters.destinations.local.pages import site
from adapters.destinations.local.pages.ledger import Shown
from adapters.destinations.local.pages.reading import Lines
from adapters.destinations.local.pages.site import Turn

MOST = 8
"""Processes; so many keep the one that writes busy."""

Rendered = tuple[bytes, bytes]
"""A month's page, and its script for the search."""


@dataclass(frozen=True)
class Task:
    """One page of a month, with all that `site.month_page` needs but the items themselves."""

    rows: Sequence[Shown]
    around: tuple[Turn | None, Turn | None]
    targets: Mapping[str, Shown]
    replies: Mapping[str, Sequence[Shown]]
    first_days: Sequence[str]
    title: str

    def done(self, lines: Lines) -> Rendered:
        """Make the page; raises Transient for an item that is not where it was."""
        return site.month_page(
            self.rows, self.around, self.targets, self.replies, self.first_days, self.title, lines.read
        )


Render = Callable[[Iterable[Task]], Iterator[Rendered]]
"""Makes pages, in the order of their tasks."""


def processes() -> int:
    """Return how many processes are worth their start here; 0 where there is one processor only."""
    there = os.cpu_count() or 1
    return min(there, MOST) if there > 1 else 0


@contextmanager
def rendering(archive: Path, lines: Lines, number: int) -> Iterator[Render]:
    """Yield what makes pages: so many processes, or with 0 this one."""
    if not number:
        yield lambda tasks: (task.done(lines) for task in tasks)
        return
    with ExitStack() as stack:
        helpers = [_Helper(stack, archive) for _ in range(number)]
        yield lambda tasks: _in_order(helpers, tasks)


def _in_order(helpers: Sequence[_Helper], tasks: Iterable[Task]) -> Iterator[Rendered]:
    """Give each helper a task at a time, and yield what they make in the order of the tasks."""
    free, busy = deque(helpers), deque[_Helper]()
    for task in tasks:
        if not free:
            free.append(busy.popleft())
            yield free[0].take()
        free[0].give(task)
        busy.append(free.popleft())
    for helper in busy:
        yield helper.take()


class _Helper:
    """Another process that makes pages; it has one task at a time, so that neither waits for the other to read."""

    def __init__(self, stack: ExitStack, archive: Path) -> None:
        command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()", str(archive)]
        # Not where this one was started: a file of another program may have a name of ours there.
        path = os.pathsep.join(filter(None, (str(Path(adapters.__path__[0]).parent), os.environ.get("PYTHONPATH"))))
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603 - this very program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
            )
        )
        self._tasks, self._pages = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)

    def give(self, task: Task) -> None:
        """Send a task."""
        try:
            pickle.dump(task, self._tasks)
            self._tasks.flush()
        except BrokenPipeError as error:
            raise _ended() from error

    def take(self) -> Rendered:
        """Return what became of it; raises what went wrong there."""
        try:
            made: Rendered | Exception = pickle.load(self._pages)  # noqa: S301 - our own process
        except (EOFError, pickle.UnpicklingError) as error:
            raise _ended() from error
        if isinstance(made, Exception):
            raise made
        return made


def _ended() -> Transient:
    """Say that a process is gone, which is likely for want of memory."""
    return Transient("a process that made pages was ended by somebody else; the next run makes them")


def serve(archive: Path, tasks: BinaryIO, pages: BinaryIO) -> None:
    """Make pages until there are no more tasks."""
    with Lines(archive) as lines, suppress(EOFError, BrokenPipeError):
        while True:
            task: Task = pickle.load(tasks)  # noqa: S301 - from who started this process
            try:
                made: Rendered | Exception = task.done(lines)
            except (SyndicateError, OSError) as error:
                made = error
            pickle.dump(made, pages)
            pages.flush()


def main() -> None:
    """Be such a process."""
    # An interruption is for who started this process, and ends it through that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever prints something shall not disturb the pages.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    serve(Path(sys.argv[1]), sys.stdin.buffer, answers)
