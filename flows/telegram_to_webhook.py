"""Publish a Telegram channel to a webhook."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.webhook import Webhook
from tasks.sources.telegram import Telegram


@flow(name="telegram-to-webhook")
def telegram_to_webhook(source: Telegram, place: Webhook, options: PublishOptions) -> Ended:
    """Publish a Telegram channel to a webhook, each item as one signed JSON POST.

    The first run sends nothing that is older than itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_to_webhook)
