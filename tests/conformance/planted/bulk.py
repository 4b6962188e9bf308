"""Faults planted in the shelf: each makes a place from the faulty session or destination."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from adapters.contracts.errors import ConfigurationError, Rejected
from adapters.contracts.ports import Committed, MediaMissing
from tests.conformance.shelf import LONGEST, ShelfDestination, ShelfSession


class Appends(ShelfSession):
    """Keeps an edit beside what it replaces."""

    def save(self, state):
        for name, line in list(self.state["items"].items()):
            if name in state["items"] and state["items"][name]["item"] != line["item"]:
                state["items"][f"{name}~{len(state['items'])}"] = line
        super().save(state)


class CursorFirst(ShelfSession):
    """Moves the cursor before the items are there."""

    def commit(self, batch, media):
        if batch.cursor is not None:
            super().commit(replace(batch, items=(), deleted=(), take_over=()), media)
        return super().commit(batch, media)


class ForgetsTheCursor(ShelfSession):
    """Writes the items and not the cursor."""

    def commit(self, batch, media):
        return super().commit(replace(batch, cursor=None), media)


class HoldsTheDeleted(ShelfSession):
    """Says that it holds what was deleted, so that it never comes back."""

    def versions(self, ids):
        kept = self.state["items"]
        self.state = {**self.state, "items": {name: {**line, "deleted": False} for name, line in kept.items()}}
        return super().versions(ids)


class LosesTheDeleted(ShelfSession):
    """Takes a deletion for nothing."""

    def commit(self, batch, media):
        return super().commit(replace(batch, deleted=()), media)


class SameGeneration(ShelfSession):
    """Does not say that it has changed."""

    def save(self, state):
        super().save({**state, "generation": self.state["generation"] or "1"})


class HalfABatch(ShelfSession):
    """Writes what stands before an item that it refuses."""

    def commit(self, batch, media):
        good = [item for item in batch.items if len(item.text) <= LONGEST]
        if len(good) < len(batch.items):
            super().commit(replace(batch, items=good), media)
            raise Rejected("one was too long")
        return super().commit(batch, media)


class SwallowsRefusals(ShelfSession):
    """Leaves out what is too long, and says nothing."""

    def commit(self, batch, media):
        return super().commit(replace(batch, items=[i for i in batch.items if len(i.text) <= LONGEST]), media)


class ForgetsMembers(ShelfSession):
    """Knows an album by its first picture alone."""

    def versions(self, ids):
        return {name: held for name, held in super().versions(ids).items() if not held.item_id}


class HidesMissingMedia(ShelfSession):
    """Says nothing of a file that was not there."""

    def commit(self, batch, media):
        return Committed(super().commit(batch, media).generation)


class DiesOfMissingMedia(ShelfSession):
    """Loses an item because its picture is not there."""

    def keep(self, item, medium, media, missing):
        try:
            media(medium)
        except MediaMissing as error:
            raise Rejected(str(error)) from error


class TakesOverNothing(ShelfSession):
    """Compares anew for ever what another reader has read."""

    def commit(self, batch, media):
        return super().commit(replace(batch, take_over=()), media)


class NoLock(ShelfDestination):
    """Lets two write at once."""

    def lock(self, file):
        pass


class TakesAnySource(ShelfDestination):
    """Mixes two sources."""

    def peeked(self, source_id):
        return self.session(self.path, source_id)


class PeeksWithAPen(ShelfDestination):
    """A dry run that makes the place."""

    @contextmanager
    def peek(self, source_id):
        with self.open(source_id) as session:
            yield session


class NamedByFolder(ShelfDestination):
    """Moved, it is another place."""

    @property
    def identity(self):
        return f"shelf:{self.folder}"


class BornEachTime(ShelfDestination):
    """Has another name whenever it is asked."""

    @property
    def identity(self):
        return f"shelf:{id(self)}"


class NoFence(ShelfSession):
    """Writes over what somebody else wrote since it opened."""

    def commit(self, batch, media):
        now = json.loads(self.path.read_text()) if self.path.exists() else self.state
        self.state = {**self.state, "generation": now["generation"]}
        return super().commit(batch, media)


# Held back until the kit was done, and not tuned to.


class OneCursorForAll(ShelfSession):
    """Forgets which selection a cursor belongs to."""

    def cursor(self, selection):
        return next(reversed(self.state["cursors"].values()), "")


class HoldsIdsOfTheDeleted(ShelfSession):
    """Counts what was deleted among what it holds."""

    def held_ids(self):
        return iter(self.state["items"])


class DoesNotSeeItsOwn(ShelfSession):
    """Answers from what was there when it opened."""

    def versions(self, ids):
        self.first = getattr(self, "first", None) or json.dumps(self.state)
        now, self.state = self.state, json.loads(self.first)
        try:
            return super().versions(ids)
        finally:
            self.state = now


class ForgetsEdits(ShelfSession):
    """Says of an edited item when it was published."""

    def versions(self, ids):
        return {
            name: replace(held, changed_at=held.changed_at - timedelta(minutes=1))
            for name, held in super().versions(ids).items()
        }


class StaysLocked(ShelfDestination):
    """Leaves its lock behind when something goes wrong."""

    @contextmanager
    def open(self, source_id):
        left = self.folder / ".left"
        if left.exists():
            raise ConfigurationError("locked")
        with super().open(source_id) as session:
            left.touch()
            yield session
            left.unlink()


class SaysOnlyThatSomethingIsMissing(ShelfSession):
    """Counts files that were not there, and does not say whose."""

    def commit(self, batch, media):
        done = super().commit(batch, media)
        return Committed(done.generation, tuple("a file" for _ in done.media_missing))


def _place(session: type[ShelfSession]) -> type[ShelfDestination]:
    return type(session.__name__, (ShelfDestination,), {"session": session, "__doc__": session.__doc__})


FAULTS = {
    name: made if issubclass(made, ShelfDestination) else _place(made)
    for name, made in list(globals().items())
    if isinstance(made, type)
    and issubclass(made, ShelfDestination | ShelfSession)
    and made not in {ShelfDestination, ShelfSession}
}
