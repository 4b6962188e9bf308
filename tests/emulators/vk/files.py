"""Reads uploads: multipart bodies, and whether a photo or a video is one."""

from __future__ import annotations

import io
import re
import struct

from PIL import Image

from tests.emulators.vk import rules


class NoForm(ValueError):
    """A body that is no multipart form."""


def form(content_type, body):
    """Return a multipart form's files, field → (file name, bytes); RFC 7578. Raises NoForm."""
    found = re.search(r'multipart/form-data;.*boundary="?([^";]{1,70})"?', content_type or "")
    if not found:
        raise NoForm("no multipart form")
    mark = b"--" + found[1].encode()
    if not body.startswith(mark) or not body.rstrip(b"\r\n").endswith(mark + b"--"):
        raise NoForm("a form that is cut")
    files = {}
    for part in body.split(b"\r\n" + mark)[:-1]:
        head, blank, data = part.removeprefix(mark).removeprefix(b"\r\n").partition(b"\r\n\r\n")
        names = dict(re.findall(rb'\b(name|filename)="((?:[^"\\]|\\.)*)"', head))
        if not blank or b"name" not in names or names[b"name"].decode() in files:
            raise NoForm("a part without a name, or twice the same")
        files[names[b"name"].decode()] = (names.get(b"filename", b"").decode(errors="replace"), data)
    return files


def photo_size(data):
    """Return a photo's width and height, or None for what VK does not take."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            kind, (width, height) = image.format, image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    fits = width + height <= rules.LONGEST_SIDES and max(width, height) <= rules.STEEPEST * min(width, height)
    return (width, height) if fits and len(data) <= rules.LARGEST_PHOTO and kind in rules.PHOTO_FORMATS else None


def video_whole(data):
    """Say whether these bytes are a whole video: MP4's boxes to the end, or another container's first bytes.

    [doc] dev.vk.com/api/upload/video: AVI, MP4, 3GP, MPEG, MOV, FLV, WMV.
    """
    if data[4:8] != b"ftyp":
        return data.startswith((b"RIFF", b"FLV", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75"))
    boxes, at = set(), 0
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        boxes.add(data[at + 4 : at + 8])
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
        at += size or len(data) - at
        if size < 8 and size:
            return False
    return at == len(data) and {b"moov", b"mdat"} <= boxes
