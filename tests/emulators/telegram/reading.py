"""Reading messages: history, by id, search, topics, dialogs (core.telegram.org/api/offsets)."""

from __future__ import annotations

from datetime import UTC, datetime

from telethon.tl import types

from tests.emulators.telegram.kinds import Channel
from tests.emulators.telegram.places import around, chat_of
from tests.emulators.telegram.wire import Refused

NEVER = datetime.fromtimestamp(0, UTC)
"""How TL says that there is no date."""
MOST = 100
"""Messages in one answer."""
FILTERS = {
    types.InputMessagesFilterPhotos: lambda media: isinstance(media, types.MessageMediaPhoto),
    types.InputMessagesFilterVideo: lambda media: bool(getattr(media, "video", None)),
    types.InputMessagesFilterDocument: lambda media: isinstance(media, types.MessageMediaDocument),
    types.InputMessagesFilterPhotoVideo: lambda media: bool(
        isinstance(media, types.MessageMediaPhoto) or getattr(media, "video", None)
    ),
}


def get_history(ask):
    """Answer messages.getHistory."""
    chat = chat_of(ask, ask.request.peer)
    return _slice(ask, chat, list(chat.messages.values()))


def get_replies(ask):
    """Answer messages.getReplies: a topic's messages, or a thread's."""
    chat, top = chat_of(ask, ask.request.peer), ask.request.msg_id
    found = [said for said in chat.messages.values() if said.reply_to and _thread(said.reply_to) == top]
    return _slice(ask, chat, found)


def _thread(header) -> int:
    return header.reply_to_top_id or header.reply_to_msg_id


def search(ask):
    """Answer messages.search: words, and a few of the filters."""
    request, chat = ask.request, chat_of(ask, ask.request.peer)
    wanted = FILTERS.get(type(request.filter), lambda _: True)
    found = [said for said in chat.messages.values() if wanted(getattr(said, "media", None))]
    if request.q:
        found = [said for said in found if request.q.lower() in (said.message or "").lower()]
    return _slice(ask, chat, found)


def _slice(ask, chat, found):
    """Cut the wanted slice out of messages; see core.telegram.org/api/offsets."""
    request = ask.request
    found = sorted(found, key=lambda said: said.id, reverse=True)
    total, limit = len(found), min(request.limit, MOST)
    if limit < 0:
        raise Refused(400, "LIMIT_INVALID")
    before = getattr(request, "offset_date", None)
    begin = next((n for n, said in enumerate(found) if _behind(said, request.offset_id, before)), total)
    begin += request.add_offset
    if begin < 0 and ask.world.history_tail == "clip":
        limit = max(limit + begin, 0)
    found = found[max(begin, 0) :][:limit]
    if request.max_id:
        found = [said for said in found if said.id < request.max_id]
    if request.min_id:
        found = [said for said in found if said.id > request.min_id]
    if request.hash and request.hash == hash_of(found):
        return types.messages.MessagesNotModified(total)
    return _answer(ask, chat, found, total)


def _behind(said, offset_id, before) -> bool:
    """Say whether a message lies behind the offset, newest first."""
    if offset_id:
        return said.id < offset_id
    return before is None or before == NEVER or said.date < before


def hash_of(found) -> int:
    """Return the hash by which a client says what it has (core.telegram.org/api/offsets#hash-generation)."""
    hashed = 0
    for said in found:
        hashed ^= hashed >> 21
        hashed ^= hashed << 35 & (1 << 64) - 1
        hashed ^= hashed >> 4
        hashed = hashed + said.id & (1 << 64) - 1
    return hashed - (1 << 64) if hashed >= 1 << 63 else hashed


def _answer(ask, chat, found, total):
    """Wrap messages as an answer."""
    rest = {"messages": found, "topics": [], **around(ask, chat)}
    if isinstance(chat, Channel):
        return types.messages.ChannelMessages(pts=chat.pts, count=total, **rest)
    if len(found) < total:
        return types.messages.MessagesSlice(count=total, **rest)
    return types.messages.Messages(**rest)


def channel_messages(ask):
    """Answer channels.getMessages; what was deleted comes as empty."""
    chat = chat_of(ask, ask.request.channel)
    found = _by_id(ask.request.id, chat.messages)
    return _answer(ask, chat, found, len(found))


def own_messages(ask):
    """Answer messages.getMessages: of basic groups and dialogs, whichever they lie in."""
    account = ask.account
    found = _by_id(ask.request.id, account.box.messages)
    chats = [one for one in ask.world.of(account) if not isinstance(one, Channel)]
    return types.messages.Messages(messages=found, topics=[], **around(ask, *chats))


def _by_id(asked, there):
    if not asked:
        raise Refused(400, "MESSAGE_IDS_EMPTY")
    numbers = [one.id for one in asked[:MOST] if isinstance(one, types.InputMessageID)]
    return [there.get(number) or types.MessageEmpty(id=number, peer_id=None) for number in numbers]


def topics(ask):
    """Answer messages.getForumTopics."""
    chat = chat_of(ask, ask.request.peer)
    if getattr(chat, "kind", "") != "forum":
        raise Refused(400, "CHANNEL_FORUM_MISSING")
    found = list(chat.topics.values())
    opened = [chat.messages[one.id] for one in found]
    return types.messages.ForumTopics(len(found), found, opened, pts=chat.pts, **around(ask, chat))


def dialog_of(chat) -> types.Dialog:
    """Return how a chat stands in a list of dialogs."""
    return types.Dialog(
        peer=chat.peer,
        top_message=max(chat.messages, default=0),
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        unread_mentions_count=0,
        unread_reactions_count=0,
        unread_poll_votes_count=0,
        notify_settings=types.PeerNotifySettings(),
        pts=chat.pts if isinstance(chat, Channel) else None,
    )


def get_dialogs(ask):
    """Answer messages.getDialogs: what the account is in, that with the newest message first."""
    request, there = ask.request, ask.world.of(ask.account)
    there = sorted((one for one in there if one.messages), key=_newest, reverse=True)
    if request.offset_date and request.offset_date != NEVER:
        there = [one for one in there if _newest(one) < (request.offset_date, request.offset_id)]
    page = there[: min(request.limit, MOST)]
    told = {"dialogs": [dialog_of(one) for one in page], "messages": [_top(one) for one in page], **around(ask, *page)}
    if len(page) < len(there):
        return types.messages.DialogsSlice(count=len(there), **told)
    return types.messages.Dialogs(**told)


def _top(chat):
    return chat.messages[max(chat.messages)]


def _newest(chat):
    return _top(chat).date, _top(chat).id


def get_peer_dialogs(ask):
    """Answer messages.getPeerDialogs."""
    chats = [chat_of(ask, one.peer) for one in ask.request.peers]
    return types.messages.PeerDialogs(
        dialogs=[dialog_of(one) for one in chats],
        messages=[_top(one) for one in chats if one.messages],
        state=ask.world.state(ask.account),
        **around(ask, *chats),
    )


HANDLERS = {
    "messages.GetHistory": get_history,
    "messages.GetReplies": get_replies,
    "messages.Search": search,
    "messages.GetMessages": own_messages,
    "messages.GetForumTopics": topics,
    "messages.GetDialogs": get_dialogs,
    "messages.GetPeerDialogs": get_peer_dialogs,
    "channels.GetMessages": channel_messages,
}
