"""Asking for a feed: only if it has changed, and what each answer means for the run."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.http import origin, retry_after
from adapters.net import Answer, Net
from adapters.sources.rss.address import Address
from adapters.sources.rss.cursor import Validators

LARGEST = 64 << 20
"""Bytes of a feed."""
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fetched:
    """A feed as it came."""

    body: bytes = field(repr=False)
    url: str = field(repr=False)
    """Where it was found; to resolve what it names, never to be shown."""
    content_type: str
    validators: Validators
    at: datetime


def fetch(net: Net, address: Address, known: Validators) -> Fetched | None:
    """Ask for a feed; None where it is the one that is known. Raises what the answer means."""
    headers = {"accept": ACCEPT, **address.headers}
    if known.etag:
        headers["if-none-match"] = known.etag
    if known.modified:
        headers["if-modified-since"] = known.modified
    answer = net.get(address.url, headers, longest=LARGEST)
    if answer.status == 304 and (known.etag or known.modified):  # noqa: PLR2004 - RFC 9110, 15.4.5
        return None
    _refuse(answer)
    if answer.moved:
        LOG.warning(
            "%s has moved for good to %s: give its new address, and --feed-name %s to keep its items' ids",
            origin(address.url),
            origin(answer.moved),
            address.identity.removeprefix("rss:"),
        )
    digest = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
    if digest == known.digest:
        return None
    validators = Validators(answer.headers.get("etag", ""), answer.headers.get("last-modified", ""), digest)
    content_type = answer.headers.get("content-type", "")
    return Fetched(answer.body, answer.url, content_type, validators, datetime.now(UTC).replace(microsecond=0))


def _refuse(answer: Answer) -> None:
    """Raise what a status means that brings no feed."""
    status, said = answer.status, f"{origin(answer.url)}: answered {answer.status}"
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
        return
    if status == 429 or (status == 503 and "retry-after" in answer.headers):  # noqa: PLR2004 - RFC 6585
        wait = retry_after(answer.headers)
        raise RateLimited(f"{said}: it asks to wait; run again in {wait:,.0f} s", wait)
    if status in {408, 425} or status >= 500 or status < 200 or status == 304:  # noqa: PLR2004
        raise Transient(f"{said}, which may pass: run again later")
    if status == 410:  # noqa: PLR2004
        raise ConfigurationError(f"{said}: this feed is gone for good; take the pair out, or give another address")
    if status in {401, 403, 407}:
        raise ConfigurationError(
            f"{said}: it wants a login, or does not let us in; give the address with its login as a secret, see "
            "--feed-url-block"
        )
    raise ConfigurationError(f"{said}: there is no feed at this address; check --feed-url")
