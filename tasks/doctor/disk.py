"""Disks: the folders that runs write to, and the room there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tasks.credentials import MEDIA, home, media_folder
from tasks.doctor.case import Case
from tasks.doctor.finding import Finding, ok, warn, wrong

ROOM = "SYNDICATE_DISK_FREE"
"""Megabytes that must be free where runs write; below ten times as many there is a warning."""
LEAST = 100
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "9p", "virtiofs"})
NETWORK_FUSE = ("fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.ceph")
MOUNTS = Path("/proc/self/mounts")


def check_folders(case: Case) -> Iterator[Finding]:
    """See that Prefect's state and the media of waiting jobs have a folder that takes files, and room."""
    del case
    yield from _folder("home", home(), "PREFECT_HOME", "Prefect's state and results cannot be kept")
    yield from _folder("media", media_folder(), MEDIA, "a publishing run keeps the files of its jobs there")
    temporary = Path(tempfile.gettempdir())
    yield from _room("disk", temporary, "TMPDIR", f"{temporary} takes files; ")


def network_of(file: Path, mounts: str = "") -> str:
    """Return the kind of network file system that a file lies on, empty where it is none or cannot be told.

    `mounts` is the text of /proc/self/mounts, read when it is left empty.
    """
    if not mounts:
        try:
            mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    where, best, kind = file.expanduser().absolute(), -1, ""
    for line in mounts.splitlines():
        _, point, found, *_ = [*line.split(" "), "", "", ""]
        folder = Path(point.replace("\\040", " "))
        # Of two mounts at one place the later one covers the other.
        if where.is_relative_to(folder) and len(folder.parts) >= best:
            best, kind = len(folder.parts), found
    return kind if kind in NETWORK or kind.startswith(NETWORK_FUSE) else ""


def _folder(check: str, folder: Path, setting: str, why: str) -> Iterator[Finding]:
    """Try to write where a folder is, or where it would be made."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as trial:
            trial.write(b"may a run write here?")
    except OSError as error:
        yield wrong(
            check,
            f"{folder} cannot be written to ({error.strerror})",
            why,
            f"chown -R $(whoami) {there}   # or name another folder: export {setting}=/path",
        )
        return
    made = "takes files" if folder.exists() else "is made by the first run"
    yield from _room(check, there, setting, f"{folder} {made}; ")


def _room(check: str, folder: Path, setting: str, before: str) -> Iterator[Finding]:
    """See how much is free."""
    least, free = int(os.environ.get(ROOM) or LEAST), shutil.disk_usage(folder).free >> 20
    if free >= 10 * least:
        yield ok(check, f"{before}{free:,} MB are free")
        return
    judged = warn if free >= least else wrong
    yield judged(
        check,
        f"{before}only {free:,} MB are free",
        "a run that cannot write stops, and what it fetched is fetched again",
        f"df -h {folder}   # make room, or name a larger disk: export {setting}=/path",
    )
