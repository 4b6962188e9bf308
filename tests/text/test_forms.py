"""Plain text and VK's markup: what a reader sees, and what is said to be lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contracts.item import Span, SpanKind
from adapters.text.plain import to_plain
from adapters.text.spans import PLAIN
from adapters.text.vk import JOINER, TOKEN, to_vk

FORMS = {"plain": to_plain, "vk": to_vk}
spans = st.lists(
    st.builds(
        Span,
        kind=st.sampled_from(SpanKind),
        offset=st.integers(0, 40),
        length=st.integers(0, 40),
        value=st.sampled_from(["", "https://example.org/x", "https://vk.com/wall-1_2", "javascript:alert(1)", "en"]),
    ),
    max_size=6,
)


def marked(text, words, kind, value=""):
    """Return a span over the words of a text."""
    return Span(kind=kind, offset=text.index(words), length=len(words), value=value)


def link(text, words, address):
    """Return a link over words."""
    return marked(text, words, SpanKind.TEXT_LINK, address)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@given(text=st.text(max_size=50), spans=spans)
def test_no_letter_is_lost(form, text, spans):
    """Whatever spans lie on it, at any place: what was written can be read, in order."""
    made = form(text, spans)
    rest = iter(made.text)
    assert all(letter in rest for letter in text if letter != "@")
    assert len(made.losses) == len(set(made.losses))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", PLAIN)
def test_each_markup_that_is_lost_is_named(form, kind):
    """The words stay."""
    made = form("some words", [Span(kind=kind, offset=5, length=5)])
    assert (made.text, made.losses) == ("some words", (PLAIN[kind],))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("text", "words", "address", "expected"),
    [
        ("see here now", "here", "https://example.org/a", "see here (https://example.org/a) now"),
        ("see here \nnow", "here \n", "https://example.org/", "see here (https://example.org/) \nnow"),
        ("https://example.org", "https://example.org", "https://example.org/", "https://example.org"),
        ("example.org", "example.org", "https://example.org/", "example.org"),
        ("\u200bpreview", "\u200b", "https://example.org/p.jpg", "\u200bhttps://example.org/p.jpgpreview"),
    ],
)
def test_links_are_written_out(form, text, words, address, expected):
    """Behind their words, and not where the words say the address already."""
    assert form(text, [link(text, words, address)]).text == expected


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_unsafe_address_is_left_out_and_named(form):
    """The words stay."""
    made = form("click", [link("click", "click", "javascript:alert(1)")])
    assert (made.text, made.losses) == ("click", ("a link to an unsafe address is left out",))


def test_two_links_in_a_row():
    """Each address behind its own words, in both forms; a link inside a link is written out too."""
    text = "one two"
    both = [link(text, "one", "https://a.example"), link(text, "two", "https://b.example")]
    assert to_plain(text, both).text == to_vk(text, both).text == "one (https://a.example) two (https://b.example)"
    nested = [link(text, "one two", "https://a.example"), link(text, "two", "https://b.example")]
    assert to_plain(text, nested).text.count("https://") == to_vk(text, nested).text.count("https://") == 2


def test_vks_own_pages_become_links_in_words():
    """With nothing lost."""
    made = to_vk("our wall", [link("our wall", "wall", "https://vk.com/wall-1_2")])
    assert (made.text, made.losses) == ("our [https://vk.com/wall-1_2|wall]", ())


@pytest.mark.parametrize("words", ["a|b", "a]b", "a\nb"])
def test_words_that_would_break_the_markup_are_written_out(words):
    """A bracket, a bar or a line break in the words."""
    made = to_vk(words, [link(words, words, "https://vk.com/x")])
    assert made.text == f"{words} (https://vk.com/x)"


def test_a_mention_does_not_become_somebody_elses():
    """`@durov` of Telegram is not VK's."""
    made = to_vk("ask @durov now", [marked("ask @durov now", "@durov", SpanKind.MENTION)])
    assert (made.text, made.losses) == ("ask t.me/durov now", ("a mention is an address",))


@pytest.mark.parametrize("text", ["[id1|Pavel]", "[club22|us]", "[https://vk.com/id1|x]", "[public1|x]"])
def test_markup_that_nobody_wrote_is_not_read(text):
    """It looks the same, and VK makes no link of it."""
    made = to_vk(text, [])
    assert made.text.replace(JOINER, "") == text
    assert not re.search(r"\[(id|club|public|https)", made.text)


@pytest.mark.parametrize("text", ["[a](b)", "array[1|2]", "[x|y]", "**x** [a]", "#tag @name"])
def test_common_brackets_stay_as_they_are(text):
    """Not every bracket is markup."""
    assert to_vk(text, []).text == text


def test_tokens_are_found():
    """What must not be cut."""
    assert TOKEN.findall("a [club1|b c] d [https://vk.com/x|e]") == ["[club1|b c]", "[https://vk.com/x|e]"]
