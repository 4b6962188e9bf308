"""Options: what every pair takes besides its source and its destination."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import MediaKind, Model
from adapters.selection import Selection

OnFailure = Literal["continue", "stop"]
"""What becomes of the items behind a dead letter: "stop" keeps them back until it is out of the way."""


class Options(Model):
    """The options of one run, checked; built from a flow's arguments by `options`."""

    selection: Selection = Selection()
    limit: int | None = None
    edits: bool = True
    deletes: bool = False
    allow_older: bool = False
    allow_mass_delete: bool = False
    from_beginning: bool = False
    per_day: int | None = None
    wait: bool = False
    new_store: bool = False
    dry_run: bool = False
    on_failure: OnFailure = "continue"


def options(
    *,
    since: str = "",
    until: str = "",
    include: list[str] | None = None,
    exclude: list[str] | None = None,
    media: list[MediaKind] | None = None,
    service: bool = True,
    limit: int | None = None,
    per_day: int | None = None,
    edits: bool = True,
    deletes: bool = False,
    allow_older: bool = False,
    allow_mass_delete: bool = False,
    from_beginning: bool = False,
    wait: bool = False,
    new_store: bool = False,
    dry_run: bool = False,
    on_failure: OnFailure = "continue",
) -> Options:
    """Check a flow's arguments; raises ConfigurationError that names the argument."""
    for name, number in (("limit", limit), ("per-day", per_day)):
        if number is not None and number < 1:
            raise ConfigurationError(f"--{name} is {number}: give a whole number from 1 up, or leave it out")
    selection = Selection(
        since=moment("since", since),
        until=moment("until", until),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        media=tuple(media or ()),
        service=service,
    )
    if selection.since and selection.until and selection.since >= selection.until:
        raise ConfigurationError(f"--since {since} is not before --until {until}: nothing lies between them")
    return Options(
        selection=selection,
        limit=limit,
        per_day=per_day,
        edits=edits,
        deletes=deletes,
        allow_older=allow_older,
        allow_mass_delete=allow_mass_delete,
        from_beginning=from_beginning,
        wait=wait,
        new_store=new_store,
        dry_run=dry_run,
        on_failure=on_failure,
    )


def moment(name: str, text: str) -> datetime | None:
    """Read an ISO 8601 date or time, UTC where it names no zone; None for an empty text."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"--{name} {text!r} is no date: write 2024-01-31, 2024-01-31T18:00 or 2024-01-31T18:00+03:00"
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
