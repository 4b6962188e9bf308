"""One opening of an archive: what is held, and the commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapters.archive import FOLDERS, INDEX, ArchivedItem, decode, emptied
from adapters.contracts.errors import ConfigurationError, LeaseLost, Transient
from adapters.contracts.item import ContentItem, Media
from adapters.contracts.ports import Batch, Committed, Held, MediaFile, MediaMissing
from adapters.destinations.local import index as tables
from adapters.destinations.local import parts
from adapters.destinations.local.files import MediaStore, remove, set_aside, sync_folder, trouble
from adapters.destinations.local.index import DELETED, Index, Part, Row
from adapters.destinations.local.parts import Changes, IndexMismatch, Staged

Bytes = Callable[[Media], MediaFile]


@dataclass
class _Work:
    """What a batch comes to."""

    rows: dict[str, Row] = field(default_factory=dict)
    """By id, of items whose row may change."""
    before: dict[str, Row] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)
    written: list[ContentItem] = field(default_factory=list)
    media: list[tuple[str, str, int]] = field(default_factory=list)
    """(item id, path, bytes)."""
    missing: list[str] = field(default_factory=list)
    whole: dict[str, int] = field(default_factory=dict)
    """0 by the id of an item that lacks a medium."""
    removed: list[str] = field(default_factory=list)

    def change(self, part: str) -> Changes:
        """Return the changes of a part."""
        if part not in self.changes:
            self.changes[part] = Changes()
        return self.changes[part]


class LocalSession:
    """The one writer of an archive; see `adapters.contracts.ports.BulkSession`."""

    def __init__(self, archive: Path, index: Index, repaired: Sequence[str]) -> None:
        self._archive = archive
        self._index = index
        self._repaired = tuple(repaired)
        meta = index.meta()
        self._birth_id, self._number = meta.birth_id, meta.generation
        self._parts = index.parts()
        self._unsettled = False
        self._absent: set[str] = set()
        """Ids that were asked for since the last commit, and were neither an item's nor a member's."""

    @property
    def generation(self) -> str:
        """`<birth id>:<number>`; the number only grows."""
        return f"{self._birth_id}:{self._number}"

    @property
    def repaired(self) -> Sequence[str]:
        """What was found damaged at opening, a line each."""
        return self._repaired

    def versions(self, ids: Sequence[str]) -> dict[str, Held]:
        """Return what is held of these ids, an album's members too.

        An item marked as deleted is left out, and so is one whose part was damaged: committing it again writes it to
        its own place.
        """
        rows = self._index.rows(ids)
        owners = self._index.owners([item_id for item_id in ids if item_id not in rows])
        rows |= self._index.rows(set(owners.values()) - rows.keys())
        self._absent.update(item_id for item_id in ids if item_id not in rows and item_id not in owners)
        found = {}
        for asked in ids:
            row = rows.get(owners.get(asked, asked))
            if row and row.version and not row.version.startswith(DELETED):
                found[asked] = Held(
                    version=row.version,
                    changed_at=datetime.fromisoformat(row.changed_at),
                    whole=bool(row.whole),
                    item_id="" if row.id == asked else row.id,
                )
        return found

    def unchanged(self, traces: Mapping[str, str]) -> set[str]:
        """Return the ids of those of these items that are held, whole, with this trace."""
        return self._index.unchanged(traces)

    def held_ids(self) -> Iterator[str]:
        """Yield the ids of all items held and not marked as deleted."""
        return self._index.held_ids()

    def members(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other ids of each of these items that is an album."""
        found: dict[str, list[str]] = {}
        for item_id, member in self._index.members(ids):
            found.setdefault(item_id, []).append(member)
        return found

    def cursor(self, selection: str) -> str:
        """Return the cursor kept for a selection, or an empty string."""
        return self._index.cursor(selection)

    def commit(self, batch: Batch, media: Bytes) -> Committed:
        """Write a batch and its cursor as one; what changes nothing touches nothing.

        Raises Rejected when an item cannot be written, LeaseLost when somebody else has written here, and
        ConfigurationError when the archive cannot be written; then nothing is half written.
        """
        if self._unsettled:
            raise Transient(f"an earlier commit to {self._archive} was cut short; opening it again settles that")
        try:
            with self._staged_parts_removed():
                work = self._plan(batch, media)
                return self._write(work, batch)
        except OSError as error:
            raise trouble(self._archive, error) from error
        except IndexMismatch as error:
            raise self._index_lost(str(error)) from error
        except sqlite3.Error as error:
            if tables.is_damage(error):
                raise self._index_lost(str(error)) from error
            raise ConfigurationError(
                f"cannot write to the index of {self._archive}: {error}; check the disk's room and rights and run again"
            ) from error

    def close(self) -> None:
        """Let the index go."""
        self._index.close()

    def _plan(self, batch: Batch, media: Bytes) -> _Work:
        """Keep the media, and say what becomes of each part and each row."""
        work = _Work()
        items = self._by_held_id(batch.items, work)
        others = [*(item_id for item_id, _ in batch.take_over), *batch.deleted, *batch.marked]
        work.before |= self._index.rows(set(others) - work.before.keys())
        # What cannot be written is refused before any medium is kept.
        lines = {item.id: parts.encode(item) for item in items.values()}
        with MediaStore(self._archive) as store:
            for item in (one for one in items.values() if one.media):
                kept = tuple(self._keep(item, medium, media, store, work) for medium in item.media)
                if kept != item.media:
                    lines[item.id] = parts.encode(item.model_copy(update={"media": kept}))
            store.sync()
        self._write_items(items, lines, work, batch.traces)
        for item_id, version in batch.take_over:
            if item_id not in items:
                self._take_over(work, item_id, version)
        now = datetime.now(UTC)
        for item_id in batch.deleted:
            if item_id not in items:
                self._remove(work, item_id, now)
        for item_id in batch.marked:
            if item_id not in items:
                self._mark(work, item_id, now)
        return work

    def _by_held_id(self, items: Sequence[ContentItem], work: _Work) -> dict[str, ContentItem]:
        """Name each item by the id that it has a line under, each id once."""
        names = {name for item in items for name in item.names} - self._absent
        owners = self._index.owners(names)
        work.before = self._index.rows(names | set(owners.values()))
        found = {}
        for item in items:
            held = item.id
            if held not in work.before:
                held = next((owners[name] for name in item.names if owners.get(name) in work.before), held)
            found[held] = item if held == item.id else item.model_copy(update={"id": held})
        return found

    @staticmethod
    def _keep(item: ContentItem, medium: Media, media: Bytes, store: MediaStore, work: _Work) -> Media:
        """Return a medium as the archive has it: with its path here, or with the reason why there is none."""
        if not (medium.ref or medium.sha256 or medium.path):
            return medium
        new = {"ref": "", "sha256": "", "path": ""}
        if medium.ref:
            try:
                path, sha256, size = store.keep(medium, media(medium))
            except MediaMissing as error:
                new["missing"] = str(error).encode("utf-8", "backslashreplace").decode() or "missing"
                work.missing.append(f"{item.id}: {new['missing']}")
                work.whole[item.id] = 0
            else:
                new |= {"sha256": sha256, "path": path, "missing": ""}
                work.media.append((item.id, path, size))
        return medium.model_copy(update=new)

    def _write_items(
        self, items: Mapping[str, ContentItem], lines: Mapping[str, bytes], work: _Work, traces: Mapping[str, str]
    ) -> None:
        """Give each item its line: its old one, or the next free one of the last part."""
        room: dict[str, tuple[str, int]] = {}
        for item_id, item in items.items():
            old = work.before.get(item_id)
            if old and old.line >= 0:
                part, number = old.part, old.line
                work.change(part).replaced[number] = (item_id, lambda _, line=lines[item_id]: line)  # type: ignore[misc]
            else:
                part = old.part if old else self._free_part(parts.folder_of(item), room)
                appended = work.change(part).appended
                number = self._count(part) + len(appended)
                appended.append(lines[item_id])
            whole = work.whole.get(item_id, 1)
            changed_at = item.changed_at.isoformat()
            work.rows[item_id] = Row(item_id, part, number, item.version, changed_at, whole, traces.get(item_id, ""))
        work.written += items.values()

    def _count(self, part: str) -> int:
        """Return how many lines a part's file has."""
        return self._parts[part].lines if part in self._parts else 0

    def _free_part(self, folder: str, room: dict[str, tuple[str, int]]) -> str:
        """Return the folder's last part while it has room, else the next; `room` remembers it for this batch."""
        if folder not in room:
            last = max((name for name in self._parts if name.startswith(f"{folder}/")), default="")
            room[folder] = (last, parts.PART_ITEMS - self._index.count(last) if last else 0)
        name, free = room[folder]
        if free <= 0:
            name, free = parts.next_name(folder, name), parts.PART_ITEMS
        room[folder] = (name, free - 1)
        return name

    @staticmethod
    def _take_over(work: _Work, item_id: str, version: str) -> None:
        """Note another version of the same content."""
        row = work.before.get(item_id)
        if row and row.line >= 0 and row.version and not row.version.startswith(DELETED) and row.version != version:
            work.change(row.part).replaced[row.line] = (item_id, lambda line: _marked(line, taken_over=version))
            work.rows[item_id] = row._replace(version=version)

    @staticmethod
    def _remove(work: _Work, item_id: str, now: datetime) -> None:
        """Empty an item's line; the lines behind it keep their numbers."""
        row = work.before.get(item_id)
        if row is None or row.line < 0 or row.version.startswith(DELETED):
            return

        def successor(line: bytes) -> bytes:
            bare = emptied(_read(line), now)
            work.rows[item_id] = row._replace(version=DELETED + bare.version)
            return parts.encode(bare)

        work.change(row.part).replaced[row.line] = (item_id, successor)
        work.removed.append(item_id)

    @staticmethod
    def _mark(work: _Work, item_id: str, now: datetime) -> None:
        """Mark an item's line; it stays where it is."""
        row = work.before.get(item_id)
        if row and row.line >= 0 and not row.version.startswith(DELETED):
            work.change(row.part).replaced[row.line] = (item_id, lambda line: _marked(line, deleted_at=now))
            work.rows[item_id] = row._replace(version=DELETED + row.version)

    def _write(self, work: _Work, batch: Batch) -> Committed:
        """Stage the parts, note what they become, put them in place, and note that they are."""
        staged = [part for name, changes in sorted(work.changes.items()) if (part := self._stage(name, changes))]
        cursor = batch.cursor
        moved = cursor is not None and self._index.cursor(cursor.selection) != cursor.value
        before = work.before
        rows = [row for row in work.rows.values() if row.id not in before or row[:-1] != before[row.id][:-1]]
        traces = {item_id: trace for item_id, trace in batch.traces.items() if item_id not in work.rows}
        if not (staged or moved or rows or traces):
            return Committed(self.generation, tuple(work.missing))
        with self._index.transaction():
            if self._index.meta().generation != self._number:
                raise LeaseLost(f"another run has written to {self._archive} since this one opened it")
            self._index.intend(staged)
        self._unsettled = bool(staged)
        parts.place(self._archive, [part.name for part in staged])
        with self._index.transaction():
            number = self._index.advance(self._number)
            for part in staged:
                self._index.set_part(Part(part.name, part.sha256, "", part.size, part.lines))
            nobodys = self._note_items(work, rows)
            self._index.trace(traces)
            if cursor is not None:
                self._index.set_cursor(cursor.selection, cursor.value)
        self._number, self._unsettled = number, False
        self._absent.clear()
        # A run killed just before this leaves the files of what was deleted, and no page or line that names them.
        remove(self._archive / path for path in nobodys)
        self._parts |= {part.name: Part(part.name, part.sha256, "", part.size, part.lines) for part in staged}
        return Committed(self.generation, tuple(work.missing))

    def _note_items(self, work: _Work, rows: Sequence[Row]) -> list[str]:
        """Write items, members and media into the index; return the paths of media that nobody has any more."""
        self._index.forget(item.id for item in work.written if item.id in work.before)
        self._index.put(rows)
        albums = [item for item in work.written if item.members]
        self._index.put_members((member, item.id) for item in albums for member in item.names[1:])
        self._index.put_media(work.media)
        return self._index.forget_wholly(work.removed)

    def _stage(self, name: str, changes: Changes) -> Staged | None:
        """Write a part's new content beside it, or return None when it is the old one."""
        old = self._parts.get(name, Part(name, "", "", 0, 0))
        staged = parts.stage(self._archive, name, changes, old.bytes, old.lines)
        if staged.sha256 == old.sha256:
            parts.temporary(self._archive, name).unlink()
            return None
        return staged

    @contextmanager
    def _staged_parts_removed(self) -> Iterator[None]:
        """Leave no temporary file behind, whatever happens."""
        try:
            yield
        except BaseException:
            for folder in FOLDERS:
                remove((self._archive / folder).glob(".*.tmp"))
            raise

    def _index_lost(self, why: str) -> Transient:
        """Put a damaged index aside, so that the next opening rebuilds it."""
        self._unsettled = True
        self._index.close()
        kept = set_index_aside(self._archive)
        return Transient(f"the index of {self._archive} is damaged ({why}) and now {kept}; the next run rebuilds it")


def set_index_aside(archive: Path) -> str:
    """Move a damaged index and its journal out of the way; return its new name."""
    path = archive / INDEX
    kept = set_aside(path, archive, f"{INDEX}.damaged-")
    remove([path, path.with_name(f"{INDEX}-journal")])
    sync_folder(archive)
    return kept.name


def _read(line: bytes) -> ArchivedItem:
    """Return what a line holds; raises IndexMismatch."""
    item = decode(line)
    if item is None:
        raise IndexMismatch("a line that is to be marked or emptied cannot be read")
    return item


def _marked(line: bytes, **marks: object) -> bytes:
    """Return a line with what the archive has to say about its item."""
    item = _read(line)
    if marks.get("taken_over") == item.version:
        marks["taken_over"] = ""
    return parts.encode(item.model_copy(update=marks))
