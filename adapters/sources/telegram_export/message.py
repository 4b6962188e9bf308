"""One message of an export to the fields of an item, by tdesktop's names (export_output_json.cpp)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from adapters.contracts.item import (
    Answer,
    Author,
    Forward,
    ItemKind,
    Location,
    Media,
    MediaKind,
    Poll,
    Span,
    SpanKind,
)

PLACEHOLDERS = {
    "(File not included. Change data exporting settings to download.)": "not included in the export",
    "(File unavailable, please try again later)": "was unavailable when the export was made",
    "(File exceeds maximum size. Change data exporting settings to download.)": "larger than the export's limit",
    "(Photo not included. Change data exporting settings to download.)": "not included in the export",
    "(Photo unavailable, please try again later)": "was unavailable when the export was made",
    "(Photo exceeds maximum size. Change data exporting settings to download.)": "larger than the export's limit",
}

MEDIA_TYPES = {
    "sticker": MediaKind.STICKER,
    "video_message": MediaKind.VIDEO_NOTE,
    "voice_message": MediaKind.VOICE,
    "animation": MediaKind.ANIMATION,
    "video_file": MediaKind.VIDEO,
    "audio_file": MediaKind.AUDIO,
}

KINDS = {"message": ItemKind.POST, "service": ItemKind.SERVICE, "unsupported": ItemKind.UNSUPPORTED}
SPAN_KINDS = {kind.value: kind for kind in SpanKind}
SPAN_VALUES = {
    "text_link": "href",
    "mention_name": "user_id",
    "pre": "language",
    "custom_emoji": "document_id",
    "date": "date",
}

MODELLED = frozenset(
    {
        "id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id", "actor", "actor_id",
        "author", "forwarded_from", "forwarded_from_id", "forwarded_date", "forwarded_date_unixtime",
        "reply_to_message_id", "reply_to_peer_id", "text", "text_entities", "photo", "photo_file_size", "file",
        "file_name", "file_size", "media_type", "mime_type", "duration_seconds", "width", "height", "media_spoiler",
        "title", "performer", "location_information", "place_name", "address", "poll", "reactions", "action",
    }
)  # fmt: skip
"""What the model has a field for; everything else of a message stays in `raw`."""
ALL_BUT_TITLE = MODELLED - {"title"}
LARGEST = 1 << 63


def modelled(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that only some messages have, by the item's names for them: what is absent costs nothing."""
    if RARELY.isdisjoint(message):
        return {}
    return {name: READERS[name](message) for name in {RARE[name] for name in message.keys() & RARELY}}


def moment(message: Mapping[str, Any], name: str) -> datetime | None:
    """Read a date: `<name>_unixtime`, seconds as a string; else the text, local time of whoever exported, as UTC."""
    stamp = message.get(f"{name}_unixtime")
    try:
        if stamp is not None:
            return datetime.fromtimestamp(int(stamp), UTC)
        text = message.get(name)
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC) if text else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def plain(value: object) -> str:
    """Return the text of a string or of an array of strings and parts: polls and older exports have either."""
    if isinstance(value, str):
        return value
    return "".join(map(_piece, value)) if isinstance(value, list) else ""


def _piece(part: object) -> str:
    """Return the text of one part of an array."""
    if isinstance(part, dict):
        text = part.get("text", "")
        return text if isinstance(text, str) else str(text)
    return part if isinstance(part, str) else ""


def rich(message: Mapping[str, Any]) -> tuple[str, tuple[Span, ...], tuple[str, ...]]:
    """Return a message's text, its spans in code points, and its hashtags, each once."""
    parts = message.get("text_entities")
    if not isinstance(parts, list) or not parts:
        parts = message.get("text", "")
    if isinstance(parts, str):
        return parts, (), ()
    if not isinstance(parts, list):
        return "", (), ()
    if len(parts) == 1 and isinstance(parts[0], dict) and parts[0].get("type") == "plain":
        return _piece(parts[0]), (), ()
    text: list[str] = []
    spans: list[Span] = []
    tags: dict[str, None] = {}
    offset = 0
    for part in parts:
        piece = _piece(part)
        kind = part.get("type", "plain") if isinstance(part, dict) else "plain"
        if kind != "plain" and piece:
            spans.append(_span(part, kind, offset, len(piece)))
            if kind == "hashtag":
                tags.setdefault(piece.removeprefix("#"))
        text.append(piece)
        offset += len(piece)
    return text[0] if len(text) == 1 else "".join(text), tuple(spans), tuple(tags)


def _span(part: Mapping[str, Any], kind: object, offset: int, length: int) -> Span:
    """Build the span of a marked part; a kind this release does not know keeps its name."""
    known = SPAN_KINDS.get(kind) if isinstance(kind, str) else None
    if known is None:
        return Span.trusted(kind=SpanKind.UNKNOWN, offset=offset, length=length, value=str(kind))
    value = part.get(SPAN_VALUES.get(known, ""), "")
    return Span.trusted(kind=known, offset=offset, length=length, value=_text(value))


def media(message: Mapping[str, Any]) -> tuple[Media, ...]:
    """Return the files of a message: a photo, a document of some kind, or a contact's card."""
    photo, file, card = message.get("photo"), message.get("file"), message.get("contact_vcard")
    if photo is None and file is None and card is None:
        return ()
    found: list[Media] = []
    if isinstance(photo, str):
        path = _path(photo)
        shape = _shape(message, "photo_file_size")
        found.append(Media.trusted(kind=MediaKind.PHOTO, **shape, **path))
    if isinstance(file, str):
        found.append(_document(message, _path(file)))
    if isinstance(card, str):
        path = _path(card)
        found.append(Media.trusted(kind=MediaKind.DOCUMENT, name="contact.vcf", mime="text/vcard", **path))
    return tuple(found)


def _shape(message: Mapping[str, Any], size: str) -> dict[str, Any]:
    """Return what pictures and documents have in common; `size` names the key of their bytes."""
    return {
        "size": _number(message.get(size)),
        "width": _number(message.get("width")),
        "height": _number(message.get("height")),
        "spoiler": bool(message.get("media_spoiler", False)),
    }


def _document(message: Mapping[str, Any], path: dict[str, str]) -> Media:
    """Return a message's document; plain ones have no media_type."""
    kind = MEDIA_TYPES.get(_text(message.get("media_type")), MediaKind.DOCUMENT)
    audio = kind is MediaKind.AUDIO
    return Media.trusted(
        kind=kind,
        name=_text(message.get("file_name")),
        mime=_text(message.get("mime_type")),
        duration=float(_number(message.get("duration_seconds"))),
        title=_text(message.get("title")) if audio else "",
        performer=_text(message.get("performer")) if audio else "",
        **_shape(message, "file_size"),
        **path,
    )


def _path(value: str) -> dict[str, str]:
    """Tell a path from the words tdesktop writes where there is no file, sometimes with a name in front."""
    if value.endswith(")"):
        for placeholder, meaning in PLACEHOLDERS.items():
            if value.endswith(placeholder):
                return {"missing": meaning}
    return {"ref": value}


def poll(message: Mapping[str, Any]) -> Poll | None:
    """Return a message's poll."""
    value = message.get("poll")
    if not isinstance(value, dict):
        return None
    answers = value.get("answers")
    return Poll.trusted(
        question=plain(value.get("question", "")),
        answers=tuple(
            Answer.trusted(text=plain(answer.get("text", "")), voters=_number(answer.get("voters")))
            for answer in (answers if isinstance(answers, list) else [])
            if isinstance(answer, dict)
        ),
        closed=bool(value.get("closed", False)),
        voters=_number(value.get("total_voters")),
    )


def location(message: Mapping[str, Any]) -> Location | None:
    """Return a point or a venue."""
    point = message.get("location_information")
    if not isinstance(point, dict):
        return None
    try:
        latitude, longitude = float(point["latitude"]), float(point["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    return Location(
        latitude=latitude,
        longitude=longitude,
        name=_text(message.get("place_name")),
        address=_text(message.get("address")),
    )


def author(message: Mapping[str, Any]) -> Author | None:
    """Return who published a message, or who did what a service message records."""
    name, number = message.get("from", message.get("actor")), message.get("from_id", message.get("actor_id"))
    signature = message.get("author")
    if not (name or number or signature):
        return None
    try:
        return _author(name, number, signature)
    except TypeError:
        # What cannot be hashed is no name either.
        return _author(_text(name), _text(number), _text(signature))


@lru_cache(maxsize=1024, typed=True)
def _author(name: object, number: object, signature: object) -> Author:
    """Build an author once: most of a channel's messages have the same."""
    return Author.trusted(name=_text(name), id=_text(number), signature=_text(signature))


def forward(message: Mapping[str, Any]) -> Forward | None:
    """Return where a message was forwarded from; an account that hides itself has a name only, or none."""
    if "forwarded_from" not in message and "forwarded_from_id" not in message:
        return None
    return Forward.trusted(
        name=_text(message.get("forwarded_from")),
        id=_text(message.get("forwarded_from_id")),
        published_at=moment(message, "forwarded_date"),
    )


def counters(message: Mapping[str, Any]) -> dict[str, int]:
    """Return reactions by emoji; a custom one by its document's id, paid ones as "paid"."""
    found: dict[str, int] = {}
    reactions = message.get("reactions")
    for reaction in reactions if isinstance(reactions, list) else ():
        if isinstance(reaction, dict):
            name = _text(reaction.get("emoji") or reaction.get("document_id") or reaction.get("type") or "unknown")
            found[name] = found.get(name, 0) + _number(reaction.get("count"))
    return found


def kind(message: Mapping[str, Any]) -> ItemKind:
    """Tell posts from service messages and from what tdesktop could not export."""
    name = message.get("type", "message")
    return KINDS.get(name if isinstance(name, str) else _text(name), ItemKind.UNSUPPORTED)


def rest(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the model has no field for."""
    if message.keys() <= ALL_BUT_TITLE:
        return {}
    left = {name: value for name, value in message.items() if name not in MODELLED}
    # A song's title is its medium's; anything else's is the rest's.
    if "title" in message and message.get("media_type") != "audio_file":
        left["title"] = message["title"]
    return left


def _text(value: object) -> str:
    """Return a value as text; numbers occur where tdesktop once forgot the quotes (tdesktop#24961)."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: object) -> int:
    """Return a count or a size; 0 for what is none, or more than JSON's writers take."""
    number = value
    if type(number) is not int:
        if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
            return 0
        try:
            number = int(value)
        except (ValueError, OverflowError):
            return 0
    return number if -LARGEST < number < LARGEST else 0


READERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "edited_at": lambda message: moment(message, "edited"),
    "media": media,
    "forward": forward,
    "poll": poll,
    "location": location,
    "counters": counters,
}
RARE = {
    "edited": "edited_at",
    "edited_unixtime": "edited_at",
    "photo": "media",
    "file": "media",
    "contact_vcard": "media",
    "forwarded_from": "forward",
    "forwarded_from_id": "forward",
    "poll": "poll",
    "location_information": "location",
    "reactions": "counters",
}
"""Which of the item's fields a message's key brings."""
RARELY = frozenset(RARE)
