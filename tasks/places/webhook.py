"""A webhook as a pair's destination."""

from __future__ import annotations

from adapters.destinations.webhook import WebhookDestination, WebhookSettings
from tasks.groups import Place

SECRET = "SYNDICATE_WEBHOOK_SECRET"  # noqa: S105 - the variable's name


class Webhook(WebhookSettings, Place):
    """The webhook."""

    secret_block: str = ""
    """The name of a Secret block with the signing secret; without one it comes from SYNDICATE_WEBHOOK_SECRET."""

    def open(self) -> WebhookDestination:
        """Return the adapter, with its secret if it has one."""
        from tasks.credentials import secret

        settings = WebhookSettings(**self.model_dump(exclude={"secret_block"}))
        return WebhookDestination(settings, secret(SECRET, self.secret_block))
