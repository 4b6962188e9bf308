"""Carry a Telegram channel into an archive on this machine."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.local import Local
from tasks.sources.telegram import Telegram


@flow(name="telegram-to-local")
def telegram_to_local(source: Telegram, place: Local, options: BulkOptions) -> Ended:
    """Carry a Telegram channel into an archive on this machine, as a signed-in account reads it.

    Run it again at any time: it goes on where it was, with what is new, edited and deleted.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_to_local)
