"""Albums: an export has no word for them, so they are inferred from what their messages have in common."""

from __future__ import annotations

from adapters.albums import join
from adapters.contracts.item import ContentItem, ItemKind, MediaKind
from adapters.contracts.version import seal

MOST = 10
"""Messages an album has at the most (core.telegram.org/bots/api#sendmediagroup)."""
VISUAL = frozenset({MediaKind.PHOTO, MediaKind.VIDEO})
OTHERS = (frozenset({MediaKind.DOCUMENT}), frozenset({MediaKind.AUDIO}))


def belongs(album: list[ContentItem], item: ContentItem) -> bool:
    """Say whether a message goes on an album: same author, next id, same second, kinds that go together, one text."""
    if len(item.media) != 1:
        return False
    first, last = album[0], album[-1]
    # What tells most messages apart comes first.
    return (
        len(first.media) == 1
        and abs((item.published_at - first.published_at).total_seconds()) <= 1
        and len(album) < MOST
        and item.kind is first.kind is ItemKind.POST
        and number_of(item.id) == number_of(last.id) + 1
        and item.author == first.author
        and item.forward == first.forward
        and item.reply_to == first.reply_to
        and _go_together(first.media[0].kind, item.media[0].kind)
        and not (item.text and any(member.text for member in album))
    )


def _go_together(one: MediaKind, other: MediaKind) -> bool:
    """Say whether two kinds of media can share an album: pictures and videos, or documents, or songs."""
    return any(one in kinds and other in kinds for kinds in (VISUAL, *OTHERS))


def closed(album: list[ContentItem], reader: str) -> ContentItem:
    """Make one item of messages that go together, a message of its own too, and give it its version."""
    return seal(album[0] if len(album) == 1 else join(album), reader)


def number_of(item_id: str) -> int:
    """Return the message number in an item's id."""
    return int(item_id.rpartition("/")[2])
