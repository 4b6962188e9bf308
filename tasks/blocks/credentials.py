"""What all credentials have in common: where they are found, and that their service can be asked about them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import ClassVar, Self

from prefect.blocks.core import Block
from pydantic import ConfigDict, HttpUrl, SecretStr

from adapters.contracts.standing import Standing

PICTURES = (
    "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos"
)
"""Prefect's own pictures for blocks, pinned as in Prefect's own."""


class Credentials(Block, ABC):
    """Secrets of one service: masked wherever they are shown, encrypted where Prefect keeps them."""

    # Prefect reads descriptions from the fields, and shows what a wrong value was unless told not to.
    model_config = ConfigDict(use_attribute_docstrings=True, hide_input_in_errors=True)

    _logo_url = HttpUrl(f"{PICTURES}/secret.png")
    service: ClassVar[str]
    """The service's one word."""

    @classmethod
    @abstractmethod
    def from_environment(cls) -> Self | None:
        """Return what the environment holds, or None where it holds nothing; raises ConfigurationError for a half."""

    @abstractmethod
    def check(self) -> Standing:
        """Ask the service what these can do; raises SyndicateError, which says what to mend and holds no secret."""

    def unasked(self) -> str:
        """Say why the service cannot be asked about these as they are; empty where it can."""
        return ""

    @classmethod
    def option(cls) -> str:
        """Return the option by which flows are given such a block."""
        return f"{cls.service}_block"


def variable(name: str) -> str:
    """Return an environment variable's value, empty where it is not set."""
    return os.environ.get(name, "")


def is_filled(secret: SecretStr) -> bool:
    """Say whether a field holds anything."""
    return bool(secret.get_secret_value().strip())
