"""One HTTP client for all services: deadlines, the mark before the first byte, and the table of statuses → errors."""

from __future__ import annotations

import logging
import math
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock, get_ident
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from adapters.contracts.errors import (
    ConfigurationError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SyndicateError,
    Transient,
)

LONGEST_ANSWER = 1 << 20
"""Bytes of an answer that are read; a service that says more is not understood."""
UNNAMED_WAIT = 60.0
"""Seconds to wait where a service throttles and names none."""
LONGEST_WAIT = 366 * 86400.0
"""A service that asks for a longer wait than a year is not understood."""
STALL = 25.0
"""Seconds in which at least a piece of a streamed body must be taken; shorter than a lease."""
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Counts suspension where the system can: a laptop that slept has missed its deadline."""


def boottime() -> float:
    """Return seconds of the clock that deadlines go by."""
    return time.clock_gettime(CLOCK)


@dataclass(frozen=True)
class Response:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Body:
    """A request's body that is read while it is sent, in flat memory; its size is known before.

    `blocks` is called once an exchange; what it raises ends the request and comes out of `send` as it is, so that a
    lease that was lost on the way stops an upload. Files and forms as bodies: `adapters.uploads`.
    """

    size: int
    blocks: Callable[[], Iterator[bytes]]


class _Trust:
    """The certificates that are trusted, read once: for each fresh connection that would take longer than the rest."""

    def __init__(self) -> None:
        self._reading = Lock()
        self._read: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """Return them; of threads that come at once one reads."""
        with self._reading:
            self._read = self._read or httpx.create_ssl_context()
            return self._read


_trust = _Trust()


class _Refused(Exception):
    """What `before_first_byte` or a body raised, carried past the transport's own errors."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def _guarded(blocks: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield a body's blocks; what they raise is carried past the transport."""
    try:
        yield from blocks()
    except Exception as error:
        raise _Refused(error) from error


_ours: ContextVar[bool] = ContextVar("_ours", default=False)
"""Whether this thread is sending for a `Client`."""


def _shorten(record: logging.LogRecord) -> bool:
    """Cut the address in httpx's line on one of our requests down to what may be shown; others' lines stay whole."""
    if _ours.get() and isinstance(record.args, tuple):
        record.args = tuple(origin(str(value)) if isinstance(value, httpx.URL) else value for value in record.args)
    return True


def _without_headers(record: logging.LogRecord) -> bool:
    """Leave of httpcore's lines on one of our exchanges only what was done: an answer's headers may hold a secret."""
    if _ours.get():
        record.msg, record.args = str(record.msg).partition(" ")[0], ()
    return True


@contextmanager
def discreet() -> Iterator[None]:
    """Keep addresses and headers of what this thread sends meanwhile out of the lines of httpx and httpcore."""
    ours = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(ours)


logging.getLogger("httpx").addFilter(_shorten)
for _name in ("httpcore.http11", "httpcore.http2", "httpcore.proxy"):
    logging.getLogger(_name).addFilter(_without_headers)


class _Wire:
    """What one exchange has done: its deadline, and whether a byte of the request may have left."""

    def __init__(self, deadline: float, before_first_byte: Callable[[], None] | None) -> None:
        self.deadline = boottime() + deadline
        self.sent = False
        self._before = before_first_byte

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Be told by the transport; what is raised here stops it before the byte it was about to send."""
        del info
        if event.endswith("send_request_headers.started") and not self.sent:
            self._in_time()
            if self._before is not None:
                try:
                    self._before()
                except Exception as error:
                    raise _Refused(error) from error
                # It may have waited for a turn, or for the store.
                self._in_time()
            self.sent = True

    def _in_time(self) -> None:
        """Raise Transient when the deadline has passed."""
        if boottime() >= self.deadline:
            raise Transient("the deadline passed before anything was sent")

    def left(self) -> float:
        """Return the seconds left, at least a little."""
        return max(self.deadline - boottime(), 0.01)

    def stream(self, body: Body) -> Iterator[bytes]:
        """Yield a body's blocks within the deadline, and as many bytes as were promised."""
        sent = 0
        for block in _guarded(body.blocks):
            sent += len(block)
            if boottime() >= self.deadline:
                raise _Refused(OutcomeUnknown("the deadline passed in the middle of the upload"))
            if sent > body.size:
                break
            yield block
        if sent != body.size:
            # The far side waits for the rest and takes nothing: the request ends with its connection.
            raise _Refused(Rejected(f"a body of {body.size:,} bytes had {sent:,}: its file has changed"))


class Client:
    """Sends writes once and reads a few times. Proxies are taken from the environment, as httpx does."""

    def __init__(self, transport: httpx.BaseTransport | None = None, longest: int = LONGEST_ANSWER) -> None:
        """Take the bytes of an answer that are read at most."""
        self._transport = transport
        self._longest = longest
        # One a thread: a pool of connections that many share spends more time on looking through them than on sending.
        self._kept: dict[int, httpx.Client] = {}

    def send(
        self,
        method: str,
        url: str,
        *,
        content: bytes | Body,
        headers: Mapping[str, str],
        deadline: float,
        before_first_byte: Callable[[], None] | None = None,
        fresh: bool = False,
    ) -> Response:
        """Send one write, once; `deadline` is in seconds and for the whole exchange.

        A streamed body may take longer than a lease, which its blocks then have to renew; no single piece of it waits
        longer than `STALL`.

        `before_first_byte` is called when the connection stands and nothing has been sent; when it raises, nothing
        is. `fresh` takes a new connection: a stale kept one would make a doubt where there is none. Raises Transient
        when nothing was sent, OutcomeUnknown when something was and no whole answer came.
        """
        client = self._open() if fresh else self._pool()
        # Only now: a client reads the certificates that it trusts, which takes a while and is no part of the exchange.
        wire = _Wire(deadline, before_first_byte)
        try:
            with discreet():
                return self._exchange(client, method, url, content, dict(headers), wire)
        except _Refused as refused:
            raise refused.error from None
        except httpx.HTTPError as error:
            raise _failure(error, url, sent=wire.sent) from error
        except (httpx.InvalidURL, httpx.StreamError, ValueError) as error:
            if wire.sent:
                raise OutcomeUnknown(f"{origin(url)}: the answer could not be read") from error
            raise ConfigurationError(f"{origin(url)}: this address cannot be used; check it") from error
        finally:
            if fresh:
                client.close()

    def get(self, url: str, *, headers: Mapping[str, str], deadline: float) -> Response:
        """Read, and try again for a few seconds while the trouble may pass."""
        tries = Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.5, max=4),
            reraise=True,
        )
        return tries(self._get, url, headers, deadline)

    def _get(self, url: str, headers: Mapping[str, str], deadline: float) -> Response:
        """Read once; a lost answer to a read is no doubt."""
        try:
            return self.send("GET", url, content=b"", headers=headers, deadline=deadline)
        except OutcomeUnknown as error:
            raise Transient(str(error)) from error

    def _pool(self) -> httpx.Client:
        """Return this thread's client, which keeps its connections."""
        return self._kept.get(get_ident()) or self._kept.setdefault(get_ident(), self._open())

    def _open(self) -> httpx.Client:
        """Open a client."""
        return httpx.Client(transport=self._transport, follow_redirects=False, verify=_trust.context())

    def _exchange(
        self, client: httpx.Client, method: str, url: str, content: bytes | Body, headers: dict[str, str], wire: _Wire
    ) -> Response:
        """Send a request and read its answer to the end, within deadline and size."""
        _ = urlsplit(url).port  # raises ValueError for a port that httpx would take and no system has
        longest = wire.left()
        if isinstance(content, Body):
            longest = min(longest, STALL)
            headers["content-length"] = str(content.size)
        request = client.build_request(
            method,
            url,
            content=wire.stream(content) if isinstance(content, Body) else content,
            headers=headers,
            timeout=httpx.Timeout(longest),
            extensions={"trace": wire.trace},
        )
        answer = client.send(request, stream=True)
        wire.sent = True
        try:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if boottime() >= wire.deadline:
                    raise httpx.ReadTimeout("the deadline passed in the middle of the answer", request=request)
                if len(body) > self._longest:
                    raise httpx.RemoteProtocolError("the answer is too long", request=request)
            return Response(answer.status_code, answer.headers, bytes(body))
        finally:
            answer.close()

    def close(self) -> None:
        """Close kept connections."""
        while self._kept:
            self._kept.popitem()[1].close()


def _failure(error: httpx.HTTPError, url: str, *, sent: bool) -> SyndicateError:
    """Turn a transport's error into what its caller shall do."""
    where, what = origin(url), type(error).__name__
    if isinstance(error, httpx.UnsupportedProtocol):
        return ConfigurationError(f"{where}: the address must begin with http:// or https://")
    if sent:
        return OutcomeUnknown(f"{where}: the request was sent and no whole answer came ({what})")
    if "CERTIFICATE" in str(error):
        return ConfigurationError(f"{where}: its TLS certificate is not trusted here; nothing was sent")
    return Transient(f"{where}: no connection, nothing was sent ({what})")


def origin(url: str) -> str:
    """Return an address as messages may show it: without path and query, which may hold secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(an address that cannot be read)"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def classify(response: Response, what: str, secrets: Sequence[str] = ()) -> SyndicateError | None:
    """Return the error that an answer to a write means, or None for success; it never repeats one of the secrets.

    The statuses are RFC 9110's; 429 is RFC 6585's. An answer in the 5xx leaves open whether the write was done.
    """
    status = response.status
    said = f"{what}: answered {status}"
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
        return None
    if status == 429 or (status == 503 and "retry-after" in response.headers):  # noqa: PLR2004
        return RateLimited(said, retry_after(response.headers))
    if status in {401, 403, 407}:
        return ConfigurationError(f"{said}: it does not accept our credentials; check secret and rights")
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, 15.4
        return ConfigurationError(f"{said}: it has moved; give its new address")
    if status == 425:  # noqa: PLR2004 - RFC 8470: refused for being early data
        return Transient(said)
    if status == 408 or status >= 500 or status < 200:  # noqa: PLR2004
        return OutcomeUnknown(f"{said}, which leaves open whether it was taken")
    return Rejected(f"{said}: {excerpt(response.body, secrets)}")


def excerpt(body: bytes, secrets: Sequence[str] = ()) -> str:
    """Return the begin of an answer on one line, for people; many a server repeats what it was given."""
    text = body.decode(errors="replace")
    for secret in secrets:
        text = text.replace(secret, "***")
    return " ".join(text[:400].split())[:200] or "without a word"


def retry_after(headers: Mapping[str, str]) -> float:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a date by the server's own clock; rounded up, never early."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, headers.get("date", ""))
    return math.ceil(seconds) if 0 <= seconds <= LONGEST_WAIT else UNNAMED_WAIT


def _until(value: str, date: str) -> float:
    """Return the seconds from the answer's date to a named one; not a number where they cannot be read."""
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return max((until - since).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return math.nan
