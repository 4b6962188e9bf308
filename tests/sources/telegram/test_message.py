"""One message to an item: alike to what the export says of it, whatever is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from telethon.tl import types

from adapters.albums import join
from adapters.contracts.item import ContentItem, Location, MediaKind
from adapters.contracts.version import version
from adapters.sources.telegram.message import Mapper
from adapters.sources.telegram.place import Place
from adapters.sources.telegram_export import TelegramExportSource
from tests.exports import ROOT

GOLDEN = ROOT / "tests" / "golden" / "telegram_export"
CHANNEL = 1234567890
PEER = types.PeerChannel(CHANNEL)
NAMES = {f"channel{CHANNEL}": "Канал", "channel555": "Другой канал", "user7": "Ada"}
MAPPER = Mapper(Place(kind="channel", number=CHANNEL, title="Канал"), NAMES)
PUBLIC = Mapper(Place(kind="channel", number=CHANNEL, title="Канал", username="lake"), NAMES)
DAY = datetime(2026, 9, 1, tzinfo=UTC)


def at(seconds):
    """Return a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def message(number=1, text="", at=DAY, **more):
    """Build a channel's message."""
    return types.Message(number, PEER, at, text, post=True, **more)


def document(name="", mime="application/octet-stream", *attributes, size=100, **more):
    """Build a document's medium."""
    named = [types.DocumentAttributeFilename(name)] if name else []
    file = types.Document(9, 1, b"reference", DAY, mime, size, 2, [*attributes, *named])
    return types.MessageMediaDocument(document=file, **more)


def photo(*sizes, **more):
    """Build a photo's medium."""
    return types.MessageMediaPhoto(photo=types.Photo(5, 1, b"reference", DAY, list(sizes), 2), **more)


def item(made, mapper=MAPPER):
    """Return a message's item; it survives being kept."""
    found = mapper.item(made)
    assert ContentItem.model_validate_json(found.to_json()) == found
    json.dumps(found.raw)
    return found


VIDEO = types.DocumentAttributeVideo
AUDIO = types.DocumentAttributeAudio
STICKER = types.DocumentAttributeSticker("😀", types.InputStickerSetEmpty())


@pytest.mark.parametrize(
    ("media", "kind", "told"),
    [
        (document("a.pdf", "application/pdf"), MediaKind.DOCUMENT, ("a.pdf", 0, 0, 0, "")),
        (document("v.mp4", "video/mp4", VIDEO(3.7, 640, 360)), MediaKind.VIDEO, ("v.mp4", 640, 360, 3, "")),
        (
            document("", "video/mp4", VIDEO(9, 384, 384, round_message=True)),
            MediaKind.VIDEO_NOTE,
            ("", 384, 384, 9, ""),
        ),
        (document("", "audio/ogg", AUDIO(3, voice=True, title="x")), MediaKind.VOICE, ("", 0, 0, 3, "")),
        (document("s.mp3", "audio/mpeg", AUDIO(60, title="Song")), MediaKind.AUDIO, ("s.mp3", 0, 0, 60, "Song")),
        (
            document("g.mp4", "video/mp4", types.DocumentAttributeAnimated(), VIDEO(2, 10, 20)),
            MediaKind.ANIMATION,
            ("g.mp4", 10, 20, 2, ""),
        ),
        (
            document("s.webp", "image/webp", types.DocumentAttributeImageSize(512, 512), STICKER),
            MediaKind.STICKER,
            ("s.webp", 512, 512, 0, ""),
        ),
        (
            photo(
                types.PhotoStrippedSize("i", b"x"),
                types.PhotoSize("m", 320, 200, 10),
                types.PhotoSizeProgressive("y", 1280, 800, [10, 400, 99]),
            ),
            MediaKind.PHOTO,
            ("", 1280, 800, 0, ""),
        ),
    ],
)
def test_files_are_called_as_in_an_export(media, kind, told):
    """By tdesktop's order of attributes, and a photo by its largest size."""
    (medium,) = item(message(media=media)).media
    assert medium.kind is kind
    assert (medium.name, medium.width, medium.height, medium.duration, medium.title) == told
    assert medium.size == (400 if kind is MediaKind.PHOTO else 100)
    assert medium.ref.startswith("1/")


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        (types.MessageMediaPhoto(ttl_seconds=5), MediaKind.PHOTO),
        (types.MessageMediaPhoto(photo=types.PhotoEmpty(5)), MediaKind.PHOTO),
        (types.MessageMediaDocument(voice=True, ttl_seconds=5), MediaKind.VOICE),
        (types.MessageMediaDocument(round=True, video=True), MediaKind.VIDEO_NOTE),
        (types.MessageMediaPaidMedia(5, [types.MessageExtendedMediaPreview(w=10, h=20)]), MediaKind.PHOTO),
    ],
)
def test_what_is_not_shown_is_missing(media, kind):
    """With a reason, and without a reference."""
    (medium,) = item(message(media=media)).media
    assert (medium.kind, medium.ref, bool(medium.missing)) == (kind, "", True)


def words(text):
    """Build a text with nothing in it."""
    return types.TextWithEntities(text, [])


def test_a_poll_its_votes_are_no_part_of_its_version():
    """Closing it is an edit."""

    def poll(*, closed=False, votes=0):
        answers = [types.PollAnswer(words(text), text.encode()) for text in ("Чай", "Кофе")]
        results = types.PollResults(results=[types.PollAnswerVoters(b"\xd0\xa7\xd0\xb0\xd0\xb9", voters=votes)])
        results.total_voters = votes
        asked = types.Poll(1, words("Чай или кофе? ☕"), answers, 0, closed=closed)
        return item(message(media=types.MessageMediaPoll(asked, results)))

    quiet, voted, closed = poll(), poll(votes=7), poll(closed=True)
    assert [(one.text, one.voters) for one in voted.poll.answers] == [("Чай", 7), ("Кофе", 0)]
    assert (voted.poll.voters, version(quiet, "telegram")) == (7, version(voted, "telegram"))
    assert version(closed, "telegram") != version(quiet, "telegram")


def test_places():
    """A point, a venue, a point that moves; what is no place is none."""
    point = types.GeoPoint(37.6, 55.7, 1)
    venue = types.MessageMediaVenue(point, "Чайная", "Озёрная, 1", "", "", "")
    assert item(message(media=types.MessageMediaGeo(point))).location == Location(latitude=55.7, longitude=37.6)
    assert item(message(media=venue)).location == Location(
        latitude=55.7, longitude=37.6, name="Чайная", address="Озёрная, 1"
    )
    moving = item(message(media=types.MessageMediaGeoLive(point, 900)))
    assert (moving.location.latitude, moving.raw[0]["live_location_period_seconds"]) == (55.7, 900)
    nowhere = types.MessageMediaGeo(types.GeoPoint(float("nan"), float("inf"), 1))
    assert item(message(media=nowhere)).location is None
    assert item(message(media=types.MessageMediaGeo(types.GeoPointEmpty()))).location is None


def test_who_wrote_answered_and_forwarded():
    """In another chat too; who hides has a name alone."""
    signed = item(message(post_author="Ada"))
    assert (signed.author.name, signed.author.id, signed.author.signature) == ("Канал", f"channel{CHANNEL}", "Ada")
    answer = types.MessageReplyHeader(reply_to_msg_id=77)
    assert item(message(reply_to=answer)).reply_to == f"telegram:{CHANNEL}/77"
    elsewhere = types.MessageReplyHeader(reply_to_msg_id=5, reply_to_peer_id=types.PeerChannel(987))
    assert item(message(reply_to=elsewhere)).reply_to == "telegram:987/5"
    known = types.MessageFwdHeader(at(1672531200), from_id=types.PeerChannel(555), channel_post=3)
    forward = item(message(fwd_from=known))
    assert (forward.forward.name, forward.forward.id) == ("Другой канал", "channel555")
    assert forward.forward.published_at == at(1672531200)
    assert forward.raw[0]["forwarded_post"] == 3
    hidden = item(message(fwd_from=types.MessageFwdHeader(DAY, from_name="Somebody"))).forward
    assert (hidden.name, hidden.id) == ("Somebody", "")
    assert item(message(fwd_from=types.MessageFwdHeader(DAY))).forward is None
    story = types.MessageReplyStoryHeader(types.PeerUser(7), 1)
    assert item(message(reply_to=story)).reply_to == ""


def test_a_topic_is_told_beside_the_answer():
    """A forum's message hangs on its topic's first message, as in an export."""
    header = types.MessageReplyHeader(reply_to_msg_id=9, reply_to_top_id=4, forum_topic=True)
    found = item(message(reply_to=header))
    assert (found.reply_to, found.raw[0]["topic"]) == (f"telegram:{CHANNEL}/9", 4)


def test_reactions_are_counted_by_name():
    """A custom one by its document, a paid one as such; none is part of the version."""
    counts = [
        types.ReactionCount(types.ReactionEmoji("❤"), 3),
        types.ReactionCount(types.ReactionCustomEmoji(99), 2),
        types.ReactionCount(types.ReactionPaid(), 1),
    ]
    found = item(message(reactions=types.MessageReactions(counts), views=12))
    assert found.counters == {"❤": 3, "99": 2, "paid": 1}
    assert version(found, "telegram") == version(item(message()), "telegram")


@pytest.mark.parametrize(
    ("media", "name"),
    [
        (types.MessageMediaContact("79000000001", "Ada", "", "", 0), "contact_information"),
        (types.MessageMediaDice(6, "🎲"), "dice"),
        (types.MessageMediaInvoice("Tea", "A cup", "EUR", 300, ""), "invoice_information"),
        (types.MessageMediaGiveaway([5], 3, DAY), "giveaway_information"),
        (
            types.MessageMediaToDo(types.TodoList(words("К сезону"), [types.TodoItem(1, words("чай"))])),
            "todo_list",
        ),
    ],
)
def test_what_no_field_is_for_stays_in_raw(media, name):
    """Under the export's names, by which places tell what they lose."""
    assert name in item(message(media=media)).raw[0]


def test_nothing_that_opens_or_expires_is_in_raw():
    """No access hash, no file reference."""
    page = types.WebPage(1, "https://example.org", "example.org", 0, photo=types.Photo(1, 77777, b"ref", DAY, [], 2))
    found = item(message(media=types.MessageMediaWebPage(page), text="look"))
    assert found.raw[0]["web_page"] == {"url": "https://example.org"}
    assert "77777" not in json.dumps(found.raw)


def test_what_this_layer_cannot_show_is_unsupported():
    """As in an export."""
    assert item(message(media=types.MessageMediaUnsupported())).kind == "unsupported"


@pytest.mark.parametrize(
    ("action", "name"),
    [
        (types.MessageActionChannelCreate("Канал"), "create_channel"),
        (types.MessageActionPinMessage(), "pin_message"),
        (types.MessageActionChatEditPhoto(photo(types.PhotoSize("x", 640, 640, 8)).photo), "edit_group_photo"),
        (types.MessageActionTopicCreate("Tea", 0), "topic_created"),
        (types.MessageActionGroupCall(types.InputGroupCall(1, 2)), "group_call"),
        (types.MessageActionCustomAction("hello"), "custom_action"),
    ],
)
def test_service_messages_have_the_exports_names(action, name):
    """With what they say in raw; a new picture of the chat is a medium."""
    header = types.MessageReplyHeader(reply_to_msg_id=1)
    found = item(types.MessageService(3, PEER, DAY, action=action, reply_to=header))
    assert (found.kind, found.action, found.reply_to) == ("service", name, "")
    assert found.raw[0]["message_id"] == 1
    assert len(found.media) == (1 if name == "edit_group_photo" else 0)


def test_a_public_message_has_its_page():
    """A private one has none."""
    assert item(message(5), PUBLIC).url == "https://t.me/lake/5"
    assert item(message(5)).url == ""


@pytest.mark.parametrize("case", ["reply_forward", "poll", "plain_text", "album", "voice_note_sticker"])
def test_an_export_of_the_same_says_the_same(case):
    """The golden exports, rebuilt as Telegram would send them: all a reader sees is alike."""
    raw = json.loads((GOLDEN / f"{case}.raw.json").read_text(encoding="utf-8"))["messages"]
    exported = [one for page in TelegramExportSource(GOLDEN / f"{case}.raw.json").read() for one in page.entries]
    live = [item(rebuilt(one)) for one in raw]
    if case == "album":
        live = [join(live)]
    assert [seen(one) for one in live] == [seen(one) for one in exported]


def seen(one):
    """Return what a reader sees, whoever has read it."""
    media = [(m.kind, m.name, m.mime, m.size, m.width, m.height, m.duration) for m in one.media]
    told = (one.id, one.kind, one.text, one.spans, one.tags, one.members, one.reply_to, one.forward, one.author)
    return (*told, media, one.poll, one.published_at)


def rebuilt(raw):
    """Build what Telegram would send of a message in an export; only what the cases above hold."""
    more = {"post_author": raw.get("author")}
    if raw.get("reply_to_message_id"):
        peer = raw.get("reply_to_peer_id", "")
        to = types.PeerChannel(int(peer.removeprefix("channel"))) if peer else None
        more["reply_to"] = types.MessageReplyHeader(reply_to_msg_id=raw["reply_to_message_id"], reply_to_peer_id=to)
    if raw.get("forwarded_from"):
        source = types.PeerChannel(int(raw["forwarded_from_id"].removeprefix("channel")))
        more["fwd_from"] = types.MessageFwdHeader(at(int(raw["forwarded_date_unixtime"])), from_id=source)
    text = "".join(part["text"] for part in raw.get("text_entities", ()))
    return message(raw["id"], text, at(int(raw["date_unixtime"])), media=rebuilt_media(raw), **more)


def rebuilt_media(raw):
    """Build a message's medium."""
    width, height, seconds = raw.get("width", 0), raw.get("height", 0), raw.get("duration_seconds", 0)
    if "photo" in raw:
        return photo(types.PhotoSize("y", width, height, raw["photo_file_size"]))
    kinds = {
        "voice_message": [AUDIO(seconds, voice=True)],
        "video_message": [VIDEO(seconds, width, height, round_message=True)],
        "video_file": [VIDEO(seconds, width, height)],
        "sticker": [types.DocumentAttributeImageSize(width, height), STICKER],
    }
    if "file" in raw:
        attributes = kinds[raw["media_type"]]
        return document(raw.get("file_name", ""), raw.get("mime_type", ""), *attributes, size=raw["file_size"])
    if "poll" in raw:
        return rebuilt_poll(raw["poll"])
    return None


def rebuilt_poll(raw):
    """Build a poll."""
    plain = [one["text"] if isinstance(one["text"], str) else one["text"][0]["text"] for one in raw["answers"]]
    question = (
        raw["question"]
        if isinstance(raw["question"], str)
        else "".join(part if isinstance(part, str) else part["text"] for part in raw["question"])
    )
    answers = [types.PollAnswer(words(text), bytes([place])) for place, text in enumerate(plain)]
    votes = [types.PollAnswerVoters(bytes([n]), voters=one["voters"]) for n, one in enumerate(raw["answers"])]
    poll = types.Poll(1, words(question), answers, 0, closed=raw["closed"])
    return types.MessageMediaPoll(poll, types.PollResults(results=votes, total_voters=raw["total_voters"]))
