"""Metadata: an item as a video's title, description and tags, within YouTube's rules, and what gets lost.

Rules: developers.google.com/youtube/v3/docs/videos (snippet.title, .description, .tags). Characters are counted in
UTF-16 units, the strictest reading of a page that does not say.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.limits import length
from adapters.destinations.youtube.settings import YouTubeSettings
from adapters.fidelity import NAMES, Part, report
from adapters.text.plain import to_plain
from adapters.text.spans import once
from adapters.text.splitting import cut

TITLE, DESCRIPTION, TAGS = 100, 5_000, 500
LARGEST_VIDEO = 256 << 30
"""Bytes (discovery document, videos.insert, maxSize)."""
LARGEST_THUMBNAIL = 2 << 20
"""Bytes (docs/thumbnails/set; the discovery document says 50 MB, and the smaller one is sure)."""
PICTURES = frozenset({"image/jpeg", "image/png"})
MARK = "syndicate-"
"""Begins the tag by which a video of ours is found again."""
OPENING, CLOSING = "\u2039", "\u203a"
"""What takes the places of < and >, which YouTube refuses."""
BRACKETS = str.maketrans({"<": OPENING, ">": CLOSING})
_HALVES = re.compile("[\ud800-\udfff]")
_SENTENCE = re.compile(r".{10,}?[.!?…](?=\s)")

BRACKETS_LOST = f"< and > become {OPENING} and {CLOSING}"
CONTROL_LOST = "control characters are left out"
DESCRIPTION_LOST = "the description ends after 5,000 bytes"
TITLE_LOST = "the title ends after 100 characters"
TAGS_LOST = "some tags are left out, for 500 characters are allowed"
SEVERAL_LOST = "only the first of several videos is sent"
THUMBNAIL_LOST = "a photo is no thumbnail: a JPEG or PNG of at most 2 MB is wanted"


@dataclass(frozen=True)
class Metadata:
    """What a video gets of its item's words."""

    title: str
    description: str
    tags: tuple[str, ...]
    losses: tuple[str, ...] = ()


def mark(key: str) -> str:
    """Return the tag that names a job: of its key, and nothing that tells it."""
    return MARK + hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


def videos_of(item: ContentItem) -> list[Media]:
    """Return an item's videos; a GIF is none."""
    return [medium for medium in item.media if _is_video(medium)]


def video_of(item: ContentItem) -> Media:
    """Return the video that is sent: the first that is there, else the first."""
    videos = videos_of(item)
    return next((video for video in videos if not video.missing), videos[0])


def _is_video(medium: Media) -> bool:
    """Say whether a medium is what YouTube is for."""
    if medium.kind is MediaKind.DOCUMENT:
        return medium.mime.startswith("video/")
    return medium.kind in {MediaKind.VIDEO, MediaKind.VIDEO_NOTE}


def thumbnail_of(item: ContentItem, settings: YouTubeSettings) -> Media | None:
    """Return the photo that can be the thumbnail, if there is one and it is wanted."""
    photos = [medium for medium in item.media if medium.kind is MediaKind.PHOTO and not medium.missing]
    if settings.thumbnail == "none" or not photos:
        return None
    photo = photos[0]
    fits = photo.size <= LARGEST_THUMBNAIL and (not photo.mime or photo.mime in PICTURES)
    return photo if fits else None


def metadata_of(item: ContentItem, settings: YouTubeSettings, marks: Sequence[str] = ()) -> Metadata:
    """Return the words of an item's video; `marks` are tags that come first whatever else has room."""
    plain = to_plain(item.text, item.spans)
    text, text_losses = _clean(plain.text)
    description = _cut(text, DESCRIPTION, "bytes")
    short = [DESCRIPTION_LOST] if description != text else []
    title, title_losses = _title(item, text)
    tags, tag_losses = _tags(marks, (*settings.tags, *item.tags))
    losses = [*plain.losses, *text_losses, *short, *title_losses, *tag_losses, *_media_losses(item, settings)]
    return Metadata(title, description, tags, report(item, frozenset({Part.TITLE}), losses))


def body_of(metadata: Metadata, settings: YouTubeSettings) -> dict[str, Any]:
    """Return a new video's resource."""
    status: dict[str, Any] = {
        "privacyStatus": settings.privacy,
        "selfDeclaredMadeForKids": settings.made_for_kids,
    }
    if settings.publish_at is not None:
        status["publishAt"] = settings.publish_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"snippet": snippet_of(metadata) | {"categoryId": settings.category}, "status": status}


def snippet_of(metadata: Metadata) -> dict[str, Any]:
    """Return the part of a video that holds its words."""
    return {"title": metadata.title, "description": metadata.description, "tags": list(metadata.tags)}


def shown(item: ContentItem, metadata: Metadata, settings: YouTubeSettings) -> str:
    """Return the video for people: its words, and what becomes of it."""
    video = next(iter(videos_of(item)), None)
    size = f", {video.size:,} bytes" if video and video.size else ""
    seen = f"{settings.privacy}, public at {settings.publish_at}" if settings.publish_at else settings.privacy
    lines = [
        metadata.title,
        f"video: {video.name or video.kind}{size}" if video else "video: none",
        f"{seen}; category {settings.category}; tags: {', '.join(metadata.tags) or 'none'}",
    ]
    return "\n".join([*lines, "", metadata.description])


def _title(item: ContentItem, text: str) -> tuple[str, list[str]]:
    """Return the item's title, else its first line or sentence, else what its file or its date gives."""
    given, losses = _clean(item.title)
    first = next((line for line in text.splitlines() if _flat(line)), "")
    files = [medium.name.rpartition(".")[0] for medium in videos_of(item)]
    title = _flat(given) or _sentence(_flat(first)) or _flat(_clean(next(iter(files), ""))[0])
    title = title or f"{item.published_at:%Y-%m-%d %H:%M}"
    short = _cut(title, TITLE, "utf-16")
    # The text's own first line stands whole in the description.
    return short, [*losses, *([TITLE_LOST] if given and short != title else [])]


def _sentence(line: str) -> str:
    """Return a line that fits as it is, of a longer one its first sentence."""
    if length(line, "utf-16") <= TITLE:
        return line
    found = _SENTENCE.match(line)
    return found.group() if found else line


def _tags(marks: Sequence[str], wanted: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return as many tags as there is room for, each once."""
    tags: list[str] = list(marks)
    left_out = False
    for tag in wanted:
        one = _flat(_clean(re.sub(r'[,"<>]', " ", tag))[0])
        if not one or one.casefold() in (tag.casefold() for tag in tags):
            continue
        if tags_length([*tags, one]) > TAGS:
            left_out = True
            continue
        tags.append(one)
    return tuple(tags), [TAGS_LOST] if left_out else []


def tags_length(tags: Sequence[str]) -> int:
    """Count tags as YouTube does: commas between them, and the quotation marks around one that holds a space."""
    return sum(length(tag, "utf-16") + (2 if " " in tag else 0) for tag in tags) + max(len(tags) - 1, 0)


def _media_losses(item: ContentItem, settings: YouTubeSettings) -> list[str]:
    """Name the files that do not come along."""
    videos, thumbnail = videos_of(item), thumbnail_of(item, settings)
    losses = [SEVERAL_LOST] if len(videos) > 1 else []
    for medium in item.media:
        if _is_video(medium) or medium is thumbnail:
            continue
        no_thumbnail = medium.kind is MediaKind.PHOTO and thumbnail is None and settings.thumbnail == "photo"
        losses.append(THUMBNAIL_LOST if no_thumbnail else f"{NAMES[medium.kind]} is left out")
    return losses


def _clean(text: str) -> tuple[str, list[str]]:
    """Return a text without what YouTube refuses, and what that loses."""
    whole = _HALVES.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter for letter in whole if letter in "\n\t" or unicodedata.category(letter) != "Cc")
    losses = [CONTROL_LOST] if kept != whole else []
    plain = kept.translate(BRACKETS)
    return plain, list(once([*losses, *([BRACKETS_LOST] if plain != kept else [])]))


def _flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def _cut(text: str, limit: int, unit: Any) -> str:
    """Return a text that fits, cut at a sentence or word with an ellipsis where it does not."""
    if length(text, unit) <= limit:
        return text
    return cut(text, limit - length("…", unit), unit)[0].rstrip() + "…"
