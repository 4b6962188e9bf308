"""Carry a Telegram Desktop export into the feed that Dzen imports."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.dzen import Dzen
from tasks.sources.telegram_export import TelegramExport


@flow(name="telegram-export-to-dzen")
def telegram_export_to_dzen(source: TelegramExport, place: Dzen, options: BulkOptions) -> Ended:
    """Carry a Telegram Desktop export into the RSS feed that Dzen imports.

    Run it every few hours: articles leave the feed after their days, and those that wait come in.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_export_to_dzen)
