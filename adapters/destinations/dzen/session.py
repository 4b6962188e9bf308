"""One opening of a feed: what is held, the commits, and the feed that follows from them and from the time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic_core import PydanticSerializationError

from adapters.contracts.errors import Rejected, Transient
from adapters.contracts.item import ContentItem, Media
from adapters.contracts.ports import Batch, Committed, Held, MediaFile
from adapters.destinations.dzen import feed, preview
from adapters.destinations.dzen import state as states
from adapters.destinations.dzen.article import (
    FEED,
    PREVIEW,
    Article,
    compose,
    judge_pictures,
    judge_text,
    left_out,
    length_of,
)
from adapters.destinations.dzen.media import MediaKeeper
from adapters.destinations.dzen.profile import DzenSettings
from adapters.destinations.dzen.state import State
from adapters.destinations.dzen.storage import ABSENT, PUBLIC, STATE, Storage, trouble

Bytes = Callable[[Media], MediaFile]
NAME = f"{STATE}/state.json"


@dataclass
class _Work:
    """What a batch comes to, before anything of it is noted."""

    items: dict[str, tuple[ContentItem, bool]] = field(default_factory=dict)
    """By id: an item as it has been kept, and whether its source had all its files."""
    gone: list[str] = field(default_factory=list)
    """Ids of items that have become too short to be shown."""
    missing: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


class DzenSession:
    """The one writer of a feed; see `adapters.contracts.ports.BulkSession`."""

    def __init__(
        self, settings: DzenSettings, storage: Storage, state: State, tag: str, now: Callable[[], datetime]
    ) -> None:
        """Take the state as it was read under the tag, or a new one where there was none."""
        self._settings, self._profile = settings, settings.profile
        self._storage, self._state, self._tag, self._now = storage, state, tag, now
        self._articles: dict[str, tuple[tuple[str, ...], Article]] = {}
        self._unsettled = False
        self.repaired: Sequence[str] = ()

    @property
    def generation(self) -> str:
        """`<birth id>:<random>`; drawn anew with each commit."""
        return f"{self._state.birth}:{self._state.generation}"

    def versions(self, ids: Sequence[str]) -> dict[str, Held]:
        """Return what is held of these ids, an album's members too."""
        found = {}
        for asked in ids:
            name = self._state.owner(asked)
            row = self._state.rows.get(name)
            if row is not None and not row.deleted:
                changed_at = datetime.fromisoformat(row.changed_at)
                found[asked] = Held(row.version, changed_at, row.whole, "" if name == asked else name)
        return found

    def held_ids(self) -> Iterator[str]:
        """Yield the ids of all items held and not deleted."""
        return iter([name for name, row in self._state.rows.items() if not row.deleted])

    def members(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the other ids of each of these items that is an album."""
        rows = {item_id: self._state.rows[item_id] for item_id in ids if item_id in self._state.rows}
        found = {item_id: [one for one in row.members if one != item_id] for item_id, row in rows.items()}
        return {item_id: others for item_id, others in found.items() if others}

    def cursor(self, selection: str) -> str:
        """Return the cursor kept for a selection, or an empty string."""
        return self._state.cursors.get(selection, "")

    def commit(self, batch: Batch, media: Bytes) -> Committed:
        """Keep a batch and its cursor as one, then write the feed that follows from it.

        Raises Rejected, with the rule's name, when an item cannot be an article, and LeaseLost when somebody else has
        written here. When the state has been replaced and the feed has not, the next opening writes it.
        """
        if self._unsettled:
            raise Transient(f"an earlier commit to {self._storage.where} was cut short; opening it again settles that")
        try:
            work = self._prepared(batch, media)
            self._unsettled = True
            if self._apply(batch, work):
                self._state.admit(self._now(), self._profile)
                self._save()
                self.publish()
        except OSError as error:
            raise trouble(Path(self._storage.where), error) from error
        self._unsettled = False
        return Committed(self.generation, tuple(work.missing), work.left_out)

    def begin(self) -> None:
        """Write down a new feed's birth: its dead letters are kept under that name before anything else is."""
        if self._tag == ABSENT:
            self._save()

    def publish(self) -> None:
        """Make the feed, and the page beside it, what they are to be at this moment."""
        now = self._now()
        if self._state.admit(now, self._profile):
            self._save()
        articles = [self._article(one) for one in self._state.shown(now, self._profile)]
        waiting = len(self._state.waiting(self._profile))
        lacking = len(self._state.lacking) if self._state.lacks_text(self._profile) else 0
        self._put(FEED, feed.feed(self._settings, articles), feed.MIME)
        self._put(PREVIEW, preview.page(self._settings, articles, waiting, lacking), preview.MIME)

    def notes(self) -> list[str]:
        """Say what is held and not shown yet, a line each, for people."""
        waiting, lacking = len(self._state.waiting(self._profile)), bool(self._state.lacks_text(self._profile))
        most, days = self._profile.max_items, self._profile.days
        said = [f"{waiting:,} articles wait for a place in the feed: it has {most}, each taken for {days:g} days"]
        joined = "short items wait for the next ones to be joined with: together they have too little text yet"
        return [*(said if waiting else ()), *([joined] if lacking else ())]

    def _prepared(self, batch: Batch, media: Bytes) -> _Work:
        """Keep media and judge each item; notes nothing, so that a refusal leaves nothing."""
        work, keeper = _Work(), MediaKeeper(self._storage, self._profile)
        wanted: dict[str, ContentItem] = {}
        for given in batch.items:
            name = next((o for one in given.names if (o := self._state.owner(one)) in self._state.rows), given.id)
            item = given if name == given.id else given.model_copy(update={"id": name})
            _writable(item)
            if reason := left_out(self._profile, item):
                work.left_out[item.id] = reason
                work.gone.append(item.id)
                continue
            judge_text(self._profile, item)
            wanted[item.id] = item
        # Pictures cost seconds: they are looked at when nothing else stands against their batch.
        for item in wanted.values():
            kept = keeper.keep(item, media)
            judge_pictures(self._profile, kept.item)
            work.items[item.id] = kept.item, not kept.missing
            work.missing += kept.missing
        return work

    def _apply(self, batch: Batch, work: _Work) -> bool:
        """Note what a batch comes to; says whether that changed anything."""
        state, now = self._state, self._now()
        touched: list[str] = []
        for item, whole in sorted(work.items.values(), key=lambda pair: (pair[0].published_at, pair[0].id)):
            article = self._article_of(item)
            state.put(item, article, whole=whole)
            touched.append(article)
            state.changed(article, now, self._profile)
        for name in (*work.gone, *(state.owner(one) for one in batch.deleted)):
            if name in state.rows and name not in work.items and not state.rows[name].deleted:
                state.delete(name)
                touched.append(state.rows[name].article)
                state.changed(state.rows[name].article, now, self._profile)
        moved = bool(touched)
        for name, version in batch.take_over:
            row = state.rows.get(state.owner(name))
            if row is not None and not row.deleted and name not in work.items and row.version != version:
                row.version, moved = version, True
        cursor = batch.cursor
        if cursor is not None and state.cursors.get(cursor.selection, "") != cursor.value:
            state.cursors[cursor.selection], moved = cursor.value, True
        return moved

    def _article_of(self, item: ContentItem) -> str:
        """Return the article an item belongs to, for ever: its own, or one of short items that lacks text."""
        held = self._state.rows.get(item.id)
        if held is not None:
            return held.article
        short = self._profile.short == "join" and length_of(item) < self._profile.text_min
        return (self._state.lacks_text(self._profile) if short else "") or item.id

    def _save(self) -> None:
        """Replace the state."""
        self._state.generation = secrets.token_hex(8)
        self._state.forget(self._now(), self._profile)
        self._tag = self._storage.replace(NAME, self._state.dump(), states.MIME, self._tag)

    def _put(self, name: str, data: bytes, mime: str) -> None:
        """Replace a public file where it is to be another one."""
        path = f"{PUBLIC}/{name}"
        there = self._storage.read(path)
        if there is None or there.data != data:
            self._storage.replace(path, data, mime, there.tag if there else ABSENT)

    def _article(self, article_id: str) -> Article:
        """Return an article, composed once a session for each state of its items."""
        versions = tuple(
            f"{one} {(row := self._state.rows[one]).version} {row.whole}" for one in self._state.items(article_id)
        )
        known = self._articles.get(article_id)
        if known is None or known[0] != versions:
            made = compose(self._settings, article_id, self._state.content(article_id))
            known = self._articles[article_id] = versions, made
        return known[1]


def _writable(item: ContentItem) -> None:
    """Raise Rejected for an item that cannot be written down."""
    try:
        item.to_json()
    except PydanticSerializationError as error:
        raise Rejected(
            f"{item.id}: xml-well-formed: it holds what no file can: half a surrogate pair; mend it at the source"
        ) from error
