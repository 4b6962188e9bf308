"""Exports made for tests, and archives read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "sample" / "telegram_export"


def lines(archive):
    """Return an archive's items in order of their ids."""
    found = [json.loads(line) for file in sorted(archive.glob("items/*.jsonl")) for line in file.open(encoding="utf-8")]
    return sorted(found, key=lambda item: item["id"])


def export(folder, messages):
    """Write a one-chat export as tdesktop does."""
    folder.mkdir(exist_ok=True)
    chat = {"name": "A chat", "type": "public_channel", "id": 42, "messages": messages}
    (folder / "result.json").write_text(json.dumps(chat, indent=1, ensure_ascii=False), encoding="utf-8")
    return folder


def message(number, text, edited=0):
    """Build one message."""
    made = {
        "id": number,
        "type": "message",
        "date": "2025-01-01T00:00:00",
        "date_unixtime": str(1_735_689_600 + number * 60),
        "text": text,
        "text_entities": [{"type": "plain", "text": text}],
    }
    return made | ({"edited_unixtime": str(1_735_689_600 + edited * 60)} if edited else {})


def year(folder, months, each):
    """Write an export with so many messages in each of the first months of 2024, a day apart."""
    messages = []
    for month in range(1, months + 1):
        for day in range(1, each + 1):
            number = len(messages) + 1
            at = int(datetime(2024, month, day, 12, tzinfo=UTC).timestamp())
            messages.append(message(number, f"post {number}") | {"date_unixtime": str(at)})
    return export(folder, messages)


def film(number, text, edited=0):
    """Build one message with a video."""
    file = {"file": f"video_files/{number}.mp4", "file_name": f"{number}.mp4", "mime_type": "video/mp4"}
    return message(number, text, edited) | file | {"media_type": "video_file", "duration_seconds": 3}


def films(folder, messages):
    """Write a one-chat export with its videos."""
    export(folder, messages)
    (folder / "video_files").mkdir(exist_ok=True)
    for one in messages:
        if "file" in one:
            (folder / one["file"]).write_bytes(b"video %d" % one["id"] * 1000)
    return folder
