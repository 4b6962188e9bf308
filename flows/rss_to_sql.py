"""Carry a feed into a database, SQLite or PostgreSQL."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.sql import Sql
from tasks.sources.rss import Rss


@flow(name="rss-to-sql")
def rss_to_sql(source: Rss, place: Sql, options: BulkOptions) -> Ended:
    """Carry a feed into a database, SQLite or PostgreSQL.

    Run it as often as you like: a feed that has not changed costs one small request. An entry that has left the feed
    stays.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(rss_to_sql)
