"""The bulk road: fetch, filter, compare with what the place holds, write what differs in batches with the cursor.

It knows no Prefect: an `Engine` carries it, Prefect's in `tasks.engine` or the plain one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.jobs import Action, Job, Reason
from adapters.contracts.ports import (
    Batch,
    BulkDestination,
    BulkSession,
    Committed,
    Following,
    Foretelling,
    Held,
    MediaMissing,
    Page,
    Skimming,
    SourceAdapter,
    Tracing,
)
from adapters.contracts.runs import PairRecord, RunRecord, Tally
from adapters.contracts.store import Cursor, JobStore
from adapters.contracts.version import Change, compare, taken_over
from adapters.garbage import nothing_collected
from adapters.media import FolderMediaStore
from adapters.selection import Selection
from tasks.burying import Graves
from tasks.options import Options
from tasks.publish import (
    PREVIEWS,
    always_newest,
    keep_pace,
    names,
    paused,
    reading,
    refuse_mass_deletion,
    wholly_gone,
)
from tasks.reading import pages
from tasks.report import Watcher
from tasks.summary import LISTED, Delivery, Preview, Summary

BATCH = 5_000
"""Items a commit, so that an fsync costs nothing beside it."""
STRETCH = 5.0
"""Seconds of work a step, so that a task run costs nothing beside it either."""

OVER_LIMIT = "over --limit"

T = TypeVar("T")


class Engine(Protocol):
    """What carries a bulk road."""

    def step(self, name: str, do: Callable[[], T]) -> T:
        """Do one step of a road, shown by this name."""

    def whole(self, name: str, key: str, do: Callable[[], Tally]) -> Tally:
        """Do a whole transfer, or return what the same key came to before."""


@dataclass
class _Pending:
    """What has been found to differ and is not committed yet."""

    items: list[tuple[ContentItem, Action]] = field(default_factory=list)
    take_over: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    """Of these items."""
    traces: dict[str, str] = field(default_factory=dict)
    """Of these items, by id."""
    same: dict[str, str] = field(default_factory=dict)
    """Traces of items that are there already, in other words than their place remembers; no reason for a commit."""

    def told(self) -> dict[str, str]:
        """Return the traces of what this commits, and of what is there already."""
        return {item.id: self.traces[item.id] for item, _ in self.items if item.id in self.traces} | self.same

    def __len__(self) -> int:
        return len(self.items) + len(self.take_over)


@dataclass
class _Reading:
    """How far the source has been read; what a step was called with may be remembered, the items must not."""

    pages: Iterator[Page]
    pending: _Pending = field(default_factory=_Pending)
    moved: bool = False
    """Whether a cursor was committed on the way."""
    ended: bool = False


class Paused(Exception):
    """Somebody has paused the pair while it is carried; what was read by then is in the place."""


@dataclass
class BulkRoad:
    """One run of one bulk pair."""

    pair: str
    source: SourceAdapter
    destination: BulkDestination
    settings: dict[str, object]
    store: JobStore
    media: FolderMediaStore
    options: Options
    engine: Engine
    watcher: Watcher
    run_id: str
    stretch: float = STRETCH
    tally: Tally = field(default_factory=Tally)
    warnings: list[str] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)
    losses: dict[str, int] = field(default_factory=dict)
    """Of a dry run: how the first items would look, and what would be lost, for how many items."""
    deliveries: list[Delivery] = field(default_factory=list)
    """The first items that were written."""
    _missing: int = 0
    _example: str = ""

    def __post_init__(self) -> None:
        """Have a place for what arrives nowhere."""
        self._graves = Graves(self.store, self.media, self.source, self.destination, self.run_id, self.tally)

    def run(self) -> Summary:
        """Run the pair; what was written is in the place, what could not be is a dead letter when this returns."""
        began = time.monotonic()
        source_id = self.source.identity
        if self.options.deletes == "mark" and not self.destination.marks:
            raise ConfigurationError(
                f"--deletes mark: nothing can be marked as deleted in a {self.destination.service} place; say "
                "--deletes follow, or ignore"
            )
        why = "" if self.options.dry_run else paused(self.store, source_id, self.destination.identity)
        if why:
            return Summary.of_paused(self.pair, why)
        opened = self.destination.peek(source_id) if self.options.dry_run else self.destination.open(source_id)
        with opened as session:
            self.warnings += session.repaired
            selection = self._selection()
            if self.options.dry_run:
                start = self._start(session, selection) if isinstance(self.source, Following) else ""
                self._read(session, start=start)
            else:
                keep_pace(self.store, time.sleep, self.source)
                self._begin()
                # Not by a return: the engine would take what was stopped half-way for the whole transfer.
                try:
                    self.tally = self._carried(session, selection)
                except Paused as stop:
                    why = str(stop)
        summary = Summary.of(self.pair, self.tally)
        summary.paused = why
        if self._missing:
            self.warnings.append(
                f"{self._missing:,} files that the source names are not there, as {self._example}; the items were "
                "kept without them, and a run with a fuller export fills them in"
            )
        summary.warnings = self.warnings
        summary.dry_run, summary.previews, summary.deliveries = self.options.dry_run, self.previews, self.deliveries
        summary.losses = self.losses if self.options.dry_run else self.tally.losses
        summary.close(began)
        if not self.options.dry_run:
            self.store.end_run(self.run_id, "failed" if summary.exit_code else "completed", self.tally)
        return summary

    def redrive(self, letters: Iterable[Sequence[Job]]) -> Summary:
        """Write the items of dead letters again, page by page, from what was kept of them."""
        began = time.monotonic()
        if why := paused(self.store, self.source.identity, self.destination.identity):
            return Summary.of_paused(self.pair, why)
        with self.destination.open(self.source.identity) as session:
            for jobs in letters:
                pending = _Pending()
                for job in jobs:
                    if job.item is not None:
                        self.tally.seen += 1
                        self._graves.earlier[job.item_id] = job.key
                        pending.items.append((job.item, job.action))
                self.engine.step(f"write {len(pending):,} items", partial(self._commit, session, pending, None))
                # An engine may remember what a step was called with; the items must not stay with it.
                pending.items.clear()
        # Refused once more, the very same letter lies there still: it was tried in this run.
        self.tally.died = sum(self.tally.dead.values())
        return Summary.of(self.pair, self.tally).close(began)

    def _begin(self) -> None:
        """Record pair and run, and recall the dead letters that an arrival will close."""
        source_id, destination_id = self.source.identity, self.destination.identity
        self.store.save_pair(
            PairRecord(
                source_id=source_id,
                destination_id=destination_id,
                service=self.destination.service,
                settings=self.settings,
                begun=True,
                name=self.pair,
            )
        )
        self.store.begin_run(RunRecord(run_id=self.run_id, source_id=source_id, destination_id=destination_id))
        self._graves.recall()

    def _selection(self) -> str:
        """Name what this run reads: another reader, other content or other options begin anew."""
        return self.options.selection.digest(*reading(self.source, self.options))

    def _start(self, session: BulkSession, selection: str) -> str:
        """Return where reading goes on."""
        return "" if self.options.reread else session.cursor(selection)

    def _carried(self, session: BulkSession, selection: str) -> Tally:
        """Carry what there is, or take what the same came to before; a source that cannot tell is always asked."""
        name = f"transfer {self.pair}"
        if not self.source.fingerprint() or self.options.reread:
            return self.engine.step(name, lambda: self._transfer(session, selection))
        key = f"{self.pair}|{selection}|{self.destination.identity}|{session.generation}"
        return self.engine.whole(name, key, lambda: self._transfer(session, selection))

    def _transfer(self, session: BulkSession, selection: str) -> Tally:
        """Carry everything behind the cursor; what the place has already is left alone."""
        start = self._start(session, selection)
        moved = self._read(session, selection, start)
        if self.options.deletes != "ignore":
            self._delete(session)
        # What was read to its end begins anew, so that whatever is lost meanwhile mends itself; a source that can be
        # followed goes on, unless a limit held back what nobody would read again.
        limited = OVER_LIMIT in self.tally.filtered
        stand = self.source.stand() if isinstance(self.source, Following) and not limited else ""
        if moved or start or stand:
            session.commit(Batch(items=(), cursor=Cursor(selection, stand)), self.source.media)
        return self.tally

    def _read(self, session: BulkSession, selection: str = "", start: str = "") -> bool:
        """Read every page and write what differs; returns whether a cursor was committed on the way."""
        if isinstance(self.source, Skimming) and isinstance(session, Tracing) and self._compares_all():
            self.source.skim(session.unchanged)
        reading = _Reading(pages(self.source, self.options, start))
        with nothing_collected() as collect:
            while not reading.ended:
                if self.options.dry_run:
                    self._stretch(session, selection, reading, collect)
                else:
                    self._look_for_pause(session, reading)
                    name = f"carry on from item {self.tally.seen + 1:,}"
                    self.engine.step(name, lambda: self._stretch(session, selection, reading, collect))
        return reading.moved

    def _look_for_pause(self, session: BulkSession, reading: _Reading) -> None:
        """Commit what has been read and go no further where somebody has paused the pair; raises Paused."""
        if why := paused(self.store, self.source.identity, self.destination.identity):
            self._commit(session, reading.pending, None)
            raise Paused(why)

    def _stretch(self, session: BulkSession, selection: str, reading: _Reading, collect: Callable[[], None]) -> None:
        """Read on for some seconds, and commit what differs in batches."""
        until = time.monotonic() + self.stretch
        for page in reading.pages:
            self.tally.seen += page.unchanged
            self.tally.already += page.unchanged
            self._compare(session, page, reading.pending)
            if self.options.dry_run:
                self._foretell(reading.pending)
                reading.pending = _Pending()
            elif len(reading.pending) >= BATCH:
                self._commit(session, reading.pending, Cursor(selection, page.cursor))
                reading.pending, reading.moved = _Pending(), True
                collect()
            self.watcher.progress("carrying", page.done, page.total)
            if time.monotonic() > until:
                return
        reading.ended = True
        if len(reading.pending):
            self._commit(session, reading.pending, None)
            reading.pending = _Pending()

    def _compares_all(self) -> bool:
        """Say whether an item that is there as it is counts as that, however it might be counted otherwise."""
        options = self.options
        return options.selection == Selection() and not (options.dry_run or options.reread)

    def _foretell(self, pending: _Pending) -> None:
        """Count what would be written, and show the first of it where the place can say how it would look."""
        for item, action in pending.items:
            if not isinstance(self.destination, Foretelling):
                self.tally.pending += 1
            elif reason := self.destination.left_out(item):
                self._filter(reason)
            else:
                self._show(item, action, self.destination)

    def _show(self, item: ContentItem, action: Action, place: Foretelling) -> None:
        """Count an item by what the place says of it."""
        try:
            rendered = place.render(item)
        except Rejected:
            self._count_dead()
            return
        self.tally.pending += 1
        for loss in set(rendered.losses):
            self.losses[loss] = self.losses.get(loss, 0) + 1
        if len(self.previews) < PREVIEWS:
            self.previews.append(Preview(item=item.id, action=str(action), body=rendered.body))

    def _compare(self, session: BulkSession, page: Page, pending: _Pending) -> None:
        """Sort a page's entries into what is filtered, already there, and to be written."""
        entries, selection = page.entries, self.options.selection
        selects = selection != Selection()
        held = session.versions(names(entry for entry in entries if isinstance(entry, ContentItem)))
        for entry in entries:
            self.tally.seen += 1
            if isinstance(entry, Unreadable):
                self._count_dead()
                if not self.options.dry_run:
                    self._graves.bury_unreadable(entry)
                continue
            reason = selection.held_back_by(entry) if selects else ""
            if entry.id in pending.ids:
                reason = "repeated in the source"
            if reason:
                self._filter(reason)
                continue
            found = next((held[name] for name in entry.names if name in held), None) if held else None
            trace = page.traces.get(entry.id, "")
            if self._wanted(entry, found, pending):
                if trace:
                    pending.traces[entry.id] = trace
                item = entry.model_copy(update={"id": found.item_id}) if found and found.item_id else entry
                pending.ids.add(item.id)
                pending.items.append((item, Action.UPDATE if found else Action.CREATE))
            elif trace and found and found.whole and found.version == entry.version:
                pending.same[entry.id] = trace

    def _wanted(self, item: ContentItem, held: Held | None, pending: _Pending) -> bool:
        """Say whether an item is to be written; counts it where it is not."""
        options = self.options
        if held is not None:
            change = compare(item, held.version)
            if change is Change.TAKEN_OVER:
                pending.take_over.append((held.item_id or item.id, taken_over(held.version, item.version)))
            if change is not Change.EDITED and (held.whole or not _could_complete(self.source, item)):
                self.tally.already += 1
                return False
            older = item.changed_at < held.changed_at and not always_newest(self.source)
            if change is Change.EDITED and older and not options.allow_older:
                self._filter("older than what is there")
                return False
            if change is Change.EDITED and options.edits == "ignore":
                self._filter("edits are off")
                return False
        if (
            options.limit is not None
            and self.tally.delivered + self.tally.pending + len(pending.items) >= options.limit
        ):
            self._filter(OVER_LIMIT)
            return False
        return True

    def _filter(self, name: str) -> None:
        """Count one item as held back."""
        self.tally.filtered[name] = self.tally.filtered.get(name, 0) + 1

    def _commit(self, session: BulkSession, pending: _Pending, cursor: Cursor | None) -> None:
        """Commit a batch; one that is refused is halved until the culprit is alone, which becomes a dead letter."""
        if not len(pending) and cursor is None:
            return
        try:
            done = session.commit(
                Batch(
                    [item for item, _ in pending.items],
                    take_over=pending.take_over,
                    cursor=cursor,
                    traces=pending.told(),
                ),
                self.source.media,
            )
        except Rejected as error:
            if len(pending.items) == 1:
                self._bury(*pending.items[0], error)
                self._commit(session, _Pending(take_over=pending.take_over, same=pending.same), cursor)
                return
            refused, rest = self._foretold(pending)
            if refused:
                for item, action, why in refused:
                    self._bury(item, action, why)
                self._commit(session, rest, cursor)
                return
            middle = len(pending.items) // 2
            traces = pending.traces
            first = _Pending(pending.items[:middle], pending.take_over, traces=traces, same=pending.same)
            self._commit(session, first, None)
            self._commit(session, _Pending(pending.items[middle:], traces=traces), cursor)
            return
        self._missing += len(done.media_missing)
        self._example = self._example or next(iter(done.media_missing), "")
        self._written(pending.items, done)

    def _written(self, items: Sequence[tuple[ContentItem, Action]], done: Committed) -> None:
        """Count what a commit wrote, list the first of it, and close the dead letters that have arrived with it."""
        foretelling, at = isinstance(self.destination, Foretelling), self.store.now()
        self._graves.arrived(item.id for item, _ in items)
        for item, action in items:
            if item.id in done.left_out:
                self._filter(done.left_out[item.id])
                continue
            self.tally.delivered += 1
            self.tally.created += action is Action.CREATE
            self.tally.updated += action is Action.UPDATE
            if len(self.deliveries) < LISTED:
                self.deliveries.append(Delivery(item=item.id, action=str(action), url="", at=at))
            if foretelling:
                self._lost(item)

    def _lost(self, item: ContentItem) -> None:
        """Count what an item lost on its way."""
        if isinstance(self.destination, Foretelling):
            for loss in set(self.destination.render(item).losses):
                self.tally.losses[loss] = self.tally.losses.get(loss, 0) + 1

    def _foretold(self, pending: _Pending) -> tuple[list[tuple[ContentItem, Action, Rejected]], _Pending]:
        """Return what the place can tell beforehand that it refuses, and the rest: halving would find one at a time."""
        refused, rest = [], _Pending(take_over=pending.take_over, traces=pending.traces, same=pending.same)
        for item, action in pending.items:
            try:
                if isinstance(self.destination, Foretelling):
                    self.destination.render(item)
            except Rejected as error:
                refused.append((item, action, error))
            else:
                rest.items.append((item, action))
        return refused, rest

    def _bury(self, item: ContentItem, action: Action, error: Rejected) -> None:
        """Make a dead letter of an item that the place will not take."""
        self._count_dead()
        self._graves.bury(item, action, error)

    def _count_dead(self) -> None:
        """Count one item as dead."""
        self.tally.dead[Reason.REJECTED] = self.tally.dead.get(Reason.REJECTED, 0) + 1

    def _delete(self, session: BulkSession) -> None:
        """Delete or mark what the source has verifiably deleted, unless it is suspiciously much."""
        held = list(session.held_ids())
        gone = wholly_gone(self.source, held, session.members)
        refuse_mass_deletion(len(gone), len(held), allowed=self.options.allow_mass_delete)
        if gone:
            follow = self.options.deletes == "follow"
            batch = Batch(items=(), deleted=gone) if follow else Batch(items=(), marked=gone)
            session.commit(batch, self.source.media)
            self.tally.seen += len(gone)
            self.tally.delivered += len(gone)
            self.tally.deleted += len(gone)


def _could_complete(source: SourceAdapter, item: ContentItem) -> bool:
    """Say whether the source has now a file that the place lacks."""
    for medium in item.media:
        if medium.ref:
            try:
                source.media(medium)
            except MediaMissing:
                continue
            return True
    return False
