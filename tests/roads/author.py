"""The author of a Telegram channel, who keeps a book of his own: what a faithful place must hold, in his words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from random import Random

from telethon.tl import types

WORDS = ("ветер", "лодка", "чайник", "пристань", "парус", "kettle", "breeze", "lantern", "jetty", "🚣", "☕️", "é")
MOST_PICTURES = 10
"""In an album."""


@dataclass
class Post:
    """One publication as its author remembers it: its messages that live, and every id that it ever had."""

    texts: dict[int, str] = field(default_factory=dict)
    """Message → its text; an album's are mostly empty."""
    pictures: dict[int, str] = field(default_factory=dict)
    """Message → the SHA-256 of its picture."""
    names: set[int] = field(default_factory=set)
    former: list[str] = field(default_factory=list)

    @property
    def speaker(self) -> int:
        """The message whose text is the post's."""
        return next((one for one, text in sorted(self.texts.items()) if text), min(self.texts))

    @property
    def shown(self) -> tuple[str, tuple[str, ...]]:
        """What its readers see: the text and the pictures in their order."""
        return self.texts[self.speaker], tuple(picture for _, picture in sorted(self.pictures.items()))


class Author:
    """Writes, edits and deletes by chance; `posts` is what lives, `gone` what does not."""

    def __init__(self, world, channel, chance: Random):
        self.world = world
        self.channel = channel
        self.chance = chance
        self.posts: list[Post] = []
        self.gone: list[Post] = []
        self.made = 0

    def act(self) -> None:
        """Do something, as authors and readers do."""
        (deed,) = self.chance.choices(
            [self.write, self.illustrate, self.collect, self.grow, self.edit, self.erase, self.thin_out, self.matter],
            [30, 12, 10, 12, 18, 5, 4, 20],
        )
        deed()

    def write(self) -> None:
        """Post words."""
        text = self._words()
        more = {"reply_to": min(self._any().texts)} if self.posts and self.chance.random() < 0.1 else {}
        self._add(Post(), self.channel.post(text, entities=[types.MessageEntityBold(0, 2)], **more), text)

    def illustrate(self) -> None:
        """Post a picture, or a file."""
        text = self._words() if self.chance.random() < 0.7 else ""
        media, mark = self._picture()
        self._add(Post(), self.channel.post(text, media=media), text, mark)

    def collect(self) -> None:
        """Post an album."""
        made = [self._picture() for _ in range(self.chance.randint(2, 5))]
        text = self._words() if self.chance.random() < 0.8 else ""
        ids = self.channel.post_album([media for media, _ in made], text)
        post = Post()
        for number, one, (_, mark) in zip(ids, [text, *[""] * len(ids)], made, strict=False):
            self._add(post, number, one, mark)

    def grow(self) -> None:
        """Add a picture to the newest post, if that is an album: its pictures come one after the other."""
        newest = self.posts[-1] if self.posts else Post()
        last = max(self.channel.messages)
        joined = self.channel.album(last) if last in newest.pictures else None
        if joined and len(newest.names) < MOST_PICTURES:
            media, mark = self._picture()
            self._add(newest, self.channel.post(media=media, grouped_id=joined), "", mark)

    def edit(self) -> None:
        """Change a text, now and then back to what it was."""
        if not self.posts:
            return
        post = self._any()
        number = post.speaker
        text = self.chance.choice(post.former) if post.former and self.chance.random() < 0.3 else self._words()
        post.former.append(post.texts[number])
        post.texts[number] = text
        self.channel.edit(number, text)

    def erase(self) -> None:
        """Delete a post, an album whole."""
        if self.posts:
            post = self._any()
            self.channel.delete(*post.texts)
            self._forget(post, *post.texts)

    def thin_out(self) -> None:
        """Delete one picture of an album."""
        albums = [post for post in self.posts if len(post.texts) > 1]
        if albums:
            post = self.chance.choice(albums)
            number = self.chance.choice(sorted(post.texts))
            self.channel.delete(number)
            self._forget(post, number)

    def matter(self) -> None:
        """Do what changes nothing that a reader sees: reactions, views, expired references, service messages."""
        number = max(self.channel.messages)
        if self.posts:
            number = min(self._any().texts)
            self.channel.react(number, self.chance.choice("👍🔥"), hidden=self.chance.random() < 0.5)
            self.channel.view(number)
        if self.chance.random() < 0.2:
            self.channel.renew_references()
        if self.chance.random() < 0.2:
            self.channel.service(types.MessageActionPinMessage())

    def _add(self, post: Post, number: int, text: str, mark: str = "") -> None:
        """Note a message of a post."""
        if not post.texts:
            self.posts.append(post)
        post.texts[number] = text
        post.names.add(number)
        if mark:
            post.pictures[number] = mark

    def _forget(self, post: Post, *numbers: int) -> None:
        """Note that messages of a post are gone; without any, so is the post."""
        for number in numbers:
            del post.texts[number]
            post.pictures.pop(number, None)
        if not post.texts:
            self.posts.remove(post)
            self.gone.append(post)

    def _any(self) -> Post:
        """Pick a post, rather a newer one."""
        return self.posts[-1 - min(int(self.chance.expovariate(0.15)), len(self.posts) - 1)]

    def _words(self) -> str:
        """Make up a text that nobody has written before."""
        self.made += 1
        return f"{self.made}. " + " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, 9)))

    def _picture(self):
        """Take a picture that nobody has taken before; returns it as a medium, and its SHA-256."""
        self.made += 1
        data = f"picture {self.made} ".encode() * 20
        mark = hashlib.sha256(data).hexdigest()
        if self.chance.random() < 0.15:
            return self.world.document(data, f"{self.made}.bin"), mark
        return self.world.photo(data), mark
