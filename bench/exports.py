"""Inputs: a channel's export as Telegram Desktop writes it, of any length, the same for the same number of messages.

Fields follow tdesktop's export_output_json.cpp. Message n depends on n alone, so that a longer export begins with a
shorter one, and a newer one differs from it only in what was edited and in what was added.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

BEGIN = 1_577_836_800
GAP = 160
CHANNEL = 1_234_567_890
EDITED = 0.005
"""The share of a newer export's messages that were edited; as many are added."""
VOCABULARY = (
    "сегодня новый канал вышел обзор рынка курс прогноз погоды область власти сообщили что в результате проверки было "
    "установлено количество участников проекта который позволит увеличить скорость обработки данных мы подготовили "
    "подборку лучших материалов за неделю читайте подробнее по ссылке подписывайтесь чтобы не пропустить важное the of "
    "город люди время жизнь работа история книга фильм музыка концерт выставка билет музей театр спорт матч harbour "
    "победа тренер игра сезон утро вечер день ночь зима весна лето осень снег дождь ветер море гора река почему зачем"
)
WORDS = tuple(re.findall(r"\S+", VOCABULARY))
NAMES = ("Анна Петрова", "Иван", "Новости 24/7 🔥", "Редакция «Пример»", "Tech & Co", "Мария")
EMOJI = ("👍", "❤", "🔥", "🎉", "😁", "🤔", "👎", "😢")
MARKS = ("bold", "italic", "link", "text_link", "hashtag", "mention", "spoiler", "code")
INDENTED = re.compile(rb"\n( *)")
ABSENT = "(File not included. Change data exporting settings to download.)"


def export(folder: Path, items: int, *, newer: bool = False) -> Path:
    """Return the folder of an export, made where there is none yet; its media are not included, as is the default."""
    made = folder / f"export-{items}{'-newer' if newer else ''}"
    if not made.exists():
        beside = made.with_name(f".{made.name}")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        with (beside / "result.json").open("wb") as file:
            file.write(HEAD)
            file.writelines(_lines(items, newer=newer))
            file.write(b"\n ]\n}")
        beside.rename(made)
    return made


def changed(items: int) -> int:
    """Return how many messages of a newer export are not as they were."""
    return len(_edited(items)) + len(_edited(items))


def _edited(items: int) -> set[int]:
    """Return which messages have been edited in a newer export."""
    return set(random.Random(items).sample(range(2, items + 1), max(1, int(items * EDITED)) if items > 1 else 0))


def _lines(items: int, *, newer: bool) -> Iterator[bytes]:
    """Yield each message as it lies in the file."""
    edited = _edited(items) if newer else set()
    for number in range(1, items + len(edited) + 1):
        made = message(number)
        if number in edited:
            made["edited_unixtime"] = str(BEGIN + GAP * (items + 1) + number)
            made["text"] = "Исправлено"
            made["text_entities"] = [{"type": "plain", "text": "Исправлено"}]
        text = orjson.dumps(made, option=orjson.OPT_INDENT_2)
        yield (b",\n  " if number > 1 else b"\n  ") + INDENTED.sub(_halved, text)


def _halved(found: re.Match[bytes]) -> bytes:
    """Indent as tdesktop does: one space a level, two levels further in."""
    return b"\n  " + b" " * (len(found[1]) // 2)


HEAD = f'{{\n "name": "Пример канала",\n "type": "public_channel",\n "id": {CHANNEL},\n "messages": ['.encode()


def message(number: int) -> dict[str, Any]:
    """Return one message."""
    chance = random.Random(number * 2_654_435_761)
    at = BEGIN + number * GAP
    made: dict[str, Any] = {
        "id": number,
        "type": "message",
        "date": _date(at),
        "date_unixtime": str(at),
    }
    if number == 1 or chance.random() < 0.01:
        made |= {"type": "service", "actor": "Пример канала", "actor_id": f"channel{CHANNEL}", "action": "pin_message"}
        return made | {"message_id": max(1, number - 3), "text": "", "text_entities": []}
    if chance.random() < 0.12:
        made |= {"edited": _date(at + 60), "edited_unixtime": str(at + 60)}
    made |= {"from": "Пример канала", "from_id": f"channel{CHANNEL}"}
    if chance.random() < 0.3:
        made["author"] = chance.choice(NAMES)
    if chance.random() < 0.08:
        made |= {"forwarded_from": chance.choice(NAMES), "forwarded_from_id": f"channel{chance.randrange(10**9)}"}
    if number > 50 and chance.random() < 0.1:
        made["reply_to_message_id"] = number - chance.randrange(1, 50)
    made |= _medium(chance, number)
    parts = _parts(chance)
    if len(parts) == 1:
        made["text"] = parts[0]["text"]
    else:
        made["text"] = [part["text"] if part["type"] == "plain" else part for part in parts]
    made["text_entities"] = parts
    if chance.random() < 0.4:
        some = chance.sample(EMOJI, chance.randint(1, 3))
        made["reactions"] = [{"type": "emoji", "count": chance.randrange(1, 900), "emoji": one} for one in some]
    return made


def _date(at: int) -> str:
    """Return a time as tdesktop writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _medium(chance: random.Random, number: int) -> dict[str, Any]:
    """Return the fields of a message's medium or poll, if it has one."""
    draw = chance.random()
    if draw < 0.35:
        size = {"width": 1280, "height": chance.choice((720, 853, 960))}
        return {"photo": ABSENT, "photo_file_size": chance.randrange(20_000, 300_000), **size}
    if draw < 0.42:
        size = {"width": 1280, "height": 720, "duration_seconds": chance.randrange(3, 600)}
        names = {"file_name": f"IMG_{number}.MP4", "file_size": chance.randrange(10**6, 10**8)}
        return {"file": ABSENT, **names, "media_type": "video_file", "mime_type": "video/mp4", **size}
    if draw < 0.45:
        names = {"file_name": f"Отчёт {number}.pdf", "file_size": chance.randrange(10**4, 10**7)}
        return {"file": ABSENT, **names, "mime_type": "application/pdf"}
    if draw < 0.455:
        answers = [{"text": _sentence(chance, 2), "voters": 3, "chosen": False} for _ in range(3)]
        poll = {"question": _sentence(chance, 5), "closed": False, "total_voters": 9, "answers": answers}
        return {"poll": poll}
    return {}


def _sentence(chance: random.Random, number: int) -> str:
    """Return a sentence of so many words."""
    return " ".join(chance.choices(WORDS, k=number)).capitalize() + chance.choice(".!?…")


def _parts(chance: random.Random) -> list[dict[str, str]]:
    """Return a text, in a fifth of the messages with marked stretches in it."""
    words = max(2, min(400, int(chance.lognormvariate(1.9, 0.85))))
    parts = [{"type": "plain", "text": _sentence(chance, words)}]
    if chance.random() < 0.22:
        for _ in range(chance.randint(1, 3)):
            kind = chance.choice(MARKS)
            part = {"type": kind, "text": _sentence(chance, 2)}
            if kind == "hashtag":
                part["text"] = f"#{chance.choice(WORDS)}"
            if kind == "text_link":
                part["href"] = f"https://example.org/p/{chance.randrange(10**7)}"
            parts += [part, {"type": "plain", "text": f" {_sentence(chance, 4)}"}]
    return parts
