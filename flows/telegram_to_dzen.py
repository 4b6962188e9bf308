"""Carry a Telegram channel into the feed that Dzen imports."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.dzen import Dzen
from tasks.sources.telegram import Telegram


@flow(name="telegram-to-dzen")
def telegram_to_dzen(source: Telegram, place: Dzen, options: BulkOptions) -> Ended:
    """Carry a Telegram channel into the RSS feed that Dzen imports.

    Run it every few hours: articles leave the feed after their days, and those that wait come in.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_to_dzen)
