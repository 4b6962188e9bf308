"""The preview's markup: texts in all their forms, and pages spoiled in every way that never pass for whole ones."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from adapters.contracts.errors import ConfigurationError, SyndicateError, Transient
from adapters.contracts.item import SpanKind, Unreadable
from adapters.contracts.version import stamp
from adapters.sources.telegram_web import message, page
from adapters.sources.telegram_web.marks import Odd, rich
from tests.emulators.telegram_web.channel import END, HEAD, NOT_FOUND, Channel
from tests.exports import SAMPLE
from tests.sources.web import entries, source

K = SpanKind
MAIN = "tgme_widget_message_text js-"
THUMB = "background-image:url('//telegram.org/img/emoji/40/F09F918D.png')"
TEXTS = [
    ("one<br/>two<br/><br/>three", "one\ntwo\n\nthree", []),
    ("  \n  one\n   two <br>\n   three\n ", "one two \nthree", []),
    ("a  b&nbsp;c &lt;b&gt; &amp;amp;", "a  b\u00a0c <b> &amp;", []),
    ("<b>x <i>y</i></b> z", "x y z", [(K.BOLD, 0, 3, ""), (K.ITALIC, 2, 1, "")]),
    ("<u>a</u><s>b</s><del>c</del><code>d</code>", "abcd",
     [(K.UNDERLINE, 0, 1, ""), (K.STRIKETHROUGH, 1, 1, ""), (K.STRIKETHROUGH, 2, 1, ""), (K.CODE, 3, 1, "")]),
    ("<tg-spoiler>a</tg-spoiler><span class='tg-spoiler'>b</span>", "ab",
     [(K.SPOILER, 0, 1, ""), (K.SPOILER, 1, 1, "")]),
    ("a<blockquote expandable>q</blockquote>b", "a\nq\nb", [(K.BLOCKQUOTE, 2, 1, "")]),
    ("a<br/><blockquote>q</blockquote><br/>b", "a\nq\nb", [(K.BLOCKQUOTE, 2, 1, "")]),
    ("<blockquote>q</blockquote>", "q", [(K.BLOCKQUOTE, 0, 1, "")]),
    ("<pre>x:\n    y\n</pre>z", "x:\n    y\nz", [(K.PRE, 0, 9, "")]),
    ("<pre><code class='language-c++'>x</code></pre>", "x", [(K.PRE, 0, 1, "c++")]),
    (f'<i class="emoji" style="{THUMB}"><b>👍</b></i>!', "👍!", []),
    (f'<i class="emoji" style="{THUMB}"><b></b></i>', "👍", []),
    ("<i class='emoji' style='/emoji/40/FFFE.png'></i>x", "x", []),
    ("👍<tg-emoji emoji-id='51'><i class='emoji'><b>🔥</b></i></tg-emoji>", "👍🔥", [(K.CUSTOM_EMOJI, 1, 1, "51")]),
    ("<a href='https://a.example/?x=1&amp;amp;y=2' onclick='ask()'>go</a>", "go",
     [(K.TEXT_LINK, 0, 2, "https://a.example/?x=1&y=2")]),
    ("<a href='http://Example.org/чай'>example.org/чай</a>", "example.org/чай", [(K.LINK, 0, 15, "")]),
    ("<a href='https://t.me/Durov'>@durov</a>", "@durov", [(K.MENTION, 0, 6, "")]),
    ("<a href='https://t.me/other'>@durov</a>", "@durov", [(K.TEXT_LINK, 0, 6, "https://t.me/other")]),
    ("<a href='tg://user?id=7'>Ada</a>", "Ada", [(K.MENTION_NAME, 0, 3, "7")]),
    ("<a href='?q=%23tea'>#tea</a> <a href='?q=%24TON'>$TON</a>", "#tea $TON",
     [(K.HASHTAG, 0, 4, ""), (K.CASHTAG, 5, 4, "")]),
    ("<a href='mailto:a@b.example'>a@b.example</a><a href='tel:+7900'>+7 900</a>", "a@b.example+7 900",
     [(K.EMAIL, 0, 11, ""), (K.PHONE, 11, 6, "")]),
    ("<a href='http://[::1'>@x</a>", "@x", [(K.TEXT_LINK, 0, 2, "http://[::1")]),
    ("<tg-new>a</tg-new>", "a", [(K.UNKNOWN, 0, 1, "tg-new")]),
    ("<!-- x -->a<?y z?>b", "ab", []),
    ("<div>nested <div>twice</div></div>", "nested twice", []),
]  # fmt: skip


@pytest.mark.parametrize(("written", "text", "spans"), TEXTS)
def test_a_text_is_what_its_reader_sees(written, text, spans):
    """Every mark, side by side and inside each other, with the page's own line ends and without."""
    found, marks, _ = rich(html.fragment_fromstring(written, create_parent="div"))
    assert found == text
    assert [(one.kind, one.offset, one.length, one.value) for one in marks] == spans


def test_a_mark_that_lacks_what_it_means_is_odd():
    """A link without an address, an emoji without a number, an italic of a class."""
    for written in ("<a>x</a>", "<tg-emoji>x</tg-emoji>", "<i class='new'>x</i>"):
        with pytest.raises(Odd):
            rich(html.fragment_fromstring(written, create_parent="div"))


def test_deep_nesting_is_read_or_refused():
    """A text as deep as the library reads is read whole; a deeper one is refused rather than shortened."""
    text = Channel.of(SAMPLE).page()
    for depth, whole in ((200, True), (5000, False)):
        deep = text.replace("Спасибо, что дочитали. ", "<b>" * depth + "deep" + "</b>" * depth)
        if whole:
            assert message.item(page.read(deep.encode(), "t.me").pieces[-1].block, "telegram:1", "").text[:4] == "deep"
        else:
            refused(deep, "nested too deep")


def pages():
    """Return a page for each album of the sample, and the version it has when it is whole."""
    channel = Channel.of(SAMPLE)
    for album in channel.albums():
        alone = Channel(album, name=channel.name, number=channel.number, title=channel.title, folder=SAMPLE)
        yield alone.page(), versions(alone.page())


def versions(text):
    """Return what a page yields: versions by number, or what is odd."""
    found = {}
    for piece in page.read(text.encode(), "t.me").pieces:
        if piece.odd:
            found[len(found)] = piece.odd
            continue
        try:
            made = stamp(message.item(piece.block, "telegram:1", "A chat"), "telegram_web")
            found[made.id] = made.version
        except Odd as error:
            found[len(found)] = str(error)
    return found


def same_or_said(spoiled, whole):
    """Say whether a spoiled page is refused, or says of each message that it is odd, or is as good as whole."""
    try:
        found = versions(spoiled)
    except SyndicateError:
        return True
    return found == whole or (len(found) == len(whole) and all(isinstance(name, int) for name in found))


def test_a_class_of_another_name_never_changes_a_message():
    """Each class of each kind of message, renamed: an error, an odd message, or nothing that a reader sees."""
    for text, whole in pages():
        for found in re.finditer(r'class="([^"]*)"', text):
            if found.group(1) != "language-python":
                spoiled = f"{text[: found.start(1)]}renamed{text[found.end(1) :]}"
                assert same_or_said(spoiled, whole), (found.group(1), whole)


def test_an_attribute_that_is_gone_never_changes_a_message():
    """Each attribute of each kind of message, dropped."""
    for text, whole in pages():
        for found in re.finditer(r' (href|style|src|datetime|data-[a-z]+|emoji-id|onclick|dir)="[^"]*"', text):
            assert same_or_said(text[: found.start()] + text[found.end() :], whole), (found.group(), whole)


def test_an_element_that_is_gone_never_changes_a_number():
    """Each tag, dropped: what is read then has the number it had."""
    for text, whole in pages():
        for found in re.finditer(r"<[^>]*>", text):
            try:
                names = versions(text[: found.start()] + text[found.end() :])
            except SyndicateError:
                continue
            assert {name for name in names if isinstance(name, str)} <= set(whole)


def test_half_a_page_is_no_page():
    """Cut wherever: it is asked for again, and nothing is read of it."""
    channel = Channel.of(SAMPLE)
    text = channel.page()
    for end in range(0, text.index("</main>"), 97):
        with pytest.raises(Transient):
            page.read(text[:end].encode(), "t.me")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_noise_is_refused_or_has_the_numbers_it_had(data):
    """Bytes changed anywhere: no error but ours, and no number that was not there."""
    channel = Channel.of(SAMPLE)
    channel.messages = channel.messages[3:9]
    text = channel.page()
    whole = versions(text)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = (
            text[:at]
            + data.draw(st.sampled_from(["", "<", ">", '"', "<div>", "</div>", "&", "\0", "x"]))
            + text[at + 1 :]
        )
    try:
        found = versions(text)
    except SyndicateError:
        return
    assert {name for name in found if isinstance(name, str)} <= set(whole)


def refused(body, match, **more):
    """Expect an error for a page."""
    with pytest.raises(ConfigurationError, match=match):
        page.read(body.encode(), "t.me", **more)


def test_a_page_that_is_no_preview_says_what_it_is():
    """A login, a consent, a question whether one is human; an empty history; messages where nobody looks."""
    for title in ("Log in to Telegram", "Before you continue", "Are you human?"):
        refused(f"<html><title>{title}</title><body><form></form></body></html>", title)
    empty = HEAD.format(title="A chat", links="", name="x") + END
    refused(empty, "shows no messages, and does not say")
    text = Channel.of(SAMPLE).page()
    refused(text.replace("tgme_widget_message_wrap", "wrap_of_tomorrow"), "shows no messages")
    refused(text.replace("tgme_widget_message_wrap", "wrap_of_tomorrow", 1), "in places where")
    refused(text.replace("data-post=", "data-entry="), "none of its messages has a number")
    refused(Channel.of(SAMPLE).page(), "asked for what is before 20", before=20)


def test_words_in_a_message_are_no_markup():
    """Who writes about the preview's markup publishes a message like any other."""
    said = '</html><div class="tme_no_messages_found"> data-post="x/1" tgme_widget_message_error Post not found'
    channel = Channel([{"id": 1, "type": "message", "text_entities": [{"type": "plain", "text": said}]}])
    found = page.read(channel.page().encode(), "t.me")
    assert message.item(found.pieces[0].block, "telegram:42", "").text == said
    assert not page.is_not_found(channel.page().encode())
    assert page.is_not_found(NOT_FOUND.encode())


def test_what_is_not_understood_is_one_dead_letter(serve):
    """With its place, its bytes and its number; whatever is counted in it meanwhile; and all others arrive."""
    channel = Channel.of(SAMPLE)
    web = serve(channel)

    def spoil(text):
        """Spoil three messages: one without a date, one with a new part, one without a number."""
        for number, old, new in ((4, "datetime=", "when="), (10, MAIN, "story js-"), (13, "data-post=", "data-p=")):
            head, mark, tail = text.partition(f'data-post="boat_and_tea/{number}"')
            text = head + (mark + tail).replace(old, new, 1)
        return text

    web.spoil = spoil
    first = [entry for entry in entries(source(web)) if isinstance(entry, Unreadable)]
    channel.clock, channel.messages = channel.clock + 99, [one | {"views": "9M"} for one in channel.messages]
    again = [entry for entry in entries(source(web)) if isinstance(entry, Unreadable)]
    assert [entry.id for entry in again] == [entry.id for entry in first]
    assert [entry.item_id for entry in first] == ["telegram:1000000001/4", "telegram:1000000001/10", ""]
    assert ["date" in first[0].error, "story" in first[1].error, "number" in first[2].error] == [True] * 3
    assert all(b"boat_and_tea" in entry.data and entry.where.startswith(web.base) for entry in first)
    assert len(entries(source(web))) == 33


def test_numbers_that_contradict_each_other_name_nothing():
    """A block, its counter and its link tell one number; where they do not, the message has none."""
    channel = Channel.of(SAMPLE)
    channel.page_size = 99
    text = channel.page()
    one = text.replace('data-post="boat_and_tea/10"', 'data-post="boat_and_tea/11"')
    assert [name for name in versions(one) if isinstance(name, int)]
    foreign = text.replace("boat_and_tea/10?", "boat_and_tea/999?").replace('boat_and_tea/10"><time', 'x/77"><time')
    assert [said for said in versions(foreign).values() if "several numbers: 10, 77" in said]
