"""A generated channel: posts as people write them, the same ones for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.conformance.bulk.shelf import SOURCE
from adapters.contracts.item import ContentItem, Media, MediaKind, Span, SpanKind
from adapters.contracts.version import stamp
from tests.pictures import picture

WORDS = [
    *("утро", "вечер", "город", "река", "чай", "книга", "дорога", "музыка", "снег", "лето"),
    *("окно", "письмо", "друг", "история", "море", "лес", "песня", "память", "поезд", "вокзал"),
    *("рынок", "хлеб", "соль", "мастер", "работа", "праздник", "дождь", "ветер", "костёр", "лодка"),
    *("мост", "площадь"),
]
SHAPES = ((1200, 800), (800, 1200), (1080, 1080), (1920, 1080))


@dataclass
class Clock:
    """A clock that tests set."""

    at: datetime

    def __call__(self):
        return self.at


def sentence(chance):
    """Write one sentence."""
    words = [chance.choice(WORDS) for _ in range(chance.randint(4, 12))]
    return " ".join(words).capitalize() + chance.choice((".", ".", "!", "?", "…"))


def written(chance, least=320, most=2500):
    """Write a text of several paragraphs."""
    text, wanted = "", chance.randint(least, most)
    while len(text) < wanted:
        text += sentence(chance) + chance.choice((" ", " ", "\n", "\n\n"))
    return text.strip()


def spans(chance, text):
    """Mark some words, and put links with tracking upon others."""
    marks = []
    for kind in (SpanKind.BOLD, SpanKind.ITALIC, SpanKind.UNDERLINE, SpanKind.STRIKETHROUGH, SpanKind.TEXT_LINK):
        if chance.random() < 0.5:
            begin = chance.randrange(len(text) - 20)
            link = "https://example.org/page?id=7&utm_source=tg&fbclid=x" if kind is SpanKind.TEXT_LINK else ""
            marks.append(Span(kind=kind, offset=begin, length=chance.randint(1, 20), value=link))
    return tuple(marks)


def channel(seed, begin, days, a_day=4, **text):
    """Return the posts of some days and the bytes of their pictures by `ref`."""
    chance, posts, files = random.Random(seed), [], {}
    for number in range(days * a_day):
        said = written(chance, **text)
        media = []
        for place in range(chance.choice((1, 1, 2, 4))):
            name, (width, height) = f"{number}-{place}.jpg", chance.choice(SHAPES)
            files[name] = picture(name, width, height, "JPEG")
            media.append(
                Media(kind=MediaKind.PHOTO, ref=name, name=name, size=len(files[name]), width=width, height=height)
            )
        at = begin + timedelta(days=number // a_day, minutes=chance.randrange(1440))
        item = ContentItem(
            id=f"{SOURCE}/{number}",
            published_at=at,
            text=said,
            spans=spans(chance, said),
            media=tuple(media),
            url=f"https://example.com/posts/{number}?utm_campaign=x",
        )
        posts.append(stamp(item, "kit"))
    return posts, files
