"""Which dead letters, and which pairs, a command means."""

from __future__ import annotations

from adapters.contracts.jobs import Reason
from adapters.contracts.store import DeadLetterFilter
from tasks.groups import Group


class Which(Group):
    """Which dead letters."""

    key: tuple[str, ...] = ()
    """Only these job keys."""
    source: str = ""
    """Only from this source (telegram:1000000001)."""
    destination: str = ""
    """Only for this destination (webhook:blog)."""
    reason: tuple[Reason, ...] = ()
    """Only with one of these reasons."""
    run_id: str = ""
    """Only those that this run made."""
    error: str = ""
    """Only those whose last error holds this text."""
    item: str = ""
    """Only this item's."""
    limit: int | None = None
    """At most this many."""

    def filter(self) -> DeadLetterFilter:
        """Return them as the store understands them."""
        return DeadLetterFilter(
            keys=self.key,
            source_id=self.source,
            destination_id=self.destination,
            reasons=self.reason,
            run_id=self.run_id,
            error=self.error,
            item_id=self.item,
            limit=self.limit,
        )


class Pairs(Group):
    """Which pairs."""

    source: str = ""
    """Those from this source (telegram:1000000001)."""
    destination: str = ""
    """Those to this destination (webhook:blog)."""
