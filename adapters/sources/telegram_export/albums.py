"""Albums: an export has no word for them, so they are inferred from what their messages have in common."""

from __future__ import annotations

from adapters.contracts.item import ContentItem, ItemKind, MediaKind

MOST = 10
"""Messages an album has at the most (core.telegram.org/bots/api#sendmediagroup)."""
VISUAL = frozenset({MediaKind.PHOTO, MediaKind.VIDEO})
OTHERS = (frozenset({MediaKind.DOCUMENT}), frozenset({MediaKind.AUDIO}))


def belongs(album: list[ContentItem], item: ContentItem) -> bool:
    """Say whether a message goes on an album: same author, next id, same second, kinds that go together, one text."""
    first, last = album[0], album[-1]
    return (
        len(album) < MOST
        and item.kind is first.kind is ItemKind.POST
        and len(item.media) == len(first.media) == 1
        and number_of(item.id) == number_of(last.id) + 1
        and abs((item.published_at - first.published_at).total_seconds()) <= 1
        and item.author == first.author
        and item.forward == first.forward
        and item.reply_to == first.reply_to
        and _go_together(first.media[0].kind, item.media[0].kind)
        and not (item.text and any(member.text for member in album))
    )


def _go_together(one: MediaKind, other: MediaKind) -> bool:
    """Say whether two kinds of media can share an album: pictures and videos, or documents, or songs."""
    return any(one in kinds and other in kinds for kinds in (VISUAL, *OTHERS))


def join(album: list[ContentItem]) -> ContentItem:
    """Make one item of an album's messages; it is named by the first and speaks with the one that has the text."""
    if len(album) == 1:
        return album[0]
    first = album[0]
    speaker = next((item for item in album if item.text), first)
    edits = [item.edited_at for item in album if item.edited_at]
    counters: dict[str, int] = {}
    for item in album:
        for name, count in item.counters.items():
            counters[name] = counters.get(name, 0) + count
    return first.model_copy(
        update={
            "edited_at": max(edits, default=None),
            "text": speaker.text,
            "spans": speaker.spans,
            "tags": speaker.tags,
            "media": tuple(medium for item in album for medium in item.media),
            "members": tuple(item.id for item in album),
            "counters": counters,
            "raw": tuple(raw for item in album for raw in item.raw),
        }
    )


def number_of(item_id: str) -> int:
    """Return the message number in an item's id."""
    return int(item_id.rpartition("/")[2])
