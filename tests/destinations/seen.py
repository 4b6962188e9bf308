"""Compares by rule what a reader of an item sees with what is seen of it at VK: each difference must be named."""

from __future__ import annotations

import re
from collections import Counter

from adapters.contracts.item import ItemKind, SpanKind
from adapters.fidelity import MISSING, NAMES, Part
from adapters.text.spans import PLAIN
from adapters.text.vk import MENTION

EXTRAS = ("invoice_information", "contact_information", "todo_list", "giveaway_information")
SAID = frozenset({"title", "description", "text", "first_name", "last_name", "phone_number", "additional_prize"})
"""What people read of these."""
UNWANTED = {"an MP3 file": ".mp3", "a program": ".exe"}
"""What VK takes none of, and how the export's names of it end."""


def missed(item, posts, shas, losses):
    """Return what an item shows, its posts do not, and no loss names; `shas` are the digests of the posts' files."""
    there = "\n".join(words for post in posts for words in _words(post))
    return [
        *_text(item, there, losses),
        *_markup(item, losses),
        *_media(item, posts, shas, losses),
        *_parts(item, posts, there, losses),
    ]


def _words(post):
    """Yield all that is written in a post."""
    yield post["text"]
    for one in post["attachments"]:
        shown = one[one["type"]]
        yield from (str(shown[name]) for name in ("title", "question", "url", "text", "description") if name in shown)
        yield from (answer["text"] for answer in shown.get("answers", ()))


def _text(item, there, losses):
    """Yield the words, signs and addresses of a text that are not there."""
    if words := Counter(re.findall(r"\w+", item.text)) - Counter(re.findall(r"\w+", there)):
        yield f"words {dict(words)}"
    signs = Counter(re.findall(r"[^\w\s]", item.text)) - Counter(re.findall(r"[^\w\s]", there))
    if MENTION in losses:
        del signs["@"]
    if signs:
        yield f"signs {dict(signs)}"
    for span in item.spans:
        address = span.kind is SpanKind.TEXT_LINK and span.value
        if address and address not in there and not any("link" in loss for loss in losses):
            yield f"the address {address}"


def _markup(item, losses):
    """Yield the markup that VK does not show and nobody names."""
    marked = {span.kind for span in item.spans if item.text[span.offset : span.offset + span.length].strip()}
    for kind in marked & PLAIN.keys():
        if PLAIN[kind] not in losses:
            yield PLAIN[kind]


def _media(item, posts, shas, losses):
    """Yield the media that are not there; files that are sent as they are must be there byte by byte."""
    shown = Counter(one["type"] for post in posts for one in post["attachments"])
    kept = [medium for medium in item.media if not medium.missing]
    if len(kept) < len(item.media) and MISSING not in losses:
        yield MISSING
    named = {kind for kind, name in NAMES.items() if any(name in loss for loss in losses)}
    unwanted = tuple(ending for name, ending in UNWANTED.items() if any(name in loss for loss in losses))
    whole = [medium for medium in kept if medium.kind not in named and not medium.name.endswith(unwanted)]
    if shown["photo"] + shown["video"] + shown["doc"] < len(whole):
        yield f"{len(whole)} media, shown {dict(shown)}"
    for medium in whole:
        if medium.mime.startswith(("video/", "text/", "application/")) and medium.sha256 not in shas:
            yield f"the file {medium.name}"


def _parts(item, posts, there, losses):
    """Yield the other parts of an item that are not there."""
    geo = any("geo" in post for post in posts)
    raw = item.raw
    gone = {
        Part.TITLE: item.title and item.title not in there,
        Part.POLL: item.poll and not _poll(item.poll, there, losses),
        Part.LOCATION: item.location and not geo and f"{item.location.latitude:.6f}" not in there,
        Part.FORWARD: item.forward and item.forward.name not in there,
        Part.REPLY: item.reply_to,
        Part.SIGNATURE: item.author and item.author.signature and item.author.signature not in there,
        Part.MEDIA_SPOILER: any(medium.spoiler for medium in item.media),
        Part.REACTIONS: item.counters,
        Part.BUTTONS: any("inline_bot_buttons" in message for message in raw) and "/map" not in there,
        Part.EXTRAS: any(said not in there for message in raw for said in _extras(message)),
        Part.SERVICE: item.kind is ItemKind.SERVICE and item.action.replace("_", " ") not in there,
    }
    for part, is_gone in gone.items():
        if is_gone and part.value not in losses:
            yield part.value
    if item.location and (item.location.name not in there or item.location.address not in there):
        # The name of a place is words, and no part of its own.
        yield f"the place {item.location.name}"


def _extras(message):
    """Yield what is written in a message's game, invoice, contact or list."""
    yield from (message[name] for name in ("game_title", "game_description", "game_link") if name in message)
    for name in EXTRAS:
        yield from _said(message.get(name, {}))


def _said(thing):
    """Yield the words in a nested object."""
    for name, value in thing.items():
        if name in SAID and isinstance(value, str):
            yield value
        for one in value if isinstance(value, list) else []:
            yield from _said(one) if isinstance(one, dict) else ()


def _poll(poll, there, losses):
    """Say whether all that is written in a poll is there, or named."""
    texts = [poll.question, *(answer.text for answer in poll.answers)]
    return all(text in there for text in texts) or any("poll" in loss for loss in losses)
