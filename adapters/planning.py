"""Planning: what a source's entry means for one publishing destination, given what the store knows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.contracts.item import ContentItem, Entry, Span, SpanKind, Unreadable
from adapters.contracts.jobs import Action, Descriptor, Failure, Job, Outcome, Reason, State, job_key
from adapters.contracts.store import Cursor, Known, PagePlan
from adapters.contracts.version import Change, compare, taken_over


@dataclass(frozen=True)
class PlanRules:
    """What the pair's options say about planning."""

    descriptor: Descriptor
    held_back_by: Callable[[ContentItem], str]
    """Names what holds an item back; empty when it is wanted."""
    baseline: datetime | None = None
    """Items first met that were published up to here are not sent."""
    follow_edits: bool = True
    allow_older: bool = False
    """Whether an older edit may overwrite a newer one."""
    limit: int | None = None
    """At most this many new jobs; the rest is held back by name."""


@dataclass
class Planner:
    """Plans the pages of one run. Pure: it reads what is known and returns what to record."""

    rules: PlanRules
    run_id: str
    made: int = 0
    """How many new jobs the pages planned and recorded so far have made; `limit` counts them."""
    limited: bool = False
    """Whether the limit has held something back: what it held back was not carried, and has to be read again."""
    _page: PagePlan = field(default_factory=PagePlan)

    def page(
        self, entries: Sequence[Entry], known: Mapping[str, Known], now: datetime, cursor: Cursor | None
    ) -> PagePlan:
        """Return what one page changes. `known` is asked by every name of every entry."""
        self._page = PagePlan(cursor=cursor)
        met: set[str] = set()
        for entry in entries:
            self._page.counts.seen += 1
            found = _find(entry, known)
            name = found.item_id if found else entry.id
            if name in met or (found and found.met):
                self._page.counts.filter("repeated in the source")
                continue
            met.add(name)
            if isinstance(entry, Unreadable):
                self._unreadable(entry, found, now)
            else:
                self._item(entry, found)
        return self._page

    def recorded(self, plan: PagePlan) -> None:
        """Note that a plan has been recorded."""
        self.made += len(plan.create)

    def deletion(self, known: Known) -> PagePlan:
        """Return what it changes that an item the place holds is gone from its source."""
        return self._gone(known, Action.DELETE, None)

    def marking(self, known: Known, item: ContentItem, note: str) -> PagePlan:
        """Return what it changes that an item, as it was last asked for, is gone from its source and stays, marked."""
        return self._gone(known, Action.UPDATE, marked(item, note))

    def _gone(self, known: Known, action: Action, item: ContentItem | None) -> PagePlan:
        """Plan what is done about an item that is gone: a deletion, or a last edit."""
        self._page = PagePlan()
        if known.met:
            # Another process of this run has planned it.
            return self._page
        self._page.counts.seen = 1
        newest, held = known.newest, known.held
        asked = newest is not None and newest.action is action and (item is None or newest.version == item.version)
        if newest and asked and newest.state is not State.DONE:
            # An earlier run's, that is still to come.
            self._page.seen.append(newest.key)
        elif newest and asked and newest.outcome is Outcome.SKIPPED:
            self._page.counts.filter("skipped")
        elif item is not None and held is not None and {*item.version.split()} <= {*held.version.split()}:
            self._page.counts.already += 1
        else:
            self._let_go(known, action, item)
        return self._page

    def _let_go(self, known: Known, action: Action, item: ContentItem | None) -> None:
        """Plan the job that does it, unless nothing of the item was ever there."""
        newest = known.newest
        if newest and newest.unsent:
            self._page.cancel.append(newest.key)
            # An edit that was never sent may stand behind a creation in doubt.
            if newest.action is not Action.UPDATE and (known.held is None or known.held.deleted):
                return
        if newest and newest.state is State.FAILED and newest.reason is not Reason.UNKNOWN and not known.held:
            self._page.supersede.append(newest.key)
            self._page.counts.already += 1
        else:
            revision = newest.revision + 1 if newest else 1
            self._page.create.append(self._job(known.item_id, revision, action, item))

    def _item(self, item: ContentItem, known: Known | None) -> None:
        """Plan one readable item."""
        counts = self._page.counts
        newest = known.newest if known else None
        held_back = self.rules.held_back_by(item)
        if held_back:
            counts.filter(held_back)
            return
        if known and known.item_id != item.id:
            item = item.model_copy(update={"id": known.item_id})
        if newest and newest.state is not State.DONE:
            self._behind_open(item, known, newest)
        elif known and known.held and not known.held.deleted:
            self._against_held(item, known)
        else:
            self._first(item, newest)

    def _first(self, item: ContentItem, newest: Job | None) -> None:
        """Plan the creation of an item that is not there."""
        baseline = self.rules.baseline
        if newest is None and baseline and item.published_at <= baseline:
            self._page.counts.filter("before the first run")
        elif _skipped(newest, item):
            self._page.counts.filter("skipped")
        elif self._full():
            self._page.counts.filter("over --limit")
        else:
            self._add(item, newest.revision + 1 if newest else 1, Action.CREATE)

    def _against_held(self, item: ContentItem, known: Known) -> None:
        """Compare an item with what the place holds of it."""
        held = known.held
        counts = self._page.counts
        if held is None:
            raise ValueError(f"{item.id} is not held")
        change = compare(item, held.version)
        if change is not Change.EDITED:
            if change is Change.TAKEN_OVER:
                self._page.take_over.append((item.id, taken_over(held.version, item.version)))
            counts.already += 1
        elif _skipped(known.newest, item):
            counts.filter("skipped")
        elif self._is_older(item, held.changed_at):
            counts.filter("older than what is there")
        elif not self.rules.follow_edits:
            counts.filter("edits are off")
        elif self._full():
            counts.filter("over --limit")
        else:
            revision = known.newest.revision + 1 if known.newest else 1
            self._add(item, revision, Action.UPDATE)

    def _behind_open(self, item: ContentItem, known: Known | None, newest: Job) -> None:
        """Plan an item whose newest job is pending, running or a dead letter."""
        held = known.held if known and known.held and not known.held.deleted else None
        same = newest.action is not Action.DELETE and compare(item, newest.version) is not Change.EDITED
        if newest.state is State.FAILED and newest.unreadable is not None:
            self._page.supersede.append(newest.key)
            self._add(item, newest.revision + 1, Action.UPDATE if held else Action.CREATE)
        elif same or self._is_older(item, held.changed_at if held else None):
            self._page.seen.append(newest.key)
        elif newest.unsent:
            # Planned as an update, it may stand behind a creation that is not settled: then it stays one.
            action = Action.CREATE if newest.action is Action.CREATE and not held else Action.UPDATE
            if held and compare(item, held.version) is not Change.EDITED:
                self._page.cancel.append(newest.key)
            else:
                self._page.replace.append(self._job(item.id, newest.revision, action, item))
                self._alias(item)
        else:
            if newest.state is State.FAILED and newest.reason is not Reason.UNKNOWN:
                self._page.supersede.append(newest.key)
                action = Action.CREATE if newest.action is Action.CREATE and not held else Action.UPDATE
            else:
                # What is in doubt may be there by the time this job's turn comes: the runner decides then.
                action = Action.UPDATE
            self._add(item, newest.revision + 1, action)

    def _unreadable(self, piece: Unreadable, known: Known | None, now: datetime) -> None:
        """Keep what no reader understood as a dead letter, once."""
        newest = known.newest if known else None
        if newest and newest.unreadable is not None and newest.state is State.FAILED:
            self._page.seen.append(newest.key)
            return
        if newest and newest.state is not State.FAILED:
            # The item itself is known from a better reading; this one adds nothing.
            self._page.counts.filter("unreadable here, known already")
            return
        job = self._job(piece.id, newest.revision + 1 if newest else 1, Action.CREATE)
        failure = Failure(at=now, attempt=0, error="Unreadable", message=f"{piece.where}: {piece.error}")
        self._page.create.append(
            job.model_copy(
                update={
                    "unreadable": piece,
                    "state": State.FAILED,
                    "reason": Reason.REJECTED,
                    "failures": (failure,),
                    "ended_by": self.run_id,
                }
            )
        )

    def _full(self) -> bool:
        """Say whether no more new jobs are wanted."""
        full = self.rules.limit is not None and self.made + len(self._page.create) >= self.rules.limit
        self.limited = self.limited or full
        return full

    def _is_older(self, item: ContentItem, held_at: datetime | None) -> bool:
        """Say whether the place holds a newer edit than this one."""
        return not self.rules.allow_older and held_at is not None and item.changed_at < held_at

    def _add(self, item: ContentItem, revision: int, action: Action) -> None:
        """Add a new job for an item."""
        self._page.create.append(self._job(item.id, revision, action, item))
        self._alias(item)

    def _alias(self, item: ContentItem) -> None:
        """Let every member of an album name it."""
        self._page.aliases.extend((name, item.id) for name in item.names if name != item.id)

    def _job(self, item_id: str, revision: int, action: Action, item: ContentItem | None = None) -> Job:
        """Build a pending job."""
        return Job(
            key=job_key(self.rules.descriptor.destination_id, item_id, revision),
            descriptor=self.rules.descriptor,
            item_id=item_id,
            revision=revision,
            action=action,
            version=item.version if item else "",
            item=item,
            planned_by=self.run_id,
            seen_by=self.run_id,
        )


MARK = "+deleted"
"""Behind the version of an item that stays although its source has deleted it: should it come back, that is an edit."""


def marked(item: ContentItem, note: str) -> ContentItem:
    """Return an item with a note above its text that says it was deleted; one that has it is returned as it is."""
    if item.version.endswith(MARK):
        return item
    shift = len(note) + 2
    spans = [span.model_copy(update={"offset": span.offset + shift}) for span in item.spans]
    said = (Span(kind=SpanKind.ITALIC, offset=0, length=len(note)), *spans)
    version = " ".join(f"{one}{MARK}" for one in item.version.split())
    return item.model_copy(update={"text": f"{note}\n\n{item.text}", "spans": said, "version": version})


def _skipped(newest: Job | None, item: ContentItem) -> bool:
    """Say whether a person has decided that this version of the item shall not be sent."""
    return newest is not None and newest.outcome is Outcome.SKIPPED and newest.version == item.version


def _find(entry: Entry, known: Mapping[str, Known]) -> Known | None:
    """Return what is known of an entry under any of its names."""
    names = (entry.id,) if isinstance(entry, Unreadable) else entry.names
    return next((known[name] for name in names if name in known), None)
