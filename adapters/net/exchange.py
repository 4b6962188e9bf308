"""One reading over HTTP: connections to checked addresses, a clock over every byte, bounded decoding, redirects."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from adapters.contracts.errors import Transient
from adapters.http import boottime, discreet, origin
from adapters.net.addresses import Reach, Refused, Resolve
from adapters.net.decoding import decoded

HOPS = 10
"""Redirects that are followed."""
CONNECT = 10.0
"""Seconds that one address may take to answer, so that a host's next one gets its turn."""
MOVED = frozenset({301, 302, 303, 307, 308})
FOR_GOOD = frozenset({301, 308})
OURS_ALONE = frozenset({"authorization", "cookie"})
"""Headers that another origin does not get."""


@dataclass(frozen=True)
class Bounds:
    """How much and how long is read of one address."""

    longest: int = 512 << 20
    """Bytes, decoded."""
    patience: float = 60.0
    """Seconds before a server must have begun to bring more than it drips."""
    slowest: int = 16 << 10
    """Bytes a second that it must bring on the whole, behind that."""
    most: float = 3600.0
    """Seconds in all."""


@dataclass
class Clock:
    """How long one reading may still take: the more has come, the longer. It runs while the server is waited for."""

    bounds: Bounds
    received: int = 0
    spent: float = 0.0
    since: float = 0.0

    def left(self) -> float:
        """Return the seconds left, none or fewer when it is over."""
        allowed = min(self.bounds.patience + self.received / self.bounds.slowest, self.bounds.most)
        return allowed - self.spent - (boottime() - self.since if self.since else 0.0)

    def start(self) -> None:
        """Begin to wait."""
        self.since = boottime()

    def stop(self) -> None:
        """Have waited."""
        self.spent, self.since = self.spent + boottime() - self.since, 0.0


@dataclass(frozen=True)
class Answer:
    """A complete answer, decoded."""

    status: int
    headers: Mapping[str, str]
    """By names in small letters."""
    body: bytes
    url: str
    """Where it came from in the end."""
    moved: str = ""
    """The address that the one asked for has moved to for good; empty when it has not."""


class TooSlow(Transient):
    """The server took all the time there was: asking again at once would take it again."""


_clock: ContextVar[Clock] = ContextVar("_clock")


class _Timed(httpcore.NetworkStream):
    """A connection on which no wait is longer than the clock allows, whatever drips in."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _shorter(timeout, httpcore.ReadTimeout))
        _clock.get().received += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _shorter(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _shorter(timeout, httpcore.ConnectTimeout)
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Checked(httpcore.NetworkBackend):
    """Looks a host up once, and connects to the very addresses that were checked: none can be changed in between."""

    def __init__(self, reach: Reach, resolve: Resolve, inner: httpcore.NetworkBackend) -> None:
        self._reach, self._resolve, self._inner = reach, resolve, inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = httpcore.ConnectError("no address")
        for address in self._reach.addresses(host, port, self._resolve):
            left = _shorter(timeout, httpcore.ConnectTimeout)
            try:
                return _Timed(self._inner.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


def _shorter(timeout: float | None, late: type[Exception]) -> float:
    """Return how long a wait may be; raises `late` when nothing is left."""
    left = _clock.get().left()
    if left <= 0:
        raise late("too slow on the whole")
    return left if timeout is None else min(timeout, left)


class Wire:
    """Asks for addresses; connections are kept for the next one."""

    def __init__(self, reach: Reach, resolve: Resolve, backend: httpcore.NetworkBackend) -> None:
        self._reach = reach
        self._backend = _Checked(reach, resolve, backend)
        self._pool: httpcore.ConnectionPool | None = None

    def open(self, url: str, headers: Mapping[str, str], clock: Clock) -> Exchange:
        """Ask for an address and follow where it leads; raises Refused, or Transient for what may pass."""
        target, sent, moved, for_good = self._reach.url(url), dict(headers), "", True
        for _ in range(HOPS + 1):
            answer = self._ask(target, sent, clock, moved)
            location = answer.headers.get("location", "")
            if answer.status not in MOVED or not location:
                return answer
            answer.close()
            for_good = for_good and answer.status in FOR_GOOD
            before, target = target, self._reach.url(_joined(target, location))
            moved = str(target) if for_good else moved
            if (before.scheme, before.host, before.port) != (target.scheme, target.host, target.port):
                sent = {name: value for name, value in sent.items() if name.lower() not in OURS_ALONE}
        raise Refused(f"{origin(url)}: more than {HOPS} redirects")

    def close(self) -> None:
        """Close kept connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _ask(self, url: httpx.URL, headers: Mapping[str, str], clock: Clock, moved: str) -> Exchange:
        """Ask once."""
        if self._pool is None:
            self._pool = httpcore.ConnectionPool(_trusted(), network_backend=self._backend)
        fields = {"host": url.netloc.decode("ascii"), "accept-encoding": "gzip, deflate", "accept": "*/*", **headers}
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        waits = dict.fromkeys(("connect", "pool"), CONNECT) | dict.fromkeys(("read", "write"), clock.bounds.patience)
        with _within(clock, str(url)):
            request = httpcore.Request("GET", target, headers=list(fields.items()), extensions={"timeout": waits})
            return Exchange(self._pool.handle_request(request), str(url), moved, clock)


class Exchange:
    """An answer whose body is still to be read."""

    def __init__(self, answer: httpcore.Response, url: str, moved: str, clock: Clock) -> None:
        self.status = answer.status
        self.headers: dict[str, str] = {}
        for name, value in answer.headers:
            key, text = name.decode("ascii", "replace").lower(), value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text
        self.url, self.moved = url, moved
        self._answer, self._clock = answer, clock

    @property
    def size(self) -> int | None:
        """The bytes that will come, as the server tells and HTTP enforces; None when it does not, or encodes them."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isdigit() and not self.headers.get("content-encoding") else None

    def blocks(self) -> Iterator[bytes]:
        """Yield the decoded body; raises Refused when it is too much, Transient when it breaks off."""
        longest, size = self._clock.bounds.longest, 0
        if (self.size or 0) > longest:
            raise Refused(f"{origin(self.url)}: {self.size:,} bytes, at most {longest:,} are read")
        for block in decoded(self._raw(), self.headers.get("content-encoding", ""), origin(self.url)):
            size += len(block)
            if size > longest:
                raise Refused(f"{origin(self.url)}: more than {longest:,} bytes, which is all that is read")
            yield block

    def close(self) -> None:
        """Leave the rest."""
        with _within(self._clock, self.url):
            self._answer.close()

    def _raw(self) -> Iterator[bytes]:
        """Yield the body as it comes."""
        raw = self._answer.iter_stream()
        while True:
            with _within(self._clock, self.url):
                block = next(raw, None)
            if block is None:
                return
            yield block


@cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates that every client of the pack trusts, once: it takes a while."""
    return httpx.create_ssl_context()


@contextmanager
def _within(clock: Clock, url: str) -> Iterator[None]:
    """Keep a clock while the transport works, its lines out of the log, and turn its errors into ours."""
    token = _clock.set(clock)
    clock.start()
    try:
        with discreet():
            yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
        if "CERTIFICATE" in str(error):
            raise Refused(f"{origin(url)}: its TLS certificate is not trusted here") from error
        if clock.left() <= 0:
            raise TooSlow(f"{origin(url)}: too slow") from error
        raise Transient(f"{origin(url)}: no whole answer ({type(error).__name__})") from error
    except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol, ValueError) as error:
        raise Refused(f"{origin(url)}: this address cannot be asked for") from error
    finally:
        clock.stop()
        _clock.reset(token)


def _joined(base: httpx.URL, location: str) -> str:
    """Return where a redirect leads."""
    try:
        return str(base.join(location))
    except (httpx.InvalidURL, ValueError):
        raise Refused(f"{origin(str(base))}: it redirects to an address that cannot be read") from None
