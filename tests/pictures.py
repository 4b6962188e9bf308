"""Pictures made for tests: real ones, each of its own colour."""

from __future__ import annotations

import hashlib
import io

from PIL import Image


def picture(name, width=1200, height=800, kind="PNG"):
    """Return the bytes of a picture whose colour is made of its name."""
    colour = tuple(hashlib.sha256(name.encode()).digest()[:3])
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, kind)
    return file.getvalue()
