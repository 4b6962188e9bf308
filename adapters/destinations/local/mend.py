"""What an opening does: accepts what a crash left, finds damage, and saves what can be saved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from adapters import archive as form
from adapters.archive import ArchivedItem
from adapters.destinations.local import parts
from adapters.destinations.local.files import digest, remove, set_aside
from adapters.destinations.local.index import DELETED, Index, Part, Row
from adapters.destinations.local.parts import Changes

_FOLDERS = (*form.FOLDERS, "media")


def clear_leftovers(archive: Path) -> None:
    """Remove the temporary files of a run that was killed."""
    for folder in _FOLDERS:
        remove((archive / folder).glob(".*.tmp"))


def mend(archive: Path, index: Index, *, rebuilt: bool) -> list[str]:
    """Make the index and the parts agree; return what was damaged, a line each for people.

    `rebuilt`: the index is empty and learns from the parts, whose lines are verified one by one; otherwise a part that
    is not as the index knows it is damaged, and its items are not held until the source has brought them again.
    The index advances when anything was found. To be called in a transaction.
    """
    generation = index.meta().generation
    known = index.parts()
    repaired: list[str] = []
    settled = False
    for name in sorted({*known, *form.names(archive)}):
        part = known.get(name, Part(name, "", "", 0, 0))
        path = archive / name
        sha256 = digest(path) if path.exists() else ""
        if sha256 and sha256 == part.next_sha256 != part.sha256:
            _relearn(archive, index, part, sha256)
            settled = True
        elif sha256 != part.sha256:
            line = _salvage(archive, index, part, trusted=rebuilt)
            repaired += [line] if line else []
        if part.next_sha256:
            index.set_part(index.parts()[name]._replace(next_sha256=""))
    repaired += _lost_media(archive, index)
    if repaired:
        index.void_cursors()
    if repaired or settled or rebuilt:
        index.advance(generation)
    return repaired


@dataclass
class _Findings:
    """What the lines of one part turned out to hold."""

    kept: list[bool] = field(default_factory=list)
    """By line: whether it stays."""
    rows: dict[str, Row] = field(default_factory=dict)
    members: list[tuple[str, str]] = field(default_factory=list)
    media: list[tuple[str, str, int]] = field(default_factory=list)

    def keep(self, archive: Path, part: str, item: ArchivedItem, *, held: bool) -> None:
        """Note an item as the part's next line."""
        self.kept.append(True)
        own = item.taken_over or item.version
        self.rows[item.id] = Row(
            item.id,
            part,
            len(self.rows),
            ((DELETED if item.deleted_at else "") + own) if held else "",
            item.changed_at.isoformat(),
            # Whether it was the source or the run that lacked the bytes is not in the line: ask again.
            int(not any(medium.missing for medium in item.media)),
        )
        self.members += [(member, item.id) for member in item.names[1:]]
        self.media += [(item.id, medium.path, _size(archive / medium.path)) for medium in item.media if medium.path]


def _relearn(archive: Path, index: Index, part: Part, sha256: str) -> None:
    """Take a part that a killed commit had put in place; what was not held before is asked for once more."""
    doubted = {row.id for row in index.part_rows(part.name) if not row.version}
    found = _Findings()
    for item in _items(archive / part.name):
        if item is not None:
            found.keep(archive, part.name, item, held=item.id not in doubted)
    _note(archive, index, part.name, sha256, found)


def _salvage(archive: Path, index: Index, part: Part, *, trusted: bool) -> str:
    """Keep a part's intact lines; return what to tell people, or an empty string when there is nothing to tell."""
    path = archive / part.name
    before = {row.line: row.id for row in index.part_rows(part.name) if row.line >= 0}
    found = _Findings()
    if path.exists():
        for number, item in enumerate(_items(path)):
            if item is None or not _credible(index, part.name, item, before.get(number), found):
                found.kept.append(False)
            else:
                found.keep(archive, part.name, item, held=trusted and form.verified(item) is True)
        _rewrite(archive, part.name, found.kept)
    _note(archive, index, part.name, digest(path) if path.exists() else "", found)
    whole, intact = max(len(before), len(found.kept)), len(found.rows)
    if trusted and intact == whole:
        return ""
    what = "damaged" if found.kept else "missing" if not path.exists() else "empty"
    then = "all are fetched again from the source where it still has them"
    return f"{part.name} was {what}: {intact:,} of {whole:,} items are intact; {then}"


def _credible(index: Index, part: str, item: ArchivedItem, expected: str | None, found: _Findings) -> bool:
    """Tell whether a line of a damaged part may stay: itself unharmed, and the only one of its item."""
    if form.verified(item) is False or item.id in found.rows:
        return False
    # Where the index names another item for this line, it is the line's id that is damaged.
    row = index.rows([item.id]).get(item.id)
    return row.part == part if row else expected is None


def _rewrite(archive: Path, name: str, kept: list[bool]) -> None:
    """Leave only the lines to be kept, the damaged file going to `damaged/` first."""
    path = archive / name
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        torn = file.tell() > 0 and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n"
    if all(kept) and not torn:
        return
    set_aside(path, archive / "damaged", name.replace("/", "-") + ".")
    with path.open("rb") as file:
        lines = [
            b"" if not keep else line.rstrip(b"\n") + b"\n" for keep, line in zip(kept, form.lines(file), strict=True)
        ]
    parts.stage(archive, name, Changes(appended=[line for line in lines if line]), 0, 0)
    parts.place(archive, [name])


def _note(archive: Path, index: Index, name: str, sha256: str, found: _Findings) -> None:
    """Write what a part holds into the index; items whose line is lost keep their place in it."""
    lost = [row._replace(line=-1, version="") for row in index.part_rows(name) if row.id not in found.rows]
    index.put(lost)
    index.forget(found.rows)
    index.put(found.rows.values())
    index.put_members(found.members)
    index.put_media(found.media)
    size = _size(archive / name) if sha256 else 0
    index.set_part(Part(name, sha256, "", size, len(found.rows)))


def _items(path: Path) -> Iterator[ArchivedItem | None]:
    with path.open("rb") as file:
        yield from map(form.decode, form.lines(file))


def _size(path: Path) -> int:
    """Return a file's size; -1, which no file has, where there is none."""
    try:
        return path.lstat().st_size
    except OSError:
        return -1


def _lost_media(archive: Path, index: Index) -> list[str]:
    """Compare the media with their index by name and size."""
    repaired = []
    for path, size in list(_changed_media(archive, index)):
        # A file of another size would be taken for the medium by whoever looks at the folder.
        (archive / path).unlink(missing_ok=True)
        count = index.lose_media(path)
        what = "gone" if size < 0 else "of another size"
        repaired.append(f"{path} was {what}: {count:,} items are fetched again from the source where it still has it")
    return repaired


def _changed_media(archive: Path, index: Index) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes found) of the media that are not as the index knows them, one folder in memory at a time."""
    folder, sizes = "", dict[str, int]()
    for path, size in index.media():
        if path.rpartition("/")[0] != folder:
            folder = path.rpartition("/")[0]
            sizes = _sizes(archive / folder)
        found = sizes.get(path.rpartition("/")[2], -1)
        if found != size:
            yield path, found


def _sizes(folder: Path) -> dict[str, int]:
    """Return the sizes of a folder's regular files by name; of a missing folder, nothing."""
    if not folder.is_dir():
        return {}
    with os.scandir(folder) as entries:
        return {e.name: e.stat(follow_symlinks=False).st_size for e in entries if e.is_file(follow_symlinks=False)}
