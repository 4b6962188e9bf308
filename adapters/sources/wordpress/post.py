"""A post of the REST API as an item.

Fields: https://developer.wordpress.org/rest-api/reference/posts/#schema
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contracts.item import Author, ContentItem, Media
from adapters.sources.wordpress.content import Attachment, kind_of, rich
from adapters.text.from_html import from_html
from adapters.text.html_rules import cleaned

FIELDS = ",".join(
    (
        *("id", "date", "date_gmt", "modified_gmt", "guid", "slug", "status", "type", "link", "title", "content"),
        *("excerpt", "author", "featured_media", "sticky", "template", "format", "meta", "acf", "parent"),
        *("menu_order", "categories", "tags", "_links", "_embedded"),
    )
)
NO_CATEGORY = frozenset({"uncategorized", "bez-rubriki"})
"""What WordPress files a post under that has no category: no tag for a reader."""


def item_of(post: Mapping[str, Any], library: Mapping[int, Attachment], site: str, offset: float) -> ContentItem:
    """Build the item of one post, yet without its version; raises ValueError and its kin for a strange one.

    `offset` is the site's distance from UTC in hours, for drafts, which have no date but a local one.
    """
    published, modified = moment(post, "date", offset), moment(post, "modified", offset)
    if published is None:
        raise ValueError("a post without a date")
    link = str(post.get("link") or "")
    content = rich(rendered(post, "content"), library, link)
    embedded = post.get("_embedded")
    embedded = embedded if isinstance(embedded, dict) else {}
    return ContentItem(
        id=f"{site}/{post['id']}",
        published_at=published,
        edited_at=modified if modified and modified > published else None,
        title=" ".join(from_html(rendered(post, "title")).text.split()),
        text=content.text,
        spans=content.spans,
        media=_media(post, content.media, library),
        author=_author(post, embedded),
        tags=_tags(embedded),
        url=link if link.startswith(("https://", "http://")) else "",
        raw=({name: value for name, value in post.items() if name not in {"_links", "_embedded"}},),
    )


def moment(post: Mapping[str, Any], name: str, offset: float = 0) -> datetime | None:
    """Read a time of a post, UTC; None where it has none. Raises ValueError for what is no time."""
    universal, local = post.get(f"{name}_gmt"), post.get(name)
    if universal and not str(universal).startswith("0000"):
        return datetime.fromisoformat(str(universal)).replace(tzinfo=UTC)
    if local and not str(local).startswith("0000"):
        return datetime.fromisoformat(str(local)).replace(tzinfo=UTC) - timedelta(hours=offset)
    return None


def rendered(post: Mapping[str, Any], name: str) -> str:
    """Return a field's HTML."""
    value = post.get(name)
    return str(value.get("rendered") or "") if isinstance(value, dict) else ""


def _media(post: Mapping[str, Any], inline: tuple[Media, ...], library: Mapping[int, Attachment]) -> tuple[Media, ...]:
    """Return the featured picture and what stands in the text, each once."""
    featured = library.get(number) if type(number := post.get("featured_media")) is int else None
    first = {featured.url: featured.medium()} if featured and kind_of(featured.mime) else {}
    return tuple((first | {one.ref: one for one in inline}).values())


def _author(post: Mapping[str, Any], embedded: Mapping[str, Any]) -> Author | None:
    """Return who wrote it; a site may keep their name to itself."""
    number = post.get("author")
    if type(number) is not int or number <= 0:
        return None
    people = embedded.get("author")
    person = people[0] if isinstance(people, list) and people and isinstance(people[0], dict) else {}
    return Author(name=cleaned(str(person.get("name") or "")), id=str(number))


def _tags(embedded: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of categories, tags and custom terms, in the site's order."""
    groups = embedded.get("wp:term")
    terms = [term for group in groups if isinstance(group, list) for term in group] if isinstance(groups, list) else []
    named = [
        " ".join(from_html(str(term["name"])).text.split())
        for term in terms
        if isinstance(term, dict) and term.get("name") and term.get("slug") not in NO_CATEGORY
    ]
    return tuple(dict.fromkeys(name for name in named if name))
