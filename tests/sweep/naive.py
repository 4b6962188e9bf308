"""A writer as one would write it without thinking: the item first, then a note that it is there.

It makes no promise; the sweep has to find that out.
"""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from adapters.sources.telegram_export import TelegramExportSource
from tasks.summary import Summary


def run(folder: Path, state: int) -> Summary:
    """Append each item that is not noted yet, and note it."""
    parts = folder / "archive" / "items"
    parts.mkdir(parents=True, exist_ok=True)
    notes = sqlite3.connect(folder / "archive" / "notes.sqlite", isolation_level=None)
    notes.execute("CREATE TABLE IF NOT EXISTS done (id TEXT PRIMARY KEY)")
    done = {row[0] for row in notes.execute("SELECT id FROM done")}
    written = 0
    source = TelegramExportSource(folder / f"export{state}")
    with (parts / "000001.jsonl").open("a", encoding="utf-8") as file:
        for page in source.read():
            for item in page.entries:
                if item.id not in done:
                    file.write(json.dumps(json.loads(item.to_json())) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                    notes.execute("INSERT INTO done VALUES (?)", (item.id,))
                    written += 1
    notes.close()
    source.close()
    return Summary(pair="export → naive", delivered=written)
