"""Burying: the dead letters of a bulk pair, which keeps no jobs of what its place takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.jobs import Action, Descriptor, Failure, Job, Reason, State, job_key
from adapters.contracts.ports import BulkDestination, SourceAdapter
from adapters.contracts.runs import Tally
from adapters.contracts.store import Conflict, DeadLetterFilter, JobStore, PagePlan
from adapters.media import FolderMediaStore
from tasks.publish import dead_letter_pages, keep


@dataclass
class Graves:
    """The dead letters of one run of a bulk pair."""

    store: JobStore
    media: FolderMediaStore
    source: SourceAdapter
    destination: BulkDestination
    run_id: str
    tally: Tally
    earlier: dict[str, str] = field(default_factory=dict)
    """Those that an arrival will close: item id → key."""

    def recall(self) -> None:
        """Learn what lay there before this run."""
        mine = DeadLetterFilter(source_id=self.source.identity, destination_id=self.destination.identity)
        for page in dead_letter_pages(self.store, mine):
            self.earlier |= {job.item_id: job.key for job in page}

    def bury(self, item: ContentItem, action: Action, error: Rejected) -> None:
        """Keep an item that the place will not take, with its media."""
        kept = tuple(keep(self.media, self.source, medium) for medium in item.media)
        item = item.model_copy(update={"media": kept})
        failure = Failure(at=self.store.now(), attempt=1, error=type(error).__name__, message=str(error))
        self._dead(item.id, item.version, failure, {"item": item, "action": action})

    def bury_unreadable(self, piece: Unreadable) -> None:
        """Keep what no reader understood, once."""
        failure = Failure(at=self.store.now(), attempt=0, error="Unreadable", message=f"{piece.where}: {piece.error}")
        self._dead(piece.id, piece.sha256, failure, {"unreadable": piece})

    def arrived(self, ids: Iterable[str]) -> None:
        """Close the letters of items that have arrived."""
        self._close([self.earlier.pop(item_id) for item_id in ids if item_id in self.earlier])

    def _dead(self, item_id: str, version: str, failure: Failure, content: dict[str, object]) -> None:
        """Record a dead letter, unless the very same one lies there already."""
        known = self.store.known(self.destination.identity, [item_id]).get(item_id)
        newest = known.newest if known else None
        if newest and newest.state is State.FAILED and newest.version == version:
            return
        revision = newest.revision + 1 if newest else 1
        job = Job(
            key=job_key(self.destination.identity, item_id, revision),
            descriptor=Descriptor(source_id=self.source.identity, destination_id=self.destination.identity),
            item_id=item_id,
            revision=revision,
            action=Action.CREATE,
            version=version,
            state=State.FAILED,
            reason=Reason.REJECTED,
            failures=(failure,),
            planned_by=self.run_id,
            ended_by=self.run_id,
        ).model_copy(update=content)
        try:
            self.store.create([job])
        except Conflict:
            # Another run has just buried it.
            return
        self.tally.died += 1
        if newest and newest.state is State.FAILED:
            self._record(PagePlan(supersede=[newest.key]))

    def _close(self, letters: Sequence[str]) -> None:
        """Close these at once; where one is closed already, each of the others."""
        if not letters:
            return
        try:
            self._record(PagePlan(supersede=list(letters)))
        except Conflict:
            if len(letters) > 1:
                for key in letters:
                    self._close([key])

    def _record(self, plan: PagePlan) -> None:
        """Record a change of dead letters."""
        self.store.commit_page(self.run_id, self.source.identity, self.destination.identity, plan)
