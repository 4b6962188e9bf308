"""Dead letters as the tests of redriving need them."""

from __future__ import annotations

from adapters.contracts.jobs import Descriptor, Failure, Job, Reason, State, job_key
from tests.fakes import DAY, post


def letter(number, place, reason=Reason.REJECTED):
    """Build a dead letter; every tenth item is one that a place may refuse."""
    item = post(number, f"item {number}{' refused' if number % 10 == 0 else ''}")
    return Job(
        key=job_key(place, item.id, 1),
        descriptor=Descriptor(source_id="list:1", destination_id=place),
        item_id=item.id,
        revision=1,
        action="create",
        version=item.version,
        item=item,
        state=State.FAILED,
        reason=reason,
        sent_at=DAY if reason is Reason.UNKNOWN else None,
        failures=(Failure(at=DAY, attempt=1, error="Rejected", message="410: the place was closed"),),
        ended_by="then",
    )
