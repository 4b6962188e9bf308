"""The store's time: one clock for all who share it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Connection, DateTime, func, select

Clock = Callable[[], datetime]


def moment(connection: Connection, clock: Clock | None) -> datetime:
    """Return the present in UTC: the given clock's, PostgreSQL's own, or for SQLite this machine's, its only one."""
    if clock is not None:
        return clock().astimezone(UTC)
    if connection.dialect.name == "postgresql":
        told = connection.scalar(select(func.clock_timestamp(type_=DateTime(timezone=True))))
        return cast("datetime", told).astimezone(UTC)
    return datetime.now(UTC)
