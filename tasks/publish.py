"""The publishing road: fetch, filter, plan; jobs and cursor in one transaction; claim, write, receipt, finish.

It knows no Prefect: an `Engine` carries it, Prefect's in `tasks.engine` or a plain one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from adapters.contracts.errors import ConfigurationError, MassDeletion
from adapters.contracts.item import ContentItem, Media, Unreadable
from adapters.contracts.jobs import Descriptor, Job, Reason, job_key
from adapters.contracts.ports import (
    Choosy,
    Exclusive,
    Following,
    MediaMissing,
    Paced,
    Page,
    PublishingDestination,
    SourceAdapter,
)
from adapters.contracts.retry import RetryPolicy
from adapters.contracts.runs import PairRecord, RunRecord, Tally
from adapters.contracts.store import Conflict, Counts, Cursor, DeadLetterFilter, JobStore, Known, PagePlan, Queue
from adapters.media import FolderMediaStore
from adapters.planning import Planner, PlanRules
from adapters.runner import LEASE, Attempts, DestinationRunner
from tasks.delivering import Delivering, allowed
from tasks.options import Options
from tasks.reading import pages
from tasks.report import Watcher
from tasks.summary import LISTED, Delivery, Preview, Summary

SHORT_WAIT = timedelta(seconds=60)
"""A run waits this long itself; for longer it gives its worker's slot back."""
REDRIVEN_BY_RETRY = (Reason.REJECTED, Reason.EXHAUSTED)

SLICE = 200
"""How many dead letters are made pending at once: a run that dies leaves no more than these to others."""
UNMARKED = "deleted, but nothing is kept to mark"
PREVIEWS = 20
"""How many renderings a dry run keeps."""

T = TypeVar("T")


class Engine(Attempts, Protocol):
    """What carries a road: names its steps, repeats a job's attempts."""

    def step(self, name: str, do: Callable[[], T]) -> T:
        """Do one step of a road, shown by this name."""

    def several(self, pause: Callable[[float], None]) -> Attempts:
        """Return what repeats the attempts of several jobs at once, given how to wait between two."""


@dataclass
class PublishingRoad:
    """One run of one publishing pair. `source` is None when only jobs that are there already are delivered."""

    pair: str
    source: SourceAdapter | None
    source_id: str
    destination: PublishingDestination
    settings: dict[str, object]
    store: JobStore
    media: FolderMediaStore
    options: Options
    policy: RetryPolicy
    engine: Engine
    watcher: Watcher
    run_id: str
    pause: Callable[[float], None] = time.sleep
    lease: timedelta = LEASE

    def run(self) -> Summary:
        """Run the pair; every end is in the store when this returns."""
        began = time.monotonic()
        if self.options.dry_run:
            return self._dry_run(began)
        if why := paused(self.store, self.source_id, self.destination.identity):
            return Summary.of_paused(self.pair, why)
        if self._begin(None).ended == "failed":
            return self._told(began, self._redrive(self._own()), in_order=False)
        if self.source is not None:
            source = self.source
            self.engine.step(f"plan {self.pair}", lambda: self._plan_all(source))
        in_order = self.options.on_failure == "stop"
        return self._told(began, self._deliver(self._queue(None, in_order=in_order)), in_order=in_order)

    def redrive(self, letters: Callable[[str], Iterable[Sequence[str]]], left: Sequence[str] = ()) -> Summary:
        """Send dead letters again, a slice at a time, and nothing else.

        `letters` is told how this run had ended before, and yields keys; a slice is pending, and taken by the pair's
        other runs too, only when its turn comes. `left` are jobs that an earlier redrive has left pending.
        """
        began = time.monotonic()
        if why := paused(self.store, self.source_id, self.destination.identity):
            return Summary.of_paused(self.pair, why)
        ended = self._begin(left).ended
        slices = [left[at : at + SLICE] for at in range(0, len(left), SLICE)]
        come_back = self._deliver_each(slices) or self._redrive(letters(ended))
        return self._told(began, come_back, in_order=False)

    def _begin(self, keys: Collection[str] | None) -> RunRecord:
        """Ready the adapters and record the run, about these jobs alone if any are named."""
        keep_pace(self.store, self.pause, self.source, self.destination)
        allowed(self.destination, self.options.parallel)
        self.destination.check()
        run = RunRecord(run_id=self.run_id, source_id=self.source_id, destination_id=self.destination.identity)
        return self.store.begin_run(run, keys)

    def _queue(self, keys: Collection[str] | None, *, in_order: bool = False) -> Queue:
        """Say which of the pair's jobs are wanted."""
        return Queue(
            self.source_id,
            self.destination.identity,
            per_day=self.options.per_day,
            keys=None if keys is None else frozenset(keys),
            in_order=in_order,
        )

    def _own(self) -> Iterator[list[str]]:
        """Yield this run's own dead letters: it had ended, and somebody started it anew."""
        mine = DeadLetterFilter(run_id=self.run_id, reasons=REDRIVEN_BY_RETRY)
        for page in dead_letter_pages(self.store, mine):
            yield [job.key for job in page]

    def _redrive(self, letters: Iterable[Sequence[str]]) -> datetime | None:
        """Make each slice of dead letters pending and deliver it."""
        return self._deliver_each(self.store.redrive(keys, run_id=self.run_id) for keys in letters)

    def _deliver_each(self, slices: Iterable[Sequence[str]]) -> datetime | None:
        """Deliver jobs slice by slice; what has to wait keeps back what is behind it. Returns when that is due."""
        for keys in slices:
            if keys and (due := self._deliver(self._queue(keys))) is not None:
                return due
        return None

    def _told(self, began: float, come_back: datetime | None, *, in_order: bool) -> Summary:
        """Close the run and sum it up."""
        tally = self.store.tally(self.run_id)
        summary = Summary.of(self.pair, tally)
        summary.deliveries = deliveries(self.store.delivered(self.run_id, LISTED))
        summary.come_back = come_back
        summary.paused = paused(self.store, self.source_id, self.destination.identity)
        summary.blocked = in_order and come_back is None and summary.pending > 0 and not summary.paused
        summary.close(began)
        ended = "failed" if summary.exit_code else "completed"
        self.store.end_run(self.run_id, "waits" if come_back else ended, tally)
        return summary

    def _record_pair(self, source: SourceAdapter) -> PairRecord:
        """Remember the pair as it is run now, and decide at the first run what is too old to be sent."""
        known = self.store.pair(source.identity, self.destination.identity)
        record = PairRecord(
            source_id=source.identity,
            destination_id=self.destination.identity,
            service=self.destination.service,
            settings=self.settings,
            baseline=self._baseline(source, known),
            begun=True,
            name=self.pair,
        )
        if self.options.backfill:
            # The pair itself begins, or has begun, where its other runs say.
            begun = {"baseline": known.baseline, "begun": known.begun} if known else {"begun": False}
            self.store.save_pair(record.model_copy(update=begun))
        else:
            self.store.save_pair(record)
        return record

    def _baseline(self, source: SourceAdapter, known: PairRecord | None) -> datetime | None:
        """Return up to when items are too old to be sent by this run; None where none is."""
        if self.options.from_beginning or self.options.backfill:
            return None
        if known is not None and known.begun:
            return known.baseline
        since = self.options.selection.since
        return since - timedelta(microseconds=1) if since else source.head()

    def _planner(self, source: SourceAdapter, baseline: datetime | None) -> Planner:
        """Build the planner of this run."""
        return Planner(
            PlanRules(
                descriptor=Descriptor(source_id=source.identity, destination_id=self.destination.identity),
                held_back_by=self._held_back_by,
                baseline=baseline,
                follow_edits=self.options.edits == "follow",
                allow_older=self.options.allow_older or always_newest(source),
                limit=self.options.limit,
            ),
            self.run_id,
        )

    def _held_back_by(self, item: ContentItem) -> str:
        """Name what holds an item back: this pair's options, or a place that has no use for it."""
        reason = self.options.selection.held_back_by(item)
        if not reason and isinstance(self.destination, Choosy):
            reason = self.destination.leaves_out(item)
        return reason

    def _plan_all(self, source: SourceAdapter) -> None:
        """Read the source behind the cursor and record what every page asks for."""
        record = self._record_pair(source)
        planner = self._planner(source, record.baseline)
        once = f"run:{self.run_id}"
        if self.store.cursor(source.identity, self.destination.identity, once):
            # This run has read its source before it was rescheduled; what came since is the next run's.
            return
        selection = self._selection(source, record.baseline)
        for page in pages(source, self.options, self._cursor(source, selection)):
            self._plan_page(source, planner, page, Cursor(selection, page.cursor))
            self.watcher.progress("reading", page.done, page.total)
        if self.options.deletes != "ignore":
            self._plan_deletions(source, planner)
        # What a limit held back is behind this cursor, and nobody would read it again.
        stand = source.stand() if isinstance(source, Following) and not planner.limited else ""
        self._commit(PagePlan(cursor=Cursor(selection, stand)))
        self._commit(PagePlan(cursor=Cursor(once, "read")))

    def _selection(self, source: SourceAdapter, baseline: datetime | None) -> str:
        """Name what this run reads: another reader, other content or other options begin anew."""
        return self.options.selection.digest(*reading(source, self.options), str(baseline))

    def _cursor(self, source: SourceAdapter, selection: str) -> str:
        """Return where reading goes on."""
        return "" if self.options.reread else self.store.cursor(source.identity, self.destination.identity, selection)

    def _plan_page(self, source: SourceAdapter, planner: Planner, page: Page, cursor: Cursor) -> None:
        """Plan and record one page; planned anew when another run has recorded something meanwhile."""
        for _ in range(20):
            known = self.store.known(self.destination.identity, names(page.entries), self.run_id)
            plan = planner.page(page.entries, known, self.store.now(), cursor)
            plan.create = [self._with_media(source, job) for job in plan.create]
            plan.replace = [self._with_media(source, job) for job in plan.replace]
            try:
                self._commit(plan)
            except Conflict:
                continue
            planner.recorded(plan)
            return
        raise self._crowded()

    def _commit(self, plan: PagePlan) -> None:
        """Record a plan of this run."""
        self.store.commit_page(self.run_id, self.source_id, self.destination.identity, plan)

    def _with_media(self, source: SourceAdapter, job: Job) -> Job:
        """Keep a job's media where every worker reaches them: from here on the source may vanish."""
        if job.item is None or not job.item.media:
            return job
        kept = tuple(keep(self.media, source, medium) for medium in job.item.media)
        return job.model_copy(update={"item": job.item.model_copy(update={"media": kept})})

    def _plan_deletions(self, source: SourceAdapter, planner: Planner) -> None:
        """Plan the deletion of what the source has verifiably deleted, unless it is suspiciously much."""
        place = self.destination.identity
        held = self.store.held_ids(source.identity, place)
        gone = wholly_gone(source, held, lambda ids: self.store.members(place, ids))
        refuse_mass_deletion(len(gone), len(held), allowed=self.options.allow_mass_delete)
        for item_id, known in self.store.known(place, gone, self.run_id).items():
            if item_id == known.item_id:
                self._plan_deletion(planner, known)

    def _plan_deletion(self, planner: Planner, known: Known) -> None:
        """Plan and record one deletion; planned anew when another run has recorded something meanwhile."""
        for _ in range(20):
            try:
                self._commit(self._deletion(planner, known))
            except Conflict:
                known = self.store.known(self.destination.identity, [known.item_id], self.run_id)[known.item_id]
                continue
            return
        raise self._crowded()

    def _deletion(self, planner: Planner, known: Known) -> PagePlan:
        """Return what the pair does about an item that is gone from its source."""
        if self.options.deletes == "follow":
            return planner.deletion(known)
        for revision in range(known.newest.revision if known.newest else 0, 0, -1):
            job = self.store.get(job_key(self.destination.identity, known.item_id, revision))
            if job is not None and job.item is not None:
                return planner.marking(known, job.item, self.options.deleted_note)
        if known.held is None:
            # What nobody could read was never there to be marked.
            return planner.deletion(known)
        # Pruned, or imported: what is there stays as it is.
        return PagePlan() if known.met else PagePlan(counts=Counts(seen=1, filtered={UNMARKED: 1}))

    def _crowded(self) -> ConfigurationError:
        """Say that runs hinder each other."""
        return ConfigurationError(f"{self.pair} is being planned by too many runs at once: let one finish first")

    def _deliver(self, queue: Queue) -> datetime | None:
        """Do the queue's due jobs; returns when the rest is due, or None when nothing waits."""
        runner = DestinationRunner(
            self.store, self.destination, self.policy, self.media.media, self.engine, self.run_id, self.lease
        )
        delivering, parallel = Delivering(self.store, runner, queue, self.watcher), self.options.parallel
        while True:
            if parallel == 1:
                delivering.one_by_one()
            elif self.store.next_due(queue) is not None:
                # Who repeats the attempts keeps receipts where its step does: it is asked within the step.
                what = f"deliver {self.pair}, {parallel} at once"
                self.engine.step(what, lambda: delivering.several(parallel, self.engine.several))
            due = self.store.next_due(queue)
            if due is None:
                return None
            wait = due - self.store.now()
            if wait > SHORT_WAIT and not self.options.wait:
                return due
            self.pause(min(max(wait.total_seconds(), 0.05), 5.0))

    def _dry_run(self, began: float) -> Summary:
        """Count and render what a run would do, touching nothing."""
        if self.source is None:
            raise ConfigurationError("a dry run needs a source")
        source, tally = self.source, Tally()
        previews: list[Preview] = []
        losses: dict[str, int] = {}
        baseline = self._baseline(source, self.store.pair(source.identity, self.destination.identity))
        planner = self._planner(source, baseline)
        behind = self._cursor(source, self._selection(source, baseline)) if isinstance(source, Following) else ""
        for page in pages(source, self.options, behind):
            facts = self.store.known(self.destination.identity, names(page.entries))
            plan = planner.page(page.entries, facts, self.store.now(), None)
            planner.recorded(plan)
            add(tally, plan)
            self._preview(plan, previews, losses)
            self.watcher.progress("reading", page.done, page.total)
        summary = Summary.of(self.pair, tally)
        summary.dry_run, summary.previews, summary.losses = True, previews, losses
        return summary.close(began)

    def _preview(self, plan: PagePlan, previews: list[Preview], losses: dict[str, int]) -> None:
        """Render what a page would send, and count what that loses."""
        for job in (*plan.create, *plan.replace):
            if job.item is None:
                continue
            rendered = self.destination.render(job.item)
            for loss in set(rendered.losses):
                losses[loss] = losses.get(loss, 0) + 1
            if len(previews) < PREVIEWS:
                previews.append(
                    Preview(
                        item=job.item_id,
                        action=str(job.action),
                        body=rendered.body,
                        losses=list(dict.fromkeys(rendered.losses)),
                    )
                )


def paused(store: JobStore, source_id: str, destination_id: str) -> str:
    """Return why nothing of a pair is to be carried now, or an empty string."""
    pair = store.pair(source_id, destination_id)
    return pair.paused if pair else ""


def dead_letter_pages(store: JobStore, which: DeadLetterFilter, size: int = SLICE) -> Iterator[list[Job]]:
    """Yield dead letters with their items, oldest first, so many at a time; each once, whatever becomes of it."""
    after, left = which.after, which.limit
    while left is None or left > 0:
        limit = size if left is None else min(size, left)
        page = store.dead_letters(which.model_copy(update={"after": after, "limit": limit}))
        if not page:
            return
        yield page
        after, left = page[-1].key, None if left is None else left - len(page)


def deliveries(jobs: Iterable[Job]) -> list[Delivery]:
    """Return delivered jobs' receipts as people see them."""
    kept = ((job, job.receipt) for job in jobs if job.receipt is not None)
    return [Delivery(item=job.item_id, action=str(job.action), url=receipt.url, at=receipt.at) for job, receipt in kept]


def keep_pace(store: JobStore, pause: Callable[[float], None], *adapters: object) -> None:
    """Have those adapters whose accounts are counted wait for their turns, whoever else asks for the same accounts."""

    def wait_for_turn(account: str, per_second: float) -> None:
        wait = store.pace(account, per_second).total_seconds()
        if wait > 0:
            pause(wait)

    for adapter in adapters:
        if isinstance(adapter, Paced):
            adapter.keep_pace(wait_for_turn)


def reading(source: SourceAdapter, options: Options) -> tuple[str, ...]:
    """Return what a cursor of a source depends on, apart from the selection of its items."""
    chosen = (options.limit, options.edits, options.deletes, options.allow_older)
    return source.service, source.fingerprint(), str(chosen)


def always_newest(source: SourceAdapter) -> bool:
    """Say whether what a source tells is never an older version: it is read as it is now, and by one run at a time.

    An album that has lost the picture which was edited last looks older than it was.
    """
    return isinstance(source, Following) and isinstance(source, Exclusive)


def wholly_gone(
    source: SourceAdapter, held: Sequence[str], members: Callable[[Sequence[str]], dict[str, list[str]]]
) -> list[str]:
    """Return those of the items held that their source has deleted, albums with all their members."""
    gone = source.gone(held)
    albums = members(gone) if gone else {}
    others = {*source.gone([member for several in albums.values() for member in several])} if albums else set()
    return [item_id for item_id in gone if others.issuperset(albums.get(item_id, ()))]


def add(tally: Tally, plan: PagePlan) -> None:
    """Add a page's plan to a dry run's tally."""
    tally.seen += plan.counts.seen
    tally.already += plan.counts.already + len(plan.cancel)
    for name, number in plan.counts.filtered.items():
        tally.filtered[name] = tally.filtered.get(name, 0) + number
    born_dead = [job for job in plan.create if job.reason is not None]
    tally.pending += len(plan.create) - len(born_dead) + len(plan.replace) + len(plan.seen)
    if born_dead:
        tally.dead["rejected"] = tally.dead.get("rejected", 0) + len(born_dead)


def names(entries: Iterable[ContentItem | Unreadable]) -> list[str]:
    """Return every name of every entry."""
    found: list[str] = []
    for entry in entries:
        found += [entry.id] if isinstance(entry, Unreadable) else entry.names
    return found


def keep(store: FolderMediaStore, source: SourceAdapter, medium: Media) -> Media:
    """Keep one medium by its content; one that the source does not have is noted as missing."""
    if not medium.ref or medium.sha256:
        return medium
    try:
        kept = store.keep(medium, source.media(medium))
    except MediaMissing as error:
        return medium.model_copy(update={"ref": "", "missing": str(error)})
    return medium.model_copy(update={"sha256": kept.sha256})


def refuse_mass_deletion(gone: int, held: int, *, allowed: bool) -> None:
    """Stop when more would be deleted than a person is likely to have meant: over 20 items or 5 %."""
    if not allowed and (gone > 20 or gone > held * 0.05 > 0) and gone > 1:  # noqa: PLR2004 - DESIGN's own numbers
        raise MassDeletion(
            f"{gone} of {held} items would be deleted; if that is meant, say --allow-mass-delete, else check the source"
        )
