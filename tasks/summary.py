"""The summary of a run: what it came to, in items, for programs; `tasks.report` and `tasks.pages` show it."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, Field

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PastRun, Tally

LISTED = 1_000
"""How many receipts and dead letters a run's page lists."""
COME_BACK = 75
"""sysexits.h, EX_TEMPFAIL: what is left waits for a time that has been named."""


class Preview(BaseModel):
    """What a dry run would send of one item."""

    item: str
    action: str
    body: str
    losses: list[str] = Field(default_factory=list)
    """What this item would lose."""


class Delivery(BaseModel):
    """One receipt of a run, for people."""

    item: str
    action: str
    url: str
    at: datetime


class Summary(BaseModel):
    """What a run came to, in items: `seen + carried = delivered + already + filtered + pending + dead`."""

    pair: str
    seen: int = 0
    carried: int = 0
    delivered: int = 0
    already: int = 0
    filtered: int = 0
    pending: int = 0
    dead: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    exit_code: int = 0
    duration_s: float = 0
    errors: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    filtered_by: dict[str, int] = Field(default_factory=dict)
    dead_by: dict[str, int] = Field(default_factory=dict)
    died: int = 0
    """How many of the dead became so in this run."""
    come_back: datetime | None = None
    """When what waits is due."""
    blocked: bool = False
    """Whether what is pending waits behind a dead letter, because the pair asks for order."""
    paused: str = ""
    """Why the pair is paused: then nothing was delivered, or nothing more."""
    dry_run: bool = False
    previews: list[Preview] = Field(default_factory=list)
    """Of a dry run: the first renderings."""
    losses: dict[str, int] = Field(default_factory=dict)
    """What was lost on the way, or would be in a dry run, and for how many items."""
    deliveries: list[Delivery] = Field(default_factory=list, exclude=True)
    """The first of what was delivered."""
    past: list[PastRun] = Field(default_factory=list, exclude=True)
    """The pair's last runs, the newest first, this one too."""
    source: str = ""
    """The source's identity."""
    destination: str = ""
    """The destination's identity."""
    place: str = ""
    """Where the items are now, for people."""
    next_step: str = ""

    @classmethod
    def of(cls, pair: str, tally: Tally) -> Summary:
        """Turn a tally into a summary; one that does not add up is an error of this run."""
        summary = cls(
            pair=pair,
            seen=tally.seen,
            carried=tally.carried,
            delivered=tally.delivered,
            already=tally.already,
            filtered=sum(tally.filtered.values()),
            pending=tally.pending,
            dead=sum(tally.dead.values()),
            created=tally.created,
            updated=tally.updated,
            deleted=tally.deleted,
            filtered_by=tally.filtered,
            dead_by=tally.dead,
            died=tally.died,
            losses=tally.losses,
        )
        if not tally.adds_up:
            out = summary.delivered + summary.already + summary.filtered + summary.pending + summary.dead
            summary.errors.append(
                f"the records do not add up: {tally.seen} seen and {tally.carried} carried over, {out} accounted for"
            )
        return summary

    @classmethod
    def of_paused(cls, pair: str, why: str) -> Summary:
        """Sum up a run that found its pair paused and did nothing."""
        return cls(pair=pair, paused=why)

    def close(self, began: float) -> Summary:
        """Fill in duration and exit code: of several the first of 1, 2, 75."""
        self.duration_s = round(time.monotonic() - began, 2)
        if self.errors:
            self.exit_code = 1
        elif self.died or self.blocked:
            self.exit_code = 2
        elif self.come_back is not None:
            self.exit_code = COME_BACK
        return self

    @property
    def line(self) -> str:
        """Return the run in one line: it becomes the flow run's message and name."""
        return f"{self.pair}: {self._what_happened}" if self.pair else self._what_happened

    @property
    def _what_happened(self) -> str:
        """Say what a run came to, in a few words."""
        if self.errors:
            return f"stopped, {self.errors[0]}"
        if self.paused and not self.seen + self.carried:
            return f"paused, {self.paused}"
        dead = f"{self.dead:,} dead"
        if self.dry_run:
            refused = [f"{self.dead:,} would be refused"] if self.dead else []
            return ", ".join(["dry run", f"{self.pending:,} would be delivered", *refused])
        if self.come_back is not None and not self.seen + self.carried:
            return f"waits {self._until}, {self.warnings[0]}" if self.warnings else f"waits {self._until}"
        parts = [f"{self.created:,} new", f"{self.updated:,} edited"] if self.delivered else ["nothing new"]
        parts += [f"{self.deleted:,} deleted"] if self.deleted else []
        parts += [f"{self.pending:,} pending{self._why_pending}"] if self.pending else []
        return ", ".join([*parts, dead])

    @property
    def _why_pending(self) -> str:
        """Say what pending items wait for."""
        if self.blocked:
            return " behind a dead letter"
        return f" {self._until}" if self.come_back else ""

    @property
    def _until(self) -> str:
        """Say until when a run waits."""
        return f"until {self.come_back:%Y-%m-%d %H:%M} UTC" if self.come_back else ""

    def write(self, path: Path) -> None:
        """Write the summary as JSON, whole or not at all."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise ConfigurationError(f"--summary {path} cannot be written: {error.strerror}") from error

    def rows(self) -> list[tuple[str, int, str]]:
        """Return the summary's lines: what, how many, of what kinds."""
        return [
            ("seen in the source", self.seen, ""),
            *([("carried over", self.carried, "")] if self.carried else []),
            ("delivered", self.delivered, f"{self.created:,} new, {self.updated:,} edited, {self.deleted:,} deleted"),
            ("already there", self.already, ""),
            *([("filtered", self.filtered, named(self.filtered_by))] if self.filtered else []),
            *([(self._open, self.pending, self._due())] if self.pending else []),
            ("dead letters", self.dead, named(self.dead_by)),
        ]

    @property
    def _open(self) -> str:
        """Name what is pending."""
        return "would be delivered" if self.dry_run else "pending"

    def _due(self) -> str:
        """Say when what is pending goes on."""
        if self.blocked:
            return "behind a dead letter"
        return f"due {self.come_back:%Y-%m-%d %H:%M:%S} UTC" if self.come_back else ""


def largest(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Return counts, the largest first."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def named(counts: dict[str, int]) -> str:
    """Name the largest parts of a count."""
    return ", ".join(f"{number:,} {name}" for name, number in largest(counts)[:4])
