"""The cursor: where a reading of a feed stands, inside of it or behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson


@dataclass(frozen=True)
class Validators:
    """By what a server tells whether its feed has changed (RFC 9110, 8.8), and by what we do where it cannot."""

    etag: str = ""
    modified: str = ""
    digest: str = ""


NEVER = Validators()
INSIDE_NONE = -1


@dataclass(frozen=True)
class Place:
    """A place in a feed, as a cursor tells it: `{"etag": …, "modified": …, "of": digest, "done": entries, …}`."""

    validators: Validators = NEVER
    seen: Mapping[str, datetime] = field(default_factory=dict)
    """By id: when entries that tell no date of publication were first met."""
    title: str = ""
    done: int = 0
    """How many entries of that very feed lie before it; `INSIDE_NONE` behind a feed that was read to its end."""

    @classmethod
    def read(cls, cursor: str) -> Place:
        """Read a cursor; one that says nothing begins anew."""
        try:
            value = orjson.loads(cursor)
            validators = Validators(str(value["etag"]), str(value["modified"]), str(value["of"]))
            seen = {str(name): datetime.fromtimestamp(at, UTC) for name, at in value["seen"].items()}
            return cls(validators, seen, str(value["title"]), int(value["done"]))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
            return cls()

    def write(self) -> str:
        """Write a cursor."""
        seen = {name: int(at.timestamp()) for name, at in self.seen.items()}
        told = self.validators
        value = {"etag": told.etag, "modified": told.modified, "of": told.digest, "done": self.done}
        return orjson.dumps({**value, "title": self.title, "seen": seen}).decode()
