"""What is carried in the sweep: an export and a list, each in an older and a newer state."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import MediaFile
from tests.exports import SAMPLE, export, message
from tests.fakes import ListSource, post

EDITED, DELETED = (3, 9, 15), 6
OLD, NEW = 24, 41
"""The last message of the export's older and of its newer state."""


def exports(folder: Path) -> None:
    """Write an export in two states: the newer with edits, a deletion, new messages, and media in both."""
    sample = json.loads((SAMPLE / "result.json").read_text(encoding="utf-8"))["messages"]
    media = [one for one in sample if one["id"] in {4, 5, 6, 7, 11, 13, 20}]
    first = [message(n, f"text {n}") for n in range(1, OLD + 1)]
    first[10:11] = [media[0] | {"id": 11}]
    second = [message(n, f"text {n} edited", edited=n + 1) if n in EDITED else one for n, one in enumerate(first, 1)]
    second += [message(n, f"text {n}") for n in range(OLD + 1, NEW + 1)]
    # Behind what is held, the old picture once more with a new one: an album, a voice, a document.
    second += [one | {"id": NEW + n} for n, one in enumerate(media[1:], 1)]
    second[OLD + 3] |= {"reply_to_message_id": 3}
    for one in (second[1], second[OLD + 6]):
        one["text_entities"] = [*one["text_entities"], {"type": "hashtag", "text": "#tea"}]
    second[OLD + 5] |= {"type": "service", "action": "pin_message", "message_id": 2, "actor": "A", "actor_id": "user1"}
    for number, messages in enumerate((first, second), 1):
        made = export(folder / f"export{number}", [one for one in messages if number == 1 or one["id"] != DELETED])
        for kind in ("photos", "files", "voice_messages"):
            shutil.copytree(SAMPLE / kind, made / kind)


@dataclass
class Posts(ListSource):
    """A list with a medium."""

    medium: Path = Path()

    def fingerprint(self) -> str:
        """Return what is the same in every process."""
        return str(len(self.entries))

    def media(self, media: Media) -> MediaFile:
        """Return the one medium there is."""
        return MediaFile(lambda: self.medium.open("rb"), self.medium.stat().st_size, self.medium)


def posts(folder: Path, state: int) -> Posts:
    """Return a list of four posts, or of nine: one edited, one deleted, six new, one of these with a medium.

    A state of 3 or more is so many posts.
    """
    medium = folder / "medium.bin"
    if state > 2:
        return Posts([post(n) for n in range(1, state + 1)], page_size=500)
    if state == 1:
        return Posts([post(n) for n in range(1, 5)])
    if not medium.exists():
        medium.write_bytes(bytes(range(256)) * 20)
    new = [post(n) for n in range(5, 10)]
    pictured = post(10, media=(Media(kind=MediaKind.PHOTO, ref="one", name="one.jpg", size=5120),))
    entries = [post(1, "edited", edited=50), post(3), post(4), *new, pictured]
    return Posts(entries, deleted={"list:1/2"}, medium=medium)
