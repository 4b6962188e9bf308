"""The state of a feed: what is held of each item, which articles they make, and when each article came into the feed.

It is one JSON object, replaced whole: a few hundred bytes an item; the item itself is kept only as long as its article
may still be written.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.item import ContentItem
from adapters.destinations.dzen.article import length_of
from adapters.destinations.dzen.profile import Profile

FORMAT = 1
MIME = "application/json"


@dataclass
class Row:
    """What is held of one item."""

    version: str
    changed_at: str
    """ISO 8601, as are all moments here."""
    published_at: str
    article: str
    """The id of the article it belongs to: its own, or that of the first of several short ones."""
    length: int
    members: list[str] = field(default_factory=list)
    whole: bool = True
    """False when its source lacked a file that it named."""
    deleted: bool = False
    body: dict[str, Any] | None = None
    """The item as JSON, with where its media lie; None once nothing needs it any more."""


@dataclass
class Place:
    """An article's place in the feed."""

    since: str | None = None
    """When what it says now came into the feed; None while it waits for its turn."""


@dataclass
class State:
    """Everything that is known of one feed."""

    birth: str
    source: str
    generation: str = ""
    cursors: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)
    """Articles of short items that still lack text, or did when this was last looked at."""
    _owners: dict[str, str] = field(default_factory=dict)
    """Album member → item."""
    _members: dict[str, list[str]] = field(default_factory=dict)
    """Article → its items."""

    def __post_init__(self) -> None:
        """Index what is there."""
        for item_id, row in self.rows.items():
            self._index(item_id, row)

    @classmethod
    def load(cls, data: bytes, where: str) -> State:
        """Read a state; raises ConfigurationError for one that cannot be read or is of a newer release."""
        try:
            read = orjson.loads(data)
            if read["format"] == FORMAT:
                rows = {item_id: Row(**row) for item_id, row in read["rows"].items()}
                places = {article: Place(**place) for article, place in read["places"].items()}
                head = (read["birth"], read["source"], read["generation"], read["cursors"])
                return cls(*head, rows, places, read["lacking"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"the feed's state in {where} cannot be read: restore state/state.json from a backup, or delete it to "
                "begin anew; Dzen knows the articles by their guids and doubles none"
            ) from error
        raise ConfigurationError(f"the feed's state in {where} is of another release of prefect-syndicate: update it")

    def dump(self) -> bytes:
        """Return the state as JSON."""
        rows = {item_id: _sparse(row) for item_id, row in self.rows.items()}
        places = {article: asdict(place) for article, place in self.places.items()}
        head = {"format": FORMAT, "birth": self.birth, "source": self.source, "generation": self.generation}
        tail = {"cursors": self.cursors, "lacking": self.lacking, "places": places, "rows": rows}
        return orjson.dumps(head | tail)

    def owner(self, name: str) -> str:
        """Return the id under which a message is held: an album's first, else the name itself."""
        return name if name in self.rows else self._owners.get(name, name)

    def put(self, item: ContentItem, article: str, *, whole: bool) -> None:
        """Note an item as it has been kept for writing."""
        row = Row(
            version=item.version,
            changed_at=_text(item.changed_at),
            published_at=_text(item.published_at),
            article=article,
            length=length_of(item),
            members=list(item.members),
            whole=whole,
            body=orjson.loads(item.to_json()),
        )
        self.rows[item.id] = row
        self._index(item.id, row)

    def items(self, article: str) -> list[str]:
        """Return the ids of an article's items that are not deleted, in order of their dates."""
        alive = [item_id for item_id in self._members.get(article, ()) if not self.rows[item_id].deleted]
        return sorted(alive, key=lambda item_id: (self.rows[item_id].published_at, item_id))

    def changed(self, article: str, now: datetime, profile: Profile) -> None:
        """Note that an article says something else: it counts as new where it stands, or waits for its turn again."""
        place = self.places.setdefault(article, Place())
        ready = self.ready(article, profile)
        if place.since is not None:
            place.since = _text(now) if ready and place.since > _left(now, profile) else None
        if not ready and article not in self.lacking:
            self.lacking.append(article)

    def delete(self, item_id: str) -> None:
        """Mark an item as deleted; what it said goes."""
        self.rows[item_id].deleted, self.rows[item_id].body = True, None

    def ready(self, article: str, profile: Profile) -> bool:
        """Say whether an article may be shown: it has items, and together they have text enough."""
        items = self.items(article)
        return bool(items) and sum(self.rows[item_id].length for item_id in items) >= profile.text_min

    def lacks_text(self, profile: Profile) -> str:
        """Return an article of short items that the next short one joins, or an empty string."""
        self.lacking = [one for one in self.lacking if self.items(one) and not self.ready(one, profile)]
        return self.lacking[0] if self.lacking else ""

    def shown(self, now: datetime, profile: Profile) -> list[str]:
        """Return the articles that are in the feed, the newest first."""
        left = _left(now, profile)
        there = [one for one, place in self.places.items() if (place.since or "") > left and self._whole(one, profile)]
        if len(there) > profile.max_items:
            # Only after the settings have been changed: who has been there longest has been read most likely.
            there = sorted(there, key=lambda one: str(self.places[one].since))[-profile.max_items :]
        return sorted(there, key=self._date, reverse=True)

    def waiting(self, profile: Profile) -> list[str]:
        """Return the articles that wait for a place in the feed."""
        return [one for one, place in self.places.items() if place.since is None and self.ready(one, profile)]

    def admit(self, now: datetime, profile: Profile) -> list[str]:
        """Let in whoever waits while there is room, those of the last days first, then the oldest; return them."""
        room = profile.max_items - len(self.shown(now, profile))
        left = _left(now, profile)
        waiting = sorted(self.waiting(profile), key=lambda one: (self._date(one)[0] <= left, self._date(one)))
        admitted = waiting[: max(room, 0)]
        for article in admitted:
            self.places[article].since = _text(now)
        return admitted

    def forget(self, now: datetime, profile: Profile) -> None:
        """Let go of the items of articles that have left the feed; an edit brings its item along."""
        left = _left(now, profile)
        for article, place in self.places.items():
            names = self._members.get(article, ())
            if len(names) == 1 and place.since is not None and place.since <= left:
                self.rows[names[0]].body = None

    def content(self, article: str) -> list[ContentItem]:
        """Return the items of an article that is to be written."""
        bodies = [self.rows[item_id].body for item_id in self.items(article)]
        return [ContentItem.model_validate_json(orjson.dumps(body)) for body in bodies]

    def _whole(self, article: str, profile: Profile) -> bool:
        """Say whether an article can be written: it is ready, and its items are still kept."""
        return self.ready(article, profile) and all(self.rows[item_id].body for item_id in self.items(article))

    def _date(self, article: str) -> tuple[str, str]:
        """Return what articles are ordered by."""
        return self.rows[self.items(article)[0]].published_at, article

    def _index(self, item_id: str, row: Row) -> None:
        self._owners |= dict.fromkeys(row.members, item_id)
        names = self._members.setdefault(row.article, [])
        if item_id not in names:
            names.append(item_id)


def _sparse(row: Row) -> dict[str, Any]:
    """Return a row's fields without those that say nothing."""
    return {name: value for name, value in vars(row).items() if value != _DEFAULTS.get(name, ...)}


_DEFAULTS: dict[str, Any] = {"members": [], "whole": True, "deleted": False, "body": None}


def _left(now: datetime, profile: Profile) -> str:
    """Return the moment: what came in by then has been in the feed for its days."""
    return _text(now - timedelta(days=profile.days))


def _text(moment: datetime) -> str:
    """Write a moment so that texts are in order as moments are."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
