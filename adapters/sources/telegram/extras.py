"""What an item has no field for, under the names of tdesktop's export; nothing that expires or changes by itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telethon.tl import TLObject, types

PASSING = frozenset({"_", "access_hash", "file_reference", "thumbs", "video_thumbs", "sizes", "photo", "document"})
"""Fields that open something, expire, or are told elsewhere."""


def extras_of(message: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the rest of a message as plain JSON values."""
    if isinstance(message, types.MessageService):
        return _action(message)
    found = _media(message.media) | _where(message)
    if isinstance(message.reply_markup, types.ReplyInlineMarkup):
        found["inline_bot_buttons"] = [[_button(one) for one in row.buttons] for row in message.reply_markup.rows]
    if message.via_bot_id:
        found["via_bot"] = names.get(f"user{message.via_bot_id}") or message.via_bot_id
    for name in ("views", "forwards", "grouped_id", "restriction_reason", "factcheck", "rich_message", "effect"):
        if value := getattr(message, name, None):
            found[name] = plain(value)
    return found


def plain(value: Any) -> Any:
    """Return a value of the protocol as plain JSON, without what expires."""
    if isinstance(value, TLObject):
        told = {name: one for name, one in vars(value).items() if name not in PASSING and not name.startswith("_")}
        kept = {name: plain(one) for name, one in told.items() if one not in (None, False, [], b"", "")}
        return {"type": type(value).__name__} | kept
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).decode()
    if isinstance(value, datetime):
        return int(value.astimezone(UTC).timestamp())
    return value


def _action(message: Any) -> dict[str, Any]:
    """Return what an action says besides its name."""
    told: dict[str, Any] = plain(message.action)
    del told["type"]
    number = getattr(message.reply_to, "reply_to_msg_id", None)
    return told | ({"message_id": number} if number else {})


def _where(message: Any) -> dict[str, Any]:
    """Return where a message stands: its topic, what it quotes, where it was saved from."""
    found: dict[str, Any] = {}
    reply, forward = message.reply_to, message.fwd_from
    if isinstance(reply, types.MessageReplyHeader):
        if reply.forum_topic:
            found["topic"] = reply.reply_to_top_id or reply.reply_to_msg_id
        if reply.quote_text:
            found["quote"] = reply.quote_text
    elif reply is not None:
        found["reply_to_story"] = plain(reply)
    if forward is not None:
        told = {"channel_post": "forwarded_post", "post_author": "forwarded_author", "saved_from_peer": "saved_from"}
        found |= {ours: plain(value) for name, ours in told.items() if (value := getattr(forward, name))}
    return found


def _media(media: Any) -> dict[str, Any]:
    """Return what is neither a file, a poll nor a place."""
    if isinstance(media, types.MessageMediaContact):
        return {"contact_information": _contact(media)}
    if isinstance(media, types.MessageMediaGame):
        return {"game_title": media.game.title, "game_description": media.game.description}
    if isinstance(media, types.MessageMediaInvoice):
        told = ("title", "description", "total_amount", "currency")
        said = {name.removeprefix("total_"): getattr(media, name) for name in told}
        return {"invoice_information": said}
    if isinstance(media, types.MessageMediaToDo):
        items = [{"text": one.title.text, "id": one.id} for one in media.todo.list]
        return {"todo_list": {"title": media.todo.title.text, "answers": items}}
    if isinstance(media, types.MessageMediaGiveaway):
        return {"giveaway_information": plain(media)}
    if isinstance(media, types.MessageMediaGiveawayResults):
        return {"giveaway_results": plain(media)}
    return _lesser(media)


def _lesser(media: Any) -> dict[str, Any]:
    """Return what belongs to a medium that has fields of its own."""
    if isinstance(media, types.MessageMediaWebPage):
        page = {name: getattr(media.webpage, name, None) for name in ("url", "site_name", "title", "description")}
        return {"web_page": {name: value for name, value in page.items() if value}} if page["url"] else {}
    if isinstance(media, types.MessageMediaGeoLive):
        return {"live_location_period_seconds": media.period}
    if isinstance(media, types.MessageMediaDice):
        return {"dice": {"emoji": media.emoticon, "value": media.value}}
    if isinstance(media, types.MessageMediaStory | types.MessageMediaVideoStream):
        return {"story": plain(media)}
    found: dict[str, Any] = {}
    if seconds := getattr(media, "ttl_seconds", None):
        found["self_destruct_period_seconds"] = seconds
    if stars := getattr(media, "stars_amount", None):
        found["paid_stars_amount"] = stars
    if isinstance(media, types.MessageMediaDocument) and isinstance(media.document, types.Document):
        emoji = next((one.alt for one in media.document.attributes if getattr(one, "alt", "")), "")
        found |= {"sticker_emoji": emoji} if emoji else {}
    return found


def _contact(media: Any) -> dict[str, str]:
    """Return a contact's card; tdesktop writes numbers with a plus."""
    number = media.phone_number
    return {
        "first_name": media.first_name,
        "last_name": media.last_name,
        "phone_number": number if number.startswith("+") or not number else f"+{number}",
    }


def _button(button: Any) -> dict[str, str]:
    """Return a button below a message: what it is, says and leads to."""
    kind = type(button).__name__.removeprefix("KeyboardButton").lower() or "default"
    data = getattr(button, "url", "") or getattr(button, "query", "")
    return {"type": kind, "text": button.text} | ({"data": data} if data else {})
