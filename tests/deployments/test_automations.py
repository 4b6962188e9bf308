"""Which crashes an automation answers, as Prefect's server decides it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from prefect.server.events.schemas.automations import EventTrigger
from prefect.server.events.schemas.events import ReceivedEvent

from deployments.automations import automations

WATCHER, PAIR, ALARM = uuid4(), uuid4(), uuid4()
LOOK, GIVEN_UP = "syndicate: a crashed run is taken up again", "syndicate: a run crashed and is given up"


def crash(deployment, count, pool="syndicate"):
    """Return the event of a run's crash."""
    return ReceivedEvent.model_validate(
        {
            "id": uuid4(),
            "occurred": datetime.now(UTC),
            "event": "prefect.flow-run.Crashed",
            "resource": {"prefect.resource.id": f"prefect.flow-run.{uuid4()}", "prefect.run-count": str(count)},
            "related": [
                {"prefect.resource.id": f"prefect.deployment.{deployment}", "prefect.resource.role": "deployment"},
                {
                    "prefect.resource.id": f"prefect.work-pool.{uuid4()}",
                    "prefect.resource.role": "work-pool",
                    "prefect.resource.name": pool,
                },
            ],
        }
    )


@pytest.mark.parametrize(
    ("event", "answers"),
    [
        (crash(PAIR, 1), {LOOK}),
        (crash(PAIR, 2), {LOOK}),
        (crash(PAIR, 3), {GIVEN_UP}),
        (crash(PAIR, 0), {GIVEN_UP}),
        (crash(PAIR, 1, pool="another"), set()),
        (crash(WATCHER, 1), set()),
        (crash(WATCHER, 3), {GIVEN_UP}),
    ],
)
def test_a_crash_starts_the_watcher_or_is_the_runs_last(event, answers):
    """A crash of the watcher itself starts no other, which might crash too."""
    made = {one.name: one.trigger.model_dump() for one in automations(ALARM, WATCHER, [PAIR, WATCHER])}
    assert {name for name, trigger in made.items() if EventTrigger.model_validate(trigger).covers(event)} == answers | (
        {"syndicate: a run without heartbeat is crashed"}
    )


def test_without_a_watcher_nothing_is_promised():
    """No automation names a deployment that is not there."""
    assert LOOK not in {one.name for one in automations(ALARM, None, [PAIR])}
