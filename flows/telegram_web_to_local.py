"""Carry a public Telegram channel's web preview into an archive on this machine."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import BulkOptions
from tasks.places.local import Local
from tasks.sources.telegram_web import TelegramWeb


@flow(name="telegram-web-to-local")
def telegram_web_to_local(source: TelegramWeb, place: Local, options: BulkOptions) -> Ended:
    """Carry a public Telegram channel, as t.me shows it to everybody, into an archive on this machine.

    No account and no key is needed. The first run reads the whole channel, about twenty posts a second; later ones read
    what is new, and the newest posts again.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_web_to_local)
