"""Dates as feeds write them: RFC 822, ISO 8601, and what else is met."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from feedparser.datetimes import _parse_date as parsed_by_feedparser

EARLIEST = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
"""What lies before is some program's zero."""
AHEAD = timedelta(days=1)
"""How far in the future a date may lie, for clocks and zones; what lies further is a mistake."""
ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?", re.ASCII | re.DOTALL)
USUAL = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([1-9][0-9]{3}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (?:GMT|([+-])([01][0-9])([0-5][0-9]))"
)
MONTHS = dict(
    zip(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), range(1, 13), strict=True)
)
LONGEST = 100


def moment(text: str, now: datetime) -> datetime | None:
    """Read a date, UTC where it names no zone; None where it cannot be, or cannot be true."""
    whole = _read(text) if 0 < len(text) <= LONGEST else None
    return whole if whole is not None and EARLIEST < whole <= now + AHEAD else None


def _read(text: str) -> datetime | None:
    """Read a date as it is written."""
    text = text.strip()
    if usual := _usual(text):
        return usual
    found = (_iso(text) if ISO.fullmatch(text) else _rfc822(text)) or _other(text)
    if found is None:
        return None
    try:
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)).replace(microsecond=0)
    except (OverflowError, ValueError):
        return None


def _usual(text: str) -> datetime | None:
    """Read a date as nearly every feed writes it; None for any other."""
    found = USUAL.fullmatch(text)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        local = datetime(int(year), MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        if not hours or (hours == "00" and minutes == "00"):
            return local
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        return local + ahead if sign == "-" else local - ahead
    except (ValueError, KeyError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    """Read RFC 3339 and what is near it."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _rfc822(text: str) -> datetime | None:
    """Read a date of mails."""
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _other(text: str) -> datetime | None:
    """Ask the library that knows the rest: Korean, Greek, Hungarian, asctime, ordinal days, zones without a colon."""
    try:
        found = parsed_by_feedparser(text)
        return datetime.fromtimestamp(calendar.timegm(found), UTC) if found else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
