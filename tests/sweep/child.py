"""One run of a road without Prefect, as a process that may be killed, stopped or lied to at any system call.

Run it: python -m tests.sweep.child '{"road": "webhook", "folder": "…", …}', the fields of `Run` as JSON. It prints its
summary and ends with 0 when its work is done, with 1 and one line when it cannot be; any other end is a bug.

Without an argument it is a nursery: it has imported everything and forks a child for each line it reads, so that a
thousand runs do not import the pack a thousand times.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import tasks.bulk
from adapters.contracts.errors import SyndicateError
from adapters.contracts.ports import BulkDestination, PublishingDestination, SourceAdapter
from adapters.contracts.retry import RetryPolicy
from adapters.databases import engines
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.local.pages.site import Cuts
from adapters.destinations.sql import SqlDestination
from adapters.destinations.sql.session import DATABASE
from adapters.destinations.vk import VkDestination, VkSettings
from adapters.destinations.webhook import WebhookDestination, WebhookSettings
from adapters.media import FolderMediaStore
from adapters.sources.telegram_export import TelegramExportSource
from adapters.stores.sql import SqlJobStore, engine_of
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tasks.summary import Summary
from tests.destinations.vk_pair import whole
from tests.servers.vk import GROUP, USER_TOKEN
from tests.sweep import naive
from tests.sweep.content import posts

UNTRACED = 99
"""Exit code: nobody traced the child that was to be traced."""
POLICY = RetryPolicy(base=0.02, factor=2.0, jitter=0)


@dataclass(frozen=True)
class Run:
    """What one run is told."""

    road: str
    """"archive", "pages" (an archive with all its formats), "sql", "dzen", "webhook", "vk" or "naive"."""
    folder: str
    """Where the export, the archive, the media and a SQLite store lie, and `shift`: seconds the clock is fast."""
    state: int = 2
    """Which state of the source is carried, 1 or 2; for the webhook 3 and more: so many new posts."""
    store: str = ""
    """The store's URL; empty: SQLite in the folder."""
    url: str = ""
    """The webhook, or VK."""
    place: str = ""
    """The URL of the database that is carried into; empty: SQLite in the folder."""
    honours_key: bool = False
    per_second: float = 20.0
    """The account's pace at VK."""
    batch: int = 12
    """Items a commit of the archive."""
    run_id: str = "swept"
    parallel: int = 1
    """Jobs that are on their way at once."""
    lease: float = 60.0
    """Seconds that a claimed job belongs to its worker."""

    def arguments(self) -> list[str]:
        """Return the command that does this run in a process of its own."""
        return [sys.executable, "-m", "tests.sweep.child", json.dumps(asdict(self))]

    def told(self) -> dict[str, Any]:
        """Return what a nursery is told."""
        return asdict(self)

    def shift(self, seconds: float) -> None:
        """Set the clocks of everyone who works in this folder, those who are at it too."""
        (Path(self.folder) / "shift").write_text(str(seconds), encoding="ascii")


def run(told: Run) -> Summary:
    """Do the run in this process."""
    if told.road == "naive":
        return naive.run(Path(told.folder), told.state)
    folder = Path(told.folder)
    shift = folder / "shift"
    tasks.bulk.BATCH = told.batch

    def clock() -> datetime:
        """Return the time, moved for all who work in the folder."""
        return datetime.now(UTC) + timedelta(seconds=float(shift.read_text()) if shift.exists() else 0.0)

    store = SqlJobStore(engine_of(told.store or f"sqlite:///{folder / 'store.db'}"), clock)
    try:
        return ROADS[told.road](told, folder, store).run()
    finally:
        store.close()


def _bulk(told: Run, folder: Path, store: SqlJobStore) -> BulkRoad:
    """Build the road from an export into an archive, a database or a feed."""
    place: BulkDestination = LocalDestination(LocalSettings(archive=folder / "archive"))
    if told.road == "pages":
        place = LocalDestination(
            LocalSettings(archive=folder / "archive", formats=("jsonl", "markdown", "site")),
            Cuts(page=20, tag=2, segment=2),
        )
    if told.road == "dzen":
        profile = Profile(text_min=0)
        place = DzenDestination(
            DzenSettings(place=str(folder / "feed"), base_url="https://example.com", profile=profile)
        )
    if told.road == "sql":
        place = SqlDestination(partial(engines.engine_of, told.place or f"sqlite:///{folder / 'place.db'}", DATABASE))
    return BulkRoad(
        pair=f"export → {told.road}",
        source=TelegramExportSource(folder / f"export{told.state}", page_size=told.batch),
        destination=place,
        settings={},
        store=store,
        media=FolderMediaStore(folder / "media"),
        options=Options(deletes="mark" if told.road == "archive" else "follow"),
        engine=PlainEngine(POLICY),
        watcher=Watchers(),
        run_id=told.run_id,
    )


def _webhook(told: Run, folder: Path, store: SqlJobStore) -> PublishingRoad:
    """Build the road from a list to a webhook."""
    place = WebhookDestination(WebhookSettings(url=told.url, name="swept", honours_key=told.honours_key))
    return _publishing(told, folder, store, posts(folder, told.state), place)


def _vk(told: Run, folder: Path, store: SqlJobStore) -> PublishingRoad:
    """Build the road of a post with three photos and a video to VK; of a state of 3 or more, so many short posts."""
    (folder / "pid").write_text(str(os.getpid()), encoding="ascii")
    settings = VkSettings(community=GROUP, base_url=f"{told.url}/method", per_second=told.per_second)
    source = posts(folder, told.state) if told.state > 2 else whole(photos=3, more=False)
    return _publishing(told, folder, store, source, VkDestination(settings, SecretStr(USER_TOKEN)))


def _publishing(
    told: Run, folder: Path, store: SqlJobStore, source: SourceAdapter, place: PublishingDestination
) -> PublishingRoad:
    """Build a publishing road."""
    return PublishingRoad(
        pair=f"list → {told.road}",
        source=source,
        source_id=source.identity,
        destination=place,
        settings={},
        store=store,
        media=FolderMediaStore(folder / "media"),
        options=Options(from_beginning=True, deletes="follow", parallel=told.parallel),
        policy=POLICY,
        engine=PlainEngine(POLICY),
        watcher=Watchers(),
        run_id=told.run_id,
        lease=timedelta(seconds=told.lease),
    )


ROADS = {"webhook": _webhook, "vk": _vk, "archive": _bulk, "pages": _bulk, "sql": _bulk, "dzen": _bulk}


def work(told: Run) -> int:
    """Do a run and return its exit code."""
    try:
        summary = run(told)
    except SyndicateError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(summary.model_dump_json())
    # A sum that does not come out is a bug, not an error that a person could mend.
    return 3 if summary.errors else 0


def nurse() -> None:
    """Fork a child for each line; tell its process id, and once it has ended how: `os.waitstatus_to_exitcode`."""
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 2
            try:
                code = _forked(asked)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _forked(asked: dict[str, Any]) -> int:
    """Be the child: with files for its output, and traced from its first step if that is asked."""
    for name, number in (("output", 1), ("errors", 2)):
        os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    deadline = time.monotonic() + 20
    while asked["traced"] and re.search(r"^TracerPid:\s+0$", _status(), re.MULTILINE):
        if time.monotonic() > deadline:
            print("strace did not attach", file=sys.stderr)
            return UNTRACED
        time.sleep(0.005)
    # strace has taken hold; a moment later it also listens.
    time.sleep(0.02)
    try:
        return work(Run(**asked["told"]))
    except Exception:  # noqa: BLE001 - as Python itself would end
        traceback.print_exc()
        return 2


def _status() -> str:
    """Return what the kernel tells of this process."""
    return Path("/proc/self/status").read_text(encoding="ascii", errors="replace")


if __name__ == "__main__":
    sys.exit(work(Run(**json.loads(sys.argv[1]))) if sys.argv[1:] else nurse())
