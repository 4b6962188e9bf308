"""An upload whose worker is killed again and again: each new process goes on from the byte that YouTube holds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.jobs import Action, Descriptor, Job, State, job_key
from adapters.contracts.ports import MediaFile
from adapters.contracts.version import stamp
from adapters.media import FolderMediaStore
from adapters.stores.sql import SqlJobStore, engine_of
from tests.exports import ROOT
from tests.servers.youtube import YouTube

MIB = 1 << 20
PLACE = "youtube:UCemulated0000000000000"


@pytest.mark.parametrize(
    ("size", "chunk", "kills"),
    [(6 * MIB + 7, MIB // 4, 5), pytest.param(200 * MIB + 7, 2 * MIB, 20, marks=pytest.mark.long)],
)
def test_killed_uploads_go_on(tmp_path, size, chunk, kills):
    """One session, one video, whole; no byte sent twice beyond a chunk a kill; memory does not grow with the file."""
    server = YouTube(tmp_path, pause=0.02 if size < 10 * MIB else 0.01)
    try:
        key, digest = record(tmp_path, size)
        peaks = [killed(tmp_path, server, chunk, size * n // (kills + 2)) for n in range(1, kills + 1)]
        last = start(tmp_path, server, chunk)
        assert last.wait(600) == 0
        store = SqlJobStore.open(engine_of(f"sqlite:///{tmp_path / 'jobs.db'}"))
        assert store.get(key).state is State.DONE
        store.close()
        (made,) = server.effects("insert")
        assert (made["sha256"], made["size"]) == (digest, size)
        assert len(server.state()["sessions"]) == 1
        sent = sum(line["received"] for line in server.requests() if line["method"] == "PUT")
        assert size <= sent <= size + kills * chunk
        assert max(peaks) < 160 * MIB
    finally:
        server.stop()


def record(folder, size):
    """Keep a video of random bytes and a job for it; returns the job's key and the video's digest."""
    path = folder / "video.mp4"
    chance = random.Random(7)
    with path.open("wb") as file:
        for left in range(size, 0, -MIB):
            file.write(chance.randbytes(min(MIB, left)))
    medium = Media(kind=MediaKind.VIDEO, name="video.mp4", mime="video/mp4", size=size, ref="video.mp4")
    kept = FolderMediaStore(folder / "media").keep(medium, MediaFile(lambda: path.open("rb"), size, path))
    item = stamp(ContentItem(id="kit:1/1", published_at=datetime.now(UTC), text="a film", media=(kept,)), "kit")
    key = job_key(PLACE, item.id, 1)
    descriptor = Descriptor(source_id="kit:1", destination_id=PLACE)
    job = Job(key=key, descriptor=descriptor, item_id=item.id, revision=1, action=Action.CREATE, item=item)
    store = SqlJobStore.open(engine_of(f"sqlite:///{folder / 'jobs.db'}"))
    store.create([job.model_copy(update={"version": item.version})])
    store.close()
    return key, kept.sha256


def start(folder, server, chunk):
    """Start a worker."""
    child = Path(__file__).with_name("youtube_child.py")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, str(child), str(folder), server.base, str(chunk)], env=environment)


def killed(folder, server, chunk, at):
    """Start a worker and kill it when YouTube holds that many bytes; returns the most memory it took, in bytes."""
    process = start(folder, server, chunk)
    deadline = time.monotonic() + 300
    while sum(session["held"] for session in server.state()["sessions"].values()) < at:
        assert time.monotonic() < deadline, "nothing gets on"
        assert process.poll() is None, f"it has ended before it was killed: {server.state()['sessions']}"
        time.sleep(0.01)
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    process.kill()
    process.wait()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) << 10
