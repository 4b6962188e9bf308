"""A worker that uploads what is due, as a process to be killed: youtube_child.py FOLDER BASE CHUNK."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from adapters.contracts.retry import RetryPolicy
from adapters.contracts.store import Queue
from adapters.destinations.youtube import Addresses, Credentials, YouTubeDestination, YouTubeSettings
from adapters.media import FolderMediaStore
from adapters.runner import DestinationRunner, Repeated
from adapters.stores.sql import SqlJobStore, engine_of

LEASE = timedelta(seconds=3)


def main(folder: Path, base: str, chunk: int) -> None:
    """Do all jobs until none is left."""
    store = SqlJobStore.open(engine_of(f"sqlite:///{folder / 'jobs.db'}"))
    credentials = Credentials(
        client_id="client-1", client_secret=SecretStr("client-secret-1"), refresh_token=SecretStr("refresh-1")
    )
    settings = YouTubeSettings(channel="UCemulated0000000000000", chunk=chunk)
    place = YouTubeDestination(settings, credentials, Addresses(base=base, token=f"{base}/token"))
    policy, media = RetryPolicy(), FolderMediaStore(folder / "media")
    runner = DestinationRunner(store, place, policy, media.media, Repeated(policy), "run", LEASE)
    queue, owner = Queue("kit:1", place.identity), uuid4().hex
    while store.next_due(queue) is not None:
        job = store.claim_next(queue, owner=owner, run_id="run", lease=LEASE)
        if job is None:
            time.sleep(0.05)
        else:
            runner.run(job)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
