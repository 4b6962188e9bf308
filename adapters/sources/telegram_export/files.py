"""Where an export lies: a result.json, its folder, or a zip of it; and its media, which never lead out of it."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.ports import MediaFile, MediaMissing

HOW = "in Telegram Desktop: Settings > Advanced > Export Telegram data, format JSON"


class ExportFiles:
    """The files of one export, by paths relative to its result.json."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None

    def locate(self) -> tuple[Path, str]:
        """Return the file to open, and the zip's member that is the result.json; raises ConfigurationError."""
        path = self.path
        if not path.exists():
            raise ConfigurationError(f"--export {path}: there is no such file or folder")
        if path.is_dir():
            result = path / "result.json"
            if result.is_file():
                return result, ""
            html = (path / "messages.html").exists()
            why = "holds an HTML export, which is for people only" if html else "holds no result.json"
            raise ConfigurationError(f"--export {path} {why}: export again as JSON ({HOW})")
        if zipfile.is_zipfile(path):
            names = [name for name in self._archive().namelist() if PurePosixPath(name).name == "result.json"]
            if not names:
                raise ConfigurationError(f"--export {path}: this zip holds no result.json ({HOW})")
            return path, min(names, key=len)
        return path, ""

    @contextmanager
    def open(self, offset: int = 0) -> Iterator[BinaryIO]:
        """Open the result.json at a byte; raises ConfigurationError when it cannot be read."""
        path, member = self.locate()
        try:
            if member:
                with self._archive().open(member) as stream:
                    stream.seek(offset)
                    yield cast("BinaryIO", stream)
            else:
                with path.open("rb", buffering=0) as raw:
                    raw.seek(offset)
                    yield cast("BinaryIO", raw)
        except PermissionError:
            raise ConfigurationError(f"--export {path} cannot be read: this user has no right to") from None
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise ConfigurationError(f"--export {path}: the zip is damaged ({error}); copy it again") from None

    def size(self) -> int:
        """Return the result.json's length in bytes."""
        path, member = self.locate()
        return self._archive().getinfo(member).file_size if member else path.stat().st_size

    def fingerprint(self) -> str:
        """Hash the result.json's bytes, and the other files' names, sizes and times: what may arrive later."""
        digest = hashlib.sha256()
        with self.open() as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        path, member = self.locate()
        if member:
            digest.update(repr(sorted((i.filename, i.file_size, i.CRC) for i in self._archive().infolist())).encode())
        elif self.path.is_dir() or path.name == "result.json":
            for line in _listing(path.parent):
                digest.update(line)
        return digest.hexdigest()

    def media(self, ref: str) -> MediaFile:
        """Find a medium inside the export; raises MediaMissing, also for a path that would lead out of it."""
        parts = PurePosixPath(ref.replace("\\", "/"))
        if not ref or "\0" in ref or parts.is_absolute() or ".." in parts.parts or ":" in str(parts).partition("/")[0]:
            raise MediaMissing(f"{ref[:80]!r} is no path inside the export")
        path, member = self.locate()
        return self._in_zip(member, parts) if member else _in_folder(path.parent, parts)

    def _in_zip(self, member: str, parts: PurePosixPath) -> MediaFile:
        """Find a medium among the zip's members."""
        archive = self._archive()
        try:
            info = archive.getinfo(str(PurePosixPath(member).parent / parts))
        except KeyError:
            raise MediaMissing(f"{parts} is not in the zip") from None
        return MediaFile(open=lambda: cast("BinaryIO", archive.open(info)), size=info.file_size)

    def _archive(self) -> zipfile.ZipFile:
        """Open the zip once."""
        if self._zip is None:
            try:
                self._zip = zipfile.ZipFile(self.path)
            except (OSError, zipfile.BadZipFile) as error:
                raise ConfigurationError(f"--export {self.path}: the zip cannot be read ({error})") from None
        return self._zip

    def close(self) -> None:
        """Close the zip."""
        if self._zip is not None:
            self._zip.close()
            self._zip = None


def _in_folder(root: Path, parts: PurePosixPath) -> MediaFile:
    """Find a medium in the export's folder; a link that leads out of it is not followed."""
    try:
        found = (root / parts).resolve(strict=True)
        if not found.is_relative_to(root.resolve()) or not found.is_file():
            raise MediaMissing(f"{parts} is no file inside the export")
        size = found.stat().st_size
    except (OSError, RuntimeError) as error:  # Python below 3.13 raises RuntimeError for links in a circle
        raise MediaMissing(
            f"{str(parts)[:80]} is not in the export's folder ({getattr(error, 'strerror', error)})"
        ) from None
    return MediaFile(open=lambda: found.open("rb"), size=size, path=found)


def _listing(root: Path) -> Iterator[bytes]:
    """Yield a line for each file below a folder, in a fixed order."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            try:
                status = (Path(folder) / name).stat()
            except OSError:
                continue
            yield f"{folder}/{name}|{status.st_size}|{status.st_mtime_ns}\n".encode(errors="replace")
