"""Versions: a scheme and a hash of what a reader sees, so that an edit is an edit and a view counter is not.

A version reads `<reader>.<scheme>:<hash>`, e.g. `telegram_export.1:5d41…`. The scheme's number never changes its
meaning: a better one gets a new number, and the old ones stay callable, because a place may hold versions made by
any release. Golden files pin the hashes (tests/golden/versions.json).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum

import orjson

from adapters.contracts.item import ContentItem, Media

CURRENT_SCHEME = 1


class Change(StrEnum):
    """What a version held by a place says about an item that a source has."""

    SAME = "same"
    """Nothing to do."""
    TAKEN_OVER = "taken_over"
    """The same content under another scheme or reader: note the new version (`taken_over`), send nothing."""
    EDITED = "edited"
    """A reader sees something else: an update."""


def stamp(item: ContentItem, reader: str) -> ContentItem:
    """Return the item with its version in the current scheme, as `reader` (a source's service name) understands it."""
    return item.model_copy(update={"version": version(item, reader)})


def seal(item: ContentItem, reader: str) -> ContentItem:
    """Do as `stamp` does without a copy: for who has just built the item and shown it to nobody."""
    item.__dict__["version"] = version(item, reader)
    return item


def version(item: ContentItem, reader: str, scheme: int = CURRENT_SCHEME) -> str:
    """Return the item's version in a scheme; raises KeyError for a scheme this release does not know."""
    return f"{reader}.{scheme}:{SCHEMES[scheme](item)}"


def compare(item: ContentItem, held: str) -> Change:
    """Say what it means that a place holds `held` of this item.

    Only one reader's versions are compared: what another adapter read is taken over, never posted again. Either side
    may be several versions with spaces between, one of each reader that has met this content.
    """
    mine, theirs = _by_reader(item.version), _by_reader(held)
    if mine.items() <= theirs.items():
        return Change.SAME
    known = mine.keys() & theirs.keys()
    if not known or any(_is_same(item, mine[reader], theirs[reader]) for reader in known):
        return Change.TAKEN_OVER
    return Change.EDITED


def taken_over(held: str, new: str) -> str:
    """Return what a place holds once a reader's version is noted beside the other readers' of the same content.

    Each keeps its own, so that whoever of them meets an edit next knows it for one.
    """
    return " ".join((_by_reader(held) | _by_reader(new)).values())


def _by_reader(versions: str) -> dict[str, str]:
    """Return each version by the reader that made it."""
    return {_parts(one)[0]: one for one in versions.split()}


def _is_same(item: ContentItem, mine: str, held: str) -> bool:
    """Say whether one reader's two versions are of the same content, in whatever scheme the held one is."""
    reader, scheme = _parts(held)
    return mine == held or (scheme != _parts(mine)[1] and scheme in SCHEMES and version(item, reader, scheme) == held)


def _parts(text: str) -> tuple[str, int]:
    """Split a version into its reader and its scheme's number (0 where there is none)."""
    reader, _, rest = text.partition(":")[0].rpartition(".")
    return reader, int(rest) if rest.isdigit() else 0


def _scheme_1(item: ContentItem) -> str:
    """Hash text, markup, media, poll, forward, reply, place and album, in that order, as canonical JSON."""
    poll = item.poll
    content = [
        item.kind,
        item.title,
        item.text,
        [[s.kind, s.offset, s.length, s.value] for s in item.spans] if item.spans else (),
        [_media_1(m) for m in item.media] if item.media else (),
        [poll.question, [a.text for a in poll.answers], poll.closed] if poll else None,
        [item.forward.name, item.forward.id] if item.forward else None,
        item.reply_to,
        [item.location.latitude, item.location.longitude, item.location.name] if item.location else None,
        item.action,
        item.members,
    ]
    return hashlib.blake2b(orjson.dumps(content), digest_size=16).hexdigest()


def _media_1(media: Media) -> list[object]:
    """Name a medium by what does not depend on where an export put it or on whether it was exported at all."""
    return [media.kind, media.name, media.size, media.width, media.height, media.duration, media.spoiler]


SCHEMES: dict[int, Callable[[ContentItem], str]] = {1: _scheme_1}
"""Every scheme a release ever wrote, by number; entries are added, never changed or removed."""
