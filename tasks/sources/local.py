"""An archive that the pack has made as a pair's source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import field_validator

from tasks.groups import Source

if TYPE_CHECKING:
    from adapters.sources.local import LocalSource


class Archive(Source):
    """The archive."""

    archive: Path = Path("archive")
    """The folder of an archive that a pair has written."""

    @field_validator("archive")
    @classmethod
    def _absolute(cls, archive: Path) -> Path:
        """Name the folder so that it is found from everywhere."""
        return archive.expanduser().absolute()

    def open(self) -> LocalSource:
        """Return the adapter."""
        from adapters.sources.local import LocalSource

        return LocalSource(self.archive)
