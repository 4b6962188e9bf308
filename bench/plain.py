"""The same roads without Prefect, a process a run: what is left is the pack's own work.

`--profile` shows where it goes: python -m bench.plain local|sql EXPORT PLACE [FORMAT …]
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from pathlib import Path

from adapters.contracts.ports import BulkDestination
from adapters.contracts.retry import RetryPolicy
from adapters.databases.engines import engine_of
from adapters.media import FolderMediaStore
from adapters.sources.telegram_export import TelegramExportSource
from adapters.stores.sql import SqlJobStore, sqlite_engine
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers

SHOWN = 45


def run(service: str, export: Path, place: str, formats: list[str]) -> None:
    """Run the road once."""
    home = Path(os.environ.get("PREFECT_HOME") or tempfile.mkdtemp())
    home.mkdir(exist_ok=True)
    store = SqlJobStore.open(sqlite_engine(home / "syndicate.db"))
    source = TelegramExportSource(export)
    road = BulkRoad(
        pair=f"telegram_export → {service}",
        source=source,
        destination=_place(service, place, formats),
        settings={},
        store=store,
        media=FolderMediaStore(home / "syndicate-media"),
        options=Options(),
        engine=PlainEngine(RetryPolicy()),
        watcher=Watchers(),
        run_id=os.urandom(8).hex(),
    )
    print(road.run().line)
    source.close()
    store.close()


def _place(service: str, place: str, formats: list[str]) -> BulkDestination:
    """Return the destination; each pays for its own libraries alone."""
    if service == "local":
        from adapters.destinations.local import LocalDestination, LocalSettings  # noqa: PLC0415

        return LocalDestination(LocalSettings.model_validate({"archive": place, "formats": formats}))
    from adapters.destinations.sql import SqlDestination  # noqa: PLC0415
    from adapters.destinations.sql.session import DATABASE  # noqa: PLC0415

    return SqlDestination(lambda: engine_of(place, DATABASE))


def main() -> None:
    """Run it, under the profiler where that is wanted."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("service", choices=("local", "sql"))
    asked.add_argument("export", type=Path)
    asked.add_argument("place")
    asked.add_argument("formats", nargs="*", default=["jsonl"])
    asked.add_argument("--profile", action="store_true")
    found = asked.parse_args()
    if not found.profile:
        run(found.service, found.export, found.place, found.formats)
        return
    profile = cProfile.Profile(time.process_time)
    profile.runcall(run, found.service, found.export, found.place, found.formats)
    pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)


if __name__ == "__main__":
    main()
