"""Blocks from the environment: what alarms go through, and what workers and flows ask for by name.

https://docs.prefect.io/v3/concepts/blocks
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from apprise import Apprise
from prefect.blocks.core import Block
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound
from prefect.types import SecretDict
from prefect_sqlalchemy import ConnectionComponents, SqlAlchemyConnector
from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapters.contracts.errors import ConfigurationError
from deployments.parts import MISSING, Drift
from tasks.blocks import BLOCKS
from tasks.credentials import STORE_BLOCK, STORE_URL

ALARM = "SYNDICATE_ALARM_URL"
ALARM_BLOCK = "syndicate-alarms"
PATIENCE = 30
"""Seconds for who is told to answer: Prefect sends a message whose answer came too late again, three times more."""
ALARM_TYPES: tuple[type[Block], ...] = (CustomWebhookNotificationBlock, SlackWebhook)
UNSAVED = UUID(int=0)
"""Stands for a block that only a check has seen, which saves none."""
NOBODY = f"{ALARM} is not set: nobody is told of failed runs, dead letters and silence (deployments/README.md, Alarms)"

Environment = Mapping[str, str]


def alarm_block(environment: Environment) -> tuple[str, Block] | None:
    """Return the block that alarms go through; raises ConfigurationError for an address that nothing understands.

    A web address gets a POST of JSON (`subject`, `body`, and both as `text`); anything else is an Apprise URL, which
    Prefect's Slack block hands on as it is: https://github.com/caronc/apprise/wiki.
    """
    url = environment.get(ALARM, "")
    if not url:
        return None
    if url.startswith(("http://", "https://")) and not url.startswith("https://hooks.slack"):
        told = {"subject": "{{subject}}", "body": "{{body}}", "text": "{{subject}}\n{{body}}"}
        hidden = SecretDict({"address": url})
        return ALARM_BLOCK, CustomWebhookNotificationBlock(
            name=ALARM_BLOCK, url="{{address}}", json_data=told, secrets=hidden, timeout=PATIENCE
        )
    if Apprise.instantiate(url, suppress_exceptions=True) is None:
        raise ConfigurationError(
            f"{ALARM} is neither a web address nor an Apprise URL: https://…, tgram://token/chat, mailto://… "
            "(https://github.com/caronc/apprise/wiki)"
        )
    return ALARM_BLOCK, SlackWebhook(url=SecretStr(url))


def store_block(environment: Environment) -> tuple[str, Block] | None:
    """Return the connector to the job store, where the environment gives it both a name and an address."""
    name, url = environment.get(STORE_BLOCK, ""), environment.get(STORE_URL, "")
    if not name or not url:
        return None
    try:
        parts = make_url(url)
    except ArgumentError:
        raise ConfigurationError(f"{STORE_URL} is no database's URL: postgresql://user@host/syndicate") from None
    # The connector's own URL field would show the password: its components mask it.
    components = ConnectionComponents(
        driver="postgresql+psycopg" if parts.get_backend_name() == "postgresql" else parts.drivername,
        database=parts.database,
        username=parts.username,
        password=SecretStr(parts.password) if parts.password else None,
        host=parts.host,
        port=parts.port,
    )
    return name, SqlAlchemyConnector(connection_info=components)


def service_blocks() -> Iterator[tuple[str, Block]]:
    """Yield the credentials that the environment holds, as `syndicate-<service>`: `--vk-block syndicate-vk`."""
    for kind in BLOCKS:
        block = kind.from_environment()
        if block is not None:
            yield f"syndicate-{kind.service}", block


@dataclass(frozen=True)
class Blocks:
    """The blocks that the environment tells; what is on the server and not told stays."""

    client: SyncPrefectClient
    wanted: Mapping[str, Block]
    kind: ClassVar[str] = "block"

    @classmethod
    def told(cls, client: SyncPrefectClient) -> Blocks:
        """Read the environment; raises ConfigurationError."""
        found = (make(os.environ) for make in (alarm_block, store_block))
        return cls(client, dict(one for one in found if one is not None) | dict(service_blocks()))

    def look(self) -> Drift:
        """Compare each block with the server's, secrets too."""
        return {name: self._differs(name, block) for name, block in self.wanted.items()}

    def _differs(self, name: str, block: Block) -> str:
        """Compare one block, without a word about what it holds."""
        try:
            slug = block.get_block_type_slug()
            document = self.client.read_block_document_by_name(name, slug, include_secrets=True)
        except ObjectNotFound:
            return MISSING
        # Of its fields alone: a block that was saved also tells where.
        wanted = block.model_dump(mode="json", include=set(type(block).model_fields), context={"include_secrets": True})
        return "" if document.data == wanted else "differs from the environment"

    def make(self, names: Sequence[str]) -> None:
        """Save these blocks."""
        for name in names:
            self.wanted[name].save(name, overwrite=True)

    def note(self) -> str:
        """Say so where nobody is told."""
        return "" if self.alarm() else NOBODY

    def alarm(self) -> UUID | None:
        """Return the id of the block that alarms go through, or UNSAVED; None where there is and will be none."""
        told = self.wanted.get(ALARM_BLOCK)
        for kind in [type(told)] if told else ALARM_TYPES:
            try:
                return self.client.read_block_document_by_name(ALARM_BLOCK, kind.get_block_type_slug()).id
            except ObjectNotFound:
                continue
        return UNSAVED if told else None
