"""Channels, basic groups and dialogs: where their messages lie, who is let in, how they look to an account."""

from __future__ import annotations

from telethon.tl import types

from tests.emulators.telegram.chats import Chat, access_hash, locked
from tests.emulators.telegram.log import Box


class Channel(Chat):
    """A broadcast channel, a megagroup or a forum: its pts are its own."""

    def __init__(self, world, number, title, *, username="", kind="broadcast", invite=""):
        super().__init__(world, number, title, Box())
        self.username = username
        self.kind = kind
        self.invite = invite
        self.topics: dict[int, types.ForumTopic] = {}
        self.broadcast = kind == "broadcast"
        self.created = world.now().replace(microsecond=0)
        self.members: set[int] = set()
        self.service(types.MessageActionChannelCreate(title))

    @property
    def peer(self):
        return types.PeerChannel(self.id)

    @property
    def messages(self):
        return self.box.messages

    @locked
    def topic(self, title: str) -> int:
        """Open a topic of a forum; returns its id, which its messages' `topic` is."""
        number = self.service(types.MessageActionTopicCreate(title, 0x6FB9F0))
        self.topics[number] = types.ForumTopic(
            id=number,
            date=self.box.messages[number].date,
            peer=self.peer,
            title=title,
            icon_color=0x6FB9F0,
            top_message=number,
            read_inbox_max_id=0,
            read_outbox_max_id=0,
            unread_count=0,
            unread_mentions_count=0,
            unread_reactions_count=0,
            unread_poll_votes_count=0,
            from_id=self.peer,
            notify_settings=types.PeerNotifySettings(),
        )
        return number

    def admits(self, account) -> bool:
        """Say whether an account may read here."""
        return not self.closed and (bool(self.username) or account.id in self.members)

    def seen_by(self, account) -> types.TypeChat:
        """Return it as an account sees it."""
        hashed = access_hash(account, self.id)
        if not self.admits(account):
            return types.ChannelForbidden(self.id, hashed, self.title, broadcast=self.broadcast or None)
        return types.Channel(
            id=self.id,
            title=self.title,
            photo=types.ChatPhotoEmpty(),
            date=self.created,
            left=account.id not in self.members or None,
            broadcast=self.broadcast or None,
            megagroup=not self.broadcast or None,
            forum=self.kind == "forum" or None,
            access_hash=hashed,
            username=self.username or None,
        )


class Group(Chat):
    """A basic group: its messages lie in the box of the account that is in it."""

    def __init__(self, world, number, title, account, people):
        super().__init__(world, number, title, account.box)
        self.account = account
        self.people = people
        self.created = world.now().replace(microsecond=0)
        self.service(types.MessageActionChatCreate(title, [one.id for one in people]), sender=account)

    @property
    def peer(self):
        return types.PeerChat(self.id)

    def admits(self, account) -> bool:
        """Say whether an account may read here."""
        return not self.closed and account is self.account

    def seen_by(self, account) -> types.TypeChat:
        """Return it as an account sees it."""
        if not self.admits(account):
            return types.ChatForbidden(self.id, self.title)
        return types.Chat(
            id=self.id,
            title=self.title,
            photo=types.ChatPhotoEmpty(),
            participants_count=len(self.people) + 1,
            date=self.created,
            version=1,
        )


class Dialog(Chat):
    """A conversation of an account with somebody: its messages lie in the account's box."""

    def __init__(self, world, account, person):
        super().__init__(world, person.id, person.name, account.box)
        self.account = account
        self.person = person
        self.met.add(person.id)

    @property
    def peer(self):
        return types.PeerUser(self.id)

    def admits(self, account) -> bool:
        """Say whether an account may read here."""
        return not self.closed and account is self.account
