"""What a test does in a chat, of whichever kind: posting, editing, deleting, reacting."""

from __future__ import annotations

import hashlib
import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from functools import wraps

from telethon.tl import types

from tests.emulators.telegram.log import Box

UNKNOWN_CONSTRUCTOR = 0xDEADBEEF


def access_hash(account, number: int) -> int:
    """Return the hash by which one account, and no other, may name something."""
    digest = hashlib.sha256(f"{account.id}:{number}".encode()).digest()
    return struct.unpack("<q", digest[:8])[0] | 1


def locked(do):
    """Let a test's thread do something while no request is being answered."""

    @wraps(do)
    def call(self, *args, **named):
        with self.world.lock:
            return do(self, *args, **named)

    return call


class Garbled(types.Message):
    """A message of a kind that is newer than any client."""

    def _bytes(self):
        return struct.pack("<I", UNKNOWN_CONSTRUCTOR) + super()._bytes()[4:]


class Chat(ABC):
    """What channels, groups and dialogs have in common; `box` is where its messages lie."""

    broadcast = False
    account = None
    """Whose chat it is, where it is one account's."""

    def __init__(self, world, number: int, title: str, box: Box):
        self.world = world
        self.id = number
        self.title = title
        self.box = box
        self.closed = False
        self.met: set[int] = set()
        """The ids of those people whom its messages name."""

    @property
    @abstractmethod
    def peer(self) -> types.TypePeer:
        """Its name in TL."""

    @property
    def pts(self) -> int:
        """Where its box stands."""
        return self.box.pts

    @property
    def messages(self) -> dict[int, types.TypeMessage]:
        """Its messages by id."""
        return {one: said for one, said in self.box.messages.items() if said.peer_id == self.peer}

    @locked
    def post(
        self,
        text: str = "",
        *,
        entities: Sequence[types.TypeMessageEntity] = (),
        media: types.TypeMessageMedia | None = None,
        grouped_id: int | None = None,
        reply_to: int | types.TypeMessageReplyHeader | None = None,
        fwd: types.MessageFwdHeader | None = None,
        sender=None,
        author: str = "",
        topic: int | None = None,
        at: datetime | None = None,
        **more,
    ) -> int:
        """Add a message; returns its id. `more` are fields of TL's message."""
        said = types.Message(
            id=self.box.next_id(),
            peer_id=self.peer,
            date=at or self.world.now(),
            message=text,
            entities=list(entities) or None,
            media=media,
            grouped_id=grouped_id,
            reply_to=reply_header(reply_to, topic),
            fwd_from=fwd,
            from_id=types.PeerUser(sender.id) if sender else None,
            out=(sender is not None and sender is self.account) or None,
            post_author=author or None,
            **({"post": True, "views": 1, "forwards": 0} if self.broadcast else {}),
            **more,
        )
        return self._add(said)

    @locked
    def service(self, action: types.TypeMessageAction, *, sender=None, at: datetime | None = None) -> int:
        """Add a service message; returns its id."""
        said = types.MessageService(
            id=self.box.next_id(),
            peer_id=self.peer,
            date=at or self.world.now(),
            action=action,
            from_id=types.PeerUser(sender.id) if sender else None,
            post=self.broadcast or None,
        )
        return self._add(said)

    @locked
    def post_album(
        self,
        media: Sequence[types.TypeMessageMedia],
        text: str = "",
        entities: Sequence[types.TypeMessageEntity] = (),
        **more,
    ) -> list[int]:
        """Add an album whose first picture has a caption; returns its members' ids."""
        grouped = self.world.number()
        captions = [{"text": text, "entities": entities}, *[{}] * (len(media) - 1)]
        return [
            self.post(media=one, grouped_id=grouped, **caption, **more)
            for one, caption in zip(media, captions, strict=True)
        ]

    def album(self, member: int) -> int:
        """Return the number that joins an album, by one of its members."""
        return self.box.messages[member].grouped_id

    @locked
    def edit(
        self,
        number: int,
        text: str | None = None,
        *,
        entities: Sequence[types.TypeMessageEntity] | None = None,
        media: types.TypeMessageMedia | None = None,
    ) -> None:
        """Change a message; what is not given stays, but a new text has no old entities."""
        said = self.box.messages[number]
        if text is not None:
            said.message, said.entities = text, None
        if entities is not None:
            said.entities = list(entities) or None
        if media is not None:
            said.media = media
        said.edit_date, said.edit_hide = self.world.now(), None
        self._tell("edit", number)

    @locked
    def delete(self, *numbers: int) -> None:
        """Delete messages."""
        for number in numbers:
            del self.box.messages[number]
        self._tell("delete", *numbers)

    @locked
    def react(self, number: int, emoji: str = "👍", *, hidden: bool = True) -> None:
        """Add a reaction: an edit as far as dates and pts go (telegramdesktop/tdesktop#30647)."""
        said = self.box.messages[number]
        found = said.reactions.results if said.reactions else []
        counts = {one.reaction.emoticon: one.count for one in found}
        counts[emoji] = counts.get(emoji, 0) + 1
        results = [types.ReactionCount(types.ReactionEmoji(one), count) for one, count in counts.items()]
        said.reactions = types.MessageReactions(results)
        if not found:
            said.edit_date, said.edit_hide = self.world.now(), hidden or None
            self._tell("edit", number)

    @locked
    def view(self, number: int) -> None:
        """Count a view, which is no event."""
        said = self.box.messages[number]
        said.views, said.forwards = (said.views or 0) + 1, said.forwards or 0

    @locked
    def poll(self, question: str, *answers: str, **more) -> int:
        """Add a poll; returns its message's id."""
        options = [types.PollAnswer(words(one), bytes([number])) for number, one in enumerate(answers)]
        asked = types.Poll(self.world.number(), words(question), options, 0)
        counts = [types.PollAnswerVoters(one.option, voters=0, recent_voters=[]) for one in options]
        results = types.PollResults(results=counts, total_voters=0)
        return self.post(media=types.MessageMediaPoll(asked, results), **more)

    @locked
    def vote(self, number: int, answer: int = 0) -> None:
        """Vote in a poll, which is no event of the box."""
        results = self.box.messages[number].media.results
        results.results[answer].voters += 1
        results.total_voters += 1

    @locked
    def garble(self, number: int) -> None:
        """Let a message be of a kind that no client knows."""
        self.box.messages[number].__class__ = Garbled

    @locked
    def renew_references(self) -> None:
        """Let all references to this chat's files expire."""
        for said in self.messages.values():
            self.world.files.renew(getattr(said, "media", None))

    @locked
    def forget_before(self, pts: int) -> None:
        """Let differences from before a pts be too long."""
        self.box.forgotten = pts

    @locked
    def close(self) -> None:
        """Let nobody in any more."""
        self.closed = True

    @locked
    def open(self) -> None:
        """Let everybody in again."""
        self.closed = False

    def _add(self, said) -> int:
        said.date = said.date.replace(microsecond=0)
        self.box.messages[said.id] = said
        named = (said.from_id, said.fwd_from.from_id if getattr(said, "fwd_from", None) else None)
        self.met |= {one.user_id for one in named if isinstance(one, types.PeerUser)}
        self._tell("new", said.id)
        return said.id

    def _tell(self, kind: str, *ids: int) -> None:
        """Note an event, and tell those who are listening."""
        event = self.box.note(kind, *ids)
        self.world.push(self, event)


def words(text: str) -> types.TextWithEntities:
    """Return a text without markup as polls have it."""
    return types.TextWithEntities(text, [])


def reply_header(reply_to, topic: int | None):
    """Return whom a message answers, and the topic it lies in."""
    if reply_to is not None and not isinstance(reply_to, int):
        return reply_to
    if topic is not None:
        return types.MessageReplyHeader(
            forum_topic=True, reply_to_msg_id=reply_to or topic, reply_to_top_id=topic if reply_to else None
        )
    return types.MessageReplyHeader(reply_to_msg_id=reply_to) if reply_to is not None else None
