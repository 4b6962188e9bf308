"""Destination: a webhook, each write as one signed JSON POST.

Signatures follow Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md); the
key travels as `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import orjson
from pydantic import ConfigDict, Field, SecretStr, field_validator

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.item import ContentItem, Model
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Grade, Rendered, Write
from adapters.http import Client, Response, classify, origin

MOST_AT_ONCE = 64
GONE = frozenset({404, 410})
SHORTEST_SECRET = 6
"""Characters; a shorter piece of an address is a word like `hook`."""


class WebhookSettings(Model):
    """Where a webhook is, under which name it is remembered, and what it is known to do with keys."""

    model_config = ConfigDict(hide_input_in_errors=True, use_attribute_docstrings=True)

    # May hold a secret in its path: never shown.
    url: str = Field(repr=False)
    """Where to POST."""
    name: str
    """The webhook's name: what was sent is remembered under it, whatever its URL."""
    honours_key: bool = False
    """Whether the far side drops a second request with the same Idempotency-Key."""
    key_life_hours: float = Field(default=24.0, gt=0)
    """How long the far side remembers a key, in hours."""

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        """Take what can stand in an identity."""
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
            raise ValueError("a name has 1 to 64 letters, digits, dots, dashes or underscores")
        return name

    @field_validator("url")
    @classmethod
    def _usable(cls, url: str) -> str:
        """Refuse what is no address, and passwords in it: addresses end in logs."""
        try:
            parts = urlsplit(url)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("this is no address: write https://host/path")
        if "@" in parts.netloc:
            raise ValueError("an address must hold no password; use SYNDICATE_WEBHOOK_SECRET")
        return url


class WebhookDestination:
    """A webhook. It DEDUPLICATES where it is said to honour the key, else it HOLDS."""

    service: ClassVar[str] = "webhook"
    limits: ClassVar[Limits] = Limits()

    def __init__(
        self, settings: WebhookSettings, secret: SecretStr | None = None, client: Client | None = None
    ) -> None:
        """Take settings and the signing secret: `whsec_` and base64, or any text."""
        self._settings = settings
        self._secret = secret
        self._client = client or Client()

    @property
    def identity(self) -> str:
        """`webhook:<name>`."""
        return f"webhook:{self._settings.name}"

    @property
    def grade(self) -> Grade:
        """What the far side is said to do."""
        return Grade.DEDUPLICATES if self._settings.honours_key else Grade.HOLDS

    @property
    def fallback(self) -> Grade:
        """Without a living key there is nothing to find a write by."""
        return Grade.HOLDS

    @property
    def key_life(self) -> timedelta | None:
        """The key's life, a twentieth taken off for clocks that differ."""
        return timedelta(hours=self._settings.key_life_hours) * 0.95 if self._settings.honours_key else None

    @property
    def settles_after(self) -> timedelta:
        """Nothing is looked up here."""
        return timedelta(0)

    @property
    def at_once(self) -> int:
        """A webhook names no number; this one keeps a process's threads and connections within bounds."""
        return MOST_AT_ONCE

    def check(self) -> None:
        """Prove that the secret can be used; nothing is sent to try the address."""
        self._signature("", 0, b"")

    def render(self, item: ContentItem) -> Rendered:
        """Show the JSON of a create."""
        losses = ("media are described, their bytes are not sent",) if item.media else ()
        return Rendered(orjson.dumps(content_of(item), option=orjson.OPT_INDENT_2).decode(), losses)

    def write(self, write: Write) -> Receipt:
        """POST one write; the receipt has the `id` and `url` of a JSON answer, else the item's own id."""
        body = orjson.dumps(self._body(write))
        key = quote(write.key, safe="!#$&'()*+,/:;=?@[]|~ ")
        headers = {
            "content-type": "application/json",
            "user-agent": "prefect-syndicate",
            "idempotency-key": key,
            **self._signature(key, int(time.time()), body),
        }
        response = self._client.send(
            "POST",
            self._settings.url,
            content=body,
            headers=headers,
            deadline=write.deadline,
            before_first_byte=write.sending,
            # A kept connection that has gone stale would make a doubt that nobody can settle.
            fresh=self.grade is Grade.HOLDS,
        )
        error = classify(response, f"{self.identity} at {origin(self._settings.url)}", self._secrets())
        if isinstance(error, Rejected) and write.action is Action.DELETE and response.status in GONE:
            error = None
        if error is not None:
            raise error
        return self._receipt(write, response)

    def find(self, write: Write, since: datetime) -> None:
        """Find nothing: a webhook cannot be asked."""
        del write, since

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _body(self, write: Write) -> dict[str, Any]:
        """Build what is sent; a delete has no item, a create no object yet."""
        body: dict[str, Any] = {"action": str(write.action), "key": write.key, "id": write.item_id}
        if write.held is not None:
            body["remote_id"] = write.held.remote_id
        if write.answers is not None:
            body["reply_to"] = write.answers.remote_id
        if write.item is not None and write.action is not Action.DELETE:
            body |= {"version": write.item.version, "item": content_of(write.item)}
        return body

    def _secrets(self) -> list[str]:
        """Return what no message may repeat: the signing secret, and the address's longer pieces."""
        parts = urlsplit(self._settings.url)
        pieces = re.split(r"[/?&=]", f"{parts.path}?{parts.query}")
        mine = [self._secret.get_secret_value()] if self._secret else []
        return mine + [piece for piece in pieces if len(piece) >= SHORTEST_SECRET]

    def _receipt(self, write: Write, response: Response) -> Receipt:
        """Read the answer; one that is no JSON object says only that all went well."""
        try:
            said = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            said = {}
        said = said if isinstance(said, dict) else {}
        held = write.held.remote_id if write.held else write.item_id
        return Receipt(
            remote_id=str(said.get("id") or held),
            url=str(said.get("url") or ""),
            at=datetime.now(UTC),
            version=write.item.version if write.item else "",
            changed_at=write.item.changed_at if write.item else None,
            deleted=write.action is Action.DELETE,
        )

    def _signature(self, key: str, at: int, body: bytes) -> dict[str, str]:
        """Return the headers of Standard Webhooks, none without a secret."""
        if self._secret is None:
            return {}
        digest = hmac.digest(_secret_bytes(self._secret), f"{key}.{at}.".encode() + body, hashlib.sha256)
        return {
            "webhook-id": key,
            "webhook-timestamp": str(at),
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }


def _secret_bytes(secret: SecretStr) -> bytes:
    """Read a secret: the specification's `whsec_` form, or any text as it is."""
    text = secret.get_secret_value()
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise ConfigurationError("the webhook's secret begins with whsec_ and is no base64 after it") from None


def content_of(item: ContentItem) -> dict[str, Any]:
    """Return an item as the webhook gets it: the model's own JSON, without where the source kept its files."""
    content: dict[str, Any] = orjson.loads(item.to_json())
    for medium in content.get("media", ()):
        medium.pop("ref", None)
    return content
