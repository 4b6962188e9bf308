"""The kit on Telegram Desktop's exports: as a folder, and as a zip of it."""

from __future__ import annotations

import json
import zipfile
from functools import partial

import pytest

from adapters.conformance.sources import Feed, SourceSuite
from adapters.sources.telegram_export import TelegramExportSource
from tests.exports import message

CHAT = "telegram:42"
PICTURES = {"photos/a.jpg": b"a" * 100, "photos/b.jpg": b"b" * 200}


def photo(number, name):
    """Build a picture of an album: all of one minute."""
    made = message(number, "") | {"date_unixtime": "1735693200", "photo": name, "photo_file_size": len(PICTURES[name])}
    return made | {"width": 10, "height": 10}


class Export:
    """An export that changes, as if it were made again."""

    def __init__(self, folder, *, zipped):
        self.folder, self.zipped = folder, zipped
        # Enough for more than one page.
        self.messages = [message(n, f"post {n}") for n in range(1, 41)]
        self.messages[20:20] = [photo(101, "photos/a.jpg"), photo(102, "photos/b.jpg")]
        for place, one in enumerate(self.messages, 1):
            one["id"] = place
        self.write()

    def write(self):
        """Write it as tdesktop does, with one message that is cut."""
        chat = {"name": "A chat", "type": "public_channel", "id": 42, "messages": self.messages}
        text = json.dumps(chat, indent=1, ensure_ascii=False)
        text = text.replace('   "id": 31,', '   "id": ,', 1)
        if self.zipped:
            with zipfile.ZipFile(self.folder / "export.zip", "w") as archive:
                for name, data in {"result.json": text.encode(), **PICTURES}.items():
                    archive.writestr(name, data)
            return
        (self.folder / "result.json").write_text(text, encoding="utf-8")
        (self.folder / "photos").mkdir(exist_ok=True)
        for name, data in PICTURES.items():
            (self.folder / name).write_bytes(data)

    @property
    def path(self):
        """Return what a person gives."""
        return self.folder / "export.zip" if self.zipped else self.folder

    @property
    def ids(self):
        """Return what a complete reading yields: the album by its first picture, the cut one not."""
        return [f"{CHAT}/{one['id']}" for one in self.messages if one["id"] not in {22, 31}]

    def change(self, number, **more):
        """Change one message."""
        self.messages = [one | more if one["id"] == number else one for one in self.messages]
        self.write()
        return f"{CHAT}/{number}"

    def edit(self):
        """Edit one message's text."""
        return self.change(
            7, text="new", text_entities=[{"type": "plain", "text": "new"}], edited_unixtime="1735700000"
        )

    def append(self):
        """Add a message."""
        self.messages = [*self.messages, message(500, "newest")]
        self.write()
        return f"{CHAT}/500"

    def delete(self):
        """Delete one from the middle."""
        self.messages = [one for one in self.messages if one["id"] != 12]
        self.write()
        return f"{CHAT}/12"


class TestTelegramExport(SourceSuite):
    """A folder with its result.json."""

    adapter = TelegramExportSource
    zipped = False

    @pytest.fixture
    def feed(self, tmp_path):
        """An export of its own for each check."""
        made = Export(tmp_path, zipped=self.zipped)
        return Feed(
            open=partial(TelegramExportSource, made.path, page_size=10),
            ids=made.ids,
            edit=made.edit,
            count=lambda: made.change(5, reactions=[{"type": "emoji", "count": 9, "emoji": "❤"}]),
            append=made.append,
            delete=made.delete,
        )


class TestTelegramExportZip(TestTelegramExport):
    """A zip of it."""

    zipped = True
