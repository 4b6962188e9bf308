"""Makes the golden texts: what Telegram sends, in UTF-16 units, and the spans that are made of it, in code points.

python -m tests.golden.telegram.make     (only for a new scheme: what stands in the file is what places hold)
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from telethon.tl import types

from adapters.text.telegram import spans_of

FILE = Path(__file__).with_name("entities.jsonl")
NUMBER = 320
WORDS = (
    "lake", "вода", "e\u0301te\u0301", "👍🏽", "👨‍👩‍👧‍👦", "𠜎𠜱", "שלום", "سلام", "日本", "\n", "🇷🇺", "a\u0308\u0323",
    "𝒜𝒷", "—", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "ﷺ", "\u202eabc\u202c",
)  # fmt: skip
PLAIN = (
    "Bold", "Italic", "Underline", "Strike", "Spoiler", "Code", "Url", "Mention", "Hashtag", "Cashtag", "BotCommand",
    "Email", "Phone", "BankCard", "Blockquote", "Unknown",
)  # fmt: skip
VALUED = {
    "Pre": {"language": "python"},
    "TextUrl": {"url": "https://example.org/?q=вода"},
    "MentionName": {"user_id": 7},
    "CustomEmoji": {"document_id": 5368324170671202286},
    "DiffReplace": {"old_text": "old"},
}


def entity(name, offset, length):
    """Build a TL entity."""
    return getattr(types, f"MessageEntity{name}")(offset, length, **VALUED.get(name, {}))


def units(text):
    """Count UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def case(chance):
    """Build one text with marks on whole words: apart, nested, overlapping, on all of it."""
    words = [chance.choice(WORDS) for _ in range(chance.randint(1, 9))]
    text = chance.choice(("", " ")).join(words)
    starts = [0]
    for one in words:
        starts.append(text.index(one, starts[-1]) + len(one))
    marks = []
    for _ in range(chance.randint(1, 6)):
        first, last = sorted(chance.choices(range(len(words) + 1), k=2))
        name = chance.choice((*PLAIN, *VALUED))
        begin, end = units(text[: starts[first]]), units(text[: starts[last]])
        marks.append((name, begin, end - begin))
    return text, marks


def main() -> None:
    """Write the file."""
    chance = random.Random(20260901)
    lines = []
    for _ in range(NUMBER):
        text, marks = case(chance)
        spans = spans_of(text, [entity(*mark) for mark in marks])
        told = [[span.kind, span.offset, span.length, span.value] for span in spans]
        lines.append(json.dumps({"text": text, "entities": marks, "spans": told}, ensure_ascii=False))
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
