"""Fields of VK's objects: what is missing is empty; what is of another type nobody can read, and raises ValueError."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def text(of: Mapping[str, Any], name: str) -> str:
    """Return a text."""
    value = of.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise ValueError(f"{name} is no text")


def number(of: Mapping[str, Any], name: str) -> int:
    """Return a whole number; VK writes yes and no as either."""
    value = of.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or abs(value) >= 1 << 63:
        raise ValueError(f"{name} is no number")
    return int(value)


def moment(of: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time, None where there is none."""
    seconds = number(of, name)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"{name} is no time") from None


def things(of: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object; an empty one where there is none."""
    value = of.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")  # noqa: TRY004 - a post's own fault, not a caller's
    return value


def objects(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects."""
    value = of.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"{name} is no list of objects")
    return value
