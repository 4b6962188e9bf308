"""Options: what every pair takes besides its source and its destination."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, Self

from pydantic import ValidationError, field_validator, model_validator

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import MediaKind, Model
from adapters.selection import Selection
from tasks.groups import Group

Edits = Literal["follow", "ignore"]
"""What becomes of an item at its place when it is edited at its source."""
Deletes = Literal["follow", "ignore", "mark"]
"""What becomes of it when it is deleted there: it goes too, it stays, or it stays and says so."""
OnFailure = Literal["continue", "stop"]
"""What becomes of the items behind a dead letter: "stop" keeps them back until it is out of the way."""


class Options(Model):
    """The options of one run, as the roads understand them."""

    selection: Selection = Selection()
    limit: int | None = None
    edits: Edits = "follow"
    deletes: Deletes = "ignore"
    deleted_note: str = "Deleted at the source"
    reread: bool = False
    allow_older: bool = False
    allow_mass_delete: bool = False
    from_beginning: bool = False
    per_day: int | None = None
    wait: bool = False
    new_store: bool = False
    dry_run: bool = False
    on_failure: OnFailure = "continue"
    parallel: int = 1
    backfill: bool = False


class BulkOptions(Group):
    """What to carry."""

    since: str = ""
    """Only what was published at this date or later (2024-01-31, UTC unless a zone is given)."""
    until: str = ""
    """Only what was published before this date."""
    limit: int | None = None
    """At most this many new or changed items."""
    include: tuple[str, ...] = ()
    """Only items that hold one of these words or #tags."""
    exclude: tuple[str, ...] = ()
    """No items that hold one of these words or #tags."""
    media: tuple[MediaKind, ...] = ()
    """Only items that have media of one of these kinds."""
    edits: Edits = "follow"
    """Whether what is edited at the source is edited there too ("follow"), or left as it was ("ignore")."""
    deletes: Deletes = "ignore"
    """Whether what is deleted at the source is deleted there too ("follow"), left ("ignore"), or left and marked as
    deleted ("mark")."""
    reread: bool = False
    """Read the source from its beginning and compare everything, not only what changed since the last run."""
    allow_older: bool = False
    """Whether an older export may overwrite newer edits."""
    allow_mass_delete: bool = False
    """Whether more than 20 items or 5 % may be deleted at once."""
    backfill: bool = False
    """Take only what lies between since and until for the source, and leave where the pair itself begins as it is: one
    of a backfill's runs."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""
    summary: str = ""
    """A file to write the summary to, as JSON."""

    @field_validator("limit", "per_day", "parallel", check_fields=False)
    @classmethod
    def _positive(cls, number: int | None) -> int | None:
        """Refuse what would carry nothing."""
        if number is not None and number < 1:
            raise ValueError(f"{number} is too little: give a whole number from 1 up, or leave it out")
        return number

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse what is no date, and dates between which nothing lies."""
        since, until = moment("since", self.since), moment("until", self.until)
        if since and until and since >= until:
            raise ConfigurationError(
                f"--since {self.since} is not before --until {self.until}: nothing lies between them"
            )
        return self

    def options(self) -> Options:
        """Return them as the roads understand them."""
        return self._options(service=True)

    def _options(self, *, service: bool) -> Options:
        """Sort what chooses items from what says how they are carried."""
        fields = self.model_dump(include=set(Options.model_fields))
        selection = Selection(
            since=moment("since", self.since),
            until=moment("until", self.until),
            include=self.include,
            exclude=self.exclude,
            media=self.media,
            service=service,
        )
        return Options(**fields, selection=selection)


class PublishOptions(BulkOptions):
    """What to publish."""

    service: bool = False
    """Whether service messages (pinned, renamed …) are sent too."""
    from_beginning: bool = False
    """Whether the first run sends what was there before it."""
    per_day: int | None = None
    """At most this many deliveries in any 24 hours."""
    deleted_note: str = "Deleted at the source"
    """What "mark" puts above a post."""
    on_failure: OnFailure = "continue"
    """Whether the items behind a dead letter go on, or "stop" until it is out of the way."""
    parallel: int = 1
    """How many items may be on their way at once, where the place takes that: they arrive in no certain order."""
    wait: bool = False
    """Whether to wait in this process however long the far side asks."""
    new_store: bool = False
    """Go on with a job store that knows nothing of what was sent before."""

    @model_validator(mode="after")
    def _one_by_one(self) -> Self:
        """Refuse to be asked for an order and for none."""
        if self.parallel > 1 and self.on_failure == "stop":
            raise ConfigurationError(
                f"--parallel {self.parallel} and --on-failure stop exclude each other: items that are on their way at "
                "once have no order in which one could hold back the next"
            )
        return self

    def options(self) -> Options:
        """Return them as the roads understand them."""
        return self._options(service=self.service)


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


def one_line(error: ValidationError) -> ConfigurationError:
    """Turn a group's complaint into one line that repeats no value."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return ConfigurationError(f"{where}: {said}" if where else said)
