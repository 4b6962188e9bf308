"""One message, as Telethon has it, to an item; alike to what tdesktop's export says of the same message."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

from adapters.contracts.item import Answer, Author, ContentItem, Forward, ItemKind, Location, Poll
from adapters.sources.telegram.actions import action_of
from adapters.sources.telegram.extras import extras_of
from adapters.sources.telegram.media import files_of
from adapters.sources.telegram.place import Place
from adapters.text.telegram import spans_of, tags_of

Names = Mapping[str, str]
"""Names of chats and people by "channel5", "user7", "chat3"."""


@dataclass(frozen=True)
class Mapper:
    """Turns the messages of one chat into items; their versions come when their albums are closed."""

    place: Place
    names: Names

    def item(self, message: Any) -> ContentItem:
        """Return a message's item; raises whatever a field that holds nonsense makes it raise."""
        kind, text = _kind(message), getattr(message, "message", None) or ""
        spans = spans_of(text, getattr(message, "entities", None))
        media = getattr(message, "media", None)
        raw = extras_of(message, self.names)
        return ContentItem(
            id=f"{self.place.identity}/{message.id}",
            kind=kind,
            published_at=_utc(message.date),
            edited_at=_moment(getattr(message, "edit_date", None)),
            text=text,
            spans=spans,
            tags=tags_of(text, spans),
            media=tuple(file.media for file in files_of(message)),
            author=self._author(message),
            reply_to=self._reply(message),
            forward=self._forward(getattr(message, "fwd_from", None)),
            poll=_poll(media),
            location=_location(media),
            url=self._url(message.id),
            action=action_of(message.action) if kind is ItemKind.SERVICE else "",
            counters=_counters(message.reactions),
            raw=(raw,) if raw else (),
        )

    def _author(self, message: Any) -> Author:
        """Return who published a message: the chat itself where nobody else is named."""
        peer = named(message.from_id or message.peer_id)
        signature = getattr(message, "post_author", None) or ""
        return Author(name=self.names.get(peer, ""), id=peer, signature=signature)

    def _reply(self, message: Any) -> str:
        """Name the item that a message answers, in another chat too; what a service message points at is no answer."""
        header = message.reply_to
        if getattr(message, "action", None) is not None or not isinstance(header, types.MessageReplyHeader):
            return ""
        if not header.reply_to_msg_id:
            return ""
        peer = header.reply_to_peer_id
        there = f"telegram:{named(peer).removeprefix('channel')}" if peer else self.place.identity
        return f"{there}/{header.reply_to_msg_id}"

    def _forward(self, header: Any) -> Forward | None:
        """Return where a message was forwarded from; an account that hides itself has a name only."""
        if header is None or not (header.from_id or header.from_name):
            return None
        peer = named(header.from_id) if header.from_id else ""
        return Forward(
            name=self.names.get(peer, "") if peer else header.from_name, id=peer, published_at=_moment(header.date)
        )

    def _url(self, number: int) -> str:
        """Return the message's public page, where the chat has one."""
        return f"https://t.me/{self.place.username}/{number}" if self.place.username else ""


def named(peer: Any) -> str:
    """Return a peer as tdesktop writes it: "channel5", "user7", "chat3"."""
    if isinstance(peer, types.PeerChannel):
        return f"channel{peer.channel_id}"
    return f"chat{peer.chat_id}" if isinstance(peer, types.PeerChat) else f"user{peer.user_id}"


def names_of(answer: Any) -> dict[str, str]:
    """Return the names that an answer brings along with its messages."""
    found = {}
    for one in getattr(answer, "chats", ()):
        channel = isinstance(one, types.Channel | types.ChannelForbidden)
        found[f"{'channel' if channel else 'chat'}{one.id}"] = getattr(one, "title", "")
    for one in getattr(answer, "users", ()):
        if isinstance(one, types.User):
            found[f"user{one.id}"] = f"{one.first_name or ''} {one.last_name or ''}".strip()
    return found


def _kind(message: Any) -> ItemKind:
    """Tell posts from service messages and from what this layer of the protocol cannot show."""
    if isinstance(message, types.MessageService):
        return ItemKind.SERVICE
    hidden = isinstance(message.media, types.MessageMediaUnsupported)
    return ItemKind.UNSUPPORTED if hidden else ItemKind.POST


def _utc(value: datetime | None) -> datetime:
    """Return a date that must be there."""
    moment = _moment(value)
    if moment is None:
        raise ValueError("a message without a date")
    return moment


def _moment(value: datetime | None) -> datetime | None:
    """Return a date in UTC; Telethon has none for 1970's first second."""
    return value.astimezone(UTC) if value is not None else None


def _poll(media: Any) -> Poll | None:
    """Return a poll with what is known of its votes."""
    if not isinstance(media, types.MessageMediaPoll):
        return None
    voters = {one.option: one.voters or 0 for one in media.results.results or ()}
    return Poll(
        question=media.poll.question.text,
        answers=tuple(
            Answer(text=answer.text.text, voters=voters.get(getattr(answer, "option", b""), 0))
            for answer in media.poll.answers
        ),
        closed=bool(media.poll.closed),
        voters=media.results.total_voters or 0,
    )


def _location(media: Any) -> Location | None:
    """Return a point or a venue."""
    point = getattr(media, "geo", None)
    if not isinstance(point, types.GeoPoint) or not (math.isfinite(point.lat) and math.isfinite(point.long)):
        return None
    venue = isinstance(media, types.MessageMediaVenue)
    return Location(
        latitude=point.lat,
        longitude=point.long,
        name=media.title if venue else "",
        address=media.address if venue else "",
    )


def _counters(reactions: Any) -> dict[str, int]:
    """Return reactions by emoji; a custom one by its document's id, paid ones as "paid"."""
    found: dict[str, int] = {}
    for one in reactions.results if reactions else ():
        emoji = getattr(one.reaction, "emoticon", None) or getattr(one.reaction, "document_id", None)
        name = str(emoji or type(one.reaction).__name__.removeprefix("Reaction").lower())
        found[name] = found.get(name, 0) + one.count
    return found
