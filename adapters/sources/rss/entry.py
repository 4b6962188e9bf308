"""What was found of an entry → an item, under an id that stays the same however the feed is served."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from adapters.contracts.item import Author, ContentItem, Entry, Media, MediaKind, Unreadable
from adapters.contracts.version import seal
from adapters.garbage import nothing_collected
from adapters.sources.rss.attachments import of_podcast
from adapters.sources.rss.dates import EARLIEST, moment
from adapters.sources.rss.found import Found, Parsed, one_line
from adapters.text.html_rules import Rich, absolute

READER = "rss"
KEPT_BYTES = 1 << 20
SIMPLE = re.compile(r"[A-Za-z0-9_.:@=+-]{1,64}", re.ASCII)
"""Ids that are shown as they are; any other is shown as its hash."""
TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id", re.IGNORECASE)
TRACKED = re.compile(r"([A-Za-z0-9][^?#]*)\?(?:utm_[a-z]+=[A-Za-z0-9.-]+(?:&(?=u)|$))+")
"""An address all of whose parameters count where readers came from."""
MAY_TRACK = re.compile(r"[Uu][Tt][Mm]_|[Cc][Ll][Ii][Dd]|[Mm][Cc]_")
PLAINLY = re.compile(r"[A-Za-z0-9._~:/?=&%#+,;@!*()'-]*")
"""An address in which nothing has to be understood."""
LONGEST_TAG = 200
NOTHING = Rich("")
SEEN = frozenset((MediaKind.PHOTO, MediaKind.VIDEO))
"""With one of these an entry needs no picture that only stands for it."""


@dataclass(frozen=True)
class Reading:
    """What one reading of a feed knows besides the feed."""

    identity: str
    url: str
    now: datetime
    """When the feed was fetched."""
    seen: Mapping[str, datetime]
    """By id: when entries that tell no date of publication were first met."""
    is_first: bool = False
    """Whether nothing was read of this feed before: what has no date is then no newer than what has one."""
    met: datetime | None = None
    """When entries without any date are met, where that is not now."""


@nothing_collected()
def entries_of(parsed: Parsed, reading: Reading) -> list[Entry]:
    """Return a feed's entries, the oldest first, each id once; of several with one id the newest."""
    made: dict[str, Entry] = {}
    if reading.is_first:
        dates = [moment(found.published or found.updated, reading.now) for found in parsed.entries]
        reading = replace(reading, met=max(filter(None, dates), default=reading.now))
    for found, name in zip(parsed.entries, names_of(parsed), strict=True):
        entry = _entry(found, name, parsed, reading)
        before = made.get(entry.id)
        if before is None or _changed_at(entry) > _changed_at(before):
            made[entry.id] = entry
    # Feeds have their newest first: of two of one second the later in the feed is the older.
    oldest_first = list(made.values())[::-1]
    return sorted(oldest_first, key=_published_at)


def names_of(parsed: Parsed) -> list[str]:
    """Name each entry: by its guid, else its link, else its content.

    A guid says nothing where it is the site's own address, or where entries with different links share it.
    """
    links: dict[str, str] = {}
    useless = {"", _bare(parsed.link)}
    names = [(_bare(found.guid), _bare(found.link)) for found in parsed.entries]
    for guid, link in names:
        if link and links.setdefault(guid, link) != link:
            useless.add(guid)
    return [_named(found, guid, link, useless) for found, (guid, link) in zip(parsed.entries, names, strict=True)]


def _named(found: Found, guid: str, link: str, useless: set[str]) -> str:
    """Return the part of an item's id that names it inside its feed."""
    if guid not in useless:
        return short(guid)
    if link:
        return short(link)
    return (
        short(f"content\n{found.title}\n{_text(found, '').text}\n{found.published}") if _says_something(found) else ""
    )


def short(name: str) -> str:
    """Return a name that fits into an id: itself where it is simple, its hash elsewhere."""
    if SIMPLE.fullmatch(name):
        return name
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def deleted_of(parsed: Parsed) -> set[str]:
    """Return the names of entries that a feed says were deleted, and does not show."""
    return {short(_bare(ref)) for ref in parsed.deleted if _bare(ref)}.difference(names_of(parsed))


def _bare(name: str) -> str:
    """Return a guid or a link without what changes when a site moves to https, or counts where readers came from."""
    name = name.strip()
    if not name.lower().startswith(("http://", "https://")):
        return name
    rest = name.partition("://")[2]
    if "?" in rest and (tracked := TRACKED.fullmatch(rest)):
        rest = tracked[1]
    if PLAINLY.fullmatch(rest) and not ("?" in rest and MAY_TRACK.search(rest)):
        return rest.removeprefix("www.").rstrip("/")
    try:
        parts = urlsplit(f"//{rest}")
    except ValueError:
        return rest
    if "utm_" in parts.query or TRACKING.search(parts.query):
        left = [(key, value) for key, value in parse_qsl(parts.query, True) if not TRACKING.fullmatch(key)]  # noqa: FBT003
        rest = parts._replace(query=urlencode(left)).geturl().removeprefix("//")
    return rest.removeprefix("www.").rstrip("/")


def _entry(found: Found, name: str, parsed: Parsed, reading: Reading) -> Entry:
    """Make one item; what cannot be one keeps its bytes and says why."""
    if found.damage or not name or not _says_something(found):
        return _unreadable(found, found.damage or "an entry that says nothing: no title, no text, no link, no file", "")
    item_id = f"{reading.identity}/{name}"
    try:
        return _item(found, item_id, parsed, reading)
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError) as error:
        return _unreadable(found, f"a field holds what it cannot hold: {(str(error).splitlines() or [''])[0]}", item_id)


def _item(found: Found, item_id: str, parsed: Parsed, reading: Reading) -> ContentItem:
    """Make the item of one entry."""
    home = absolute(parsed.link, reading.url) or reading.url
    link = absolute(found.link, found.base or home) if found.link else ""
    link = link if link.startswith(("http://", "https://")) else ""
    base = found.base or link or home
    text = _text(found, base)
    published = moment(found.published, reading.now)
    updated = published if found.updated == found.published else moment(found.updated, reading.now)
    first = reading.seen.get(item_id) or updated or reading.met or reading.now
    named = found.authors if len(found.authors) < 2 else dict.fromkeys(filter(None, found.authors))  # noqa: PLR2004
    author = one_line(", ".join(named) or parsed.author)
    # Each field was made, and cleaned, here: validating it again would take as long as hashing it.
    return seal(
        ContentItem.trusted(
            id=item_id,
            published_at=published or first,
            edited_at=updated if updated and updated > (published or first) else None,
            title=found.title,
            text=text.text,
            spans=text.spans,
            media=_media(found, text.media, base),
            author=Author.trusted(name=author) if author else None,
            location=found.location,
            tags=_tags(found.tags),
            url=link,
            counters=found.counters,
            raw=(_raw(found, undated=published is None),) if found.raw or published is None else (),
        ),
        READER,
    )


def _raw(found: Found, *, undated: bool) -> dict[str, object]:
    """Return what the model has no field for, and whether the date of publication is ours."""
    return {**found.raw, "date_inferred": True} if undated else found.raw


def is_undated(item: ContentItem) -> bool:
    """Say whether an item's date is when it was first met."""
    return bool(item.raw) and item.raw[0].get("date_inferred") is True


def _text(found: Found, base: str) -> Rich:
    """Read an entry's text."""
    return found.body(base) if found.body is not None else NOTHING


def _media(found: Found, inline: Sequence[Media], base: str) -> tuple[Media, ...]:
    """Return an entry's files, each once: those attached, those in the text, or else a picture that stands for it."""
    if not (found.files or inline or found.pictures):
        return ()
    files: dict[str, Media] = {}
    for one in (*of_podcast(found.files, found.raw), *inline):
        _add(files, one, base)
    if found.pictures and not any(one.kind in SEEN for one in files.values()):
        _add(files, found.pictures[0], base)
    return tuple(files.values())


def _add(files: dict[str, Media], one: Media, base: str) -> None:
    """Add a file by its whole address; what is none on the web is left out."""
    address = absolute(one.ref, base)
    if address.startswith(("http://", "https://")):
        files.setdefault(address, one if address == one.ref else one.model_copy(update={"ref": address}))


def _tags(tags: list[str]) -> tuple[str, ...]:
    """Return categories as tags, each once."""
    named = dict.fromkeys([one_line(tag).lstrip("#")[:LONGEST_TAG] for tag in tags])
    named.pop("", None)
    return tuple(named)


def _says_something(found: Found) -> bool:
    """Say whether there is anything in an entry for a reader."""
    return bool(found.title or found.link or found.files or _text(found, "").text.strip() or found.damage)


def _unreadable(found: Found, error: str, item_id: str) -> Unreadable:
    """Keep what cannot be read."""
    data = found.data()
    where = one_line(found.title)[:80]
    return Unreadable(
        where=f"an entry of the feed{f', {where!r}' if where else ''}",
        error=error,
        data=data[:KEPT_BYTES],
        sha256=hashlib.sha256(data).hexdigest(),
        item_id=item_id,
    )


def _published_at(entry: Entry) -> datetime:
    """Order entries; what cannot be read comes first."""
    return entry.published_at if isinstance(entry, ContentItem) else EARLIEST


def _changed_at(entry: Entry) -> datetime:
    """Order the states of one entry."""
    return entry.changed_at if isinstance(entry, ContentItem) else EARLIEST
