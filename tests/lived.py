"""A job store that has lived: pairs with a history of half a day, made by the store's own verbs and a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from adapters.conformance.stores.samples import failure, receipt
from adapters.contracts.item import ContentItem
from adapters.contracts.jobs import Descriptor, Job, Reason, job_key
from adapters.contracts.runs import PairRecord, RunRecord
from adapters.contracts.store import Counts, PagePlan, Queue
from adapters.stores.sql import SqlJobStore, engine_of

PAIRS = (
    ("telegram", "telegram:1000000001", "vk", "vk:-42", (40, 3, 0, 1, 0, 2, 8, 0, 1, 4)),
    ("telegram", "telegram:1000000001", "local", "local:archive", (60, 3, 0, 1, 0, 2, 8, 0, 1, 4)),
    ("rss", "rss:https://blog.example/feed", "webhook", "webhook:blog", (10, 0, 0, 0, 1, 0, 0, 2, 0, 0)),
    ("wordpress", "wordpress:blog.example", "vk", "vk:-43", (25, 1, 1, 0, 0, 1, 0, 0, 0, 0)),
    ("local", "telegram:1000000002", "youtube", "youtube:UC42", (6, 6, 6, 0, 0, 0, 0, 0, 0, 0)),
)
"""Source and destination by service and identity, and what each run was given, an hour apart."""
REJECTED = "webhook:blog"
"""The place that refuses every third item."""


def lived(url: str) -> None:
    """Let the pairs of a store live for some hours, up to now; one of them is paused."""
    now = datetime.now(UTC)
    clock = [now]
    store = SqlJobStore.open(engine_of(url), lambda: clock[0])
    for place, (source, source_id, service, destination_id, runs) in enumerate(PAIRS):
        name = f"{source} → {service}"
        store.save_pair(
            PairRecord(source_id=source_id, destination_id=destination_id, service=service, name=name, begun=True)
        )
        for number, given in enumerate(runs):
            clock[0] = now - timedelta(hours=len(runs) - number, minutes=-5 * place)
            _run(store, clock[0], source_id, destination_id, number, given)
        if service == "youtube":
            store.pause_pair(source_id, destination_id, "until the channel is approved")
    store.close()


def _run(store: SqlJobStore, now: datetime, source_id: str, destination_id: str, number: int, given: int) -> None:
    """Carry so many new items in one run."""
    run_id = str(uuid5(NAMESPACE_URL, f"{source_id} {destination_id} {number}"))
    store.begin_run(RunRecord(run_id=run_id, source_id=source_id, destination_id=destination_id))
    pair = Descriptor(source_id=source_id, destination_id=destination_id)
    items = [ContentItem(id=f"{source_id}/{number}/{n}", version="v", published_at=now) for n in range(given)]
    jobs = [
        Job(
            key=job_key(destination_id, item.id, 1),
            descriptor=pair,
            item_id=item.id,
            revision=1,
            action="create",
            version=item.version,
            item=item,
        )
        for item in items
    ]
    store.commit_page(run_id, source_id, destination_id, PagePlan(create=jobs, counts=Counts(seen=given)))
    queue, died = Queue(source_id, destination_id), 0
    for done in range(given):
        job = store.claim_next(queue, owner="o", run_id=run_id, lease=timedelta(minutes=1))
        assert job is not None
        if destination_id == REJECTED and done % 3 == 2:
            died += 1
            store.fail(store.mark_sending(job), Reason.REJECTED, failure("422"), run_id=run_id, in_doubt=False)
        else:
            store.finish(store.mark_sending(job), receipt(job.version), run_id=run_id)
    store.end_run(run_id, "failed" if died else "completed", store.tally(run_id))
