"""Telegram's rich text: three hundred golden texts, both ways, judged by Telethon and by UTF-16 itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telethon import utils
from telethon.tl import types

from adapters.contracts.item import Span, SpanKind
from adapters.text.telegram import KINDS, entities_of, spans_of, tags_of
from tests.golden.telegram.make import FILE, entity

CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def marked(text, offset, length):
    """Cut what UTF-16 units mark out of a text, without Telethon and without our own counting."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def test_golden_texts_are_many_and_hard():
    """Astral and combining characters, right to left, nested, each kind."""
    assert len(CASES) >= 300
    assert sum(any(ord(one) > 0xFFFF for one in case["text"]) for case in CASES) > 100
    assert sum("\u0301" in case["text"] or "\u0308" in case["text"] for case in CASES) > 50
    assert sum("ש" in case["text"] or "س" in case["text"] for case in CASES) > 50
    assert {name for case in CASES for name, *_ in case["entities"]} >= set(KINDS) - {"FormattedDate"}


def test_golden_texts_give_their_golden_spans():
    """A version is made of them: what stands in the file is what places hold."""
    for case in CASES:
        spans = spans_of(case["text"], [entity(*mark) for mark in case["entities"]])
        assert [[span.kind, span.offset, span.length, span.value] for span in spans] == case["spans"]


def test_spans_mark_what_telethon_and_utf_16_mark():
    """The same words, whoever counts."""
    for case in CASES:
        text, marks = case["text"], [mark for mark in case["entities"] if mark[2]]
        ours = [text[span.offset : span.offset + span.length] for span in spans_of(text, [entity(*m) for m in marks])]
        assert ours == utils.get_inner_text(text, [entity(*mark) for mark in marks])
        assert ours == [marked(text, offset, length) for _, offset, length in marks]


def test_there_and_back():
    """What has a way back comes back as Telegram sent it."""
    for case in CASES:
        spans = spans_of(case["text"], [entity(*mark) for mark in case["entities"]])
        back = [[one.name, one.offset, one.length] for one in entities_of(case["text"], spans)]
        assert back == [mark for mark in case["entities"] if mark[2] and mark[0] not in {"Unknown", "DiffReplace"}]


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (1, 1, (0, 1)),  # the second half of a pair: the whole of it
        (0, 1, (0, 1)),
        (0, 99, (0, 3)),
        (-3, 5, (0, 1)),
        (4, 99, None),
        (99, 1, None),
        (0, 0, None),
        (2, -1, None),
        (3, 1, (2, 1)),
    ],
)
def test_marks_that_lie_badly_stay_inside(offset, length, expected):
    """In the middle of a character, before the text, beyond it: never an error, never half a character."""
    spans = spans_of("👍ab", [types.MessageEntityBold(offset, length)])
    assert [(span.offset, span.length) for span in spans] == ([expected] if expected else [])


def test_a_date_is_its_seconds():
    """As tdesktop writes it."""
    when = datetime(2026, 9, 1, tzinfo=UTC)
    (span,) = spans_of("on Tuesday", [types.MessageEntityFormattedDate(3, 7, when)])
    assert (span.kind, span.value) == (SpanKind.DATE, str(int(when.timestamp())))


def test_hashtags_are_told_once():
    """In their order, without the sign."""
    text = "#tea 👍 #вода #tea"
    spans = spans_of(text, [types.MessageEntityHashtag(o, length) for o, length in ((0, 4), (8, 5), (14, 4))])
    assert tags_of(text, spans) == ("tea", "вода")


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=5))
def test_no_marks_break_any_text(text, marks):
    """Spans lie inside, in order of their marks, and come back inside."""
    for span in spans_of(text, [types.MessageEntityBold(*mark) for mark in marks]):
        assert 0 <= span.offset < span.offset + span.length <= len(text)
    for one in entities_of(text, [Span(kind=SpanKind.BOLD, offset=o, length=length) for o, length in marks]):
        assert 0 <= one.offset < one.offset + one.length <= len(text.encode("utf-16-le", "surrogatepass")) // 2
