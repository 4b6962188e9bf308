"""Errors: what an answer of Google's APIs means for the job, by its reason.

Reasons: developers.google.com/youtube/v3/docs/errors and each method's own list; the daily quotas and their reset at
midnight Pacific: developers.google.com/youtube/v3/determine_quota_cost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from adapters.contracts.errors import ConfigurationError, RateLimited, SyndicateError
from adapters.http import Response, classify, excerpt, retry_after

PACIFIC = ZoneInfo("America/Los_Angeles")
DAY = 86_400.0
MARGIN = 60.0
"""Seconds after midnight: clocks differ."""
QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
UPLOADS = frozenset({"uploadLimitExceeded"})
PACE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "uploadRateLimitExceeded"})


def error_of(response: Response, what: str, secrets: Sequence[str] = ()) -> SyndicateError | None:
    """Return the error that an answer means, or None for success; it repeats none of the secrets."""
    reason, message = _said(response)
    said = f"{what}: {reason}"
    if response.status in {400, 403, 429}:
        if reason in QUOTA:
            return RateLimited(f"{said}: the day's quota of the API is used up", until_reset(_now(response)))
        if reason in UPLOADS:
            return RateLimited(f"{said}: the channel may upload no more videos for a day", DAY)
        if reason in PACE:
            return RateLimited(f"{said}: too many requests at once", retry_after(response.headers))
    if not reason:
        return classify(response, what, secrets)
    if response.status in {401, 403}:
        told = excerpt(message.encode(), secrets)
        return ConfigurationError(f"{said}: {told}; sign in anew or mend the account's rights, and run again")
    return classify(Response(response.status, response.headers, f"{reason}: {message}".encode()), what, secrets)


def until_reset(now: datetime) -> float:
    """Return the seconds until the quotas begin anew: the next midnight in Los Angeles, summer time or not."""
    today = now.astimezone(PACIFIC).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), PACIFIC)
    return math.ceil((midnight.astimezone(UTC) - now.astimezone(UTC)).total_seconds()) + MARGIN


def _now(response: Response) -> datetime:
    """Return the time by the answer's own clock; ours may be wrong by hours."""
    try:
        return parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _said(response: Response) -> tuple[str, str]:
    """Return an error's reason and message; empty where the answer is none of the API's."""
    error = field(json_of(response), "error")
    errors = field(error, "errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    reason, message = field(first, "reason"), field(error, "message")
    return (reason, str(message or "")) if isinstance(reason, str) else ("", "")


def json_of(response: Response) -> Any:
    """Return an answer's JSON, or None where it is none."""
    try:
        return orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return None


def field(value: Any, *names: str) -> Any:
    """Return a field deep inside JSON, or None where anything on the way is missing or of another kind."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
