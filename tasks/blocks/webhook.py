"""Webhook: the secret that requests are signed with."""

from __future__ import annotations

from typing import Self

from pydantic import HttpUrl, SecretStr

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.standing import Standing
from tasks.blocks.credentials import PICTURES, Credentials, is_filled, variable

SECRET = "SYNDICATE_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
ENOUGH = 16
"""Bytes; Standard Webhooks wants 24 to 64, and less than this can be guessed."""


class WebhookCredentials(Credentials):
    """The secret by which a webhook knows that a request is ours, as Standard Webhooks describes it.

    Example:
        ```python
        from tasks.blocks import WebhookCredentials

        credentials = WebhookCredentials.load("BLOCK_NAME")
        print(credentials.check())
        ```
    """

    _block_type_name = "Syndicate Webhook Credentials"
    _block_type_slug = "syndicate-webhook"
    _logo_url = HttpUrl(f"{PICTURES}/webhook.png")
    _documentation_url = HttpUrl("https://www.standardwebhooks.com")
    service = "webhook"

    secret: SecretStr
    """The signing secret: whsec_ and base64, or any text; the far side has the same."""

    @classmethod
    def from_environment(cls) -> Self | None:
        """Return what SYNDICATE_WEBHOOK_SECRET holds."""
        secret = variable(SECRET)
        return cls(secret=SecretStr(secret)) if secret else None

    def check(self) -> Standing:
        """Prove that the secret can sign. Nobody is asked: a request for trial would be one more delivery."""
        from adapters.destinations.webhook import WebhookDestination, WebhookSettings

        if not is_filled(self.secret):
            raise ConfigurationError("the signing secret is empty: fill it in, or leave the block out")
        trial = WebhookDestination(WebhookSettings(url="https://example.org", name="check"), self.secret)
        trial.check()
        trial.close()
        can = "signs requests; whether the far side has the same secret, only a delivery tells"
        if len(self.secret.get_secret_value()) < ENOUGH:
            return Standing(can, f"it is short enough to be guessed: take one of at least {ENOUGH} bytes at both ends")
        return Standing(can)
