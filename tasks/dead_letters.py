"""Dead letters: find them, and get them out of the way; `tasks.redrive` sends them again."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import Job, Receipt
from adapters.contracts.keeping import KeepingStore
from adapters.contracts.store import Conflict, DeadLetterFilter
from tasks.deeds import Deed
from tasks.pages import dead_letter_rows
from tasks.publish import dead_letter_pages
from tasks.redrive import meant, told
from tasks.summary import LISTED

COLUMNS = ("key", "reason", "why", "next")
"""What people are shown of a dead letter."""
ONE_BY_ONE = "python flows/dead_letters.py"


def listed(store: KeepingStore, which: DeadLetterFilter, *, most: int | None = LISTED) -> Deed:
    """Tell the dead letters that are meant: at most so many rows, and how many there are in all."""
    number = sum(one.number for one in store.buried(which))
    number = number if which.limit is None else min(number, which.limit)
    rows: list[dict[str, str]] = []
    for page in dead_letter_pages(store, which):
        rows += dead_letter_rows(page)
        if most is not None and len(rows) >= most:
            break
    deed = Deed(f"{number:,} dead letters", rows[:most], number, COLUMNS)
    deed.next_step = f"{ONE_BY_ONE} redrive, adopt or skip; `show KEY` shows one whole" if number else ""
    return deed


def foretold(store: KeepingStore, which: DeadLetterFilter, *, most: int | None = LISTED) -> Deed:
    """Tell which dead letters a redrive would send again."""
    deed = listed(store, meant(which), most=most)
    deed.line = f"dry run: {deed.number:,} dead letters would be sent again"
    deed.left = told(store.buried(DeadLetterFilter()))
    deed.next_step = f"{ONE_BY_ONE} redrive with the same filters, without --dry-run" if deed.number else ""
    return deed


def skip(store: KeepingStore, which: DeadLetterFilter, run_id: str, *, dry_run: bool) -> Deed:
    """Close dead letters as not to be sent, or tell which would be."""
    rows: list[dict[str, str]] = []
    number = 0
    for page in dead_letter_pages(store, which):
        keys = {job.key for job in page} if dry_run else set(store.skip([job.key for job in page], run_id=run_id))
        number += len(keys)
        rows += dead_letter_rows([job for job in page if job.key in keys])[: max(0, LISTED - len(rows))]
    line = f"dry run: {number:,} dead letters would be skipped" if dry_run else f"{number:,} dead letters skipped"
    deed = Deed(line, rows, number, COLUMNS[:3], left=told(store.buried(DeadLetterFilter())))
    if number:
        deed.next_step = (
            "without --dry-run they are closed" if dry_run else f"should one be sent after all: {ONE_BY_ONE} resend KEY"
        )
    return deed


def adopt(store: KeepingStore, key: str, remote_id: str, url: str, run_id: str) -> Deed:
    """Record the object that is there as what a doubtful job made."""
    job = store.get(key)
    if job is None:
        raise ConfigurationError(f"there is no job {key}: `dead_letters list` shows the keys")
    if not remote_id.strip():
        raise ConfigurationError("adopt what? Name the id that the object has at its destination in --remote-id")
    item = job.item
    receipt = Receipt(
        remote_id=remote_id,
        url=url,
        at=store.now(),
        version=job.version,
        changed_at=item.changed_at if item else None,
        deleted=job.action == "delete",
    )
    try:
        store.adopt(key, receipt, run_id=run_id)
    except KeyError:
        raise ConfigurationError(f"{key} is no dead letter: it is {job.state}") from None
    return _one(store, job, f"adopted: {job.item_id} is {remote_id} at {job.descriptor.destination_id}")


def resend(store: KeepingStore, key: str, run_id: str) -> Deed:
    """Ask for an item to be sent once more as a new object."""
    try:
        job = store.resend(key, run_id=run_id)
    except KeyError:
        why = "no such job, it is not ended, or nothing is kept of its item any more (pruned)"
        raise ConfigurationError(f"{key} cannot be sent again: {why}") from None
    except Conflict as error:
        raise ConfigurationError(str(error)) from None
    deed = _one(store, job, f"{job.item_id} will be sent to {job.descriptor.destination_id} as a new object")
    deed.next_step = "the pair's next run delivers it"
    return deed


def _one(store: KeepingStore, job: Job, line: str) -> Deed:
    """Tell what became of one job."""
    now: Sequence[Job] = [found for found in (store.get(job.key),) if found]
    return Deed(line, dead_letter_rows(now), len(now), COLUMNS[:3], left=told(store.buried(DeadLetterFilter())))
