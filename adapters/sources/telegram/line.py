"""The line to Telegram: Telethon bridged into plain calls, each with a deadline, a guard and a few seconds of patience.

The event loop runs only while something is asked, so nothing reaches Telegram between two calls.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telethon import TelegramClient
from telethon.errors import TypeNotFoundError
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from adapters.contracts.errors import RateLimited, Transient
from adapters.sources.telegram.errors import meaning
from adapters.sources.telegram.login import Login

DEADLINE = 25.0
"""Seconds that one request may take, connecting included; Telethon itself would wait for ever."""
PATIENCE = 60.0
"""Seconds that are waited here when Telegram asks for it; what is longer is for the run to wait."""
TRIES = 3
"""How often a request is made while the trouble may pass."""

T = TypeVar("T")
Connect = Callable[..., TelegramClient]
"""Makes a client of (session, api_id, api_hash) and Telethon's own keywords."""


class Unparsed(Exception):
    """An answer holds something that this Telethon has no name for."""

    def __init__(self, constructor: int, rest: bytes) -> None:
        super().__init__("an answer holds what this Telethon does not know")
        self.constructor = constructor
        self.rest = rest
        """The answer's bytes from there on."""


def quiet() -> logging.Logger:
    """Return the logger that Telethon gets: its lines may hold requests, hence phones and codes, and go nowhere."""
    logger = logging.getLogger("adapters.sources.telegram.telethon")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)
    return logger


class Line:
    """One account's connection to Telegram; opens at the first call."""

    def __init__(
        self,
        login: Login,
        connect: Connect = TelegramClient,
        pause: Callable[[float], None] = time.sleep,
        deadline: float = DEADLINE,
    ) -> None:
        self._login = login
        self._connect = connect
        self._pause = pause
        self._deadline = deadline
        self._check: Callable[[], None] = lambda: None
        self._runner: asyncio.Runner | None = None
        self._client: Any = None

    def guard(self, check: Callable[[], None]) -> None:
        """Call `check` before each request from now on."""
        self._check = check

    def ask(self, request: Any, what: str) -> Any:
        """Ask one thing and return the answer as Telethon has it; `what` names it in errors.

        Raises Unparsed, and this pack's errors; RateLimited only for what is longer than PATIENCE.
        """
        return self.patiently(lambda client: client(request), what)

    def patiently(self, call: Callable[[Any], Awaitable[T]], what: str) -> T:
        """Call a client, again while the trouble may pass within a minute."""
        tries = Retrying(
            retry=retry_if_exception_type(Transient), stop=_enough, wait=_wait, sleep=self._pause, reraise=True
        )
        answer: T = tries(self.once, call, what)
        return answer

    def once(self, call: Callable[[Any], Awaitable[T]], what: str) -> T:
        """Call a client once, within the deadline."""
        self._check()
        if self._runner is None:
            self._runner = asyncio.Runner()
        try:
            return self._runner.run(self._within_deadline(call))
        except TypeNotFoundError as error:
            raise Unparsed(error.invalid_constructor_id, bytes(error.remaining)) from None
        except (Exception, asyncio.CancelledError) as error:
            meant = meaning(error, what)
            if meant is None:
                raise
            raise meant from None

    def close(self) -> None:
        """Hang up; may be called twice."""
        if self._runner is not None:
            self._runner.run(self._hang_up())
            self._runner.close()
            self._runner = None

    async def _within_deadline(self, call: Callable[[Any], Awaitable[T]]) -> T:
        """Connect if need be, and call; what is left of a call that broke off is not used again."""
        try:
            async with asyncio.timeout(self._deadline):
                return await call(await self._connected())
        except (OSError, TimeoutError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await self._hang_up()
            raise

    async def _connected(self) -> Any:
        """Return the client, connected."""
        if self._client is not None and not self._client.is_connected():
            await self._hang_up()
        if self._client is None:
            self._client = self._connect(
                self._login.opened(),
                self._login.api_id,
                self._login.api_hash.get_secret_value(),
                base_logger=quiet(),
                receive_updates=False,
                flood_sleep_threshold=0,
                request_retries=0,
                connection_retries=1,
                raise_last_call_error=True,
            )
            await self._client.connect()
        return self._client

    async def _hang_up(self) -> None:
        """Disconnect, whatever state the connection is in."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(5):
                await client.disconnect()
        except (OSError, TimeoutError):
            # It is gone either way.
            return


def _wait(state: RetryCallState) -> float:
    """Return how long to wait: what Telegram named, else a little longer each time."""
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, RateLimited) else float(state.attempt_number)


def _enough(state: RetryCallState) -> bool:
    """Say whether it was tried often and long enough."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimited):
        return state.idle_for + error.retry_after > PATIENCE
    return state.attempt_number >= TRIES
