"""Hostile feeds: nothing is expanded, fetched, run or followed, and none of them takes long."""

from __future__ import annotations

import gc
import time
from datetime import UTC, datetime
from html import escape

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem
from adapters.sources.rss import document
from adapters.sources.rss.entry import Reading, entries_of
from adapters.text.html import to_html
from bench.feeds import KINDS, feed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
INCLUDE = "http://www.w3.org/2001/XInclude"
SECRET = "root:x:0:0"  # noqa: S105 - what such a feed is after


def rss(body, doctype=""):
    """Write a feed around an item."""
    return f'<?xml version="1.0"?>{doctype}<rss version="2.0"><channel><title>t</title>{body}</channel></rss>'.encode()


def read(data):
    """Read a feed; returns its entries, none for what is refused in plain words."""
    try:
        parsed = document.read(data, "https://blog.example/feed", "")
    except ConfigurationError:
        return []
    return entries_of(parsed, Reading("rss:x", "https://blog.example/feed", NOW, {}))


BOMBS = {
    "laughs": rss("<item><title>&l9;</title></item>", f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}]>'),
    "quadratic": rss(f"<item><title>{'&a;' * 20000}</title></item>", f'<!DOCTYPE r [<!ENTITY a "{"x" * 20000}">]>'),
    "recursive": rss("<item><title>&a;</title></item>", '<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'),
    "file": rss("<item><title>&x;</title></item>", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "net": rss("<item><title>&x;</title></item>", '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>'),
    "parameter": rss("<item/>", '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd">%x;]>'),
    "dtd": rss("<item><title>t</title></item>", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">'),
    "include": rss(
        '<item><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/></item>'
    ),
    "deep": rss("<item>" + "<a>" * 5000 + "</a>" * 5000 + "</item>"),
    "deep html": rss(f"<item><description><![CDATA[{'<div>' * 20000}x]]></description></item>"),
    "attributes": rss(f"<item {' '.join(f'a{n}=' + chr(34) + chr(34) for n in range(20000))}><title>t</title></item>"),
    "open": rss("<item><description><![CDATA[" + "<" * 200000 + "]]></description></item>"),
    "entities": rss("<item><description>" + "&amp;" * 200000 + "</description></item>"),
    "links": rss("<item>" + "<link" * 5000 + "</item>"),
    "broken": b"<rss><channel>" + b"<item><title>&nbsp;x</title>" * 500,
    "spaces": b"<rss>" + b" " * 2000000,
    "nul": rss("<item><title>a\0b</title></item>"),
    "json": b'{"items": ' + b"[" * 100000,
    "page": b"<!--" * 50000 + b"<html><head>" + b"<link rel=alternate " * 20000,
    "tags": rss("<item><title>t</title>" + "<category>x</category>" * 50000 + "</item>"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_nothing(name):
    """In seconds of work, without what is in a file or on the net, and without more text than came."""
    began = time.process_time()
    found = read(BOMBS[name])
    assert time.process_time() - began < 5
    kept = b"".join(entry.to_json() for entry in found)
    assert SECRET.encode() not in kept
    assert len(kept) < 8 * len(BOMBS[name]) + 100_000


HARMFUL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' java&#10;script:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<<script>script>alert(1)</script>",
    "<object data='javascript:alert(1)'></object>",
    "<video><source onerror='alert(1)'></video>",
)


@pytest.mark.parametrize("html", HARMFUL)
def test_nothing_that_runs_gets_through(html):
    """Neither as text that a page would run, nor as a link, nor as a file."""
    (found,) = read(
        rss(
            f"<item><title>t</title><link>javascript:alert(1)</link><description><![CDATA[{html}]]></description></item>"
        )
    )
    assert isinstance(found, ContentItem)
    shown = to_html(found.text, found.spans).lower()
    assert "<script" not in shown
    assert "javascript:" not in shown.partition("href")[2]
    assert [m.ref for m in found.media if not m.ref.startswith("https://blog.example/")] == []
    assert found.url == ""


@pytest.mark.parametrize(
    "ref", ["file:///etc/passwd", "javascript:x", "\\\\host\\share", "data:image/png;base64,AAAA", "\0"]
)
def test_an_enclosure_is_on_the_web_or_is_none(ref):
    """Any other address is left out."""
    data = rss(f'<item><title>t</title><enclosure url="{ref}" type="image/png"/></item>')
    (found,) = read(data)
    assert [m for m in found.media if not m.ref.startswith("https://")] == []


SURROGATE = (
    b"<rss><channel><item><title>&#xD800;t</title><enclosure url='http://h/&#xD800;a.png' type='image/&#xD800;x'/>"
)
WRITTEN = {kind: feed(kind, 40) for kind in KINDS}


@pytest.mark.parametrize(
    "data",
    [
        *BOMBS.values(),
        *WRITTEN.values(),
        SURROGATE,
        *(rss(f"<item><description>{escape(h)}</description></item>") for h in HARMFUL),
    ],
    ids=lambda data: str(len(data)),
)
def test_what_is_built_without_validating_would_validate(data):
    """A strict look at every entry changes nothing, neither its values nor their types."""
    for entry in read(data):
        again = type(entry).model_validate(entry.model_dump(), strict=True)
        assert again == entry
        assert again.to_json() == entry.to_json()


NUMBERS = ("xD800", "x110000", "55296", "9" * 5000, "x" + "F" * 5000, "0000000065")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("end", ["</item></channel></rss>", ""])
def test_a_character_that_there_cannot_be_spoils_no_feed(number, end):
    """The rest of the entry is read, or kept where the feed breaks off."""
    (entry,) = read(f"<rss><channel><item><title>told &#{number};</title><link>/{end}".encode())
    assert "told" in entry.to_json().decode()


@pytest.mark.parametrize("number", NUMBERS)
def test_nor_does_it_in_another_coding(number):
    """What feedparser cannot read is refused in plain words at worst."""
    found = read(f"<rss><channel><item><title>told &#{number};</title>".encode("utf-16"))
    assert len(found) <= 1


def test_garbage_is_looked_for_again_after_a_feed():
    """Whether it was read, or refused; where nobody looked for it before, nobody does afterwards."""
    read(WRITTEN["blog"])
    read(b"nothing")
    assert gc.isenabled()
    gc.disable()
    try:
        read(WRITTEN["blog"])
        assert not gc.isenabled()
    finally:
        gc.enable()
