"""Questions to VK while reading: the token, the pace, and what an error means for who only reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Rejected, Transient
from adapters.contracts.ports import Pace
from adapters.http import Client
from adapters.sources.vk.settings import VkSourceSettings
from adapters.vk.client import VkClient

DEADLINE = 30.0
"""Seconds a question may take."""
LONGEST_ANSWER = 32 << 20
"""Bytes: a hundred posts with ten photos in ten sizes each."""
TRIES = 4
LONGEST_NAP = 5.0
"""Seconds: a longer wait that VK asks for is the run's to keep."""
NO_TOKEN = "there is no token: set VK_ACCESS_TOKEN, or name a Secret block; see docs/vk.md"  # noqa: S105 - no secret


class Service:
    """VK, asked for what it shows."""

    def __init__(
        self, settings: VkSourceSettings, token: SecretStr | None, http: Client | None, pause: Callable[[float], None]
    ) -> None:
        """Take a user's or an application's token; nothing connects yet."""
        client = http or Client(longest=LONGEST_ANSWER)
        self._client = VkClient(settings.base_url, settings.per_second, token or SecretStr(""), client)
        self._client.pace = self._own_pace
        self._has_token = token is not None
        self._pause = pause
        self._turn = 0.0

    def keep_pace(self, pace: Pace) -> None:
        """Wait for the account's turn before each request from now on."""
        self._client.pace = pace

    def ask(self, method: str, parameters: Mapping[str, object]) -> Any:
        """Ask for something, again for some seconds while the trouble may pass.

        Raises Transient, RateLimited for a longer wait, and ConfigurationError for all else: who reads is refused no
        single item.
        """
        if not self._has_token:
            raise ConfigurationError(NO_TOKEN)
        tries = Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(TRIES),
            wait=_named_or_growing,
            sleep=self._pause,
            reraise=True,
        )
        return tries(self._ask, method, parameters)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _ask(self, method: str, parameters: Mapping[str, object]) -> Any:
        """Ask once."""
        try:
            return self._client.read(method, parameters, DEADLINE)
        except OutcomeUnknown as error:
            raise Transient(str(error)) from error
        except Rejected as error:
            raise ConfigurationError(
                f"{error}: this wall cannot be read; check its number, and that the token's owner may see it"
            ) from error

    def _own_pace(self, account: str, per_second: float) -> None:
        """Keep this process's own pace, where nobody keeps the account's."""
        del account
        wait = self._turn - time.monotonic()
        if wait > 0:
            self._pause(wait)
        self._turn = max(self._turn, time.monotonic()) + 1 / per_second


def _may_pass(error: BaseException) -> bool:
    """Say whether a question is asked again here."""
    short = not isinstance(error, RateLimited) or error.retry_after <= LONGEST_NAP
    return isinstance(error, Transient) and short


def _named_or_growing(state: RetryCallState) -> float:
    """Return the seconds to wait: what VK's rules imply, else a growing while."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimited):
        return error.retry_after
    return float(wait_random_exponential(multiplier=0.5, max=4)(state))
