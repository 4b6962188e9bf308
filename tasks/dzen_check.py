"""The check of a feed by Dzen's rules: fetches it, shows the findings, and ends its flow run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import State
from prefect.artifacts import create_table_artifact
from prefect.states import Completed, Failed

from adapters.contracts.errors import ConfigurationError
from adapters.http import Client, classify
from tasks.report import FACE

DEADLINE = 60.0
"""Seconds for fetching a feed; Dzen itself is said to wait for ten."""
NEEDED = "this needs lxml: pip install -e '.[dzen]'"


def check_feed(feed: str, *, text_min: int, days: float, max_items: int) -> State[Any]:
    """Judge a feed and return the state that the run ends in; raises ConfigurationError where there is none."""
    try:
        from adapters.destinations.dzen import Profile  # noqa: PLC0415 - an extra
        from adapters.destinations.dzen.check import LARGEST, check  # noqa: PLC0415
        from adapters.destinations.dzen.rules import RULES  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(NEEDED) from error
    profile = Profile(text_min=text_min, days=days, max_items=max_items)
    judged = check(read(feed, LARGEST), profile, datetime.now(UTC))
    rows = [
        {
            "rule": one.rule,
            "weight": RULES[one.rule].weight,
            "where": one.where,
            "how": one.how,
            "sure": RULES[one.rule].sure,
            "source": RULES[one.rule].source,
        }
        for one in sorted(judged.findings, key=lambda one: RULES[one.rule].weight)
    ]
    warnings = len(rows) - judged.refused
    line = f"{judged.items:,} items; Dzen would refuse {judged.refused:,} things, {warnings:,} warnings"
    face = FACE.get()
    if face is not None:
        face.show_findings(rows, line)
        face.exit_code = 2 if judged.refused else 0
    if rows:
        create_table_artifact(rows, key="dzen-check", description=line)
    return Failed(message=line) if judged.refused else Completed(message=line, data=rows)


def read(feed: str, largest: int) -> bytes:
    """Return a feed's bytes from its file or its address, a little more than the largest at most."""
    if not feed.startswith(("http://", "https://")):
        try:
            with Path(feed).expanduser().open("rb") as file:
                return file.read(largest + 1)
        except OSError as error:
            raise ConfigurationError(f"{feed} cannot be read: {error.strerror}; name a file or an address") from error
    client = Client(longest=largest)
    try:
        answer = client.get(feed, headers={"User-Agent": "prefect-syndicate"}, deadline=DEADLINE)
    finally:
        client.close()
    if (trouble := classify(answer, "the feed")) is not None:
        raise ConfigurationError(str(trouble))
    return answer.body
