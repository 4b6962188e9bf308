"""A message's files: what they are to a reader, and where Telegram keeps their bytes (core.telegram.org/api/files)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from telethon.tl import types

from adapters.contracts.item import Media, MediaKind

REF = re.compile(r"(\d{1,18})/(photo|document|vcard)(?:/(\d{1,20}))?", re.ASCII)
EXPIRED = "has destroyed itself or is not shown to this account"
UNPAID = "is shown to those who pay"
VCARD = "text/vcard"


@dataclass(frozen=True)
class Stored:
    """Where the bytes of one file lie."""

    location: Any
    """An InputFileLocation with a file reference that expires; None where `data` is all there is."""
    dc_id: int
    size: int
    data: bytes = b""


@dataclass(frozen=True)
class File:
    """One file of a message: as an item tells it, and where its bytes lie, if anywhere."""

    media: Media
    stored: Stored | None = None


def files_of(message: Any) -> tuple[File, ...]:
    """Return the files of a message in its order: its own, a paid post's, a new picture's of the chat."""
    action = getattr(message, "action", None)
    if action is not None:
        photo = getattr(action, "photo", None)
        return (_photo(message.id, photo, spoiler=False),) if isinstance(photo, types.Photo) else ()
    return tuple(_files(message.id, message.media))


def stored(message: Any, ref: str) -> Stored | None:
    """Find the bytes that a reference means in a message, read again; None where it has them no more."""
    return next((file.stored for file in files_of(message) if file.media.ref == ref), None)


def message_of(ref: str) -> int:
    """Return the number of the message in which a reference's file is; 0 for what is no reference."""
    found = REF.fullmatch(ref)
    return int(found[1]) if found else 0


def _files(number: int, media: Any) -> Iterator[File]:
    """Yield the files of one medium."""
    if isinstance(media, types.MessageMediaPhoto):
        yield _photo(number, media.photo, spoiler=bool(media.spoiler))
    elif isinstance(media, types.MessageMediaDocument):
        yield _document(number, media)
    elif isinstance(media, types.MessageMediaPaidMedia):
        for one in media.extended_media:
            if isinstance(one, types.MessageExtendedMedia):
                yield from _files(number, one.media)
            else:
                yield File(Media(kind=MediaKind.PHOTO, missing=UNPAID, width=one.w or 0, height=one.h or 0))
    elif isinstance(media, types.MessageMediaContact) and media.vcard:
        data = media.vcard.encode(errors="replace")
        medium = Media(kind=MediaKind.DOCUMENT, ref=f"{number}/vcard", name="contact.vcf", mime=VCARD)
        yield File(medium, Stored(None, 0, len(data), data))


def _photo(number: int, photo: Any, *, spoiler: bool) -> File:
    """Return a photo in its largest size, as tdesktop takes it."""
    sizes = [one for one in getattr(photo, "sizes", ()) if getattr(one, "w", 0) and getattr(one, "h", 0)]
    if not sizes:
        return File(Media(kind=MediaKind.PHOTO, missing=EXPIRED, spoiler=spoiler))
    best = max(sizes, key=lambda one: one.w * one.h)
    data = best.bytes if isinstance(best, types.PhotoCachedSize) else b""
    size = len(data) or (max(best.sizes, default=0) if isinstance(best, types.PhotoSizeProgressive) else best.size)
    medium = Media(
        kind=MediaKind.PHOTO,
        ref=f"{number}/photo/{photo.id}",
        size=size,
        width=best.w,
        height=best.h,
        spoiler=spoiler,
    )
    location = types.InputPhotoFileLocation(photo.id, photo.access_hash, photo.file_reference, best.type)
    return File(medium, Stored(None if data else location, photo.dc_id, size, data))


def _document(number: int, media: Any) -> File:
    """Return a document by its attributes."""
    document = media.document
    spoiler = bool(media.spoiler)
    if not isinstance(document, types.Document):
        return File(Media(kind=_declared(media), missing=EXPIRED, spoiler=spoiler))
    facts = _Facts.of(document.attributes)
    audio = facts.kind is MediaKind.AUDIO
    medium = Media(
        kind=facts.kind,
        ref=f"{number}/document/{document.id & (1 << 64) - 1}",
        name=facts.name,
        mime=document.mime_type,
        size=document.size,
        width=facts.width,
        height=facts.height,
        duration=int(facts.duration),
        title=facts.title if audio else "",
        performer=facts.performer if audio else "",
        spoiler=spoiler,
    )
    location = types.InputDocumentFileLocation(document.id, document.access_hash, document.file_reference, "")
    return File(medium, Stored(location, document.dc_id, document.size))


def _declared(media: Any) -> MediaKind:
    """Return what a document was whose bytes are not shown."""
    named = {MediaKind.VIDEO_NOTE: media.round, MediaKind.VOICE: media.voice, MediaKind.VIDEO: media.video}
    return next((kind for kind, said in named.items() if said), MediaKind.DOCUMENT)


@dataclass
class _Facts:
    """What a document's attributes say, the later one winning, as tdesktop reads them."""

    width: int = 0
    height: int = 0
    duration: float = 0
    name: str = ""
    title: str = ""
    performer: str = ""
    kinds: frozenset[MediaKind] = frozenset()

    @classmethod
    def of(cls, attributes: list[Any]) -> _Facts:
        """Read the attributes."""
        facts = cls()
        for one in attributes:
            facts._take(one)
        return facts

    @property
    def kind(self) -> MediaKind:
        """What the document is: of several the first in tdesktop's order."""
        return next((kind for kind in ORDER if kind in self.kinds), MediaKind.DOCUMENT)

    def _take(self, one: Any) -> None:
        """Take in one attribute."""
        self.width, self.height = getattr(one, "w", self.width), getattr(one, "h", self.height)
        self.duration = getattr(one, "duration", self.duration)
        if isinstance(one, types.DocumentAttributeAnimated):
            self.kinds |= {MediaKind.ANIMATION}
        elif isinstance(one, types.DocumentAttributeSticker | types.DocumentAttributeCustomEmoji):
            self.kinds |= {MediaKind.STICKER}
        elif isinstance(one, types.DocumentAttributeVideo):
            self.kinds |= {MediaKind.VIDEO_NOTE if one.round_message else MediaKind.VIDEO}
        elif isinstance(one, types.DocumentAttributeAudio):
            self.kinds |= {MediaKind.VOICE if one.voice else MediaKind.AUDIO}
            self.title, self.performer = one.title or self.title, one.performer or self.performer
        elif isinstance(one, types.DocumentAttributeFilename):
            self.name = one.file_name


ORDER = (
    MediaKind.STICKER,
    MediaKind.VIDEO_NOTE,
    MediaKind.VOICE,
    MediaKind.ANIMATION,
    MediaKind.VIDEO,
    MediaKind.AUDIO,
)
"""A document may be several at once; which one it is called is tdesktop's order (export_output_json.cpp)."""
