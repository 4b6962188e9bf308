"""Places: how a destination is opened again from what its pair remembered; secrets come from the environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.jobs import PairRecord
from adapters.contracts.ports import BulkDestination, PublishingDestination
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.sql import SqlDestination
from adapters.destinations.webhook import WebhookDestination, WebhookSettings
from tasks.credentials import engine_for, secret

WEBHOOK_SECRET = "SYNDICATE_WEBHOOK_SECRET"  # noqa: S105 - the variable's name


def local(settings: dict[str, Any]) -> LocalDestination:
    """Open an archive."""
    return LocalDestination(LocalSettings.model_validate(settings))


def sql(settings: dict[str, Any]) -> SqlDestination:
    """Open a database."""
    return SqlDestination(engine_for(str(settings["database"])))


def webhook(settings: dict[str, Any], secret_block: str = "") -> WebhookDestination:
    """Open a webhook with its secret, if it has one."""
    return WebhookDestination(WebhookSettings.model_validate(settings), secret(WEBHOOK_SECRET, secret_block))


OPENERS: dict[str, Callable[[dict[str, Any]], BulkDestination | PublishingDestination]] = {
    "local": local,
    "sql": sql,
    "webhook": webhook,
}


def reopen(pair: PairRecord) -> BulkDestination | PublishingDestination:
    """Open a pair's destination as it was last run."""
    if pair.service not in OPENERS:
        raise ConfigurationError(f"this release knows no destination {pair.service!r}: update the pack")
    return OPENERS[pair.service](pair.settings)
