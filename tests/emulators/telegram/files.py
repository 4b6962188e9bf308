"""Files: where their bytes lie, the references by which they may be asked for, and upload.getFile.

See core.telegram.org/api/files and core.telegram.org/api/file_reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from telethon.tl import types

from tests.emulators.telegram.wire import Refused

MEBIBYTE = 1 << 20
HOME = 2
"""The data centre where accounts live."""
SMALL = b"s"
"""The smaller size of every photo: smaller than any, for clients take the one with most bytes."""


@dataclass
class File:
    """One file."""

    id: int
    access_hash: int
    data: bytes
    dc: int
    issue: int = 1
    """How often its references have been renewed."""
    cut_at: int | None = None
    lost: bool = False

    @property
    def reference(self) -> bytes:
        """The reference that is good now."""
        return f"reference {self.issue} to {self.id}".encode()


def file_in(media):
    """Return the photo or document in a medium, or None."""
    if isinstance(media, types.MessageMediaPhoto):
        return media.photo
    return media.document if isinstance(media, types.MessageMediaDocument) else None


class Files:
    """All files."""

    def __init__(self, now):
        self._now = now
        self._ids = count(7_000_000_001)
        self.all: dict[int, File] = {}

    def keep(self, data: bytes, dc: int) -> File:
        """Keep bytes in a data centre."""
        number = next(self._ids)
        self.all[number] = File(number, number * 31 + 7, data, dc)
        return self.all[number]

    def photo(self, data: bytes, width: int, height: int, dc: int, *, spoiler: bool) -> types.MessageMediaPhoto:
        """Keep a photo; returns it as a medium."""
        file = self.keep(data, dc)
        sizes = [
            types.PhotoStrippedSize("i", b"\x01\x28\x28abc"),
            types.PhotoSize("m", max(width // 4, 1), max(height // 4, 1), len(SMALL)),
            types.PhotoSize("y", width, height, len(data)),
        ]
        photo = types.Photo(file.id, file.access_hash, file.reference, self._now(), sizes, dc)
        return types.MessageMediaPhoto(photo=photo, spoiler=spoiler or None)

    def document(self, data: bytes, name: str, mime: str, attributes, dc: int) -> types.MessageMediaDocument:
        """Keep a document; returns it as a medium, flagged as its attributes say."""
        file = self.keep(data, dc)
        named = [types.DocumentAttributeFilename(name)] if name else []
        document = types.Document(
            file.id, file.access_hash, file.reference, self._now(), mime, len(data), dc, [*attributes, *named]
        )
        video = next((one for one in attributes if isinstance(one, types.DocumentAttributeVideo)), None)
        voice = any(isinstance(one, types.DocumentAttributeAudio) and one.voice for one in attributes)
        return types.MessageMediaDocument(
            document=document,
            video=bool(video and not video.round_message) or None,
            round=bool(video and video.round_message) or None,
            voice=voice or None,
        )

    def of(self, media) -> File:
        """Return a medium's file."""
        return self.all[file_in(media).id]

    def renew(self, media) -> None:
        """Let the references to a medium's file expire, if it has one."""
        told = file_in(media)
        if told is not None:
            file = self.all[told.id]
            if told.file_reference == file.reference:
                file.issue += 1
            told.file_reference = file.reference


def get_file(ask):
    """Answer upload.getFile (core.telegram.org/method/upload.getFile)."""
    ask.account  # noqa: B018 - refuses who is not signed in
    request = ask.request
    _check_range(request)
    location = request.location
    if not isinstance(location, types.InputDocumentFileLocation | types.InputPhotoFileLocation):
        raise Refused(400, "LOCATION_INVALID")
    file = ask.world.files.all.get(location.id)
    if file is None or file.lost or file.access_hash != location.access_hash:
        raise Refused(400, "FILE_ID_INVALID")
    if file.dc != ask.dc:
        raise Refused(303, f"FILE_MIGRATE_{file.dc}")
    if location.file_reference != file.reference:
        known = location.file_reference.startswith(b"reference ")
        raise Refused(400, "FILE_REFERENCE_EXPIRED" if known else "FILE_REFERENCE_INVALID")
    data = SMALL if location.thumb_size == "m" else file.data[: file.cut_at]
    if isinstance(location, types.InputPhotoFileLocation) and location.thumb_size not in {"m", "y"}:
        raise Refused(400, "LOCATION_INVALID")
    part = data[request.offset : request.offset + request.limit]
    return types.upload.File(types.storage.FileUnknown(), int(ask.world.now().timestamp()), part)


def _check_range(request) -> None:
    """Refuse parts that are not aligned, or reach over a mebibyte's border."""
    unit = 1_024 if request.precise else 4_096
    if request.offset < 0 or request.offset % unit:
        raise Refused(400, "OFFSET_INVALID")
    if request.limit <= 0 or request.limit % unit or request.limit > MEBIBYTE:
        raise Refused(400, "LIMIT_INVALID")
    if not request.precise and MEBIBYTE % request.limit:
        raise Refused(400, "LIMIT_INVALID")
    if request.offset // MEBIBYTE != (request.offset + request.limit - 1) // MEBIBYTE:
        raise Refused(400, "LIMIT_INVALID")


HANDLERS = {"upload.GetFile": get_file}
