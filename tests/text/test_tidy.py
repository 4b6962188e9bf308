"""Tidy HTML, read without a parser: whatever is read so reads as the parser has it."""

from __future__ import annotations

from html.entities import html5
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.text import tidy
from adapters.text.from_html import _parsed
from adapters.text.html_rules import cleaned

BASE = "https://blog.example/a/b"
TEXTS = (
    *(
        "a",
        "b c",
        " ",
        "  ",
        "\n",
        " x ",
        "y\n",
        "\xa0",
        "&nbsp;",
        "&amp;",
        "&lt;b&gt;",
        "&#8212;",
        "\u2003",
        "\u2003z ",
    ),
    *(
        "é",
        "日本",
        "\x85",
        "\x92",
        "\x00",
        "&#1;",
        "&#28;",
        "&#x92;",
        "&#128;",
        "&copy",
        "&copy;",
        "&copy2;",
        "&notit;",
    ),
    *("]]>", ">", "\r\n", "\t", "\ud800", "\ufffe", "🎉", "\f", "\x1c", "\u2028", "&#55296;", "&bogus;", "\ufeff"),
    *("&NewLine;", "&#160;", "&#38;lt;", "&amp;lt;", "&", "<", "<!--c-->", "</p>", "<br>", "</br>"),
)
ATTRIBUTES = (
    *("", ' href="/x"', ' href="https://h.example/?x=1&amp;y=2#z"', ' href="https://h.example/a b"', ' src="/a.png"'),
    *(' href="javascript:x"', ' class="spoiler"', ' class="wp-smiley x"', ' style="display:none"', ' width="1"'),
    *(' href="https://h.example/&#10;"', ' href=" http://h/é "', ' href="mailto:a@b.c"', ' srcset="/s 1x, /l 2x"'),
    *(' width="30px" height="20"', ' alt="A b"', ' start="3"', ' class="language-py"', ' data-src="/l.png"', " hidden"),
    *(' title="a&copy=1"', ' title="x&copy;"', ' hidden=""', ' title="a>b"', ' title="\x85"', " title=x", "/", " /"),
)


def seen(html):
    """Return how many ways a text was read in: tidily and by the parser, or by the parser alone."""
    try:
        found = tidy.read(html, BASE)
    except tidy.Untidy:
        return 1
    assert found == _parsed(cleaned(html), BASE), html
    return 2


@st.composite
def documents(draw, inside=tidy.ROOT, depth=0):
    """Write HTML in which nearly every element stands where it may."""
    allowed = [name for name, places in tidy.PLACES.items() if inside in places] if inside in tidy.LINES else ["li"]
    pieces = []
    for _ in range(draw(st.integers(0, 4))):
        if depth > 4 or draw(st.booleans()):
            pieces.append(draw(st.sampled_from(TEXTS)))
            continue
        name = draw(st.sampled_from(allowed))
        begin = f"<{name}{draw(st.sampled_from(ATTRIBUTES))}{draw(st.sampled_from(ATTRIBUTES))}>"
        pieces.append(begin if name in tidy.VOID else f"{begin}{draw(documents(name, depth + 1))}</{name}>")
    return "".join(pieces)


@settings(max_examples=200, deadline=None)
@given(documents())
@example("<p>x</p> <a href='/y'>z</a>")
@example("\ufeff<p>x</p>")
def test_what_is_read_tidily_reads_as_parsed(html):
    """Text, marks and files are the same, whatever stands in whatever."""
    seen(html)


def test_elements_stand_where_the_parser_leaves_them():
    """Each in each, and each behind each, with and without spaces and a text between."""
    tidily = 0
    for outer, inner in product(tidy.PLACES, repeat=2):
        for gap in ("", " ", "x"):
            one = f"<{inner}/>" if inner in tidy.VOID else f"<{inner}>y</{inner}>"
            around = f"<{outer}/>{gap}{one}z" if outer in tidy.VOID else f"<{outer}>{gap}{one}{gap}</{outer}>{gap}z"
            tidily += seen(around) == 2
            tidily += seen(f"x{gap}<{outer}>{gap}y</{outer}>{gap}{one} z") == 2
    assert tidily > 1500


def test_every_name_of_a_character_is_known():
    """As the parser knows it."""
    assert {name for name in html5 if name.endswith(";") and seen(f"<p>a&{name}b</p>") != 2} == set()


@pytest.mark.parametrize(
    "html",
    [
        *("<p>a", "a</p>", "<p><p>a</p></p>", "<a href='x'>y</a>", "<p hidden>a</p>", "<B>a</B>", "<i>a<b>c</i></b>"),
        *("a < b", "<table></table>", "<p class=x>a</p>", '<img id="a" id="b">', "<!-- a -->", "a &copy b", "\x00"),
        *("<", "<>", "</>", "< p>", "<<p>a</p>", '<p title="a>b">c</p>', "<p/>a", "a&#128;", "<ul>x</ul><li>y</li>"),
    ],
)
def test_what_a_parser_would_mend_is_left_to_it(html):
    """Nothing is guessed."""
    with pytest.raises(tidy.Untidy):
        tidy.read(html, BASE)
