"""Carry a Telegram Desktop export into an archive on this machine."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.local import Local
from tasks.sources.telegram_export import TelegramExport


@flow(name="telegram-export-to-local")
def telegram_export_to_local(source: TelegramExport, place: Local, options: BulkOptions) -> Ended:
    """Carry a Telegram Desktop export into an archive on this machine.

    Run it again whenever there is a newer export: what is there already is left alone.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_export_to_local)
