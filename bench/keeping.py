"""Keep a folder's files as an archive keeps media, a process a measurement: copied|linked|none FOLDER ARCHIVE."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import MediaFile
from adapters.destinations.local.files import MediaStore


def keep(how: str, folder: Path, archive: Path) -> None:
    """Keep the files; `none` pays for the imports alone."""
    archive.mkdir()
    if how == "none":
        return
    store = MediaStore(archive)
    for path in sorted(folder.iterdir()):
        medium = Media(kind=MediaKind.DOCUMENT, ref=path.name, name=path.name)
        here = path if how == "linked" else None
        store.keep(medium, MediaFile(open=partial(path.open, "rb"), size=path.stat().st_size, path=here))
    store.sync()


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
