"""Carry a Telegram channel into a database."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.sql import Sql
from tasks.sources.telegram import Telegram


@flow(name="telegram-to-sql")
def telegram_to_sql(source: Telegram, place: Sql, options: BulkOptions) -> Ended:
    """Carry a Telegram channel into a database: SQLite or PostgreSQL, with tables made for queries.

    Run it again at any time: it goes on where it was, with what is new, edited and deleted.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_to_sql)
