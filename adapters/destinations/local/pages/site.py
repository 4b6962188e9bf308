"""The site's pages as bytes: what the templates make of months, tags and the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from adapters.destinations.local.pages import naming, search
from adapters.destinations.local.pages.ledger import Shown
from adapters.destinations.local.pages.view import Around, Link, Reader, entry, link, plain

OFTEN = 40
"""Tags on the first page."""
_HERE = Path(__file__).parent
_CODE = ("site.py", "view.py", "search.py", "naming.py")


@dataclass(frozen=True)
class Cuts:
    """How much goes together."""

    page: int = 200
    """Items a month's page has at most."""
    tag: int = 500
    """Items a tag's page names at most."""
    segment: int = 50
    """Pages that are searched together."""
    alone: int = 2000
    """Items of months to be looked at that one process makes the pages of; others' start is paid for by more."""


@dataclass(frozen=True)
class Turn:
    """Another page of a month, before or behind this one."""

    month: str
    number: int

    @property
    def href(self) -> str:
        """Its path, relative to the site."""
        return naming.month_page(self.month, self.number)


@dataclass(frozen=True)
class Tag:
    """A tag, named."""

    href: str
    name: str
    number: int


@cache
def maker() -> str:
    """Return what changes with whatever the site's pages are made by, so that a new release makes them anew."""
    files = [*(_HERE / name for name in _CODE), *_folder("templates"), *_folder("assets")]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def assets() -> dict[str, bytes]:
    """Return the site's own files by path, relative to the site."""
    return {f"assets/{path.name}": path.read_bytes() for path in _folder("assets")}


def month_page(
    rows: Sequence[Shown],
    turns: tuple[Turn | None, Turn | None],
    targets: Mapping[str, Shown],
    replies: Mapping[str, Sequence[Shown]],
    first_days: Sequence[str],
    title: str,
    read: Reader,
) -> tuple[bytes, bytes]:
    """Return a month's page and its script for the search; `first_days` are those of the pages it shall list."""
    root, month, number = "../", rows[0].month, rows[0].page
    items = {row.id: read(row) for row in rows}

    def named(row: Shown) -> Link:
        """Name another item, which may be on this page."""
        return link(row, items.get(row.id) or read(row), root, title)

    entries = []
    for row in rows:
        target = targets.get(row.id)
        around = Around(root, title, named(target) if target else None, [named(one) for one in replies.get(row.id, ())])
        entries.append(entry(items[row.id], row, around))
    page = _template("month.html").render(
        root=root,
        title=title,
        month=month,
        number=number,
        earlier=turns[0],
        later=turns[1],
        pages=[(naming.month_page(month, one), day) for one, day in enumerate(first_days, 1)],
        days=[(day, list(some)) for day, some in groupby(entries, key=lambda one: one.at[:10])],
    )
    texts = [(one.anchor, one.at[:16], "" if one.service else search.searched(items[one.id])) for one in entries]
    name = naming.month_page(month, number).removesuffix(".html")
    return page.encode(), search.block(name, texts)


def tag_page(tag: str, rows: Sequence[Shown], number: int, turns: tuple[str, str], title: str, read: Reader) -> bytes:
    """Return one of a tag's pages; `turns` are the paths of the ones before and behind, or empty."""
    links = [link(row, read(row), "../", title) for row in rows]
    return (
        _template("tag.html")
        .render(root="../", title=title, tag=tag, number=number, links=links, earlier=turns[0], later=turns[1])
        .encode()
    )


def frame(months: Sequence[tuple[str, int, int]], tags: Sequence[tuple[str, str, int]], title: str) -> dict[str, bytes]:
    """Return the pages that lead to the others, by path, relative to the site."""
    known = [Tag(quote(naming.tag_page(tag)), plain(name), number) for tag, name, number in tags]
    often = sorted(known, key=lambda tag: (-tag.number, tag.name))[:OFTEN]
    letters = [(letter, list(some)) for letter, some in groupby(known, key=lambda tag: tag.name[:1].upper())]
    first, last = (months[0][0], months[-1][0]) if months else ("", "")
    index = _template("index.html").render(
        root="",
        title=title,
        posts=sum(posts for _, posts, _ in months),
        first=first,
        last=last,
        years=_years(months),
        most=max((posts for _, posts, _ in months), default=1) or 1,
        tags=often,
    )
    return {
        "index.html": index.encode(),
        "tags/index.html": _template("tags.html").render(root="../", title=title, tags=known, letters=letters).encode(),
        "search.html": _template("search.html").render(root="", title=title).encode(),
    }


def _years(months: Iterable[tuple[str, int, int]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return each year with its twelve months, the newest first; a month that has nothing has no posts."""
    known = {month: posts for month, posts, _ in months}
    years = sorted({month[:4] for month in known}, reverse=True)
    names = {year: [f"{year}-{number:02}" for number in range(1, 13)] for year in years}
    return [
        (year, [{"name": m, "posts": known.get(m), "href": naming.month_page(m, 1)} for m in names[year]])
        for year in years
    ]


@cache
def _environment() -> Environment:
    """Return the templates' surroundings; whatever they print is escaped."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


@cache
def _template(name: str) -> Template:
    """Return a template, compiled once."""
    return _environment().get_template(name)


def _folder(name: str) -> list[Path]:
    """Return the files of one of our folders, in order."""
    return sorted(path for path in (_HERE / name).iterdir() if path.is_file())
