"""Damaged exports: whatever byte is flipped or cut, no traceback, and no message lost but the one that was hit."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem
from adapters.sources.telegram_export import TelegramExportSource
from tests.exports import SAMPLE
from tests.sources.test_telegram_export import a_line_each

FLIPS = 2_000
LAYOUTS = {
    "tdesktop": lambda value: json.dumps(value, indent=1, ensure_ascii=False).encode(),
    "minified": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
    "a message a line": a_line_each,
}


def shaped():
    """Return an export with all that the sample has, three times over."""
    chat = json.loads((SAMPLE / "result.json").read_text(encoding="utf-8"))
    messages = [one | {"id": one["id"] + 100 * turn} for turn in range(3) for one in chat["messages"]]
    return chat | {"messages": messages}


def read(folder, data):
    """Return the numbers of the messages read, repetitions too, and how many pieces nobody could read."""
    (folder / "result.json").write_bytes(data)
    source = TelegramExportSource(folder)
    try:
        entries = [entry for page in source.read() for entry in page.entries]
    except ConfigurationError:
        return None, 0
    finally:
        source.close()
    items = [entry for entry in entries if isinstance(entry, ContentItem)]
    numbers = [int(name.rpartition("/")[2]) for item in items for name in item.names]
    return numbers, len(entries) - len(items)


def spans(data):
    """Return where each message lies, up to where the next one begins."""
    begins = [(int(found[1]), found.start()) for found in re.finditer(rb'\{\s*"id"\s*:\s*(\d+)\s*,\s*"type"', data)]
    ends = [begin for _, begin in begins[1:]] + [len(data)]
    return [(number, begin, end) for (number, begin), end in zip(begins, ends, strict=True)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_flipped_byte_costs_at_most_its_own_message(tmp_path, layout):
    """At 2,000 random places: all other messages are there, and what is not there is a dead letter."""
    data = LAYOUTS[layout](shaped())
    whole, none = read(tmp_path, data)
    where, chance = spans(data), random.Random(f"flips of {layout}")
    assert (len(where), none) == (len(whole), 0)
    for _ in range(FLIPS):
        place = chance.randrange(where[0][1], len(data))
        bad = bytearray(data)
        bad[place] ^= 1 << chance.randrange(8)
        numbers, broken = read(tmp_path, bytes(bad))
        hit = {number for number, begin, end in where if begin <= place < end}
        missing = set(whole) - set(numbers or ())
        said = f"byte {place}: {bytes(data[place - 40 : place + 40])!r} became {bytes(bad[place : place + 1])!r}"
        assert missing <= hit, said
        # A number that was hit is another number: nothing is lost, and nobody could tell.
        assert len(numbers) + broken >= len(whole), said


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_damage_ends_in_items_dead_letters_or_one_clear_error(tmp_path_factory, data):
    """Pieces cut out, doubled, or put in: never a traceback."""
    layout = data.draw(st.sampled_from(sorted(LAYOUTS)))
    made = LAYOUTS[layout](shaped())
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(made)))
        end = min(begin + data.draw(st.integers(0, 3000)), len(made))
        put = data.draw(st.one_of(st.binary(max_size=20), st.just(made[begin:end] * 2)))
        made = made[:begin] + put + made[end:]
    read(tmp_path_factory.getbasetemp(), made)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda part: (
            st.lists(part)
            | st.dictionaries(
                st.sampled_from(["text", "type", "id", "media_type", "photo", "poll", "reactions", "x"]), part
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_stands_in_a_message_is_read_or_a_dead_letter(tmp_path_factory, value):
    """Every field of every message may hold anything."""
    base = {"id": 1, "type": "message", "date_unixtime": "1735689600", "text": "x", "text_entities": []}
    names = [
        "text",
        "text_entities",
        "photo",
        "file",
        "poll",
        "reactions",
        "from",
        "date",
        "edited_unixtime",
        "duration_seconds",
        "location_information",
        "id",
        "type",
        "width",
        "members",
    ]
    messages = [base | {"id": n, name: value} for n, name in enumerate(names, 1)] + [base | {"id": 99}]
    chat = {"name": "x", "type": "public_channel", "id": 1, "messages": messages}
    numbers, broken = read(tmp_path_factory.getbasetemp(), json.dumps(chat).encode("utf-8", "surrogatepass"))
    assert 99 in numbers
    assert len(numbers) + broken >= len(messages) - 2
