"""tg-archive making its pages: `build FOLDER`, after `fill EXPORT FOLDER` has put an export into its database."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import tgarchive
from tgarchive import get_config
from tgarchive.build import Build
from tgarchive.db import DB, Media, Message, User


def fill(export: str, folder: str) -> None:
    """Lay out a site's folder, its database filled."""
    shutil.copytree(Path(tgarchive.__file__).with_name("example"), folder)
    database = DB(str(Path(folder, "data.sqlite")))
    user = User(1, "channel", "Channel", "", [], "")
    database.insert_user(user)
    for one in orjson.loads(Path(export, "result.json").read_bytes())["messages"]:
        if one["type"] == "message":
            database.insert_message(_message(one, user, database))
    database.commit()


def _message(one: dict[str, Any], user: User, database: DB) -> Message:
    """Return a row as its sync makes one."""
    text = one["text"]
    text = text if isinstance(text, str) else "".join(p if isinstance(p, str) else p["text"] for p in text)
    medium = None
    if "photo" in one or "file" in one:
        medium = Media(one["id"], "photo" if "photo" in one else "file", "", one.get("file_name", ""), "", "")
        database.insert_media(medium)
    edited = one.get("edited_unixtime")
    return Message(
        id=one["id"],
        type="message",
        date=datetime.fromtimestamp(int(one["date_unixtime"]), UTC),
        edit_date=datetime.fromtimestamp(int(edited), UTC) if edited else None,
        content=text,
        reply_to=one.get("reply_to_message_id"),
        user=user,
        media=medium,
    )


def build(folder: str) -> None:
    """Make the pages."""
    os.chdir(folder)
    config = get_config("config.yaml")
    made = Build(config, DB("data.sqlite", config["timezone"]), symlink=False)
    made.load_template("template.html")
    made.load_rss_template("rss_template.html")
    made.build()


if __name__ == "__main__":
    {"fill": fill, "build": build}[sys.argv[1]](*sys.argv[2:])
