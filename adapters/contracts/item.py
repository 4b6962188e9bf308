"""The item: one publication as every adapter of the pack understands it, whatever place it came from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

_new: Any = object.__new__
_put_fields, _put_names, _put_extra, _put_private = (
    vars(BaseModel)[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""Where pydantic keeps a value's fields, and what it has besides."""


class Model(BaseModel):
    """A frozen value: fields with their default stay out of its JSON, unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    _blank: ClassVar[dict[str, Any]] = {}
    """Every field's default, in the fields' order, which is the order of their JSON."""
    _every: ClassVar[set[str]] = set()
    """The names of the fields."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Note the defaults."""
        fields = cls.model_fields.items()
        cls._blank = {name: field.get_default(call_default_factory=True) for name, field in fields}
        cls._every = set(cls._blank)

    @classmethod
    def trusted(cls, **fields: Any) -> Self:
        """Build a value of fields that are known to be right, none required left out: nothing is validated.

        For readers of a million items, to whom validating costs more than parsing; whoever calls it has a test that
        validating would have changed nothing. `model_construct` takes five times as long.
        """
        made: Self = _new(cls)
        _put_fields(made, cls._blank | fields)
        _put_names(made, cls._every)
        _put_extra(made, None)
        _put_private(made, None)
        return made

    @classmethod
    def trusted_each(cls, filled: Iterable[dict[str, Any]]) -> tuple[Self, ...]:
        """Build many values as `trusted` does, each of all its fields; a dictionary becomes the value's own."""
        built = []
        for fields in filled:
            made = _new(cls)
            _put_fields(made, fields)
            _put_names(made, cls._every)
            _put_extra(made, None)
            _put_private(made, None)
            built.append(made)
        return tuple(built)

    def to_json(self) -> bytes:
        """Return this value as compact UTF-8 JSON, empty fields left out."""
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)


class SpanKind(StrEnum):
    """What a stretch of text is. The names are Telegram's own (core.telegram.org/type/MessageEntity)."""

    BOLD = "bold"
    ITALIC = "italic"
    UNDERLINE = "underline"
    STRIKETHROUGH = "strikethrough"
    SPOILER = "spoiler"
    CODE = "code"
    PRE = "pre"
    BLOCKQUOTE = "blockquote"
    LINK = "link"
    TEXT_LINK = "text_link"
    MENTION = "mention"
    MENTION_NAME = "mention_name"
    HASHTAG = "hashtag"
    CASHTAG = "cashtag"
    BOT_COMMAND = "bot_command"
    EMAIL = "email"
    PHONE = "phone"
    BANK_CARD = "bank_card"
    CUSTOM_EMOJI = "custom_emoji"
    DATE = "date"
    UNKNOWN = "unknown"


class Span(Model):
    """A marked stretch of `ContentItem.text`; spans may nest and overlap."""

    kind: SpanKind
    offset: int
    """Where it begins, in Unicode code points (Python's own index), not in UTF-16 units."""
    length: int
    """How long it is, in code points."""
    value: str = ""
    """What the kind needs: a text link's address, a code block's language, a user's or an emoji's id."""


class MediaKind(StrEnum):
    """What a medium is to its reader."""

    PHOTO = "photo"
    VIDEO = "video"
    ANIMATION = "animation"
    VIDEO_NOTE = "video_note"
    VOICE = "voice"
    AUDIO = "audio"
    DOCUMENT = "document"
    STICKER = "sticker"


class Media(Model):
    """One file of an item. Either `ref` tells its source where the bytes lie, or `missing` says why there are none."""

    kind: MediaKind
    ref: str = ""
    """Where the source finds the bytes; opaque to everyone else, and never to be trusted as a path."""
    missing: str = ""
    """Why the source has no bytes for it ("not included in the export"); empty when it has."""
    name: str = ""
    """The file name its author gave; hostile until a destination has cleaned it."""
    mime: str = ""
    size: int = 0
    """Bytes, as the source declares them; 0 when it does not say."""
    width: int = 0
    height: int = 0
    duration: float = 0
    """Seconds."""
    title: str = ""
    performer: str = ""
    spoiler: bool = False
    sha256: str = ""
    """The hex digest of the bytes, once somebody has kept them."""
    path: str = ""
    """Where a bulk place keeps the bytes, relative to that place."""


class Author(Model):
    """Who published the item; `id` is stable in its place ("channel1234567890"), `name` is for people."""

    name: str = ""
    id: str = ""
    signature: str = ""
    """The name of the person who signed a channel's post."""


class Forward(Model):
    """Where a forwarded item came from, as far as its place tells."""

    name: str = ""
    id: str = ""
    published_at: datetime | None = None


class Answer(Model):
    """One choice of a poll; `voters` is a counter and no part of the item's version."""

    text: str
    voters: int = 0


class Poll(Model):
    """A question with its answers."""

    question: str
    answers: tuple[Answer, ...] = ()
    closed: bool = False
    voters: int = 0


class Location(Model):
    """A point on the globe in degrees, with a name and address when it is a venue."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class ItemKind(StrEnum):
    """A post is content; a service message is the place's own record of an event; an unsupported one is neither."""

    POST = "post"
    SERVICE = "service"
    UNSUPPORTED = "unsupported"


class ContentItem(Model):
    """One publication: a post, an album, an article, a video.

    `id` belongs to the place it was published in and not to the adapter that read it, so that every adapter
    names the same publication alike: `telegram:<numeric channel id>/<message id>`. An album is one item, named by
    its first message, and `members` holds the ids of all its messages; any of them names the item.
    """

    id: str
    version: str = ""
    """`<reader>.<scheme>:<hash>` of what a reader sees; see `adapters.contracts.version`."""
    kind: ItemKind = ItemKind.POST
    published_at: datetime
    """Aware, UTC."""
    edited_at: datetime | None = None
    """Aware, UTC. A hint about order only: places move it for reactions too."""
    title: str = ""
    text: str = ""
    """Plain text; `spans` mark it up."""
    spans: tuple[Span, ...] = ()
    media: tuple[Media, ...] = ()
    members: tuple[str, ...] = ()
    """The ids of an album's messages in order; empty for an item of one message."""
    author: Author | None = None
    reply_to: str = ""
    """The id of the item this one answers."""
    forward: Forward | None = None
    poll: Poll | None = None
    location: Location | None = None
    tags: tuple[str, ...] = ()
    """Hashtags in order of appearance, without `#`, each once."""
    url: str = ""
    action: str = ""
    """What a service message records ("pin_message")."""
    counters: dict[str, int] = Field(default_factory=dict)
    """Reactions by emoji and the like: kept, yet no part of the version."""
    raw: tuple[dict[str, Any], ...] = ()
    """What the model has no field for, of each message in order: nothing the source said is thrown away."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every id by which a place may hold this item, the item's own first."""
        return (self.id, *(member for member in self.members if member != self.id)) if self.members else (self.id,)

    @property
    def changed_at(self) -> datetime:
        """The moment of the newest known change: the edit, else the publication."""
        return self.edited_at or self.published_at


class Unreadable(Model):
    """A piece of a source that no reader could understand; it becomes a dead letter with its place and bytes."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    where: str
    """For a person: file, byte offset, message number."""
    error: str
    """What is wrong with it, in one line."""
    data: bytes
    """The bytes as they lie in the source, at most the first mebibyte."""
    sha256: str
    """The hex digest of the whole piece: the same damage seen again is the same dead letter."""
    item_id: str = ""
    """The id of the item, where at least that could be read: its arrival closes the dead letter."""

    @property
    def id(self) -> str:
        """The name under which the dead letter is kept."""
        return self.item_id or f"unreadable:{self.sha256}"


Entry = ContentItem | Unreadable
