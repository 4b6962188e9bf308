"""Media as Dzen takes them: pictures kept as they are where they fit, written anew where they can be made to, MP4."""

from __future__ import annotations

import hashlib
import io
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.contracts.errors import Rejected
from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.destinations.dzen.profile import Profile
from adapters.destinations.dzen.rules import RULES, Rule
from adapters.destinations.dzen.storage import Storage
from adapters.pictures import PictureLimits, fit

MEDIA = "media"
BLOCK = 1 << 20
LARGEST_PICTURE = 64 << 20
"""Bytes of a picture that is looked at."""
EXTENSIONS = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "video/mp4": ".mp4"}
_MAYBE = frozenset({MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.ANIMATION, MediaKind.VIDEO_NOTE})


class Unfit(Exception):
    """Dzen would not take a medium; it holds the rule and what is wrong."""

    def __init__(self, rule: Rule, how: str) -> None:
        super().__init__(how)
        self.rule = rule


@dataclass
class Kept:
    """An item whose media have been kept, and what of them its source did not have."""

    item: ContentItem
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class MediaKeeper:
    """Puts media of items into the place, under names made of their content."""

    storage: Storage
    profile: Profile

    def keep(self, item: ContentItem, media: Callable[[Media], MediaFile]) -> Kept:
        """Return the item with what became of each medium: a `path` in the place, or why there is none.

        Raises Rejected, with the rule's name, where the profile refuses what Dzen would not take.
        """
        kept: list[Media] = []
        missing: list[str] = []
        for medium in item.media:
            new: dict[str, object] = {"ref": "", "path": "", "sha256": ""}
            try:
                new |= self._kept(medium, media)
            except Unfit as error:
                if self.profile.unfit == "refuse" and medium.kind in _MAYBE:
                    raise error.rule.broken(item.id, f"{medium.name or medium.kind}: {error}") from error
                new["missing"] = str(error)
            except MediaMissing as error:
                new["missing"] = str(error) or "missing"
                missing.append(f"{item.id}: {new['missing']}")
            kept.append(medium.model_copy(update=new))
        return Kept(item.model_copy(update={"media": tuple(kept)}), tuple(missing))

    def _kept(self, medium: Media, media: Callable[[Media], MediaFile]) -> dict[str, object]:
        """Keep one medium and return what is known of it then."""
        if not medium.ref:
            return {"missing": medium.missing or "missing"}
        file = media(medium)
        staged = self.storage.staging() / f".{secrets.token_hex(8)}.tmp"
        try:
            _copy(file, staged)
            mime, width, height = self._fit(medium, staged)
            with staged.open("rb") as written:
                sha256 = hashlib.file_digest(written, "sha256").hexdigest()
            name = f"{MEDIA}/{sha256[:2]}/{sha256}{EXTENSIONS.get(mime, '')}"
            size = staged.stat().st_size
            self.storage.keep(staged, name, mime)
        finally:
            staged.unlink(missing_ok=True)
        new = {"path": name, "sha256": sha256, "mime": mime, "size": size, "width": width, "height": height}
        return {**new, "missing": ""}

    def _fit(self, medium: Media, staged: Path) -> tuple[str, int, int]:
        """Make a staged file one that Dzen takes; returns its type and size in pixels, or raises Unfit."""
        with staged.open("rb") as file:
            head = file.read(12)
        if head[4:8] == b"ftyp":
            return self._video(medium)
        if medium.kind in {MediaKind.VIDEO, MediaKind.VIDEO_NOTE} or medium.mime.startswith("video/"):
            raise Unfit(RULES["video-format"], "it is no MP4")
        if medium.kind in {MediaKind.AUDIO, MediaKind.VOICE}:
            raise Unfit(RULES["content-tags"], "Dzen takes no sound")
        if staged.stat().st_size > LARGEST_PICTURE:
            raise Unfit(RULES["picture-format"], f"it has more than {LARGEST_PICTURE:,} bytes")
        return self._picture(medium, staged)

    def _video(self, medium: Media) -> tuple[str, int, int]:
        """Judge a video by the size that its source tells; one that is not told is taken."""
        width, height = medium.width, medium.height
        least = (self.profile.video_width, self.profile.video_height)
        if (width and width < least[0]) or (height and height < least[1]):
            how = f"it has {width} x {height} pixels, {least[0]} x {least[1]} are needed"
            raise Unfit(RULES["video-size"], how)
        return "video/mp4", width, height

    def _picture(self, medium: Media, staged: Path) -> tuple[str, int, int]:
        """Judge a picture, and write it anew where Dzen does not take it as it is."""
        profile, name = self.profile, medium.name or medium.kind
        limits = PictureLimits(formats=frozenset(profile.picture_formats), side=profile.picture_longest)
        try:
            fitted = fit(name, MediaFile(lambda: staged.open("rb"), staged.stat().st_size), limits)
        except Rejected as error:
            raise Unfit(RULES["picture-format"], str(error)) from error
        with fitted.file.open() as source:
            data = source.read()
        width, height = _pixels(data)
        if width < profile.picture_width or height < profile.picture_height:
            least = f"{profile.picture_width} x {profile.picture_height}"
            raise Unfit(RULES["picture-size"], f"it has {width} x {height} pixels, {least} are needed")
        staged.write_bytes(data)
        return fitted.mime, width, height


def _pixels(data: bytes) -> tuple[int, int]:
    """Return a picture's size; what cannot be told is nothing."""
    from PIL import Image  # noqa: PLC0415 - an extra, and slow to import

    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.size
    except (OSError, ValueError, SyntaxError):
        return 0, 0


def _copy(file: MediaFile, staged: Path) -> None:
    """Copy a medium's bytes; raises MediaMissing when they cannot be read or are not as many as the source says."""
    try:
        source = file.open()
    except OSError as error:
        raise MediaMissing(f"its file cannot be opened: {error.strerror or error}") from error
    with source, staged.open("xb") as target:
        shutil.copyfileobj(source, target, BLOCK)
        size = target.tell()
    if size != file.size:
        raise MediaMissing(f"the file has {size} bytes where its source says {file.size}")
