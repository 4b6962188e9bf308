"""Reading items out of their parts, by the place the ledger tells."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Self

from adapters.archive import ArchivedItem, decode
from adapters.contracts.errors import Transient
from adapters.destinations.local.pages.ledger import Shown

OPEN = 8
"""Parts that are open at a time."""


class Lines:
    """The lines of an archive's parts."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._files: OrderedDict[str, BinaryIO] = OrderedDict()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what is open."""
        with ExitStack() as stack:
            for file in self._files.values():
                stack.callback(file.close)

    def read(self, row: Shown) -> ArchivedItem:
        """Return an item; raises Transient when its line is not where the ledger says."""
        file = self._file(row.part)
        file.seek(row.start)
        item = decode(file.read(row.size))
        if item is None or item.id != row.id:
            raise Transient(f"{row.id} is not where {row.part} had it; the next run looks again")
        return item

    def _file(self, part: str) -> BinaryIO:
        """Return an open part."""
        file = self._files.pop(part, None)
        if file is None:
            file = (self._archive / part).open("rb")
            if len(self._files) >= OPEN:
                self._files.popitem(last=False)[1].close()
        self._files[part] = file
        return file
