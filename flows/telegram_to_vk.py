"""Publish a Telegram channel on a VK wall."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.vk import Vk
from tasks.sources.telegram import Telegram


@flow(name="telegram-to-vk")
def telegram_to_vk(source: Telegram, place: Vk, options: PublishOptions) -> Ended:
    """Publish a Telegram channel on the wall of a VK community or user, as it is written.

    The first run sends nothing that is older than itself, unless from_beginning or since is given. Look first with
    dry_run: it shows each post as it would appear, and what would be lost.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_to_vk)
