"""Publish a Telegram Desktop export to a webhook."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.webhook import Webhook
from tasks.sources.telegram_export import TelegramExport


@flow(name="telegram-export-to-webhook")
def telegram_export_to_webhook(source: TelegramExport, place: Webhook, options: PublishOptions) -> Ended:
    """Publish a Telegram Desktop export to a webhook, each item as one signed JSON POST.

    The first run sends nothing that is older than itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(telegram_export_to_webhook)
