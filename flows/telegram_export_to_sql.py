"""Carry a Telegram Desktop export into a database."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.sql import Sql
from tasks.sources.telegram_export import TelegramExport


@flow(name="telegram-export-to-sql")
def telegram_export_to_sql(source: TelegramExport, place: Sql, options: BulkOptions) -> Ended:
    """Carry a Telegram Desktop export into a database: SQLite or PostgreSQL, with tables made for queries.

    Run it again whenever there is a newer export: what is there already is left alone.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_export_to_sql)
