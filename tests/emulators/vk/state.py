"""All that the emulated VK holds: accounts, walls, media, what it remembers of guids, and its own clock."""

from __future__ import annotations

import hashlib
import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from itertools import count

from tests.emulators.vk.rules import ALL_RIGHTS, RIGHTS, SETTINGS
from tests.emulators.vk.wrong import Wrong

USER, GROUP, FOREIGN_GROUP = 1001, 2001, 2002
DAY = 86_400


@dataclass(frozen=True)
class Token:
    """Whose a token is, and what it may do."""

    kind: str
    """`user`, `group`, or `vkid`: a user's from VK ID."""
    id: int
    rights: int = ALL_RIGHTS

    @property
    def owner_id(self):
        """The account's id as owners are written: a community's is negative."""
        return -self.id if self.kind == "group" else self.id

    def may(self, right):
        """Say whether it has a right."""
        return bool(self.rights & RIGHTS[right])


@dataclass
class Post:
    """A post on a wall, or on its timer."""

    id: int
    owner_id: int
    from_id: int
    created_by: int
    date: int
    text: str
    attachments: list[str]
    postponed: bool = False
    postponed_id: int = 0
    edited: int = 0
    pinned: bool = False
    deleted: bool = False
    geo: str = ""
    more: dict = field(default_factory=dict)


@dataclass
class Medium:
    """A photo, video, document or poll; `attachment` is how a post names it."""

    kind: str
    id: int
    owner_id: int
    account: int
    sha256: str = ""
    size: int = 0
    title: str = ""
    width: int = 0
    height: int = 0
    uploaded_at: float = 0.0
    group_id: int = 0
    more: dict = field(default_factory=dict)

    @property
    def name(self):
        """`photo-1_2`."""
        return f"{self.kind}{self.owner_id}_{self.id}"

    @property
    def access_key(self):
        """A key that is the same at each look."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:18]


@dataclass
class Ticket:
    """An upload address that was given out, and what was uploaded to it."""

    kind: str
    account: int
    group_id: int = 0
    video: Medium | None = None


@dataclass
class Uploaded:
    """A file that waits to be saved."""

    ticket: Ticket
    sha256: str
    size: int
    name: str = ""
    width: int = 0
    height: int = 0
    server: int = 0
    photo: str = ""
    saved: Medium | None = None


class World:
    """Everything, behind one lock that its server holds."""

    def __init__(self, tokens, settings):
        self.tokens = {text: Token(**token) for text, token in tokens.items()}
        self.settings = SETTINGS | settings
        self.users = {USER: {"id": USER, "first_name": "Ada", "last_name": "Wall", "screen_name": "ada_wall"}}
        self.groups = {
            GROUP: {"id": GROUP, "name": "A community", "screen_name": "a_community", "admins": [USER]},
            FOREIGN_GROUP: {"id": FOREIGN_GROUP, "name": "Others", "screen_name": "others", "admins": []},
        }
        self.expired = set()
        self.reset()

    def put(self, owner_id, date, text="", **also):
        """Put a post on a wall as it was long ago; `also` are fields as the schema has them."""
        made = Post(
            id=also.pop("id", 0) or self.next_id(owner_id),
            owner_id=owner_id,
            from_id=also.pop("from_id", owner_id),
            created_by=USER,
            date=date,
            text=text,
            attachments=[],
            edited=also.pop("edited", 0),
            pinned=also.pop("pinned", False),
            more={"posted_at": 0.0, "also": also},
        )
        self.posts[owner_id, made.id] = made
        return made

    def change(self, owner_id, post_id, **fields):
        """Change a post behind everybody's back; pinning it unpins the one before, fields of none of ours are added."""
        post = self.posts[owner_id, post_id]
        for one in self.posts.values():
            one.pinned = one.pinned and not (fields.get("pinned") and one.owner_id == owner_id)
        for name, value in fields.items():
            if hasattr(post, name):
                setattr(post, name, value)
            else:
                post.more.setdefault("also", {})[name] = value

    def reset(self):
        """Forget all that was published, and the clock's moves; tokens, settings and people stay."""
        self.offset = 0.0
        self.posts = {}
        self.media = {}
        self.guids = {}
        self.tickets = {}
        self.uploads = {}
        self.recent = defaultdict(deque)
        self.base = ""
        self._ids = defaultdict(lambda: count(1))
        self.expired.clear()

    def now(self):
        """Return the emulator's own time in seconds."""
        return time.time() + self.offset

    def move(self, seconds):
        """Move the clock; what was on the timer until then is published."""
        self.offset += seconds
        self.publish_due()

    def publish_due(self):
        """Publish what the timer says; a published post gets a new id and names its old one."""
        due = [post for post in self.posts.values() if post.postponed and not post.deleted and post.date <= self.now()]
        for post in sorted(due, key=lambda post: post.date):
            del self.posts[post.owner_id, post.id]
            post.postponed, post.postponed_id = False, post.id
            post.id = self.next_id(post.owner_id)
            self.posts[post.owner_id, post.id] = post

    def next_id(self, owner_id):
        """Return a new id among an owner's things."""
        return next(self._ids[owner_id])

    def token(self, text):
        """Return whose a token is; raises Wrong for one that is missing, unknown or expired."""
        if not text:
            raise Wrong(5, "no access_token passed.")
        token = self.tokens.get(text)
        if token is None:
            raise Wrong(5, "invalid access_token (4).")
        if text in self.expired:
            raise Wrong(5, "access_token has expired.")
        return token

    def pace(self, token):
        """Count a request against its account's pace; raises Wrong when it is too much."""
        most = self.settings["group_rate" if token.kind == "group" else "user_rate"]
        if most is None:
            return
        recent, now = self.recent[token.owner_id], self.now()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= most:
            raise Wrong(6)
        recent.append(now)

    def administers(self, token, group_id):
        """Say whether an account may publish in a community's name."""
        if token.kind == "group":
            return token.id == group_id
        return token.id in self.groups.get(group_id, {"admins": []})["admins"]

    def wall(self, owner_id, *, postponed):
        """Return a wall's posts as wall.get orders them: the pinned one, then the newest; the timer by its times."""
        posts = [one for one in self.posts.values() if one.owner_id == owner_id and one.postponed is postponed]
        posts = [one for one in posts if not one.deleted]
        if postponed:
            return sorted(posts, key=lambda post: post.date)
        return sorted(posts, key=lambda post: (post.pinned, post.date, post.id), reverse=True)

    def attached(self, name):
        """Return the medium that a post names, `photo1_2` with or without a key; raises Wrong where there is none."""
        found = re.fullmatch(r"([a-z_]+?)(-?\d+)_(\d+)(?:_([0-9a-f]+))?", name)
        medium = self.media.get((found[1], int(found[2]), int(found[3]))) if found else None
        if medium is None or (found[4] and found[4] != medium.access_key):
            raise Wrong(100, f"attachments: {name} is not there", invalid=True)
        return medium

    def keep(self, medium):
        """Keep a medium."""
        self.media[medium.kind, medium.owner_id, medium.id] = medium
        return medium
