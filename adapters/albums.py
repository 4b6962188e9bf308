"""Albums: several messages of a place as one item, whichever reader has found out that they belong together."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.contracts.item import ContentItem


def join(album: Sequence[ContentItem]) -> ContentItem:
    """Make one item of an album's messages; it is named by the first and speaks with the one that has the text.

    One that is left alone names itself as a member: a place may hold it under the id of one that is gone.
    """
    first = album[0]
    speaker = next((item for item in album if item.text), first)
    counters: dict[str, int] = {}
    for item in album:
        for name, count in item.counters.items():
            counters[name] = counters.get(name, 0) + count
    return first.model_copy(
        update={
            "edited_at": max((item.edited_at for item in album if item.edited_at), default=None),
            "text": speaker.text,
            "spans": speaker.spans,
            "tags": speaker.tags,
            "media": tuple(medium for item in album for medium in item.media),
            "members": tuple(item.id for item in album),
            "counters": counters,
            "raw": tuple(raw for item in album for raw in item.raw),
        }
    )
