"""What feedparser's own test cases state of entries, as far as our model has it, beside what we read."""

from __future__ import annotations

import ast
import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.contracts.item import ContentItem
from adapters.sources.rss import document, entry
from adapters.text.from_html import from_html

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EXPECT = re.compile(rb"Expect:\s*(.*?)\s*-->", re.DOTALL)
HEADER = re.compile(rb"^Header:\s+([^:\s]+):([^\r\n]*)", re.MULTILINE)
BASE = "http://127.0.0.1:8097/tests/"


@dataclass(frozen=True)
class Statement:
    """A field of an entry, and what a case says that it is."""

    number: int
    field: tuple[str | int, ...]
    value: object


def decoded(data):
    """Return a case as text: some are written in encodings of which XML knows little."""
    for codec in ("utf-16", "utf-32") if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8",):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def statements(data):
    """Yield what a case states of its entries by plain comparison."""
    found = EXPECT.search(decoded(data).encode("utf-8", "replace"))
    if not found:
        return
    try:
        tree = ast.parse(found[1].decode().strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    parts = tree.body.values if isinstance(tree.body, ast.BoolOp) and isinstance(tree.body.op, ast.And) else [tree.body]
    for part in parts:
        if isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], ast.Eq):
            path = _path(part.left)
            try:
                value = ast.literal_eval(part.comparators[0])
            except ValueError:
                continue
            if path and len(path) > 2 and path[0] == "entries" and isinstance(path[1], int):
                yield Statement(path[1], tuple(path[2:]), value)


def _path(node):
    """Return the steps to a value: `entries[0].title` → ("entries", 0, "title")."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        inner = _path(node.value)
        return inner and (*inner, node.attr)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        inner = _path(node.value)
        return inner and (*inner, node.slice.value)
    return None


def read(data, name):
    """Read a case as it would be served; returns what was found and the entries made of it, in the feed's order."""
    headers = {key.decode().lower(): value.decode().strip() for key, value in HEADER.findall(data)}
    url = headers.get("content-location") or BASE + name
    parsed = document.read(data, url, headers.get("content-type", ""))
    reading = entry.Reading("rss:case", url, NOW, {})
    return parsed, [
        entry._entry(found, number, parsed, reading)
        for found, number in zip(parsed.entries, map(str, range(len(parsed.entries))), strict=True)
    ]


def compared(data, name):
    """Yield (field, stated, ours) for each statement that our model has a field for."""
    stated = list(statements(data))
    if not stated:
        return
    parsed, made = read(data, name)
    for one in stated:
        if one.number >= len(made):
            yield one.field, one.value, "no such entry"
            continue
        found, item = parsed.entries[one.number], made[one.number]
        ours = OURS.get(tuple("*" if isinstance(step, int) else step for step in one.field))
        if ours is not None:
            yield one.field, *ours(one, found, item, [s.field[0] for s in stated])


def _item(item):
    return item if isinstance(item, ContentItem) else ContentItem.model_construct(id="", published_at=NOW)


def _title(one, found, item, fields):
    return _either(one.value, found.title)


def _link(one, found, item, fields):
    return one.value, _item(item).url or found.link


def _guid(one, found, item, fields):
    return one.value, found.guid


def _text(one, found, item, fields):
    return _either(str(one.value), found.body("http://b/").text if found.body else "")


def _either(stated, ours):
    """Compare texts: a case states HTML, or plain text that may look like it."""
    ours, plainly = entry.one_line(ours), entry.one_line(stated)
    return (plainly if ours == plainly else entry.one_line(from_html(stated).text)), ours


def _enclosure(one, found, item, fields):
    return True, one.value in [m.ref for m in _item(item).media]


def _mime(one, found, item, fields):
    return True, one.value in [m.mime for m in _item(item).media]


def _tag(one, found, item, fields):
    return True, entry.one_line(str(one.value)) in [entry.one_line(tag) for tag in found.tags]


def _author(one, found, item, fields):
    return True, one.value in found.authors


def _published(one, found, item, fields):
    return datetime.fromtimestamp(timegm(one.value), UTC), entry.moment(found.published, NOW)


def _updated(one, found, item, fields):
    return datetime.fromtimestamp(timegm(one.value), UTC), entry.moment(found.updated or found.published, NOW)


OURS = {
    ("title",): _title,
    ("title_detail", "value"): _title,
    ("link",): _link,
    ("id",): _guid,
    ("guid",): _guid,
    **dict.fromkeys((("description",), ("summary",), ("summary_detail", "value"), ("content", "*", "value")), _text),
    **dict.fromkeys((("enclosures", "*", "href"), ("enclosures", "*", "url")), _enclosure),
    ("enclosures", "*", "type"): _mime,
    ("tags", "*", "term"): _tag,
    ("category",): _tag,
    **dict.fromkeys((("author_detail", "name"), ("authors", "*", "name")), _author),
    ("published_parsed",): _published,
    ("updated_parsed",): _updated,
}
