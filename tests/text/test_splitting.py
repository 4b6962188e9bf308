"""Splitting: no part over the limit, nothing lost, nothing cut that must stay whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contracts.limits import GRAPHEME, length
from adapters.text.splitting import URL, cut, parts
from adapters.text.vk import TOKEN

UNITS = ("code points", "utf-16", "bytes", "graphemes")
CLUSTERS = ("👩‍👩‍👧‍👦", "🇦🇽", "e\u0301", "❤️", "ы", "a", "\r\n", "Z\u0335\u0321\u0337", "각")
pieces = st.one_of(
    st.sampled_from(CLUSTERS),
    st.sampled_from([" ", "\n", "\n\n", ". ", "! ", "https://example.org/a/b?c=d ", "[https://vk.com/x|two words]"]),
    st.text(max_size=8),
)
texts = st.lists(pieces, max_size=120).map("".join)
rooms = st.integers(min_value=64, max_value=200)


@given(texts, rooms, st.sampled_from(UNITS))
def test_pieces_are_the_text_again(text, room, unit):
    """Put together they are what was cut, and none is too long."""
    made = cut(text, room, unit, TOKEN)
    assert "".join(made) == text
    assert all(0 < length(piece, unit) <= room for piece in made)


@given(texts, rooms, st.sampled_from(UNITS))
def test_numbered_parts_lose_only_white_space(text, room, unit):
    """Each is within the limit and says which of how many it is."""
    made = parts(text, room, unit, TOKEN)
    assert all(length(part, unit) <= room for part in made)
    if len(made) == 1:
        assert made == [text] or "".join(made).removesuffix("(1/1)").split() == text.split()
        return
    bare = [part.removesuffix(f"\n\n({number}/{len(made)})") for number, part in enumerate(made, 1)]
    assert "".join("".join(bare).split()) == "".join(text.split())
    assert all(len(piece) < len(part) for piece, part in zip(bare, made, strict=True))


@given(texts, rooms, st.sampled_from(UNITS))
def test_no_character_is_cut(text, room, unit):
    """What a reader takes for one character stays one, unless it is longer than a piece."""
    places = {0, *(match.end() for match in GRAPHEME.finditer(text))}
    if max((length(match.group(), unit) for match in GRAPHEME.finditer(text)), default=0) > room:
        return
    at = 0
    for piece in cut(text, room, unit):
        at += len(piece)
        assert at in places


@given(st.lists(st.sampled_from(["https://example.org/a/b", "[club1|some words]", "word", "two words."]), max_size=60))
def test_addresses_and_tokens_stay_whole(words):
    """As many of each come out as went in."""
    text = " ".join(words)
    made = cut(text, 64, "code points", TOKEN)
    for pattern in (URL, TOKEN):
        assert sum(len(pattern.findall(piece)) for piece in made) == len(pattern.findall(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 50 + "\n\n" + "b" * 30 + ". " + "c" * 30, ["a" * 50, "b" * 30 + ". " + "c" * 30]),
        ("a" * 40 + ". " + "b" * 40, ["a" * 40 + ".", "b" * 40]),
        ("word " * 20, ["word " * 11 + "word", "word " * 7 + "word"]),
    ],
)
def test_the_best_place_is_taken(text, expected):
    """A paragraph before a sentence before a word."""
    bare = [re.sub(r"\n\n\(\d/\d\)$", "", part) for part in parts(text, 69)]
    assert bare == expected


def test_a_text_that_fits_is_left_alone():
    """Not even its white space is touched."""
    assert parts("  a\n\n", 40) == ["  a\n\n"]


def test_what_is_longer_than_a_piece_is_cut_all_the_same():
    """An address of a thousand letters, a character of a hundred marks."""
    assert [len(piece) for piece in cut("https://" + "x" * 92, 50)] == [50, 50]
    assert [len(piece) for piece in cut("a" + "\u0335" * 99, 50)] == [50, 50]


@pytest.mark.parametrize("unit", UNITS)
def test_a_hundred_parts_are_numbered_within_the_limit(unit):
    """More digits take more room."""
    made = parts("word " * 1000, 60, unit)
    assert len(made) > 100
    assert all(length(part, unit) <= 60 for part in made)


@pytest.mark.parametrize(("unit", "expected"), [("code points", 8), ("utf-16", 12), ("bytes", 26), ("graphemes", 2)])
def test_units(unit, expected):
    """A family and a letter, as each place counts them."""
    assert length("👩‍👩‍👧‍👦a", unit) == expected
