"""The overview: where every pair stands, at one moment."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from adapters.contracts.overview import Overview, Standing, Turn
from adapters.contracts.runs import PairRecord
from adapters.stores.sql.claiming import DAY
from adapters.stores.sql.runs import WAITS, every_pair, past
from adapters.stores.sql.tables import jobs, paces, pauses, runs

Facts = defaultdict[tuple[str, str], dict[str, Any]]
"""By source and destination: fields of a `Standing`."""
_PAIR = (jobs.c.source_id, jobs.c.destination_id)


def overview(connection: Connection, now: datetime, limit: int) -> Overview:
    """Return where every pair stands, each with so many of its last runs."""
    facts: Facts = defaultdict(dict)
    _waiting(connection, facts)
    _dead(connection, facts)
    _begun(connection, now, facts)
    _last_runs(connection, facts)
    left_alone = _left_alone(connection, now)
    pairs = [_standing(connection, pair, facts, left_alone, limit) for pair in every_pair(connection)]
    busy = connection.execute(select(paces).where(paces.c.next_at > now).order_by(paces.c.account))
    return Overview(at=now, pairs=tuple(pairs), turns=tuple(Turn(account=row.account, at=row.next_at) for row in busy))


def _standing(
    connection: Connection, pair: PairRecord, facts: Facts, left_alone: dict[str, datetime], limit: int
) -> Standing:
    """Return where one pair stands."""
    ended = past(connection, pair.source_id, pair.destination_id, limit, 0)
    delivered = next((run for run in ended if run.delivered), None)
    if delivered is None and len(ended) == limit:
        # A quiet pair: it has delivered before all these.
        delivered = next(iter(past(connection, pair.source_id, pair.destination_id, 1, 1)), None)
    mine = facts[pair.source_id, pair.destination_id]
    if ended and ended[0].run_id == mine.get("last_run") and not mine["last_ended"]:
        mine["last_ended"] = ended[0].ended if ended[0].ended == WAITS else ""
    return Standing(
        pair=pair,
        past=tuple(ended),
        delivered_at=delivered.at if delivered else None,
        left_alone_until=left_alone.get(pair.destination_id),
        **mine,
    )


def _waiting(connection: Connection, facts: Facts) -> None:
    """Tell how many jobs of each pair are open, since when, and when the first may go on."""
    numbers = (func.count(), func.min(jobs.c.created_at), func.min(jobs.c.due_at))
    for source, place, number, since, due in connection.execute(
        select(*_PAIR, *numbers).where(jobs.c.due_at.is_not(None)).group_by(*_PAIR)
    ):
        facts[source, place] |= {"waiting": number, "waiting_since": since, "due": due}


def _dead(connection: Connection, facts: Facts) -> None:
    """Tell how many dead letters each pair has, by reason."""
    for source, place, reason, number in connection.execute(
        select(*_PAIR, jobs.c.reason, func.count()).where(jobs.c.reason.is_not(None)).group_by(*_PAIR, jobs.c.reason)
    ):
        facts[source, place].setdefault("dead", {})[reason] = number


def _begun(connection: Connection, now: datetime, facts: Facts) -> None:
    """Tell how many deliveries of each pair were begun in the last day."""
    lately = (jobs.c.spent_at.is_not(None), jobs.c.spent_at > now - DAY)
    for source, place, number in connection.execute(select(*_PAIR, func.count()).where(*lately).group_by(*_PAIR)):
        facts[source, place]["begun_in_day"] = number


def _last_runs(connection: Connection, facts: Facts) -> None:
    """Tell which run of each pair began last."""
    pair = (runs.c.source_id, runs.c.destination_id)
    last = select(*pair, func.max(runs.c.begun_at).label("begun_at")).group_by(*pair).subquery()
    same = and_(*(runs.c[name] == last.c[name] for name in ("source_id", "destination_id", "begun_at")))
    for run in connection.execute(select(runs).join(last, same)).mappings():
        facts[run["source_id"], run["destination_id"]] |= {
            "last_run": run["run_id"],
            "last_began": run["begun_at"],
            "last_ended": run["ended"],
        }


def _left_alone(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Return until when places are left alone."""
    told = select(pauses.c.destination_id, pauses.c.until).where(pauses.c.until > now)
    return {row.destination_id: row.until for row in connection.execute(told)}
