"""JSON Feed, versions 1 and 1.1: jsonfeed.org/version/1.1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson

from adapters.sources.rss.attachments import file
from adapters.sources.rss.found import Found, Parsed, one_line, plain
from adapters.text.from_html import from_html
from adapters.text.html_rules import Rich

MODELLED = frozenset(
    (
        *("id", "url", "title", "content_html", "content_text", "summary", "image", "banner_image", "date_published"),
        *("date_modified", "author", "authors", "tags", "attachments"),
    )
)


def read(document: Mapping[str, Any]) -> Parsed:
    """Read a document that was JSON."""
    entries = document.get("items")
    return Parsed(
        title=one_line(_text(document.get("title"))),
        link=_text(document.get("home_page_url")),
        author=_author(document),
        entries=[_entry(entry) for entry in entries] if isinstance(entries, list) else [],
    )


def _entry(entry: object) -> Found:
    """Read one entry."""
    data = partial(orjson.dumps, entry)
    if not isinstance(entry, dict):
        return Found(data=data, damage="an item that is no object")
    found = Found(
        guid=_text(entry.get("id")),
        link=_text(entry.get("url")) or _text(entry.get("external_url")),
        title=one_line(_text(entry.get("title"))),
        body=_body(entry),
        published=_text(entry.get("date_published")),
        updated=_text(entry.get("date_modified")),
        authors=[_author(entry)],
        tags=[_text(tag) for tag in _list(entry.get("tags"))],
        raw={name: value for name, value in entry.items() if name not in MODELLED},
        data=data,
    )
    for one in _list(entry.get("attachments")):
        if isinstance(one, dict) and (address := _text(one.get("url"))):
            found.files.append(file(address, _text(one.get("mime_type")), "", _text(one.get("duration_in_seconds"))))
    for name in ("image", "banner_image"):
        if address := _text(entry.get(name)):
            found.pictures.append(file(address, "", "image"))
    return found


def _body(entry: Mapping[str, Any]) -> Callable[[str], Rich] | None:
    """Return how an entry's text is read."""
    html = _text(entry.get("content_html"))
    text = _text(entry.get("content_text")) or _text(entry.get("summary"))
    if html.strip():
        return lambda base: from_html(html, base)
    return (lambda _: plain(text)) if text.strip() else None


def _author(value: Mapping[str, Any]) -> str:
    """Return the names of who wrote a feed or an entry."""
    people = [*_list(value.get("authors")), value.get("author")]
    names = [one_line(_text(person.get("name"))) for person in people if isinstance(person, dict)]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _list(value: object) -> list[Any]:
    """Return a list, empty for what is none."""
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    """Return text; a number where text should be is that number's."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""
