"""The media store of jobs: bytes kept once by their content, where every worker reaches them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import Media
from adapters.contracts.ports import MediaFile, MediaMissing

BLOCK = 1 << 20


@dataclass(frozen=True)
class FolderMediaStore:
    """Media in a folder: `<root>/ab/ab12…`, named by the SHA-256 of their bytes."""

    root: Path

    def keep(self, media: Media, file: MediaFile) -> Media:
        """Copy a medium's bytes, or find them kept already; returns it with its `sha256`.

        The copy is complete before it has its name: a crash leaves a temporary file, never half a medium. Raises
        MediaMissing when the bytes end before the size their source tells, and ConfigurationError when they cannot be
        read or kept.
        """
        try:
            return self._kept(media, file)
        except OSError as error:
            what = f"{error.strerror or error} ({error.filename})" if error.filename else error.strerror or error
            raise ConfigurationError(
                f"the media of jobs cannot be kept in {self.root}: {what}; make room there or mend the folder's rights "
                "and run again: nothing is lost"
            ) from error

    def _kept(self, media: Media, file: MediaFile) -> Media:
        """Keep a medium; raises OSError."""
        self.root.mkdir(parents=True, exist_ok=True)
        temporary = self.root / f".{uuid4().hex}.tmp"
        digest, size = hashlib.sha256(), 0
        try:
            with temporary.open("wb") as target:
                for block in _blocks(media, file):
                    digest.update(block)
                    size += len(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            if size != file.size:
                raise MediaMissing(f"{media.name or media.ref}: {size:,} of {file.size:,} bytes could be read")
            path = self._path(digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return media.model_copy(update={"sha256": digest.hexdigest()})

    def media(self, media: Media) -> MediaFile:
        """Find a kept medium; raises MediaMissing."""
        path = self._path(media.sha256)
        try:
            size = path.stat().st_size
        except OSError:
            raise MediaMissing(f"{media.name or media.kind} was not kept") from None
        return MediaFile(open=lambda: path.open("rb"), size=size, path=path)

    def _path(self, sha256: str) -> Path:
        """Return where a digest's bytes lie."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):  # noqa: PLR2004 - SHA-256 in hex
            raise MediaMissing("a medium that nobody kept")
        return self.root / sha256[:2] / sha256


def _blocks(media: Media, file: MediaFile) -> Iterator[bytes]:
    """Yield a medium's bytes; what goes wrong in reading them is its source's trouble."""
    try:
        with file.open() as source:
            while block := source.read(BLOCK):
                yield block
    except OSError as error:
        raise ConfigurationError(
            f"{media.name or media.ref} cannot be read: {error.strerror or error}; mend that and run again: nothing is "
            "lost"
        ) from error
