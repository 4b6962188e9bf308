"""Pictures as a place takes them: left as they are where they fit, else turned upright, made smaller, re-encoded.

Pillow does the work; it is an extra (`pip install -e '.[pictures]'`) and is imported when a picture is looked at.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.ports import MediaFile
from adapters.media import in_memory, type_of

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 120_000_000
"""More are not decoded: a small file can unfold to gigabytes."""
QUALITIES = (92, 85, 75)
SHRINK = 0.75
"""By how much a picture that is too large in bytes at any quality is made smaller, again and again."""
STILL = "an animation is a still picture"
SMALLER = "a picture is smaller than at its source"


@dataclass(frozen=True)
class PictureLimits:
    """What pictures a place takes; None: no limit known."""

    formats: frozenset[str]
    """MIME types, of `image/jpeg` and `image/png` at least one."""
    size: int | None = None
    """Bytes."""
    side: int | None = None
    """Pixels of the longer side."""
    sides: int | None = None
    """Pixels of width and height together."""
    ratio: float | None = None
    """Longer side by shorter side."""

    def scale(self, width: int, height: int) -> float:
        """Return by how much a picture has to be made smaller; 1 for one that fits."""
        by_side = self.side / max(width, height) if self.side else 1.0
        by_sides = self.sides / (width + height) if self.sides else 1.0
        return min(1.0, by_side, by_sides)


@dataclass(frozen=True)
class Fitted:
    """A picture that fits, and what it has lost."""

    file: MediaFile
    mime: str
    losses: tuple[str, ...] = ()


def fit(name: str, file: MediaFile, limits: PictureLimits) -> Fitted:
    """Return a picture within the limits, without the metadata (position, camera) of one that has any.

    What is within the limits and has none is returned as it is, byte by byte; so is one of an accepted type that
    cannot be decoded here, for its place to judge. Raises Rejected for what is no picture, or has no way to fit.
    """
    mime = type_of(file)
    if not mime.startswith("image/"):
        raise Rejected(f"{name} is no picture, whatever its name says ({mime or 'of an unknown type'})")
    fits = mime in limits.formats and (limits.size is None or file.size <= limits.size)
    with file.open() as stream:
        image = _opened(name, stream)
        if image is None and fits:
            return Fitted(file, mime)
        if image is None:
            raise Rejected(f"{name}: {mime} of {file.size:,} bytes is not taken as it is, and cannot be decoded here")
        width, height = image.size
        if limits.ratio and max(width, height) > limits.ratio * min(width, height):
            raise Rejected(f"{name}: {width} by {height} pixels is too narrow, {limits.ratio:g} to 1 is allowed")
        if fits and limits.scale(width, height) == 1 and not image.getexif():
            return Fitted(file, mime)
        return _encoded(name, image, limits)


def _opened(name: str, stream: object) -> Image | None:
    """Open a picture without decoding it; None for one that Pillow does not understand."""
    try:
        from PIL import Image as pillow  # noqa: PLC0415, N813 - an extra, and slow to import
    except ImportError as error:
        raise ConfigurationError("pictures need Pillow: pip install -e '.[pictures]'") from error
    try:
        with warnings.catch_warnings():
            # Our own limit is checked below, on the header alone.
            warnings.simplefilter("ignore", pillow.DecompressionBombWarning)
            image: Image = pillow.open(stream)  # type: ignore[arg-type]
    except pillow.DecompressionBombError:
        raise Rejected(f"{name}: a picture with too many pixels to be decoded") from None
    except (OSError, ValueError, SyntaxError):
        return None
    if image.width * image.height > MOST_PIXELS:
        raise Rejected(f"{name}: {image.width} by {image.height} pixels are too many to be decoded")
    return image


def _encoded(name: str, image: Image, limits: PictureLimits) -> Fitted:
    """Decode, turn upright, make smaller and encode a picture; its colour profile stays, all other metadata goes."""
    losses = [STILL] if getattr(image, "n_frames", 1) > 1 else []
    try:
        upright = _upright(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise Rejected(f"{name}: the picture cannot be decoded ({error})") from error
    scale = limits.scale(*upright.size)
    while True:
        size = tuple(max(1, math.floor(side * scale)) for side in upright.size)
        small = upright if scale == 1 else upright.resize((size[0], size[1]))
        for data, mime in _encodings(small, limits.formats):
            if limits.size is None or len(data) <= limits.size:
                losses += [SMALLER] if scale < 1 else []
                return Fitted(in_memory(data), mime, tuple(losses))
        scale *= SHRINK
        if min(size) == 1:
            raise Rejected(f"{name}: the picture cannot be made small enough for {limits.size:,} bytes")


def _upright(image: Image) -> Image:
    """Decode a picture as it is meant to be seen: turned as its metadata says, in RGB or RGBA."""
    from PIL import ImageOps  # noqa: PLC0415 - an extra

    turned = ImageOps.exif_transpose(image)
    alpha = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
    mode = "RGBA" if alpha else "RGB"
    made = turned if turned.mode == mode else turned.convert(mode)
    # A profile of the colour space that was left behind describes nothing any more.
    profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA"} else None
    made.info = {"icc_profile": profile} if profile else {}
    return made


def _encodings(image: Image, formats: frozenset[str]) -> Iterator[tuple[bytes, str]]:
    """Yield a picture's encodings, the best first; transparency, where none can carry it, lies on white."""
    from PIL import Image as pillow  # noqa: PLC0415, N813 - an extra

    profile = image.info.get("icc_profile")
    if "image/png" in formats and (image.mode == "RGBA" or "image/jpeg" not in formats):
        yield _saved(image, "PNG", icc_profile=profile, optimize=True), "image/png"
    if "image/jpeg" in formats:
        flat = image
        if image.mode == "RGBA":
            flat = pillow.new("RGB", image.size, "white")
            flat.paste(image, mask=image.getchannel("A"))
        for quality in QUALITIES:
            yield _saved(flat, "JPEG", icc_profile=profile, quality=quality, optimize=True), "image/jpeg"


def _saved(image: Image, name: str, **how: object) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    image.save(out, name, **how)
    return out.getvalue()
