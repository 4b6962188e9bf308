"""An export into a database: SQLite and PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence

import psycopg

from bench import ours
from bench.frame import Bar, Cost, Ground, Row, Side
from bench.ours import STARTED, net


def _postgres(ground: Ground) -> Sequence[str]:
    """Carry an export into a database of PostgreSQL."""
    url = ours.postgres(ground)
    _emptied(url, ground.environment["PGPASSWORD"])
    return ours.pair(ground, ground.export(ground.items), url)


def _limit(ground: Ground) -> Sequence[str]:
    """Do the least that PostgreSQL needs."""
    url = ours.postgres(ground)
    _emptied(url, ground.environment["PGPASSWORD"])
    return ground.limit("postgres", ground.export(ground.items), url, "messages")


def _dlt(ground: Ground) -> Sequence[str]:
    """Merge by dlt."""
    url = ours.postgres(ground)
    _emptied(url, ground.environment["PGPASSWORD"])
    return ground.peer("peer_dlt.py", "postgres", ground.export(ground.items), url)


def _emptied(url: str, password: str) -> None:
    """Drop whatever an earlier round has left in a database."""
    with psycopg.connect(url, password=password, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


SQLITE = Side(
    "export → SQLite", lambda ground: ours.pair(ground, ground.export(ground.items), ours.sqlite(ground, "sqlite"))
)
LIMIT_SQLITE = Side(
    "limit, SQLite", lambda ground: ground.limit("sqlite", ground.export(ground.items), ground.new("limit.sqlite"))
)
DLT_SQLITE = Side(
    "dlt, SQLite",
    lambda ground: ground.peer("peer_dlt.py", "sqlite", ground.export(ground.items), ground.new("dlt.sqlite")),
)
POSTGRES = Side("export → PostgreSQL", _postgres)
LIMIT_POSTGRES = Side("limit, PostgreSQL", _limit)
DLT_POSTGRES = Side("dlt, PostgreSQL", _dlt)


def _rate(side: Side, limit: Side) -> Callable[[Mapping[str, Cost]], float]:
    """Say how fast a side is: 1 is the limit."""
    return lambda costs: costs[limit.name].wall / net(costs, side.name).wall


def _peer(side: Side, limit: Side) -> Callable[[Mapping[str, Cost]], float]:
    """Say how fast a peer is, whose start counts: it has no server to start."""
    return lambda costs: costs[limit.name].wall / costs[side.name].wall


ROWS = (
    Row(
        "sqlite",
        "export → SQLite, speed of the limit's",
        (STARTED, SQLITE, LIMIT_SQLITE),
        _rate(SQLITE, LIMIT_SQLITE),
        Bar("at least 0.5", least=0.5),
        "wall",
    ),
    Row(
        "sqlite-dlt",
        "the same, dlt's with merge",
        (LIMIT_SQLITE, DLT_SQLITE),
        _peer(DLT_SQLITE, LIMIT_SQLITE),
        Bar("a peer"),
        "wall",
    ),
    Row(
        "postgres",
        "export → PostgreSQL, speed of the limit's",
        (STARTED, POSTGRES, LIMIT_POSTGRES),
        _rate(POSTGRES, LIMIT_POSTGRES),
        Bar("at least 0.6", least=0.6),
        "wall",
    ),
    Row(
        "postgres-dlt",
        "the same, dlt's with merge",
        (LIMIT_POSTGRES, DLT_POSTGRES),
        _peer(DLT_POSTGRES, LIMIT_POSTGRES),
        Bar("a peer"),
        "wall",
    ),
)
