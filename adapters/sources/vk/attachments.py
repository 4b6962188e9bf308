"""Attachments of a post: files with the addresses of their bytes, a poll, and lines for what has no field.

Objects: dev.vk.com/reference/objects/attachments-wall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from adapters.contracts.item import Answer, Media, MediaKind, Poll
from adapters.sources.vk.fields import number, objects, text, things

Object = Mapping[str, Any]
GIF = 3
"""`type` of a document that is an animation."""
VIDEO_FILES = ("mp4_2160", "mp4_1440", "mp4_1080", "mp4_720", "mp4_480", "mp4_360", "mp4_240", "mp4_144")
LETTERS = "smopqrxyzw"
"""Sizes of a photo, small to large: dev.vk.com/reference/objects/photo-sizes."""
NO_VIDEO = "VK's API gives the bytes of a video to few; it can be seen on its page"
NO_AUDIO = "VK's API gives no bytes of music"


@dataclass
class Attached:
    """What is attached to a post."""

    media: list[Media] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)
    """File's name → where its bytes lie, for now."""
    poll: Poll | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(words, address) of what a reader shall still find."""

    def add(self, name: str, url: str, medium: Media) -> None:
        """Add a file; one without an address is missing."""
        if url:
            self.urls[name] = url
            self.media.append(medium.model_copy(update={"ref": name}))
        else:
            self.media.append(medium.model_copy(update={"missing": medium.missing or "VK names no file for it"}))


def attached(post: Object) -> Attached:
    """Return what is attached to a post; raises ValueError for what nobody can read."""
    found = Attached()
    for one in objects(post, "attachments"):
        kind = text(one, "type")
        thing = things(one, kind)
        if thing:
            READERS.get(kind, _line)(found, kind, thing)
    return found


def _name(kind: str, thing: Object) -> str:
    """Name a thing as VK does: `photo-1_2`."""
    return f"{kind}{number(thing, 'owner_id')}_{number(thing, 'id')}"


def _photo(found: Attached, kind: str, thing: Object) -> None:
    """Add a photo in its largest size."""
    name = _name("photo", thing)
    sizes = [one for one in (*objects(thing, "sizes"), things(thing, "orig_photo")) if one and text(one, "url")]
    best: Object = max(sizes, key=_largeness, default={})
    url = text(best, "url") or text(thing, "photo_604") or text(thing, "photo_130")
    _picture(found, name, url, best)
    del kind


def _largeness(size: Object) -> tuple[int, int]:
    """Order sizes by their area; those of old photos have none, and their letters tell."""
    return number(size, "width") * number(size, "height"), LETTERS.find(text(size, "type") or "-")


def _picture(found: Attached, name: str, url: str, size: Object) -> None:
    """Add a picture."""
    sides = {name: max(number(size, name), 0) for name in ("width", "height")}
    found.add(name, url, Media(kind=MediaKind.PHOTO, name=f"{name}.jpg", mime="image/jpeg", **sides))


def _graffiti(found: Attached, kind: str, thing: Object) -> None:
    """Add a drawing."""
    name = _name(kind, thing)
    url = text(thing, "url") or text(thing, "photo_586")
    found.add(name, url, Media(kind=MediaKind.PHOTO, name=f"{name}.png", mime="image/png"))


def _sticker(found: Attached, kind: str, thing: Object) -> None:
    """Add a sticker in its largest size."""
    name = f"{kind}{number(thing, 'sticker_id') or number(thing, 'id')}"
    best: Object = max(objects(thing, "images"), key=lambda one: number(one, "width"), default={})
    found.add(name, text(best, "url"), Media(kind=MediaKind.STICKER, name=f"{name}.png", mime="image/png"))


def _video(found: Attached, kind: str, thing: Object) -> None:
    """Add a video; its length is left out, for it is told only once VK has worked on the bytes: that is no edit."""
    name, title = _name("video", thing), text(thing, "title") or "video"
    files = things(thing, "files")
    url = next((said for size in VIDEO_FILES if (said := text(files, size))), "")
    medium = Media(kind=MediaKind.VIDEO, name=f"{name}.mp4", title=title, missing="" if url else NO_VIDEO)
    found.add(name, url, medium)
    if not url:
        found.lines.append((title, f"https://vk.com/{name}"))
    del kind


def _doc(found: Attached, kind: str, thing: Object) -> None:
    """Add a document."""
    name, ext = _name(kind, thing), text(thing, "ext")
    title = text(thing, "title") or name
    file = title if PurePosixPath(title).suffix.lower() == f".{ext.lower()}" or not ext else f"{title}.{ext}"
    moves = number(thing, "type") == GIF
    medium = MediaKind.ANIMATION if moves else MediaKind.DOCUMENT
    found.add(name, text(thing, "url"), Media(kind=medium, name=file, size=max(number(thing, "size"), 0)))


def _audio(found: Attached, kind: str, thing: Object) -> None:
    """Add a piece of music, which has no bytes."""
    performer, title = text(thing, "artist"), text(thing, "title")
    name = " - ".join(word for word in (performer, title) if word)
    length = max(number(thing, "duration"), 0)
    medium = Media(kind=MediaKind.AUDIO, name=name, title=title, performer=performer, duration=length, missing=NO_AUDIO)
    found.add(_name(kind, thing), "", medium)


def _poll(found: Attached, kind: str, thing: Object) -> None:
    """Take a poll; a second one is a line."""
    if found.poll is not None:
        found.lines.append((text(thing, "question"), ""))
        return
    answers = tuple(Answer(text=text(one, "text"), voters=number(one, "votes")) for one in objects(thing, "answers"))
    closed, voters = bool(thing.get("closed")), number(thing, "votes")
    found.poll = Poll(question=text(thing, "question"), answers=answers, closed=closed, voters=voters)
    del kind


def _line(found: Attached, kind: str, thing: Object) -> None:
    """Keep the name and the address of anything else."""
    words = next((said for name in ("title", "name", "caption", "text") if (said := text(thing, name))), "")
    url = next((said for name in ("url", "view_url", "link", "share_url") if (said := text(thing, name))), "")
    if not url and kind in PAGES and number(thing, "owner_id"):
        url = f"https://vk.com/{_name(PAGES[kind], thing)}"
    elif not url and kind == "page" and number(thing, "group_id"):
        url = f"https://vk.com/page-{number(thing, 'group_id')}_{number(thing, 'id')}"
    if words or url:
        found.lines.append((words or url, url))


PAGES = {"album": "album", "market": "market", "note": "note", "article": "article", "podcast": "podcast"}
"""What has a page that is named alike."""
READERS: dict[str, Callable[[Attached, str, Object], None]] = {
    "photo": _photo,
    "posted_photo": _photo,
    "graffiti": _graffiti,
    "sticker": _sticker,
    "video": _video,
    "clip": _video,
    "doc": _doc,
    "audio": _audio,
    "poll": _poll,
}
"""How each kind is read; all others become a line."""
