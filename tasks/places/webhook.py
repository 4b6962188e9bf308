"""A webhook as a pair's destination."""

from __future__ import annotations

from pydantic import SecretStr

from adapters.destinations.webhook import WebhookDestination, WebhookSettings
from tasks.groups import Place

SECRET = "SYNDICATE_WEBHOOK_SECRET"  # noqa: S105 - the variable's name


class Webhook(WebhookSettings, Place):
    """The webhook."""

    webhook_block: str = ""
    """The name of a Syndicate Webhook Credentials block; without one the secret comes from secret_block or
    SYNDICATE_WEBHOOK_SECRET."""
    secret_block: str = ""
    """The name of a Secret block with the signing secret; without one it comes from SYNDICATE_WEBHOOK_SECRET."""

    def open(self) -> WebhookDestination:
        """Return the adapter, with its secret if it has one."""
        settings = WebhookSettings(**self.model_dump(exclude={"webhook_block", "secret_block"}))
        return WebhookDestination(settings, self._secret())

    def _secret(self) -> SecretStr | None:
        """Return the signing secret from where it is named."""
        from tasks.credentials import loaded, secret

        if not self.webhook_block:
            return secret(SECRET, self.secret_block)
        from tasks.blocks.webhook import WebhookCredentials

        return loaded(WebhookCredentials, self.webhook_block).secret
