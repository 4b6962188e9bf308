"""What has happened since: states and differences of an account and of a channel (core.telegram.org/api/updates)."""

from __future__ import annotations

from telethon.tl import types

from tests.emulators.telegram.log import Event, TooOld
from tests.emulators.telegram.places import around, chat_of
from tests.emulators.telegram.reading import dialog_of
from tests.emulators.telegram.wire import Refused

LONG_SLICE = 1_000
"""Events in one answer about an account."""
TIMEOUT = 30
"""Seconds after which a client should ask again."""


def get_state(ask):
    """Answer updates.getState."""
    return ask.world.state(ask.account)


def _told(events: list[Event], box) -> tuple[list, list[tuple[Event, object]]]:
    """Return new messages, and edits and deletions, each message as it is now, once."""
    new, other, met = [], [], set()
    for event in events:
        said = box.messages.get(event.ids[0])
        if event.kind == "delete":
            other.append((event, None))
        elif said is not None and said.id not in met:
            met.add(said.id)
            if event.kind == "new":
                new.append(said)
            else:
                other.append((event, said))
    return new, other


def channel_update(chat, event: Event, said):
    """Return an event of a channel as an update."""
    if event.kind == "delete":
        return types.UpdateDeleteChannelMessages(chat.id, list(event.ids), event.pts, event.count)
    kind = types.UpdateNewChannelMessage if event.kind == "new" else types.UpdateEditChannelMessage
    return kind(said, event.pts, event.count)


def own_update(event: Event, said):
    """Return an event of an account as an update."""
    if event.kind == "delete":
        return types.UpdateDeleteMessages(list(event.ids), event.pts, event.count)
    kind = types.UpdateNewMessage if event.kind == "new" else types.UpdateEditMessage
    return kind(said, event.pts, event.count)


def _events(ask, chat) -> list[Event]:
    """Return the next events of a channel; raises TooOld."""
    request = ask.request
    if ask.world.long_differences == "refused" and request.pts + request.limit < chat.pts:
        raise TooOld
    return chat.box.since(request.pts, request.limit)


def get_channel_difference(ask):
    """Answer updates.getChannelDifference."""
    request, chat = ask.request, chat_of(ask, ask.request.channel)
    if request.pts <= 0:
        raise Refused(400, "PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts > chat.pts:
        raise Refused(400, "PERSISTENT_TIMESTAMP_INVALID")
    try:
        events = _events(ask, chat)
    except TooOld:
        latest = chat.box.newest_first()[:10]
        return types.updates.ChannelDifferenceTooLong(
            dialog_of(chat), latest, final=True, timeout=TIMEOUT, **around(ask, chat)
        )
    if not events:
        return types.updates.ChannelDifferenceEmpty(chat.pts, final=True, timeout=TIMEOUT)
    new, other = _told(events, chat.box)
    reached = events[-1].pts
    return types.updates.ChannelDifference(
        pts=reached,
        new_messages=new,
        other_updates=[channel_update(chat, event, said) for event, said in other],
        final=reached == chat.pts or None,
        timeout=TIMEOUT,
        **around(ask, chat),
    )


def get_difference(ask):
    """Answer updates.getDifference."""
    request, account = ask.request, ask.account
    if request.pts <= 0:
        raise Refused(400, "PERSISTENT_TIMESTAMP_EMPTY")
    if request.pts > account.box.pts:
        raise Refused(400, "PERSISTENT_TIMESTAMP_INVALID")
    try:
        events = account.box.since(request.pts, request.pts_limit or LONG_SLICE)
    except TooOld:
        return types.updates.DifferenceTooLong(account.box.pts)
    if request.pts_total_limit and request.pts + request.pts_total_limit < account.box.pts:
        return types.updates.DifferenceTooLong(account.box.pts)
    state = ask.world.state(account)
    if not events:
        return types.updates.DifferenceEmpty(state.date, state.seq)
    new, other = _told(events, account.box)
    chats = [one for one in ask.world.of(account) if one.box is account.box]
    told = {
        "new_messages": new,
        "new_encrypted_messages": [],
        "other_updates": [own_update(event, said) for event, said in other],
        **around(ask, *chats),
    }
    if events[-1].pts < account.box.pts:
        state.pts = events[-1].pts
        return types.updates.DifferenceSlice(intermediate_state=state, **told)
    return types.updates.Difference(state=state, **told)


HANDLERS = {
    "updates.GetState": get_state,
    "updates.GetDifference": get_difference,
    "updates.GetChannelDifference": get_channel_difference,
}
