"""The fidelity report: what an item loses at a place, in short phrases that count well over many items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from adapters.contracts.item import ContentItem, ItemKind, MediaKind
from adapters.text.spans import once


class Part(StrEnum):
    """A part of an item that a place may or may not show; each value is what is said where it does not."""

    TITLE = "the title is left out"
    POLL = "a poll is left out"
    LOCATION = "a place on the map is left out"
    FORWARD = "a forward does not say from whom"
    REPLY = "a reply stands alone"
    SIGNATURE = "the author's signature is left out"
    MEDIA_SPOILER = "a spoiler over a picture is open to all"
    REACTIONS = "reactions stay behind"
    BUTTONS = "buttons are left out"
    EXTRAS = "a game, an invoice, a contact, a list or a giveaway is left out"
    SERVICE = "a service message is left out"


MISSING = "a file is missing, for the source does not have it"
NAMES = {
    MediaKind.PHOTO: "a photo",
    MediaKind.VIDEO: "a video",
    MediaKind.ANIMATION: "an animation",
    MediaKind.VIDEO_NOTE: "a video note",
    MediaKind.VOICE: "a voice message",
    MediaKind.AUDIO: "an audio file",
    MediaKind.DOCUMENT: "a document",
    MediaKind.STICKER: "a sticker",
}
"""What a medium of each kind is called in a loss."""
EXTRAS = frozenset(
    {
        "game_title",
        "game_description",
        "game_link",
        "invoice_information",
        "contact_information",
        "todo_list",
        "giveaway_information",
        "giveaway_results",
    }
)

_HAS: dict[Part, Callable[[ContentItem], bool]] = {
    Part.TITLE: lambda item: bool(item.title),
    Part.POLL: lambda item: item.poll is not None,
    Part.LOCATION: lambda item: item.location is not None,
    Part.FORWARD: lambda item: item.forward is not None,
    Part.REPLY: lambda item: bool(item.reply_to),
    Part.SIGNATURE: lambda item: bool(item.author and item.author.signature),
    Part.MEDIA_SPOILER: lambda item: any(medium.spoiler for medium in item.media),
    Part.REACTIONS: lambda item: bool(item.counters),
    Part.BUTTONS: lambda item: any("inline_bot_buttons" in message for message in item.raw),
    Part.EXTRAS: lambda item: any(EXTRAS & message.keys() for message in item.raw),
    Part.SERVICE: lambda item: item.kind is ItemKind.SERVICE,
}


def extras(item: ContentItem) -> list[str]:
    """Return what an item's game, invoice, contact, list or giveaway says, a line each, for places of text alone."""
    found = (message[name] for message in item.raw for name in sorted(EXTRAS & message.keys()))
    return [line for one in found if (line := " ".join(_words(one)))]


def _words(value: object) -> Iterator[str]:
    """Yield the texts of a plain JSON value."""
    if isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, dict):
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)


def report(item: ContentItem, shown: frozenset[Part], more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what the item loses: `more` (of its text and media), and each part it has that the place does not show."""
    lost = [part.value for part, has in _HAS.items() if part not in shown and has(item)]
    missing = [MISSING] if any(medium.missing or not medium.ref for medium in item.media) else []
    return once([*more, *missing, *lost])
