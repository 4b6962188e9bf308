"""Notes: an item as Markdown with front matter, for Obsidian with the archive's folder as its vault."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import yaml

from adapters.archive import ArchivedItem
from adapters.contracts.item import ItemKind, Media, MediaKind, Poll
from adapters.destinations.local.pages.ledger import Shown
from adapters.destinations.local.pages.naming import note
from adapters.text.markdown import escaped, is_tag, to_markdown

MAKER = "1"
"""Another number, and every note is made anew: for whoever changes what a note looks like."""

_ROOT = "../../.."
"""From a note to the archive."""
_EMBEDDED = {
    MediaKind.PHOTO,
    MediaKind.VIDEO,
    MediaKind.ANIMATION,
    MediaKind.VIDEO_NOTE,
    MediaKind.VOICE,
    MediaKind.AUDIO,
    MediaKind.STICKER,
}
_WEB = re.compile(r"https?://[^\s<>\\]+")


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """YAML's safe writer, with moments as Obsidian's properties have them."""


_Dumper.add_representer(
    datetime,
    lambda dumper, moment: dumper.represent_scalar(
        "tag:yaml.org,2002:timestamp", moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    ),
)


def to_note(item: ArchivedItem, target: Shown | None) -> str:
    """Return an item's note; `target` is what it answers, where that is in the archive."""
    matter = yaml.dump(
        _front(item), Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=1 << 20
    )
    blocks = [
        _reply(item, target),
        _forward(item),
        f"# {escaped(item.title)}" if item.title else "",
        to_markdown(item.text, item.spans),
        "\n\n".join(_media(medium) for medium in item.media),
        _poll(item.poll) if item.poll else "",
        _location(item),
    ]
    return f"---\n{matter}---\n\n" + "\n\n".join(block for block in blocks if block) + "\n"


def _front(item: ArchivedItem) -> dict[str, Any]:
    """Return what an item's front matter says; what says nothing is left out."""
    author, forward = item.author, item.forward
    facts = {
        "id": item.id,
        "date": item.published_at,
        "edited": item.edited_at,
        "deleted": item.deleted_at is not None,
        "kind": "" if item.kind is ItemKind.POST else str(item.kind),
        "action": item.action,
        "title": item.title,
        "author": author.name if author else "",
        "signature": author.signature if author else "",
        "tags": list(dict.fromkeys(tag for tag in item.tags if is_tag(tag))),
        "reply_to": item.reply_to,
        "members": list(item.members),
        "forwarded_from": (forward.name or forward.id) if forward else "",
        "forwarded_date": forward.published_at if forward else None,
        "reactions": dict(item.counters),
        "url": item.url,
    }
    return {name: _clean(value) for name, value in facts.items() if value}


def _clean(value: Any) -> Any:
    """Return a value of one line, without the signs that YAML cannot hold: a line `---` would end the front matter."""
    if isinstance(value, dict):
        return {_clean(name): number for name, number in value.items()}
    if isinstance(value, list):
        return [_clean(one) for one in value]
    return _UNWRITABLE.sub("\ufffd", " ".join(value.split())) if isinstance(value, str) else value


_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")


def _reply(item: ArchivedItem, target: Shown | None) -> str:
    """Return the line that leads to what an item answers."""
    if target is None:
        return f"↩ {escaped(item.reply_to)}" if item.reply_to else ""
    return f"↩ [{target.at[:10]} {target.at[11:16]}]({_to_note(target)})"


def _to_note(target: Shown) -> str:
    """Return the way from any note to another."""
    return f"{_ROOT}/{quote(note(target))}"


def _forward(item: ArchivedItem) -> str:
    """Return the line that says where an item was forwarded from."""
    if item.forward is None:
        return ""
    when = f" {item.forward.published_at:%Y-%m-%d %H:%M}" if item.forward.published_at else ""
    return f"↪ {escaped(item.forward.name or item.forward.id)}{when}".rstrip()


def _media(medium: Media) -> str:
    """Return a medium's embed, a document's link, or the reason why there is neither."""
    name = escaped(medium.title or medium.name or str(medium.kind))
    if not medium.path:
        return f"*{name}* — {escaped(medium.missing or 'missing')}"
    sign = "!" if medium.kind in _EMBEDDED else ""
    return f"{sign}[{name}]({_ROOT}/{quote(medium.path)})"


def _poll(poll: Poll) -> str:
    """Return a poll as a list."""
    total = poll.voters or sum(answer.voters for answer in poll.answers)
    answers = [
        f"- {escaped(answer.text)} — {answer.voters}" + (f" ({answer.voters / total:.0%})" if total else "")
        for answer in poll.answers
    ]
    return "\n".join([f"**{escaped(poll.question)}**" if poll.question.strip() else "", "", *answers]).strip()


def _location(item: ArchivedItem) -> str:
    """Return a place's name with a link to a map."""
    point = item.location
    if point is None:
        return ""
    name = escaped(", ".join(part for part in (point.name, point.address) if part) or "⌖")
    return f"[{name}](https://www.openstreetmap.org/?mlat={point.latitude}&mlon={point.longitude})"
