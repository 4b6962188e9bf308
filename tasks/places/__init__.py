"""Places: the options of each destination, and how it is opened again from what its pair remembered."""

from __future__ import annotations

from pkgutil import resolve_name

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.ports import BulkDestination, PublishingDestination
from adapters.contracts.runs import PairRecord
from tasks.groups import Place

PLACES = {
    "dzen": "tasks.places.dzen:Dzen",
    "local": "tasks.places.local:Local",
    "sql": "tasks.places.sql:Sql",
    "vk": "tasks.places.vk:Vk",
    "webhook": "tasks.places.webhook:Webhook",
    "youtube": "tasks.places.youtube:YouTube",
}
"""Where each service's options are; named, not imported, so that one service does not wait for another's libraries."""


def reopen(pair: PairRecord) -> BulkDestination | PublishingDestination:
    """Open a pair's destination as it was last run."""
    if pair.service not in PLACES:
        raise ConfigurationError(f"this release knows no destination {pair.service!r}: update the pack")
    place: type[Place] = resolve_name(PLACES[pair.service])
    return place.model_validate(pair.settings).open()
