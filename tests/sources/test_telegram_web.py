"""The web preview: what is read of it, where it goes on, what was edited and deleted, and its media."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from pydantic import ValidationError

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.contracts.item import ItemKind, Media, MediaKind, SpanKind
from adapters.contracts.ports import Following, MediaMissing
from adapters.sources.telegram_export import TelegramExportSource
from adapters.sources.telegram_web import TelegramWebSettings, TelegramWebSource
from tests.emulators.telegram_web.channel import Channel
from tests.exports import SAMPLE, message
from tests.sources.web import NAME, entries, items, source

ALIKE = ("id", "published_at", "tags", "members", "author", "reply_to", "location", "counters", "title")
GOLDEN = Path(__file__).parents[1] / "golden" / "telegram_web" / "versions.json"
UNMARKED = {SpanKind.BOT_COMMAND, SpanKind.BANK_CARD}
NOT_SHOWN = {28, 29, 31, 34}
"""A game, an invoice, a giveaway and what tdesktop cannot export either."""


def posts(*numbers):
    """Build messages."""
    return [message(number, f"post {number}") for number in numbers]


def picture(number, second=0, name="a.jpg"):
    """Build a picture; those of one second are an album."""
    return message(number, "") | {"photo": name, "text_entities": [], "date_unixtime": str(1_735_700_000 + second)}


def test_the_sample_is_read_as_its_export_is(serve):
    """Alike in all that the preview tells: so a place that holds the one is not told anew by the other."""
    web = serve(Channel.of(SAMPLE))
    found, exported = items(source(web)), TelegramExportSource(SAMPLE)
    expected = {int(entry.id.rpartition("/")[2]): entry for page in exported.read() for entry in page.entries}
    assert list(found) == list(expected)
    for number, item in found.items():
        other = expected[number]
        if number in NOT_SHOWN:
            assert item.kind is ItemKind.UNSUPPORTED
            continue
        assert [getattr(item, name) for name in ALIKE] == [getattr(other, name) for name in ALIKE]
        assert (item.kind, item.text, item.spans) == (other.kind, other.text.strip(), cut(other)), number
        assert [(m.kind, m.title, m.performer, m.spoiler) for m in item.media] == [
            (m.kind, m.title, m.performer, m.spoiler) for m in other.media
        ]
        assert (item.poll and [a.text for a in item.poll.answers]) == (
            other.poll and [a.text for a in other.poll.answers]
        )
        assert (item.forward and item.forward.name) == (other.forward and other.forward.name)
        assert item.url == f"https://t.me/{NAME}/{number}"


def cut(item):
    """Return an item's spans as they are when the text ends without its line end; t.me does not mark all of them."""
    length = len(item.text.strip())
    marked = [span for span in item.spans if span.kind not in UNMARKED]
    return tuple(span.model_copy(update={"length": min(span.length, length - span.offset)}) for span in marked)


def test_what_the_model_has_no_field_for_is_kept(serve):
    """That a post was edited, how often it was seen, buttons, a link's preview, votes in percent."""
    found = items(source(serve(Channel.of(SAMPLE))))
    assert (found[9].raw[0]["edited"], found[9].raw[0]["views"], found[9].edited_at) == (True, "1.2K", None)
    assert found[9].raw[0]["link_preview"]["title"] == "A page"
    assert found[14].raw[0]["poll_percent"] == ["20%"] * 3
    assert found[35].raw[0]["buttons"] == [{"text": "Карта", "url": "https://example.org/map"}]
    assert found[15].raw[0]["forwarded_from_url"] == "https://t.me/other/7"
    assert found[17].media[0].missing == "the web preview does not have it: Media is too big"
    assert (found[17].media[0].width, found[17].media[0].duration) == (1920, 312)


def test_versions_are_pinned(serve):
    """A release, or a library's update, that reads the same page otherwise would edit every wall anew."""
    found = {item.id: item.version for item in items(source(serve(Channel.of(SAMPLE)))).values()}
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_nothing_that_changes_by_itself_is_in_a_version(serve):
    """Counters, tokens, the hosts of media, the page's own time: none of them is an edit."""
    channel = Channel.of(SAMPLE)
    web = serve(channel)
    before = {number: item.version for number, item in items(source(web)).items()}
    channel.token, channel.clock, channel.base = "t2", 1_800_000_000, "https://cdn1.telesco.pe"
    channel.messages = [one | {"views": "2M", "reactions": [{"emoji": "❤", "count": 5}]} for one in channel.messages]
    assert {number: item.version for number, item in items(source(web)).items()} == before


@pytest.mark.parametrize("seed", range(8))
def test_every_message_is_read_once_whatever_is_gone(serve, seed):
    """Gaps of all sizes, albums, pages that cut them, short pages: complete from the beginning and from each cursor."""
    chance = random.Random(seed)
    messages, number = [], chance.choice((1, 7, 3000))
    for place in range(chance.randrange(60, 120)):
        number += 1 if chance.random() < 0.7 else chance.choice((2, 5, 40, 700))
        size = chance.choice((1, 1, 1, 1, 2, 9, 10))
        messages += [picture(number + n, place * 60) if size > 1 else posts(number)[0] for n in range(size)]
        number += size - 1
    channel = Channel(messages)
    channel.cuts_albums, channel.page_size = chance.choice(((True, 20), (False, 20), (True, 13), (False, 11)))
    web = serve(channel)
    expected = [f"telegram:42/{album[0]['id']}" for album in channel.albums()]
    pages = list(source(web).read())
    assert [item.id for page in pages for item in page.entries] == expected
    members = [[f"telegram:42/{one['id']}" for one in album] for album in channel.albums()]
    assert [list(item.names) for page in pages for item in page.entries] == members
    for place in range(0, len(pages), 3):
        rest = [item.id for page in pages[place + 1 :] for item in page.entries]
        assert [entry.id for entry in entries(source(web), pages[place].cursor)] == rest


def test_a_long_channel_costs_a_request_a_page(serve):
    """And a run that finds nothing new costs what is read again, and one more."""
    web = serve(Channel(posts(*range(1, 1001))))
    reader = source(web, look_back=100)
    assert len(entries(reader)) == 1000
    assert len(web.asked) <= 1000 / 19 + 4
    stand = reader.stand()
    web.asked.clear()
    assert list(items(source(web, look_back=100), stand)) == list(range(901, 1001))
    assert len(web.asked) <= 8


def test_the_newest_posts_are_read_again_for_their_edits(serve):
    """An edit within --look-back is seen by the next run, one before it only with a reading from the beginning."""
    channel = Channel(posts(*range(1, 61)))
    web = serve(channel)
    reader = source(web, look_back=10)
    assert isinstance(reader, Following)
    before = items(reader)
    stand = reader.stand()
    for number in (40, 55):
        channel.messages[number - 1] = message(number, "edited", 1)
    channel.messages += posts(61)
    again = source(web, look_back=10)
    after = items(again, stand)
    assert list(after) == list(range(51, 62))
    assert [number for number in after if number in before and before[number].version != after[number].version] == [55]
    assert orjson.loads(again.stand())["at"] == 51
    assert items(source(web))[40].text == "edited"


def test_deletions_are_told_once_t_me_says_so(serve):
    """Between two that are shown, not shown, and "Post not found" on its own page; all three, and never the newest."""
    channel = Channel(posts(*range(1, 41)))
    web = serve(channel)
    held = [f"telegram:42/{number}" for number in range(1, 41)]
    reader = source(web, look_back=20)
    entries(reader)
    stand = reader.stand()
    channel.messages = [one for one in channel.messages if one["id"] not in {5, 30, 40}]
    channel.hides = {33}
    again = source(web, look_back=20)
    entries(again, stand)
    assert again.gone(held) == ["telegram:42/30"]
    assert source(web).gone(held) == ["telegram:42/5", "telegram:42/30"]
    channel.messages += posts(41)
    later = source(web, look_back=20)
    entries(later, again.stand())
    assert later.gone(held) == ["telegram:42/30", "telegram:42/40"]


def test_a_page_that_is_no_answer_deletes_nothing(serve):
    """A post's own page that asks something, or is away, says nothing about the post."""
    channel = Channel(posts(1, 2, 4, 5))
    web = serve(channel)
    for answer in ((200, {}, b"<html><title>Are you human?</title></html>"), (302, {}, b""), (500, {}, b"")):
        web.answers.append(("embed", *answer))
        assert source(web).gone(["telegram:42/3"]) == []
    assert source(web).gone(["telegram:42/3"]) == ["telegram:42/3"]


def test_what_an_interrupted_run_did_not_tell_is_told(serve):
    """A page's cursor goes on behind the page, and leaves deletions before it to the run that goes on."""
    channel = Channel(posts(*range(1, 101)))
    web = serve(channel)
    first = next(iter(source(web).read()))
    channel.messages = [one for one in channel.messages if one["id"] != 3]
    again = source(web)
    assert min(items(again, first.cursor)) == 20
    assert again.gone([f"telegram:42/{number}" for number in range(1, 101)]) == ["telegram:42/3"]


def test_an_album_that_is_still_arriving_waits(serve):
    """For a minute, then it is read; what stands before it is read at once."""
    web = serve(Channel([*posts(1, 2), picture(3), picture(4)]))
    sent = datetime.fromtimestamp(1_735_700_000, UTC)
    settings = TelegramWebSettings(channel=NAME, preview_address=web.base, pages_per_second=1000)
    seen = []
    for age in (30, 90):
        now = sent + timedelta(seconds=age)
        seen.append(list(items(TelegramWebSource(settings, now=lambda now=now: now))))
    assert seen == [[1, 2], [1, 2, 3]]


def test_the_channel_is_known_by_its_number(serve):
    """Told by the page; where it is not, by the person; and another one's page is an error."""
    channel = Channel(posts(1, 2))
    web = serve(channel)
    assert (source(web).identity, source(web).title) == ("telegram:42", "A chat")
    with pytest.raises(ConfigurationError, match="of channel 42 and not of 7"):
        entries(source(web, channel_id=7))
    web.spoil = lambda page: page.replace("data-view=", "data-seen=")
    with pytest.raises(ConfigurationError, match="--channel-id"):
        _ = source(web).identity
    assert list(items(source(web, channel_id=42))) == [1, 2]


def test_what_people_write_is_a_name():
    """An address, a name with @; and nothing else."""
    for written in ("durov", "@durov", "t.me/durov", "https://t.me/s/durov?before=3", "https://t.me/durov/17"):
        assert TelegramWebSettings(channel=written).channel == "durov"
    for written in ("", "+AbCdEf", "https://t.me/", "a b", "../x", "c/1234/5"):
        with pytest.raises(ValidationError):
            TelegramWebSettings(channel=written)
    for address in ("ftp://t.me", "https://me:secret@t.me", "t.me"):
        with pytest.raises(ValidationError) as raised:
            TelegramWebSettings(channel="durov", preview_address=address)
        assert "secret" not in str(raised.value)


def test_an_empty_channel_is_empty(serve):
    """It says so itself, and is no error; a cursor that knows of messages makes it one."""
    web = serve(Channel([]))
    assert (entries(source(web, channel_id=42)), source(web, channel_id=42).head()) == ([], None)
    assert orjson.loads(source(web, channel_id=42).stand())["at"] == 0
    with pytest.raises(RateLimited):
        entries(source(web, channel_id=42), '{"of":"telegram:42","at":7,"back":0}')


def test_answers_mean_what_they_say(serve):
    """No preview, a limit, trouble that passes, trouble that does not."""
    web = serve(Channel(posts(*range(1, 41))))
    with pytest.raises(ConfigurationError, match="no public channel of that name"):
        entries(source(web, channel="somebody_else"))
    web.answers.append(("/s/", 429, {"Retry-After": "37"}, b""))
    with pytest.raises(RateLimited) as limited:
        entries(source(web))
    assert limited.value.retry_after == 37
    web.answers.append(("before=", 500, {}, b""))
    assert len(entries(source(web))) == 40
    web.answers += [("/s/", 502, {}, b"")] * 3
    with pytest.raises(Transient):
        entries(source(web))
    web.answers.append(("/s/", 418, {}, b""))
    with pytest.raises(ConfigurationError, match="418"):
        entries(source(web))


def test_empty_where_there_is_more_is_a_limit(serve):
    """So t.me is known to answer who asks too much: it is never taken for the end of the channel."""
    channel = Channel(posts(*range(1, 61)))
    web = serve(channel)
    nothing = Channel([]).page().encode()
    channel.page_size = 5
    web.answers.append(("before=17", 200, {}, nothing))
    with pytest.raises(RateLimited, match="is empty, though there are messages"):
        entries(source(web))


def test_paging_that_does_not_move_is_an_error(serve):
    """A server that has forgotten `before` shows the newest page for ever."""
    channel = Channel(posts(*range(1, 61)))
    web = serve(channel)
    whole = channel.page
    channel.page = lambda before=0: whole() if before else whole(before)
    with pytest.raises(ConfigurationError, match="asked for what is before 21"):
        entries(source(web))
    channel.page = lambda before=0: whole(min(before, 11)) if before else whole()
    channel.page_size = 3
    stuck = whole(11).replace('<link rel="prev" href="/s/boat_and_tea?before=8">', '<link rel="prev" href="/s/x">')
    channel.page = lambda before=0: stuck if before else whole()
    with pytest.raises(ConfigurationError):
        entries(source(web), '{"of":"telegram:42","at":1,"back":0}')


def test_media_are_fetched_and_found_again(serve, tmp_path):
    """Whole; by a fresh address when the old one has expired; and said to be missing when they are gone."""
    (tmp_path / "a.jpg").write_bytes(b"bytes" * 999)
    channel = Channel([*posts(1, 2), picture(3), picture(4), *posts(5)], folder=tmp_path)
    web = serve(channel)
    reader = source(web)
    album = items(reader)[3]
    channel.token = "t2"  # noqa: S105 - a token that everybody is shown
    for medium in album.media:
        file = source(web).media(medium)
        assert medium.ref.endswith(".jpg")
        assert (file.size, file.open().read()) == (4995, b"bytes" * 999)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(MediaMissing, match="no more"):
        reader.media(album.media[1])
    web.answers += [("/file/", 503, {}, b"")] * 2
    with pytest.raises(Transient):
        reader.media(album.media[0])


def test_media_come_from_telegram_alone(serve, tmp_path):
    """Whatever a page says: another host, another port, a file that is too large, a redirect."""
    (tmp_path / "a.jpg").write_bytes(b"x" * (1 << 20) + b"y")
    web = serve(Channel([picture(1)], folder=tmp_path))
    reader = source(web, media_megabytes=1)
    medium = items(reader)[1].media[0]
    with pytest.raises(MediaMissing, match="--media-megabytes"):
        reader.media(medium)
    for url in (
        "http://169.254.169.254/latest",
        "http://127.0.0.1:1/x",
        "https://telesco.pe.evil.example/x",
        "https://eviltelesco.pe/x",
        "https://cdn4.telesco.pe:8443/x",
        "http://[::1/x",
        "http://127.0.0.1:99999/x",
    ):
        with pytest.raises(MediaMissing):
            reader.media(Media(kind=MediaKind.PHOTO, ref=f"{url} 1-1/0.jpg"))
    for _ in range(2):
        web.answers.append(("/file/", 302, {"Location": "http://169.254.169.254/"}, b""))
    with pytest.raises(MediaMissing, match="not public"):
        source(web, media_megabytes=5).media(medium)


def test_a_newest_page_without_dates_is_no_empty_channel(serve):
    """Else a first run would take the whole channel for new."""
    web = serve(Channel(posts(1, 2)))
    assert source(web).head() == datetime.fromtimestamp(1_735_689_720, UTC)
    web.spoil = lambda page: page.replace("datetime=", "when=")
    with pytest.raises(ConfigurationError, match="has a date"):
        source(web).head()


def test_an_edit_or_two_behind_another_reader(serve):
    """The version is this reader's: what an export's place holds is taken over, and a later edit is one."""
    channel = Channel(posts(1, 2))
    web = serve(channel)
    before = items(source(web))[2]
    channel.messages[1] = message(2, "edited", 1)
    after = items(source(web))[2]
    assert before.version.startswith("telegram_web.1:")
    assert (before.version != after.version, after.text) == (True, "edited")
