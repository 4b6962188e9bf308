"""Publish a public Telegram channel's web preview on a VK wall."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.vk import Vk
from tasks.sources.telegram_web import TelegramWeb


@flow(name="telegram-web-to-vk")
def telegram_web_to_vk(source: TelegramWeb, place: Vk, options: PublishOptions) -> Ended:
    """Publish a public Telegram channel, as t.me shows it to everybody, on the wall of a VK community or user.

    The first run sends nothing that is older than itself, unless from_beginning or since is given. Look first with
    dry_run: it shows each post as it would appear, and what would be lost.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_web_to_vk)
