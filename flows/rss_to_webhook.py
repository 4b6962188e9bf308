"""Publish a feed to a webhook, each entry as one signed JSON POST."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.webhook import Webhook
from tasks.sources.rss import Rss


@flow(name="rss-to-webhook")
def rss_to_webhook(source: Rss, place: Webhook, options: PublishOptions) -> Ended:
    """Publish a feed to a webhook, each entry as one signed JSON POST.

    Run it as often as you like: a feed that has not changed costs one small request. The first run sends nothing that
    is older than itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(rss_to_webhook)
