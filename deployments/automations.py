"""The alarms, and what notices runs whose worker died: Prefect automations as code.

https://docs.prefect.io/v3/concepts/automations; for lost heartbeats
https://docs.prefect.io/v3/advanced/detect-zombie-flows. What the watcher's events say is `tasks/watch.py`'s, and what
becomes of crashed runs `tasks/crashes.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ActionTypes, ChangeFlowRunState, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound

from deployments.parts import MISSING, Drift, differences
from tasks.crashes import LOOKED, LOST, NO_SIGN, POOL, SIGN, TRIES
from tasks.watch import DEAD, RECOVERED, SILENT, TAKEN_UP

WATCHER = "watch/default"
UNWATCHED = f"{WATCHER} is not deployed: nobody takes crashed runs up again, nor notices silence and dead letters"
GONE = timedelta(minutes=20)
"""Without a look of the watcher for so long, nobody watches: it is scheduled every five minutes."""
TRIED_AGAIN = f"[{''.join(map(str, TRIES))}]"
"""Run counts at which a crash is followed by another try, as a pattern; any other crash is the run's last."""
ENDS = ("Completed", "Deferred", "Failed", "TimedOut", "Cancelled", "Cancelling", "Crashed")
RESTS = ("Scheduled", "AwaitingRetry", "AwaitingConcurrencySlot", "Late", "Paused", "Suspended", "Retrying")
PAGES = 200
"""Deployments asked for at once, the server's most."""

RUN = "{{ flow.name }} / {{ deployment.name }}, run {{ flow_run.name }}"
LINK = "{{ flow_run|ui_url or '' }}"
WHEN = "{{ event.occurred }}"


def automations(alarm: UUID | None, watcher: UUID | None, deployments: Sequence[UUID]) -> list[AutomationCore]:
    """Return every automation; without a block to notify through those that tell nobody, without a watcher not its."""
    told = [_failed(alarm), _given_up(alarm), *_noticed(alarm), _unwatched(alarm)] if alarm else []
    return [_zombies(deployments), *([_looked_at(watcher)] if watcher else []), *told]


def _zombies(deployments: Sequence[UUID]) -> AutomationCore:
    """Call a run crashed that gives no sign of life; its events name its deployment, and nothing of its pool."""
    mine = {"prefect.resource.role": "deployment", "prefect.resource.id": _ids(deployments)}
    trigger = EventTrigger(
        posture=Posture.Proactive,
        after={SIGN},
        expect={SIGN, *(f"prefect.flow-run.{name}" for name in (*ENDS, *RESTS))},
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        match_related=ResourceSpecification(mine),
        for_each={"prefect.resource.id"},
        within=LOST,
    )
    return AutomationCore(
        name="syndicate: a run without heartbeat is crashed",
        description="Without it a run whose machine died stays Running until the watcher's second look.",
        trigger=trigger,
        actions=[ChangeFlowRunState(name="Crashed", state=StateType.CRASHED, message=NO_SIGN)],
    )


def _looked_at(watcher: UUID) -> AutomationCore:
    """Have the watcher look when a run has crashed; another's, or its own crash would start the next one for ever.

    It takes the run up itself, by the run's state: an automation cannot ask for that, and what it sets may come late.
    """
    others = {"prefect.resource.role": "deployment", "prefect.resource.id": f"!prefect.deployment.{watcher}"}
    return AutomationCore(
        name="syndicate: a crashed run is taken up again",
        description="By the watcher, at once; twice at most: a run that crashes for the third time is given up.",
        trigger=_state("Crashed", {"prefect.run-count": TRIED_AGAIN}, others),
        actions=[RunDeployment(deployment_id=watcher)],
    )


def _given_up(alarm: UUID) -> AutomationCore:
    """Tell of a run that crashes again and again, or never began."""
    body = f"{RUN}\ncrashed at {WHEN}: {{{{ event.resource['prefect.state-message'] }}}}\n"
    body += "It is not taken up again by itself; the pair's next run goes on with what it left.\n"
    body += f"Next: look at the run's and the worker's log, mend the cause, then Retry. {LINK}"
    return AutomationCore(
        name="syndicate: a run crashed and is given up",
        trigger=_state("Crashed", {"prefect.run-count": f"!{TRIED_AGAIN}"}),
        actions=_notify(alarm, "crashed, given up: {{ flow_run.name }}", body),
    )


def _failed(alarm: UUID) -> AutomationCore:
    """Tell of a failed run: the state's message has the reason and the next step."""
    body = f"{RUN}\nfailed at {WHEN}: {{{{ event.resource['prefect.state-message'] }}}}\n{LINK}"
    return AutomationCore(
        name="syndicate: a run failed",
        trigger=_state("Failed", {}),
        actions=_notify(alarm, "failed: {{ flow_run.name }}", body),
    )


def _noticed(alarm: UUID) -> Iterable[AutomationCore]:
    """Tell what the watcher noticed; its events bring the words."""
    for event, of, name in (
        (TAKEN_UP, "run", "a crashed run was taken up again"),
        (SILENT, "pair", "a pair is silent"),
        (RECOVERED, "pair", "a silent pair delivers again"),
        (DEAD, "pair", "a pair has too many dead letters"),
    ):
        match = ResourceSpecification({"prefect.resource.id": f"syndicate.{of}.*"})
        trigger = EventTrigger(expect={event}, match=match, within=_AT_ONCE)
        yield AutomationCore(
            name=f"syndicate: {name}",
            trigger=trigger,
            actions=_notify(alarm, "{{ event.payload['subject'] }}", "{{ event.payload['body'] }}"),
        )


def _unwatched(alarm: UUID) -> AutomationCore:
    """Tell when the watcher itself has stopped looking."""
    trigger = EventTrigger(
        posture=Posture.Proactive,
        after={LOOKED},
        expect={LOOKED},
        match=ResourceSpecification({"prefect.resource.id": "syndicate.watch"}),
        for_each={"prefect.resource.id"},
        within=GONE,
    )
    minutes = f"{GONE.total_seconds() / 60:.0f} minutes"
    body = (
        f"Nobody has looked after the pairs for {minutes}: silence and dead letters go unnoticed, crashed runs stay\n"
    )
    body += "crashed, and it may well be that nothing runs at all.\n"
    body += f"Next: see whether a worker of the pool {POOL} is up (prefect work-pool inspect\n"
    body += f"{POOL}; systemctl status 'syndicate-*'), then at the runs of the deployment {WATCHER}."
    return AutomationCore(
        name="syndicate: the watcher is gone",
        trigger=trigger,
        actions=_notify(alarm, f"no look at the pairs for {minutes}", body),
    )


_AT_ONCE = timedelta(0)


def _state(name: str, labels: dict[str, str], *related: dict[str, str]) -> EventTrigger:
    """Return what fires for each run of the pool, with all of these related, that gets into a state."""
    pool = {"prefect.resource.role": "work-pool", "prefect.resource.name": POOL}
    return EventTrigger(
        expect={f"prefect.flow-run.{name}"},
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*", **labels}),
        match_related=[ResourceSpecification(one) for one in (pool, *related)],
        for_each={"prefect.resource.id"},
        within=_AT_ONCE,
    )


def _notify(alarm: UUID, subject: str, body: str) -> list[ActionTypes]:
    """Return the action that sends a message."""
    return [SendNotification(block_document_id=alarm, subject=f"syndicate: {subject}", body=body)]


def _ids(deployments: Sequence[UUID]) -> list[str]:
    """Return deployments as resources; with none there is nothing that matches."""
    return [f"prefect.deployment.{one}" for one in sorted(map(str, deployments))] or ["prefect.deployment.none"]


@dataclass(frozen=True)
class Alarms:
    """The automations of this pack."""

    client: SyncPrefectClient
    alarm: UUID | None
    kind: ClassVar[str] = "automation"

    def _wanted(self) -> dict[str, AutomationCore]:
        """Return the automations by name, for the deployments that are on the server now."""
        mine = WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
        ids: list[UUID] = []
        while page := self.client.read_deployments(work_pool_filter=mine, limit=PAGES, offset=len(ids)):
            ids += [one.id for one in page]
        return {one.name: one for one in automations(self.alarm, self._watcher(), ids)}

    def _watcher(self) -> UUID | None:
        """Return the id of the watcher's deployment, or None where it is not deployed."""
        try:
            return self.client.read_deployment_by_name(WATCHER).id
        except ObjectNotFound:
            return None

    def look(self) -> Drift:
        """Compare each automation."""
        return {name: self._differs(wanted) for name, wanted in self._wanted().items()}

    def _differs(self, wanted: AutomationCore) -> str:
        """Name what one automation has otherwise; switched off by somebody, it is as it should be."""
        found = self.client.read_automations_by_name(wanted.name)
        if not found:
            return MISSING
        if len(found) > 1:
            return f"differs: it is there {len(found)} times"
        names = ("description", "trigger", "actions")
        what = differences((name, _plain(wanted)[name], _plain(found[0])[name]) for name in names)
        return f"differs: {what}" if what else ""

    def make(self, names: Sequence[str]) -> None:
        """Make or replace these automations."""
        for name, wanted in self._wanted().items():
            if name not in names:
                continue
            found = self.client.read_automations_by_name(name)
            for one in found[1:]:
                self.client.delete_automation(one.id)
            if found:
                self.client.update_automation(found[0].id, _whole(wanted, enabled=found[0].enabled))
            else:
                self.client.create_automation(wanted)

    def note(self) -> str:
        """Say so where nobody watches; the blocks say when nobody is told."""
        return "" if self._watcher() else UNWATCHED


def _whole(automation: AutomationCore, *, enabled: bool) -> AutomationCore:
    """Return an automation with all said: Prefect's client leaves defaults out, and its server does not take that."""
    said = automation.model_dump(exclude={"owner_resource"}) | {"enabled": enabled}
    return AutomationCore.model_validate(said)


def _plain(automation: AutomationCore) -> dict[str, object]:
    """Return what makes an automation what it is, comparable: sets in order, nothing that the server adds."""
    plain = AutomationCore.model_validate(automation.model_dump()).model_dump(mode="json")
    trigger = plain["trigger"]
    for name in ("after", "expect", "for_each"):
        trigger[name] = sorted(trigger[name])
    return plain
