"""Holds: a named thing is one owner's until he lets it go, or until his time is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.contracts.store import Holder
from adapters.stores.sql.tables import EPOCH, holds


def take(connection: Connection, now: datetime, name: str, owner: str, until: datetime) -> Holder | None:
    """Take a thing, or keep it; returns who has it where that is somebody else."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    nobodys = {"name": name, "owner": "", "since": EPOCH, "until": EPOCH}
    connection.execute(make(holds).values(**nobodys).on_conflict_do_nothing())
    mine = holds.c.name == name
    row = connection.execute(select(holds).where(mine).with_for_update()).mappings().one()
    if row["owner"] != owner and row["until"] > now:
        return Holder(row["owner"], row["since"], row["until"])
    since = row["since"] if row["owner"] == owner and row["until"] > now else now
    connection.execute(update(holds).where(mine).values(owner=owner, since=since, until=until))
    return None


def let_go(connection: Connection, name: str, owner: str) -> None:
    """Forget that an owner has a thing."""
    connection.execute(delete(holds).where(holds.c.name == name, holds.c.owner == owner))
