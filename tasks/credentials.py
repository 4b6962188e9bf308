"""Credentials: blocks by name, or environment variables, turned into settings; the only reader of secrets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from prefect.blocks.system import Secret
from prefect.settings import get_current_settings
from pydantic import SecretStr
from sqlalchemy import Engine

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.keeping import KeepingStore
from adapters.databases.engines import engine_of as engine_of_use
from adapters.destinations.sql.session import DATABASE
from adapters.media import FolderMediaStore
from adapters.stores.sql import SqlKeepingStore, engine_of, sqlite_engine

if TYPE_CHECKING:
    from prefect_sqlalchemy import SqlAlchemyConnector

    from tasks.blocks.credentials import Credentials

C = TypeVar("C", bound="Credentials")

STORE_URL = "SYNDICATE_DATABASE_URL"
STORE_BLOCK = "SYNDICATE_DATABASE_BLOCK"
MEDIA = "SYNDICATE_MEDIA"


def home() -> Path:
    """Return `$PREFECT_HOME`, where state lies unless told otherwise."""
    return Path(get_current_settings().home)


def engine_for(database: str) -> Callable[[], Engine]:
    """Return what makes the engine of a database that a pair names, by its URL or by a block's name.

    Raises ConfigurationError for a URL with a password: parameters are kept and shown.
    """
    if "://" not in database:
        return lambda: _connector(database, DATABASE.setting).get_engine()
    if re.search(r"://[^/@]*:[^/@]*@", database) or "password=" in database:
        raise ConfigurationError(
            "--database must hold no password, since parameters are kept and shown: leave it out and set PGPASSWORD, "
            "keep it in ~/.pgpass, or name a SqlAlchemyConnector block instead of the URL"
        )
    return lambda: engine_of_use(database, DATABASE)


def open_store(*, lasting: bool) -> KeepingStore:
    """Open the job store that the environment names, made or brought up to date; raises ConfigurationError.

    `lasting` demands that it be named: a worker's own disk is no memory.
    """
    return SqlKeepingStore.open(store_engine(lasting=lasting))


def store_engine(*, lasting: bool) -> Engine:
    """Return the engine of the job store that the environment names; nothing connects yet."""
    url, block = os.environ.get(STORE_URL, ""), os.environ.get(STORE_BLOCK, "")
    if lasting and not url and not block:
        raise ConfigurationError(
            f"under a worker the job store must be named, because a container's own disk forgets: set {STORE_URL} "
            f"(postgresql://… or sqlite:////path/syndicate.db) where the worker runs, or {STORE_BLOCK}"
        )
    if block:
        engine: Engine = _connector(block, STORE_BLOCK).get_engine()
        return engine
    return engine_of(url) if url else sqlite_engine(home() / "syndicate.db")


def _connector(name: str, setting: str) -> SqlAlchemyConnector:
    """Load a prefect-sqlalchemy block."""
    # A second to import, for what few have set up.
    from prefect_sqlalchemy import SqlAlchemyConnector

    try:
        block: Any = SqlAlchemyConnector.load(name)
    except ValueError:
        raise ConfigurationError(
            f"{setting} names {name!r}, and there is no SqlAlchemyConnector block of that name: "
            "make it on the Blocks page of Prefect's UI"
        ) from None
    if not isinstance(block, SqlAlchemyConnector):
        raise ConfigurationError(f"the block {name!r} is no SqlAlchemyConnector")
    return block


def store_place() -> str:
    """Name where the job store is, without any secret: for messages and for the witness."""
    if os.environ.get(STORE_BLOCK):
        return f"block {os.environ[STORE_BLOCK]}"
    return f"{STORE_URL}" if os.environ.get(STORE_URL) else str(home() / "syndicate.db")


def media_store() -> FolderMediaStore:
    """Return where claimed jobs find their media; every worker must reach it."""
    return FolderMediaStore(media_folder())


def media_folder() -> Path:
    """Return the folder of claimed jobs' media."""
    return Path(os.environ.get(MEDIA) or home() / "syndicate-media")


def loaded(kind: type[C], name: str) -> C:
    """Return a service's credentials from the block of that name; raises ConfigurationError, repeating no value."""
    block = block_or_none(kind, name)
    if block is None:
        raise ConfigurationError(
            f"--{kind.option().replace('_', '-')} names {name!r}, and there is no {kind.get_block_type_name()} block "
            "of that name: make it on the Blocks page of Prefect's UI; docs/credentials.md says what goes in"
        )
    return block


def block_or_none(kind: type[C], name: str) -> C | None:
    """Return the block of that name, None where there is none; raises ConfigurationError where it cannot be read."""
    try:
        # Outside a running loop it is no coroutine, whatever its annotation says.
        block: Any = kind.load(name)
    except (ValueError, RuntimeError) as error:
        if "Unable to find" in str(error):
            return None
        raise ConfigurationError(
            f"the {kind.get_block_type_name()} block {name!r} cannot be read by this release: fill it in again on the "
            "Blocks page of Prefect's UI"
        ) from None
    return block if isinstance(block, kind) else None


def secret(variable: str, block: str) -> SecretStr | None:
    """Return a secret from the Prefect block of that name, else from the environment; None when neither is set."""
    if block:
        kept = secret_or_none(block)
        if kept is None:
            raise ConfigurationError(
                f"there is no Secret block named {block!r}: make it on the Blocks page, or set {variable}"
            )
        return kept
    value = os.environ.get(variable, "")
    return SecretStr(value) if value else None


def secret_or_none(block: str) -> SecretStr | None:
    """Return what a Secret block holds; None where there is no such block."""
    try:
        loaded: Any = Secret.load(block)
    except ValueError:
        return None
    value = loaded.get()
    return SecretStr(value if isinstance(value, str) else json.dumps(value))
