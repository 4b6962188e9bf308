"""An archive on disk as a pair's destination."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from tasks.groups import Place

if TYPE_CHECKING:
    from adapters.destinations.local import LocalDestination


class Local(Place):
    """The archive."""

    archive: Path = Path("archive")
    """The archive's folder; made when it is not there."""
    formats: tuple[Literal["jsonl", "markdown", "site"], ...] = ("jsonl",)
    """What to write: jsonl, the record, always; markdown, notes for Obsidian; site, pages for a browser."""

    @field_validator("archive")
    @classmethod
    def _absolute(cls, archive: Path) -> Path:
        """Name the folder so that it is found from everywhere."""
        return archive.expanduser().absolute()

    def open(self) -> LocalDestination:
        """Return the adapter."""
        from adapters.destinations.local import LocalDestination, LocalSettings

        return LocalDestination(LocalSettings(archive=self.archive, formats=self.formats))
