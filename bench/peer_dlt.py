"""dlt carrying the same export, with merge where there is a key to merge by: jsonl|sqlite|postgres EXPORT PLACE."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The peers' environment has dlt; this module's folder must not stand in for a package of its.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

import dlt  # noqa: E402
import orjson  # noqa: E402

PAGE = 1000


def messages(export: str) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of messages; nested lists stay one column, as in the pack's own tables."""
    every = orjson.loads(Path(export, "result.json").read_bytes())["messages"]
    for at in range(0, len(every), PAGE):
        yield every[at : at + PAGE]


def main(mode: str, export: str, place: str) -> None:
    """Carry it once."""
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    resource = dlt.resource(
        messages(export),
        name="messages",
        primary_key="id",
        write_disposition="append" if mode == "jsonl" else "merge",
        max_table_nesting=0,
    )
    if mode == "jsonl":
        destination = dlt.destinations.filesystem(f"file://{place}")
    elif mode == "sqlite":
        destination = dlt.destinations.sqlalchemy(f"sqlite:///{place}.db")
    else:
        scheme, _, rest = place.partition("://")
        user, _, where = rest.partition("@")
        destination = dlt.destinations.postgres(f"{scheme}://{user}:{os.environ['PGPASSWORD']}@{where}")
    pipeline = dlt.pipeline(
        f"bench_{mode}", destination=destination, dataset_name="bench", pipelines_dir=str(Path.cwd() / "dlt-work")
    )
    pipeline.run(resource, **({"loader_file_format": "jsonl"} if mode == "jsonl" else {}))


if __name__ == "__main__":
    main(*sys.argv[1:])
