"""Making pages: learns what changed in the parts, and makes anew whatever shows it, a few files at a time."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from adapters.destinations.local.index import Index
from adapters.destinations.local.pages import files, intake, naming, notes, search, site
from adapters.destinations.local.pages.files import Made
from adapters.destinations.local.pages.ledger import Ledger, Page, Shown
from adapters.destinations.local.pages.naming import FOLDERS, MARKDOWN, SITE
from adapters.destinations.local.pages.reading import Lines
from adapters.destinations.local.pages.rendering import Render, Task, processes, rendering
from adapters.destinations.local.pages.site import Cuts

NOTES = 1000
"""Notes that are written at a time."""
PAGES = 16
"""Pages that are written at a time."""
KINDS = {
    MARKDOWN: ("note", "markdown-unknown"),
    SITE: ("month", "tag", "segment", "frame", "site-unknown"),
}
"""What each format is made of, and files there that may be nobody's."""

T = TypeVar("T")


class Pages:
    """The pages of one archive: Markdown notes and a site, both derived from its parts."""

    def __init__(self, archive: Path, index: Index, formats: Iterable[str], source_id: str, cuts: Cuts) -> None:
        self._archive = archive
        self._index = index
        self._ledger = Ledger(index.connection)
        self._wanted = [name for name in FOLDERS if name in formats]
        self._source_id = source_id
        self._cuts = cuts

    def check(self) -> list[str]:
        """Look whether the pages lie as they were made, and mark those that do not; return a line each format."""
        said = [
            f"{name}/ is of an earlier run and no longer kept up: add {name} to --formats, or delete the folder"
            for name in FOLDERS
            if name not in self._wanted and (self._archive / name).is_dir()
        ]
        if not (self._wanted and self._ledger.exists()):
            return said
        known = self._ledger.formats()
        for name in self._wanted:
            if self._ledger.some_stale(KINDS[name]):
                files.clear_leftovers(self._archive / name)
            if name in known and (damaged := self._look_after(name)):
                said.append(f"{damaged:,} files of {name}/ were gone or changed, and are made anew")
        return said

    def make(self) -> None:
        """Bring the pages up to what the parts hold; what has not changed is not touched."""
        if not self._wanted:
            return
        if not self._ledger.exists():
            with self._index.transaction():
                self._ledger.create()
        for part in self._ledger.changed_parts():
            with self._index.transaction():
                intake.learn(self._archive, self._ledger, part)
        maker = _digest(site.maker(), self._cuts).hex()
        title = self._title(maker)
        self._turn_on({MARKDOWN: notes.MAKER, SITE: f"{maker} {title}"})
        with Lines(self._archive) as lines:
            if MARKDOWN in self._wanted and self._ledger.some_stale(KINDS[MARKDOWN]):
                self._notes(lines)
            if SITE in self._wanted and self._ledger.some_stale(KINDS[SITE]):
                self._site(lines, title)

    def _title(self, maker: str) -> str:
        """Return the site's title: who published most of it, else the source's id."""
        known, _, title = self._ledger.formats().get(SITE, "").partition(" ")
        if known == maker and not self._ledger.some_stale(KINDS[SITE]):
            return title
        return self._ledger.main_author() or self._source_id

    def _look_after(self, name: str) -> int:
        """Mark a format's damaged pages, and note those that have merely been copied; return how many are damaged.

        What a killed run was about to make is none of them: it may lie there, and not be noted yet.
        """
        damaged = 0
        for some in _some(files.changed(self._archive, self._ledger.all_pages(name)), NOTES):
            lost = [page for page, right in some if right is None]
            damaged += sum(not self._ledger.is_stale(page.kind, page.name) for page in lost)
            with self._index.transaction():
                self._ledger.put_pages(right for _, right in some if right is not None)
                self._ledger.put_pages(page._replace(inputs=b"", size=-1) for page in lost)
                for page in lost:
                    self._ledger.mark(page.kind, [page.name])
        return damaged

    def _turn_on(self, makers: dict[str, str]) -> None:
        """Have all made anew in a format that is new here, or whose maker is; forget what nobody keeps up."""
        known = self._ledger.formats()
        for name in self._wanted:
            if known.get(name) != makers[name]:
                with self._index.transaction():
                    for kind in KINDS[name]:
                        self._ledger.mark_all(kind)
                    if name not in known:
                        self._ledger.mark(f"{name}-unknown", [""])
                    self._ledger.set_format(name, makers[name])
        for name in set(FOLDERS) - known.keys() - set(self._wanted):
            if self._ledger.some_stale(KINDS[name]):
                with self._index.transaction():
                    for kind in KINDS[name]:
                        self._ledger.all_fresh(kind)

    def _notes(self, lines: Lines) -> None:
        """Make the notes that are stale."""
        while rows := self._ledger.stale_notes(NOTES):
            targets = self._ledger.targets([row.id for row in rows if row.reply_to])
            made = [
                Made(
                    naming.note(row),
                    MARKDOWN,
                    "note",
                    row.id,
                    row.digest,
                    notes.to_note(lines.read(row), targets.get(row.id)).encode(),
                )
                for row in rows
            ]
            self._put(made, "note", [row.id for row in rows])
        for item_id in self._ledger.stale("note"):
            self._put([], "note", [item_id])
        self._remove_unknown(MARKDOWN)

    def _put(self, made: Sequence[Made], kind: str, names: Sequence[str]) -> None:
        """Write all there is of these, remove what there was besides, and note both."""
        paths = {one.path for one in made}
        gone = [path for name in names for path in self._ledger.pages(kind, name) if path not in paths]
        pages = files.write(self._archive, made)
        files.take_away(self._archive, gone)
        with self._index.transaction():
            self._ledger.drop_pages(gone)
            self._ledger.put_pages(pages)
            self._ledger.fresh(kind, names)

    def _site(self, lines: Lines, title: str) -> None:
        """Make what is stale of the site: the months, what leads to them, and last what says that all is made."""
        with self._index.transaction():
            self._ledger.mark("frame", [""])
        for month in self._ledger.stale("month"):
            with self._index.transaction():
                intake.place(self._ledger, month, self._cuts.page)
        months = self._ledger.months()
        turns = [site.Turn(month, number) for month, _, last in months for number in range(1, last + 1)]
        self._mark_neighbours([month for month, _, _ in months])
        stale = list(self._ledger.stale("month"))
        posts = {month: number for month, number, _ in months}
        few = sum(posts.get(month, 0) for month in stale) < self._cuts.alone
        with rendering(self._archive, lines, 0 if few else processes()) as render:
            for month in stale:
                self._month(month, turns, render, title)
        for tag in self._ledger.stale("tag"):
            self._tag(tag, lines, title)
        segments = self._segments(turns)
        made = site.frame(months, self._ledger.tags(), title) | site.assets()
        made["search/segments.js"] = search.segments(segments, self._cuts.page)
        self._put([Made(f"{SITE}/{path}", SITE, "frame", "", b"", data) for path, data in made.items()], "frame", [""])
        self._remove_unknown(SITE)

    def _mark_neighbours(self, months: Sequence[str]) -> None:
        """Have the months before and behind each stale one looked at: they lead to it."""
        near: set[str] = set()
        for month in self._ledger.stale("month"):
            at = bisect_left(months, month)
            near |= {*months[max(0, at - 1) : at + 2]}
        with self._index.transaction():
            self._ledger.mark("month", near)

    def _month(self, month: str, turns: Sequence[site.Turn], render: Render, title: str) -> None:
        """Make those pages of a month whose inputs have changed."""
        known, paths = self._ledger.pages("month", month), list[tuple[str, str]]()
        due: list[tuple[tuple[str, str], bytes, Task]] = []
        for number, task in enumerate(self._tasks(month, turns, title), 1):
            path = naming.month_page(month, number)
            paths.append((f"{SITE}/{path}", f"{SITE}/search/p/{path.removesuffix('.html')}.js"))
            shown = [[row, task.targets.get(row.id), *task.replies.get(row.id, ())] for row in task.rows]
            inputs = _digest(title, task.around, task.first_days, [_seen(row) for rows in shown for row in rows])
            if not all(one in known and known[one].inputs == inputs for one in paths[-1]):
                due.append((paths[-1], inputs, task))
        made = (
            [Made(one, SITE, "month", month, inputs, data) for one, data in zip(two, pages, strict=True)]
            for (two, inputs, _), pages in zip(due, render(task for _, _, task in due), strict=True)
        )
        self._several(made, known, {one for two in paths for one in two}, "month", month)

    def _tasks(self, month: str, turns: Sequence[site.Turn], title: str) -> Iterator[Task]:
        """Yield what each of a month's pages is made from."""
        rows = self._ledger.month(month)
        targets, replies = self._ledger.answered(month), self._ledger.answers(month)
        first_days = [row.at[:10] for row in rows[:: self._cuts.page]] if len(rows) > self._cuts.page else []
        at = bisect_left(turns, (month, 1), key=lambda turn: (turn.month, turn.number))
        for place, chunk in enumerate(_some(rows, self._cuts.page), at):
            around = turns[place - 1] if place else None, turns[place + 1] if place + 1 < len(turns) else None
            here = [row.id for row in chunk]
            yield Task(
                rows=chunk,
                around=around,
                targets={one: targets[one] for one in here if one in targets},
                replies={one: replies[one] for one in here if one in replies},
                first_days=first_days if place == at else [],
                title=title,
            )

    def _tag(self, tag: str, lines: Lines, title: str) -> None:
        """Make those pages of a tag whose inputs have changed."""
        rows, known = self._ledger.tag(tag), self._ledger.pages("tag", tag)
        name = self._ledger.tag_name(tag)
        last = -(-len(rows) // self._cuts.tag)

        def pages() -> Iterator[list[Made]]:
            for number, chunk in enumerate(_some(rows, self._cuts.tag), 1):
                around = (
                    naming.tag_page(tag, number - 1) if number > 1 else "",
                    naming.tag_page(tag, number + 1) if number < last else "",
                )
                inputs = _digest(title, name, around, [_seen(row) for row in chunk])
                path = f"{SITE}/{naming.tag_page(tag, number)}"
                wanted.add(path)
                if path in known and known[path].inputs == inputs:
                    continue
                made = site.tag_page(name, chunk, number, around, title, lines.read)
                yield [Made(path, SITE, "tag", tag, inputs, made)]

        wanted: set[str] = set()
        self._several(pages(), known, wanted, "tag", tag)

    def _several(
        self, pages: Iterator[list[Made]], known: dict[str, Page], wanted: set[str], kind: str, name: str
    ) -> None:
        """Write the pages of one month or tag, and remove those that it no longer has."""
        for some in _some(pages, PAGES):
            written = files.write(self._archive, [made for several in some for made in several])
            with self._index.transaction():
                self._ledger.put_pages(written)
        gone = known.keys() - wanted
        files.take_away(self._archive, sorted(gone))
        with self._index.transaction():
            self._ledger.drop_pages(gone)
            self._ledger.fresh(kind, [name])

    def _segments(self, turns: Sequence[site.Turn]) -> list[tuple[str, int, list[str]]]:
        """Make the search of those segments whose pages have changed; return all: (name, shards, pages)."""
        several: list[tuple[str, int, list[str]]] = []
        for name, pages in _segments(turns, self._cuts.segment):
            blocks = [f"{SITE}/search/p/{page}.js" for page in pages]
            noted = [page for path in blocks if (page := self._ledger.page(path))]
            shards = search.shards_for(len(pages) * self._cuts.page if len(pages) > 1 else 0)
            inputs = _digest(shards, [(page.path, page.digest) for page in noted])
            known = self._ledger.pages("segment", name)
            several.append((name, shards, pages))
            if len(known) == shards and all(page.inputs == inputs for page in known.values()):
                continue
            with self._index.transaction():
                self._ledger.mark("segment", [name])
            texts = [search.texts((self._archive / path).read_bytes()) for path in blocks]
            made = search.index(name, texts, self._cuts.page, shards)
            paths = [f"{SITE}/search/w/{name}/{number:02}.js" for number in range(shards)]
            self._put(
                [Made(path, SITE, "segment", name, inputs, data) for path, data in zip(paths, made, strict=True)],
                "segment",
                [name],
            )
        for name in set(self._ledger.names("segment")) - {name for name, _, _ in several}:
            self._put([], "segment", [name])
        with self._index.transaction():
            self._ledger.all_fresh("segment")
        return several

    def _remove_unknown(self, name: str) -> None:
        """Remove what an earlier ledger, lost since, had made and this one has not; what others put there stays."""
        kind = f"{name}-unknown"
        if not self._ledger.some_stale((kind,)):
            return
        ours = files.ours(self._archive, name)
        files.take_away(self._archive, [path for path in ours if self._ledger.page(path) is None])
        with self._index.transaction():
            self._ledger.all_fresh(kind)


def _segments(turns: Sequence[site.Turn], most: int) -> Iterator[tuple[str, list[str]]]:
    """Yield (name, pages) of the segments: a year's pages, a number at a time."""
    by_year: dict[str, list[str]] = {}
    for turn in turns:
        by_year.setdefault(turn.month[:4], []).append(turn.href.removesuffix(".html"))
    for year, pages in by_year.items():
        for number, some in enumerate(_some(pages, most), 1):
            yield f"{year}-{number}", some


def _seen(row: Shown | None) -> tuple[object, ...]:
    """Return what another page shows of an item: its content and its place."""
    return (row.id, row.digest, row.month, row.page) if row else ()


def _digest(*inputs: object) -> bytes:
    """Return a digest of what a page is made from."""
    return hashlib.blake2b(repr(inputs).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _some(several: Iterable[T], number: int) -> Iterator[list[T]]:
    """Yield several in lists of at most a number."""
    iterator = iter(several)
    while some := list(islice(iterator, number)):
        yield some
