"""Publish an archive to a webhook."""

from tasks.cli import main
from tasks.flow import Ended, carry, flow
from tasks.options import PublishOptions
from tasks.places.webhook import Webhook
from tasks.sources.local import Archive


@flow(name="local-to-webhook")
def local_to_webhook(source: Archive, place: Webhook, options: PublishOptions) -> Ended:
    """Publish an archive that the pack has made earlier to a webhook, each item as one signed JSON POST.

    What the archive's own source has sent there is not sent again. The first run sends nothing that is older than
    itself, unless from_beginning or since is given.
    """
    return carry(source, place, options)


if __name__ == "__main__":
    main(local_to_webhook)
