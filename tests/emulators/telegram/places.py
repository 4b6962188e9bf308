"""Finding people and places: usernames, invitations, channels by id, and what an account may see."""

from __future__ import annotations

import re
from datetime import timedelta

from telethon.tl import types

from tests.emulators.telegram.chats import Chat, access_hash
from tests.emulators.telegram.kinds import Channel, Dialog, Group
from tests.emulators.telegram.wire import Refused

FEW_MINUTES, MOST_NAMES, FROZEN = timedelta(minutes=7), 16, timedelta(hours=10)
"""So many names in so few minutes, and an account is asked to come back much later (second-hand)."""


def chat_of(ask, peer) -> Chat:
    """Find the chat that a request names; raises Refused where its account may not look."""
    account, world = ask.account, ask.world
    if isinstance(peer, types.InputPeerChannel | types.InputChannel):
        found = world.chats.get(peer.channel_id)
        if not isinstance(found, Channel) or peer.access_hash != access_hash(account, peer.channel_id):
            raise Refused(400, "CHANNEL_INVALID")
        if not found.admits(account):
            raise Refused(406, "CHANNEL_PRIVATE")
        return found
    if isinstance(peer, types.InputPeerChat):
        found = world.chats.get(peer.chat_id)
        if not isinstance(found, Group):
            raise Refused(400, "CHAT_ID_INVALID")
    elif isinstance(peer, types.InputPeerUser):
        found = world.dialogs.get((account.id, peer.user_id))
        if found is None or peer.access_hash != access_hash(account, peer.user_id):
            raise Refused(400, "PEER_ID_INVALID")
    else:
        raise Refused(400, "CHANNEL_INVALID" if isinstance(peer, types.InputChannelEmpty) else "PEER_ID_INVALID")
    if not found.admits(account):
        raise Refused(400, "PEER_ID_INVALID")
    return found


def around(ask, *chats: Chat) -> dict:
    """Return the people and places that an answer about some chats comes with."""
    account, people = ask.account, ask.world.people
    met = {number: people[number] for chat in chats for number in chat.met if number in people}
    places = [chat.seen_by(account) for chat in chats if not isinstance(chat, Dialog)]
    return {"chats": places, "users": [one.seen_by(account) for one in met.values()]}


def resolve_username(ask):
    """Find who has a name; who asks too often is frozen for long."""
    account, now = ask.account, ask.world.now()
    if account.frozen_until > now:
        raise Refused(420, f"FLOOD_WAIT_{int((account.frozen_until - now).total_seconds()) or 1}")
    account.resolved = [at for at in account.resolved if now - at < FEW_MINUTES] + [now]
    if len(account.resolved) > MOST_NAMES:
        account.frozen_until = now + FROZEN
        raise Refused(420, f"FLOOD_WAIT_{int(FROZEN.total_seconds())}")
    name = ask.request.username.lower()
    if not re.fullmatch(r"[a-z]\w{3,31}", name):
        raise Refused(400, "USERNAME_INVALID")
    for chat in ask.world.chats.values():
        if isinstance(chat, Channel) and chat.username.lower() == name:
            return types.contacts.ResolvedPeer(chat.peer, [chat.seen_by(account)], [])
    for person in ask.world.people.values():
        if person.username.lower() == name:
            return types.contacts.ResolvedPeer(types.PeerUser(person.id), [], [person.seen_by(account)])
    raise Refused(400, "USERNAME_NOT_OCCUPIED")


def check_invite(ask):
    """Say what an invitation leads to."""
    account = ask.account
    for chat in ask.world.chats.values():
        if isinstance(chat, Channel) and chat.invite and chat.invite == ask.request.hash:
            if account.id in chat.members and not chat.closed:
                return types.ChatInviteAlready(chat.seen_by(account))
            return types.ChatInvite(chat.title, types.PhotoEmpty(0), len(chat.members), 0, channel=True)
    raise Refused(400, "INVITE_HASH_EXPIRED")


def get_channels(ask):
    """Return channels by id."""
    return types.messages.Chats([_channel(ask, one).seen_by(ask.account) for one in ask.request.id])


def _channel(ask, peer) -> Channel:
    """Find a channel, one that is closed to the account too."""
    found = ask.world.chats.get(getattr(peer, "channel_id", 0))
    if not isinstance(found, Channel) or peer.access_hash != access_hash(ask.account, peer.channel_id):
        raise Refused(400, "CHANNEL_INVALID")
    return found


def get_chats(ask):
    """Return basic groups by id."""
    chats = [ask.world.chats.get(one) for one in ask.request.id]
    if not all(isinstance(one, Group) and one.account is ask.account for one in chats):
        raise Refused(400, "CHAT_ID_INVALID")
    return types.messages.Chats([one.seen_by(ask.account) for one in chats])


def get_full_channel(ask):
    """Return all about a channel."""
    chat = chat_of(ask, ask.request.channel)
    full = types.ChannelFull(
        id=chat.id,
        about="",
        read_inbox_max_id=0,
        read_outbox_max_id=0,
        unread_count=0,
        chat_photo=types.PhotoEmpty(0),
        notify_settings=types.PeerNotifySettings(),
        bot_info=[],
        pts=chat.pts,
        participants_count=len(chat.members),
    )
    return types.messages.ChatFull(full, [chat.seen_by(ask.account)], [])


def get_full_chat(ask):
    """Return all about a basic group."""
    chat = chat_of(ask, types.InputPeerChat(ask.request.chat_id))
    there = types.ChatParticipants(chat.id, [types.ChatParticipantCreator(ask.account.id)], 1)
    full = types.ChatFull(chat.id, "", there, types.PeerNotifySettings())
    return types.messages.ChatFull(full, **around(ask, chat))


def get_users(ask):
    """Return people by id; who is not known is left out as nobody."""
    return [_person(ask, one).seen_by(ask.account) for one in ask.request.id]


def _person(ask, asked):
    if isinstance(asked, types.InputUserSelf):
        return ask.account
    found = ask.world.people.get(getattr(asked, "user_id", 0))
    if found is None or asked.access_hash != access_hash(ask.account, asked.user_id):
        raise Refused(400, "USER_ID_INVALID")
    return found


def get_full_user(ask):
    """Return all about somebody."""
    person = _person(ask, ask.request.id)
    full = types.UserFull(person.id, types.PeerSettings(), types.PeerNotifySettings(), 0)
    return types.users.UserFull(full, [], [person.seen_by(ask.account)])


def get_contacts(ask):
    """Return an empty address book."""
    ask.account  # noqa: B018 - refuses who is not signed in
    return types.contacts.Contacts([], 0, [])


HANDLERS = {
    "contacts.ResolveUsername": resolve_username,
    "contacts.GetContacts": get_contacts,
    "messages.CheckChatInvite": check_invite,
    "messages.GetChats": get_chats,
    "messages.GetFullChat": get_full_chat,
    "channels.GetChannels": get_channels,
    "channels.GetFullChannel": get_full_channel,
    "users.GetUsers": get_users,
    "users.GetFullUser": get_full_user,
}
