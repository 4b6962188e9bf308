"""Exports as they really are: each oddity, and what becomes of it; docs/odd-exports.md is this table.

`python -m tests.sources.test_odd_exports` writes the page.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem
from adapters.sources.telegram_export import TelegramExportSource
from tests.exports import ROOT, message
from tests.sources.test_telegram_export import a_line_each

PAGE = ROOT / "docs" / "odd-exports.md"
HEAD = """# Odd exports, and what becomes of them

Every row is an export of nine messages with one oddity, read by `telegram_export`; a test makes each and compares.
What can be repaired without guessing is repaired; else that one message is a dead letter with its place and its bytes,
and all others arrive. Made by `python -m tests.sources.test_odd_exports`.

| the export | arrive | dead letters | what is done |
|---|---:|---:|---|
"""


def chat(messages=None, **more):
    """Return a chat of nine messages."""
    found = [message(n, f"текст {n}") for n in range(1, 10)] if messages is None else messages
    return {"name": "A chat", "type": "public_channel", "id": 42} | more | {"messages": found}


def written(value, **how):
    """Write as tdesktop does."""
    return json.dumps(value, **({"indent": 1, "ensure_ascii": False} | how)).encode("utf-8", "surrogatepass")


def put(old, new, number=5):
    """Put something else into one message's bytes."""
    data = written(chat())
    begin = data.index(b'"id": %d,' % number)
    end = data.index(b'"id": %d,' % (number + 1)) if number < 9 else len(data)
    assert old in data[begin:end]
    return data[:begin] + data[begin:end].replace(old, new) + data[end:]


def with_fifth(**more):
    """Change one message's fields."""
    return written(chat([message(n, f"текст {n}") | (more if n == 5 else {}) for n in range(1, 10)]))


def without_date(number):
    """Return a message of which tdesktop could tell nothing."""
    return {"id": number, "type": "unsupported"}


def deep(levels):
    """Return a message's field that is nested."""
    return put(b'"type": "message"', b'"type": "message", "deep": ' + b"[" * levels + b"]" * levels)


EMOJI = b'"text_entities": [{"type": "custom_emoji", "text": "x", "document_id": stickers/sticker (2).webm}'
MESSAGES = [message(n, f"текст {n}") for n in range(1, 10)]
ODD = {
    "control characters as `\\xNN` (tdesktop#27571)": (put("текст 5".encode(), b"a\\x0Bb"), 9, 0, "repaired"),
    "a custom emoji's `document_id` without quotes (tdesktop#24961)": (
        put(b'"text_entities": [', EMOJI + b","),
        9,
        0,
        "repaired",
    ),
    "a gift with two `text` keys, the second empty (tdesktop#28781)": (
        put(b'"text": "', b'"action": "send_star_gift", "text": "gift", "text": "", "was": "'),
        9,
        0,
        "the text that says something is kept",
    ),
    "another program's escapes (`\\'`)": (put("текст 5".encode(), b"it\\'s"), 8, 1, "a dead letter: not tdesktop's"),
    "cut off in the middle of a message": (written(chat())[:-200], 8, 1, "what is left is a dead letter"),
    "cut off between two messages": (
        written(chat())[: written(chat()).index(b'  {\n   "id": 9')],
        8,
        0,
        "what is there arrives",
    ),
    "no indentation": (written(chat(), indent=None, separators=(",", ":")), 9, 0, "read"),
    "four spaces": (written(chat(), indent=4), 9, 0, "read"),
    "tabs": (written(chat(), indent="\t"), 9, 0, "read"),
    "a message a line": (a_line_each(chat()), 9, 0, "read"),
    "a byte order mark": (b"\xef\xbb\xbf" + written(chat()), 9, 0, "read"),
    "CRLF": (written(chat()).replace(b"\n", b"\r\n"), 9, 0, "read"),
    "keys of a message in another order": (
        written(chat([dict(reversed(one.items())) for one in MESSAGES])),
        9,
        0,
        "read",
    ),
    "keys of the chat behind its messages": (written(dict(reversed(chat().items()))), 9, 0, "read"),
    "an id twice": (
        written(chat([*MESSAGES, MESSAGES[2]])),
        10,
        0,
        'the first is carried, the other counted as "repeated in the source"',
    ),
    "ids in no order": (written(chat(MESSAGES[::-1])), 9, 0, "read in the file's order"),
    "a message of type `unsupported`, without a date": (
        written(chat([*MESSAGES[:4], without_date(5), *MESSAGES[5:]])),
        9,
        0,
        "kept apart, dated as its neighbour",
    ),
    "a message without a date": (
        with_fifth(date=None, date_unixtime=None),
        8,
        1,
        "a dead letter",
    ),
    "a date that is none": (with_fifth(date="yesterday", date_unixtime="soon"), 8, 1, "a dead letter"),
    "a date as text alone": (with_fifth(date_unixtime=None), 9, 0, "read as UTC"),
    "a date in the year 70000": (with_fifth(date="x", date_unixtime="2147483648000000"), 8, 1, "a dead letter"),
    "bytes of another encoding": (put("текст 5".encode(), "текст".encode("cp1251")), 8, 1, "a dead letter"),
    "half a surrogate": (put("текст 5".encode(), b"\\ud83d"), 8, 1, "a dead letter"),
    "a NUL": (put("текст 5".encode(), b"a\\u0000b"), 9, 0, "read; in a database U+FFFD"),
    "a missing comma between two messages": (
        written(chat()).replace(b'  },\n  {\n   "id": 5', b'  }\n  {\n   "id": 5'),
        9,
        0,
        "read",
    ),
    "a message that is no object": (written(chat([*MESSAGES[:4], "text", *MESSAGES[4:]])), 9, 1, "a dead letter"),
    "a message without an id": (with_fifth(id=None), 8, 1, "a dead letter"),
    "a field of another type in each place": (
        with_fifth(text=5, text_entities="x", photo=[1], poll=7, reactions={}, author=[], width="wide"),
        9,
        0,
        "what makes no sense is left out",
    ),
    "a megabyte of text": (put("текст 5".encode(), b"x" * 1_000_000), 9, 0, "read"),
    "a list 100 levels deep": (deep(100), 9, 0, "read"),
    "a list 100,000 levels deep": (deep(100_000), 8, 1, "a dead letter"),
    "no messages": (written(chat([])), 0, 0, "nothing to do, exit code 0"),
    "an account with 300 chats, one of them wanted": (
        written({"chats": {"list": [chat(id=n, name=f"chat {n}") for n in range(1, 301)]}}),
        9,
        0,
        "`--chat` picks by name or id",
    ),
}
WRONG = {
    "an account with 300 chats, none named": (
        written({"chats": {"list": [chat(id=n, name=f"chat {n}") for n in range(1, 301)]}}),
        "several chats: say which with --chat",
    ),
    "a JSON file of something else": (b'{"users": [1, 2, 3]}', "is no Telegram export"),
    "a page": (b"<html><body>hello</body></html>", "is no Telegram export"),
    "an empty file": (b"", "is no Telegram export"),
    "pure chance": (bytes(range(256)) * 500, "is no Telegram export"),
}


def read(folder, data, wanted=None):
    """Return how many items and dead letters are made of these bytes; each item survives being kept."""
    (folder / "result.json").write_bytes(data)
    source = TelegramExportSource(folder, wanted)
    entries = [entry for page in source.read() for entry in page.entries]
    items = [entry for entry in entries if isinstance(entry, ContentItem)]
    for item in items:
        assert ContentItem.model_validate_json(item.to_json()) == item
    return len(items), len(entries) - len(items)


@pytest.mark.parametrize("name", ODD)
def test_odd_export(tmp_path, name):
    """It gives what the table says."""
    data, arrive, dead, _ = ODD[name]
    assert read(tmp_path, data, "chat 7" if "300 chats" in name else None) == (arrive, dead)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_export_gets_one_clear_line(tmp_path, name):
    """It says what is wrong."""
    data, says = WRONG[name]
    with pytest.raises(ConfigurationError, match=says) as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)


def page():
    """Return the page."""
    lines = [f"| {name} | {arrive} | {dead} | {done} |\n" for name, (_, arrive, dead, done) in ODD.items()]
    lines += [f"| {name} | - | - | one clear line: “{says}” |\n" for name, (_, says) in WRONG.items()]
    return HEAD + "".join(lines)


def test_the_page_is_true():
    """It says what is tested."""
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for name, (data, *_) in ODD.items():
            print(name, read(Path(folder), data, "chat 7" if "300 chats" in name else None))
