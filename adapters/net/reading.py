"""Net: what lies at an address, whole in memory, or as a file whose broken copy can go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from tempfile import gettempdir
from typing import TypeVar

import httpcore
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.contracts.ports import MediaFile, MediaMissing
from adapters.http import origin, retry_after
from adapters.net.addresses import Reach, Refused, Resolve, resolved
from adapters.net.exchange import Answer, Bounds, Clock, Exchange, TooSlow, Wire
from adapters.net.files import Remote, kept, same, validator

AGENT = "prefect-syndicate"
TRIES = 3
LONGEST_NAP = 10.0
"""Seconds: a server that asks for a longer pause gets it, and the medium is missing."""
PATIENCE = 3
"""Files in a row that a server may fail to bring; each takes its time."""
SMALL = 4 << 20
"""Bytes that are read at once and held: most pictures."""
PUBLIC = Reach()
USUAL = Bounds()
T = TypeVar("T")


class Net:
    """Reads public addresses. Nothing connects before the first call; proxies of the environment are not used."""

    def __init__(
        self,
        reach: Reach = PUBLIC,
        bounds: Bounds = USUAL,
        *,
        resolve: Resolve = resolved,
        backend: httpcore.NetworkBackend | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take what may be read and how much; the rest is for tests: the look-up of names, the sockets, the naps."""
        self._wire = Wire(reach, resolve, backend or httpcore.SyncBackend())
        self._bounds = bounds
        self._pause = pause
        self._failed: dict[str, int] = {}
        """By server: how many files in a row did not come."""

    def get(self, url: str, headers: Mapping[str, str], *, longest: int) -> Answer:
        """Read an address to the end, redirects followed, whatever its status; tried again while the trouble may pass.

        Raises Refused (a ConfigurationError) for what may not be read, Transient for what could not.
        """
        return self._tries(lambda: self._get(url, headers, longest))

    def file(self, url: str) -> MediaFile:
        """Find the file at an address; small ones are read at once. Raises MediaMissing, saying why."""
        where = origin(url)
        if self._failed.get(where, 0) >= PATIENCE:
            raise MediaMissing(
                f"{where}: not asked again in this run, after {PATIENCE} files in a row that did not come"
            )
        try:
            found = self._tries(lambda: self._file(url))
        except Transient as error:
            self._failed[where] = self._failed.get(where, 0) + 1
            raise MediaMissing(str(error)) from None
        except Refused as error:
            raise MediaMissing(str(error)) from None
        except OSError as error:
            raise ConfigurationError(
                f"a file of the net cannot be held in {gettempdir()}: {error.strerror or error}; make room there"
            ) from error
        self._failed.pop(where, None)
        return found

    def close(self) -> None:
        """Close kept connections; may be called twice."""
        self._wire.close()

    def _get(self, url: str, headers: Mapping[str, str], longest: int) -> Answer:
        """Read once."""
        clock = Clock(replace(self._bounds, longest=longest))
        exchange = self._wire.open(url, {"user-agent": AGENT, **headers}, clock)
        try:
            body = b"".join(exchange.blocks())
        finally:
            exchange.close()
        return Answer(exchange.status, exchange.headers, body, exchange.url, exchange.moved)

    def _file(self, url: str) -> MediaFile:
        """Find a file once."""
        clock = Clock(self._bounds)
        exchange = self._wire.open(url, {"user-agent": AGENT, "accept-encoding": "identity"}, clock)
        try:
            self._expect_a_file(exchange)
            size = exchange.size
            if size is None or size <= SMALL:
                return kept(exchange.blocks(), SMALL)
            if size > self._bounds.longest:
                raise Refused(f"{origin(url)}: {size:,} bytes, at most {self._bounds.longest:,} are read")
        finally:
            exchange.close()
        mark = validator(exchange.headers)
        remote = Remote(self._wire, url, size, mark, AGENT, self._bounds)
        return MediaFile(open=remote.open, size=size, same=same(url, mark, size))

    def _expect_a_file(self, exchange: Exchange) -> None:
        """Raise MediaMissing for an answer that is no file, Transient where it may become one."""
        where, status = origin(exchange.url), exchange.status
        if status == 429 or status >= 500:  # noqa: PLR2004 - RFC 6585, RFC 9110
            wait = retry_after(exchange.headers) if "retry-after" in exchange.headers else 0.0
            if wait > LONGEST_NAP:
                raise MediaMissing(f"{where}: answered {status} and asks to wait {wait:,.0f} s")
            self._pause(wait)
            raise Transient(f"{where}: answered {status}")
        if status != 200:  # noqa: PLR2004 - nothing but the whole file
            raise MediaMissing(f"{where}: answered {status}")
        if exchange.headers.get("content-type", "").lower().startswith(("text/html", "application/xhtml")):
            raise MediaMissing(f"{where}: answered with a web page in the file's place")

    def _tries(self, do: Callable[[], T]) -> T:
        """Do something a few times, for seconds, while the trouble may pass."""
        tries = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, Transient) and not isinstance(error, TooSlow)),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(multiplier=0.5, max=4),
            sleep=self._pause,
            reraise=True,
        )
        return tries(do)
