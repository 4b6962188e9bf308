"""VK's error codes, which come as HTTP 200, as the pack's errors. Codes: errors.json of VKCOM/vk-api-schema, 5.199."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from adapters.contracts.errors import (
    ConfigurationError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SyndicateError,
    Transient,
)

GET_A_TOKEN = "docs/vk.md says how a token is got, and with which rights"  # noqa: S105 - no secret
LOST_NOTHING = "nothing is lost: run again afterwards"
AMBIGUOUS = frozenset({1, 10, 36})
"""Unknown error, internal error, interrupted: a post may have been made all the same."""
WAITS = {6: 1.0, 9: 1800.0, 29: 3600.0, 219: 3600.0, 220: 6 * 3600.0, 224: 6 * 3600.0}
"""Seconds to wait: too many a second, flood, rate limit, advertisements, recipients. VK names none."""
LONGEST_DAY_WAIT = 6 * 3600.0
"""A day's limit is tried again at midnight in Moscow, or so often before: which day VK counts by is not known."""
MOSCOW = timedelta(hours=3)
DAILY = re.compile(r"\b\d+ posts|per day|a day|daily|too many posts|limit", re.IGNORECASE)
ADDING_DENIED = frozenset({214})
"""Says three things, told apart by its words: no right, the day's number, a time on the timer that is taken."""
TAKEN = re.compile(r"already scheduled", re.IGNORECASE)
PERSON = {
    5: f"VK does not accept the token (it has expired, or was revoked): get a new one; {GET_A_TOKEN}; {LOST_NOTHING}",
    14: "VK asks for a captcha: open vk.com as this account, publish something by hand and solve it; wait a while; "
    f"{LOST_NOTHING}",
    17: f"VK asks the account's owner to prove who they are: open vk.com and do so; {LOST_NOTHING}",
    24: f"VK asks its owner to confirm this: open vk.com as this account; {LOST_NOTHING}",
    7: f"VK denies a right to this account or token; {GET_A_TOKEN}",
    15: f"VK denies access: the token lacks a right, or the account is no editor of the community; {GET_A_TOKEN}",
    27: "this is a community's token, and VK allows this to a user's alone (photos, video, edits): use the token of a "
    f"user who is its editor; {GET_A_TOKEN}",
    1051: f"tokens of VK ID (vk2.a…) cannot do this: use another kind of token; {GET_A_TOKEN}",
    113: "there is no such user: check --user",
    203: "the account is no administrator or editor of this community: make it one, or use another's token",
    3: "VK knows no such method: check VK_BASE_URL",
}
"""What a person has to do."""


def error_of(code: int, message: str, method: str) -> SyndicateError:
    """Return what an error code means for the request that it answers; `message` is VK's, without any secret."""
    said = f"{method}: VK's error {code} ({message})"
    if code in AMBIGUOUS:
        return OutcomeUnknown(f"{said}, which leaves open whether it was done")
    if code in WAITS:
        return RateLimited(said, WAITS[code])
    if code == 214:  # noqa: PLR2004 - one code for a day's limit, a time that is taken, and a right that is missing
        return _adding_denied(message, said)
    if code in PERSON:
        return ConfigurationError(f"{said}: {PERSON[code]}")
    if code in {22, 43}:
        return Transient(said)
    if code == 222:  # noqa: PLR2004 - hyperlinks are forbidden
        return Rejected(f"{said}: this wall takes no links; take them out at the source, or allow them at VK")
    return Rejected(said)


def _adding_denied(message: str, said: str) -> SyndicateError:
    """Tell the meanings of 214 apart, by its words alone."""
    if TAKEN.search(message):
        return RateLimited(f"{said}: another post is on the timer for this minute", 60.0)
    if DAILY.search(message):
        return RateLimited(
            f"{said}: the wall's number of posts for today is used up", until_tomorrow(datetime.now(UTC))
        )
    return ConfigurationError(f"{said}: the account may not publish on this wall; make it an editor there, or check it")


def until_tomorrow(now: datetime) -> float:
    """Return the seconds until the day in Moscow is over, at most `LONGEST_DAY_WAIT`."""
    there = now + MOSCOW
    midnight = there.replace(hour=0, minute=1, second=0, microsecond=0) + timedelta(days=1)
    return min((midnight - there).total_seconds(), LONGEST_DAY_WAIT)
