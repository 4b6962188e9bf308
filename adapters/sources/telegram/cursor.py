"""The cursor: how far a chat has been read, and from which of its states changes are still to be told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError

from adapters.contracts.item import Model


class State(Model):
    """A point in the stream of a chat's changes (core.telegram.org/api/updates)."""

    pts: int = Field(ge=1)
    """The channel's; of a basic group or a person the account's."""
    date: int = 0
    """Seconds since 1970: the account's state has them too."""
    qts: int = 0


class Stand(Model):
    """Where a reading stands; the newest fields have a default, so that older cursors stay readable."""

    scheme: Literal[1] = 1
    of: str
    """The chat's identity."""
    last: int = Field(default=0, ge=0)
    """The highest message id that has been told."""
    state: State | None = None
    """Changes after it are still to be told; None where that is not known, and then all is read anew."""
    again: int | None = Field(default=None, ge=0)
    """Set while everything is read again, because changes were lost: how far that has come."""

    def text(self) -> str:
        """Return the cursor."""
        return self.to_json().decode()


def stand_of(cursor: str, identity: str) -> Stand:
    """Read a cursor; one of another chat or of no sense begins anew."""
    try:
        found = Stand.model_validate_json(cursor)
    except ValidationError:
        return Stand(of=identity)
    return found if found.of == identity and found.state is not None else Stand(of=identity)
