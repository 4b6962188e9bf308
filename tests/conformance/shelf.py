"""A good little bulk place for trying the kit: one JSON file, replaced whole, with a lock beside it."""

from __future__ import annotations

import fcntl
import json
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from adapters.contracts.errors import ConfigurationError, LeaseLost, Rejected, Transient
from adapters.contracts.item import ContentItem
from adapters.contracts.ports import Committed, Held, MediaMissing

LONGEST = 5_000


class ShelfSession:
    """The one writer."""

    def __init__(self, path: Path, source_id: str) -> None:
        self.path, self.source_id = path, source_id
        self.state = self.load()
        self.repaired = ()

    def load(self):
        if self.path.exists():
            return json.loads(self.path.read_text())
        return {"generation": "", "items": {}, "cursors": {}, "source": self.source_id, "birth": secrets.token_hex(8)}

    @property
    def generation(self):
        return self.state["generation"]

    def versions(self, ids):
        found = {}
        for name in ids:
            for line in self.state["items"].values():
                item = ContentItem.model_validate_json(line["item"])
                if name in item.names and not line["deleted"]:
                    found[name] = Held(item.version, item.changed_at, item_id=item.id if item.id != name else "")
        return found

    def held_ids(self):
        return iter([name for name, line in self.state["items"].items() if not line["deleted"]])

    def members(self, ids):
        items = (ContentItem.model_validate_json(line["item"]) for line in self.state["items"].values())
        return {item.id: list(item.names[1:]) for item in items if item.id in ids and item.members}

    def cursor(self, selection):
        return self.state["cursors"].get(selection, "")

    def commit(self, batch, media):
        if self.load()["generation"] != self.generation:
            raise LeaseLost("somebody else has written here")
        state, missing = json.loads(json.dumps(self.state)), []
        for item in batch.items:
            if len(item.text) > LONGEST:
                raise Rejected(f"{item.id} is too long")
            for medium in item.media:
                self.keep(item, medium, media, missing)
            state["items"][item.id] = {"item": item.to_json().decode(), "deleted": False}
        for name in batch.deleted:
            if name in state["items"]:
                state["items"][name]["deleted"] = True
        for name, version in batch.take_over:
            held = ContentItem.model_validate_json(state["items"][name]["item"])
            state["items"][name]["item"] = held.model_copy(update={"version": version}).to_json().decode()
        if batch.cursor is not None:
            state["cursors"][batch.cursor.selection] = batch.cursor.value
        state["generation"] = secrets.token_hex(8)
        self.save(state)
        return Committed(state["generation"], tuple(missing))

    def keep(self, item, medium, media, missing):
        try:
            with media(medium).open() as stream:
                (self.path.parent / f"media_{secrets.token_hex(8)}").write_bytes(stream.read())
        except MediaMissing as error:
            missing.append(f"{item.id}: {error}")

    def save(self, state):
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(state))
        temporary.replace(self.path)
        self.state = state


class ShelfDestination:
    """A shelf."""

    service: ClassVar[str] = "shelf"
    marks: ClassVar[bool] = False
    session = ShelfSession

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "shelf.json"

    @property
    def identity(self):
        if not self.path.exists():
            return "shelf:new"
        return f"shelf:{json.loads(self.path.read_text())['birth']}"

    @contextmanager
    def open(self, source_id):
        self.folder.mkdir(exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            self.lock(lock)
            session = self.peeked(source_id)
            if not self.path.exists():
                session.save(session.state)
            yield session

    def lock(self, file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Transient(f"{self.folder}: another run is writing here") from None

    @contextmanager
    def peek(self, source_id):
        yield self.peeked(source_id)

    def peeked(self, source_id):
        session = self.session(self.path, source_id)
        if session.state["source"] != source_id:
            raise ConfigurationError(f"{self.folder} holds {session.state['source']}, not {source_id}")
        return session
