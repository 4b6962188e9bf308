"""A feed as a source: what is asked, what an answer means, and names and dates that stay."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import orjson
import pytest
from pydantic import SecretStr

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.contracts.item import ContentItem, Unreadable
from adapters.contracts.ports import Following
from adapters.net import Net, Reach
from adapters.sources.rss import Address, RssSource
from adapters.sources.rss.dates import _usual, moment
from adapters.sources.rss.entry import _bare
from tasks.sources.rss import Rss
from tests.servers.feeds import FeedServer, item, rss

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = "Mon, 01 Jan 2024 12:00:00 GMT"
NEXT = "Tue, 02 Jan 2024 12:00:00 GMT"


@pytest.fixture
def feeds():
    """A server of feeds."""
    server = FeedServer()
    yield server
    server.stop()


@pytest.fixture
def source(feeds):
    """Return a function that opens the feed as a new process would."""
    opened = []

    def make(path="/feed.xml"):
        net = Net(Reach(("127.0.0.1",)), pause=lambda _: None)
        opened.append(RssSource(Address(SecretStr(feeds.base + path), "name"), net))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def entries(source, cursor=""):
    """Return what a source yields, and where it stands then."""
    found = [entry for page in source.read(cursor) for entry in page.entries]
    return found, source.stand()


def one(feeds, source, body):
    """Serve one entry and return its item."""
    feeds.pages["/feed.xml"] = body if isinstance(body, bytes) else rss([body])
    (found,), _ = entries(source())
    return found


def test_an_unchanged_feed_costs_one_small_request(feeds, source):
    """By its ETag: nothing is read, the cursor stays; a change brings all of it."""
    assert isinstance(source(), Following)
    feeds.pages["/feed.xml"] = rss([{"guid": "1", "title": "One"}])
    first, stand = entries(source())
    assert [entry.title for entry in first] == ["One"]
    again = source()
    assert entries(again, stand) == ([], stand)
    assert again.gone(["rss:name/1"]) == []
    assert again.title == "A blog"
    assert feeds.statuses == [200, 304]
    feeds.pages["/feed.xml"] = rss([{"guid": "1", "title": "One"}, {"guid": "2", "title": "Two"}])
    after, moved = entries(source(), stand)
    assert sorted(entry.title for entry in after) == ["One", "Two"]
    assert moved != stand


def test_a_server_without_validators_is_compared_by_its_bytes(feeds, source):
    """Fetched, and not read again."""
    feeds.validates = False
    feeds.pages["/feed.xml"] = rss([{"guid": "1", "title": "One", "date": DAY}])
    _, stand = entries(source())
    assert entries(source(), stand) == ([], stand)
    assert feeds.statuses == [200, 200]


def test_last_modified_is_a_validator_too(feeds, source):
    """Sent back as it came."""
    feeds.validates = False
    feeds.pages["/feed.xml"] = (200, {"Last-Modified": DAY}, rss([{"guid": "1", "title": "One"}]))
    _, stand = entries(source())
    feeds.pages["/feed.xml"] = (304, {}, b"")
    assert entries(source(), stand)[0] == []
    assert feeds.asked[-1][1]["if-modified-since"] == DAY


def test_one_run_asks_once(feeds, source):
    """Head, reading and deletions see the same feed."""
    feeds.pages["/feed.xml"] = rss([{"guid": "1", "title": "One", "date": DAY}])
    source = source()
    assert source.head() == datetime(2024, 1, 1, 12, tzinfo=UTC)
    entries(source)
    source.gone(["rss:name/1"])
    assert len(feeds.asked) == 1


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ((410, {}, b""), ConfigurationError, "gone for good"),
        ((404, {}, b""), ConfigurationError, "check --feed-url"),
        ((401, {}, b""), ConfigurationError, "wants a login"),
        ((403, {}, b""), ConfigurationError, "does not let us in"),
        ((500, {}, b""), Transient, "answered 500"),
        ((503, {}, b""), Transient, "answered 503"),
        ((304, {}, b""), Transient, "answered 304"),
        ((200, {}, b""), Transient, "nothing"),
        ((200, {}, b"hello"), ConfigurationError, "begins with 'hello'"),
        ((200, {}, b'{"items": 1}'), ConfigurationError, "no list of items"),
        ((200, {}, b'{"items": '), ConfigurationError, "JSON"),
        ((200, {}, b"<html><body>x</body></html>"), ConfigurationError, "it names no feed"),
    ],
)
def test_what_an_answer_means(feeds, source, answer, error, says):
    """Each in one line that says what to do, without the address's path."""
    feeds.pages["/feed.xml"] = answer
    with pytest.raises(error, match=says) as raised:
        entries(source("/feed.xml?token=s3cret"))
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_names_its_wait(feeds, source, status):
    """And gets it."""
    feeds.pages["/feed.xml"] = (status, {"Retry-After": "1200"}, b"")
    with pytest.raises(RateLimited) as raised:
        entries(source())
    assert raised.value.retry_after == 1200


def test_a_web_page_names_its_feeds(feeds, source):
    """Whole addresses of what its head links to, and nothing that it could do to a terminal."""
    page = (
        b"\n<!-- hi --><!DOCTYPE html><html><head><link rel=stylesheet href=a.css>"
        b'<link type="application/rss+xml" rel="alternate" href="/a.xml?x=1&amp;y=2">'
        b"<link rel='alternate' type=application/atom+xml href=b.xml\x1b[2J></head></html>"
    )
    feeds.pages["/feed.xml"] = (200, {"Content-Type": "text/html"}, page)
    with pytest.raises(ConfigurationError) as raised:
        entries(source())
    assert f"{feeds.base}/a.xml?x=1&y=2, {feeds.base}/b.xml" in str(raised.value)
    assert "\x1b" not in str(raised.value)


def test_a_move_for_good_is_followed_and_told(feeds, source, caplog):
    """The items keep their names; the log says how they keep them under the new address."""
    feeds.pages |= {
        "/feed.xml": (301, {"Location": "/new.xml"}, b""),
        "/new.xml": rss([{"guid": "1", "title": "One"}]),
    }
    with caplog.at_level(logging.WARNING):
        (found,), _ = entries(source())
    assert found.id == "rss:name/1"
    assert "--feed-name name" in caplog.text


SAME = (
    "https://blog.example/feed/",
    "http://blog.example/feed",
    "feed://www.blog.example/feed",
    "feed:https://me:pass@blog.example:443/feed#x",
    "https://BLOG.example/feed?token=1&utm_source=a",
    "https://blog.example/feed?api_key=zzz",
)


def test_a_feeds_name_outlives_its_address(feeds):
    """Scheme, login, www, tokens and marks of campaigns are no part of it; another feed has another."""
    names = {Address(SecretStr(url)).identity for url in SAME}
    assert len(names) == 1
    assert names.pop().startswith("rss:blog.example-")
    others = [Address(SecretStr(f"https://blog.example/feed?cat={n}")).identity for n in range(2)]
    assert len({*others, Address(SecretStr(SAME[0])).identity}) == 3
    assert Address(SecretStr("https://x/y"), "mine").identity == "rss:mine"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (Address(SecretStr("https://x/s3cret"), is_secret=True), "--feed-name"),
        (Address(SecretStr("https://x/s3cret"), "a/b"), "is no name"),
        (Address(SecretStr("ftp://x/s3cret")), "--feed-url"),
        (Address(SecretStr("s3cret")), "--feed-url"),
        (Address(SecretStr("http://[s3cret")), "--feed-url"),
    ],
)
def test_a_bad_address_is_a_configuration_error(address, says):
    """Without the address in it."""
    with pytest.raises(ConfigurationError, match=says) as raised:
        _ = address.identity
    assert "s3cret" not in f"{raised.value} {address!r}"


def test_a_feed_must_be_named(monkeypatch):
    """By an address, or by a secret."""
    monkeypatch.delenv("SYNDICATE_RSS_URL", raising=False)
    with pytest.raises(ConfigurationError, match="say which feed"):
        Rss().open()
    monkeypatch.setenv("SYNDICATE_RSS_URL", "https://me:pass@blog.example/feed")
    assert Rss(feed_name="mine").open().identity == "rss:mine"
    with pytest.raises(ConfigurationError, match="--feed-name"):
        _ = Rss().open().identity


def ids(feeds, source, *written, **more):
    """Return the names of entries, by title."""
    feeds.pages["/feed.xml"] = rss([*written], **more)
    return {entry.title: entry.id for entry in entries(source())[0]}


def test_names_stay_what_they_are(feeds, source):
    """By guid, else link, else content; a move to https and a campaign's marks change none."""
    before = ids(
        feeds,
        source,
        {"guid": "http://www.blog.example/?p=1", "title": "guid"},
        {"link": "http://blog.example/a/?id=3&utm_source=x", "title": "link"},
        {"text": "no name at all", "title": "content"},
        {"guid": "tag:blog.example,2024:7", "title": "tag"},
    )
    after = ids(
        feeds,
        source,
        {"guid": "https://blog.example/?p=1", "title": "guid", "text": "edited", "link": "https://elsewhere.example"},
        {"link": "https://blog.example/a/?id=3", "title": "link", "text": "edited"},
        {"text": "no name at all", "title": "content"},
        {"guid": " tag:blog.example,2024:7 ", "title": "tag"},
    )
    assert after == before
    assert len(set(after.values())) == 4


def test_a_guid_that_names_nothing_is_no_name(feeds, source):
    """The site's own address, or one guid for entries with different links."""
    found = ids(
        feeds,
        source,
        {"guid": "https://blog.example/", "link": "https://blog.example/1", "title": "a"},
        {"guid": "https://blog.example/", "link": "https://blog.example/2", "title": "b"},
        {"guid": "same", "link": "https://blog.example/3", "title": "c"},
        {"guid": "same", "link": "https://blog.example/4", "title": "d"},
    )
    assert len(set(found.values())) == 4


def test_of_one_entry_twice_the_newest_counts(feeds, source):
    """Once, whatever the order."""
    old, new = ({"guid": "1", "title": title, "date": date} for title, date in (("old", DAY), ("new", NEXT)))
    assert ids(feeds, source, old, new) == ids(feeds, source, new, old) == {"new": "rss:name/1"}


def test_an_entry_without_a_date_has_one_that_stays(feeds, source):
    """No newer than the others at first; the moment it is met, later; the same at each reading."""
    feeds.pages["/feed.xml"] = rss([{"guid": "1", "title": "dated", "date": DAY}, {"guid": "2", "title": "undated"}])
    first, stand = entries(source())
    assert {entry.published_at for entry in first} == {datetime(2024, 1, 1, 12, tzinfo=UTC)}
    feeds.pages["/feed.xml"] = rss([{"guid": "2", "title": "undated"}, {"guid": "3", "title": "new"}])
    second, moved = entries(source(), stand)
    by_title = {entry.title: entry.published_at for entry in second}
    assert by_title["undated"] == datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert datetime.now(UTC) - by_title["new"] < timedelta(minutes=5)
    feeds.pages["/feed.xml"] = rss([{"guid": "3", "title": "new", "text": "edited"}])
    (third,), _ = entries(source(), moved)
    assert third.published_at == by_title["new"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 01 Jan 2024 12:00:00 GMT", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("01 Jan 24 12:00 EST", datetime(2024, 1, 1, 17, tzinfo=UTC)),
        ("2024-01-01T12:00:00+03:00", datetime(2024, 1, 1, 9, tzinfo=UTC)),
        ("2024-01-01T12:00:00.123456789Z", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("2024-01-01", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01 12:00:00", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        ("Mon Jan  1 12:00:00 2024", datetime(2024, 1, 1, 12, tzinfo=UTC)),
        *((text, None) for text in ("", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31", "2038-01-19", "x" * 1000)),
        *((text, None) for text in ("1970-01-01T00:00:00Z", "Mon, 99 Jan 2024 99:99:99 GMT", "\0", "²⁰²⁴-01-01")),
    ],
)
def test_dates_are_read_or_are_none(text, expected):
    """In every form that is met; what cannot be true is no date."""
    assert moment(text, NOW) == expected


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", "+0530", "-1159", "+2400", "+0260"])
@pytest.mark.parametrize("day", ["Mon, 01 Jan 2024", "Fri, 29 Feb 2024", "Sat, 31 Feb 2024", "Tue, 00 Dec 1999"])
@pytest.mark.parametrize("hour", ["00:00:00", "23:59:59", "24:00:00", "12:00:60"])
def test_usual_dates_are_read_as_mails_are(day, hour, zone):
    """The short way to a date finds what the long one finds, or nothing."""
    text = f"{day} {hour} {zone}"
    try:
        long = parsedate_to_datetime(text)
    except ValueError:
        long = None
    assert _usual(text) in {None, long and (long if long.tzinfo else long.replace(tzinfo=UTC))}
    assert (_usual(text) is None) == (long is None or zone in {"+2400", "+0260"})


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("https://www.blog.example/a/?utm_source=x&utm_medium=y", "blog.example/a"),
        ("http://blog.example/?p=1&a=%20#b/", "blog.example/?p=1&a=%20#b"),
        ("https://blog.example/a?b=1?utm_source=x", "blog.example/a?b=1%3Futm_source%3Dx"),
        ("https://blog.example/a?b=c+d&UTM_source=x&fbclid=1", "blog.example/a?b=c+d"),
        ("https://[::1]/a/", "[::1]/a"),
        ("https://[/www.a/", "[/www.a/"),
        ("urn:x?utm_source=1", "urn:x?utm_source=1"),
    ],
)
def test_what_is_left_of_an_address_names_an_entry(name, bare):
    """Neither scheme nor what counts readers; anything else stays as it was, so that no item changes its name."""
    assert _bare(name) == bare


def test_a_text_keeps_its_markup_and_its_files(feeds, source):
    """Content over summary; relative addresses made whole; enclosures, pictures and covers once each."""
    found = one(
        feeds,
        source,
        item(
            guid="1",
            title="A &amp; <b>B</b>",
            text="a summary",
            link="https://blog.example/post/",
            date=DAY,
            files=[("https://blog.example/talk.mp3?t=1", "audio/mpeg")],
            more="<content:encoded><![CDATA[<p>See <a href='../x'>this</a></p><img src='/a.png'>"
            "<img src='https://t.example/pixel.gif' width=1 height=1><script>alert(1)</script>]]></content:encoded>"
            "<category>tea</category><category>tea</category><category>#green tea</category>"
            "<author>a@b.c (Ann)</author>"
            "<slash:comments>7</slash:comments><media:thumbnail url='/thumb.png'/><comments>https://c.example</comments>",
        ),
    )
    assert isinstance(found, ContentItem)
    assert (found.title, found.text, found.url) == ("A & B", "See this", "https://blog.example/post/")
    assert [(span.kind.value, span.value) for span in found.spans] == [("text_link", "https://blog.example/x")]
    assert [(m.kind.value, m.ref, m.name) for m in found.media] == [
        ("audio", "https://blog.example/talk.mp3?t=1", "talk.mp3"),
        ("photo", "https://blog.example/a.png", "a.png"),
    ]
    assert (found.author.name, found.tags, found.counters) == ("Ann", ("tea", "green tea"), {"comments": 7})
    assert found.raw[0]["comments"] == "https://c.example"
    assert found.published_at == datetime(2024, 1, 1, 12, tzinfo=UTC)


def test_a_video_of_youtube_is_an_item(feeds, source):
    """The player is no file; the thumbnail stands for it; its text keeps its lines."""
    atom = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><title>C</title>
    <author><name>Channel</name></author><entry><id>yt:video:abc</id><title>V</title>
    <link rel="alternate" href="https://www.youtube.com/watch?v=abc"/><published>2024-01-01T12:00:00+00:00</published>
    <updated>2024-01-02T12:00:00+00:00</updated><media:group><media:title>V</media:title>
    <media:content url="https://www.youtube.com/v/abc" type="application/x-shockwave-flash"/>
    <media:thumbnail url="https://i.ytimg.com/vi/abc/hq.jpg"/><media:description>one\n\ntwo</media:description>
    </media:group></entry></feed>"""
    found = one(feeds, source, atom)
    assert (found.id, found.text, found.author.name) == ("rss:name/yt:video:abc", "one\n\ntwo", "Channel")
    assert [m.ref for m in found.media] == ["https://i.ytimg.com/vi/abc/hq.jpg"]
    assert found.edited_at == datetime(2024, 1, 2, 12, tzinfo=UTC)


def test_json_feed_is_a_feed(feeds, source):
    """Version 1.1, with attachments; what is no object is shown."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "home_page_url": "https://j.example/",
        "items": [
            {
                "id": 7,
                "url": "https://j.example/7",
                "content_html": "<p>Hi <em>you</em></p>",
                "date_published": "2024-01-01T12:00:00Z",
                "authors": [{"name": "Ann"}, {"name": "Bob"}],
                "tags": ["tea"],
                "attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 9}],
            },
            "nonsense",
        ],
    }
    feeds.pages["/feed.xml"] = orjson.dumps(document)
    (damaged, found), _ = entries(source())
    assert isinstance(damaged, Unreadable)
    assert (found.id, found.text, found.author.name, found.tags) == ("rss:name/7", "Hi you", "Ann, Bob", ("tea",))
    assert [(m.ref, m.duration) for m in found.media] == [("https://j.example/a.mp3", 9.0)]


def test_a_feed_that_breaks_off_keeps_what_is_whole(feeds, source):
    """The entry in which it ends is shown, not cut; the feed is asked for again, whole."""
    whole = rss([{"guid": "1", "title": "One", "text": "first"}, {"guid": "2", "title": "Two", "text": "second"}])
    feeds.pages["/feed.xml"] = whole[: whole.index(b"first") + 2]
    found, stand = entries(source())
    assert {type(entry).__name__: getattr(entry, "title", "") for entry in found} == {
        "ContentItem": "Two",
        "Unreadable": "",
    }
    found, _ = entries(source(), stand)
    assert len(found) == 2
    assert feeds.statuses == [200, 200]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'<?xml version="1.0" encoding="utf-8"?>{}', ""),
        (b'<?xml version="1.0" encoding="windows-1251"?>{}', "text/xml"),
        (b"{}", "application/xml; charset=windows-1251"),
        (b'<?xml version="1.0" encoding="utf-8"?>{}', "text/xml; charset=iso-8859-1"),
        (b'<?xml version="1.0" encoding="nonsense"?>{}', "text/xml; charset=nonsense"),
    ],
)
def test_encodings_are_told_apart(feeds, source, body, kind):
    """What the bytes are counts, before what somebody says of them."""
    codec = "windows-1251" if b"1251" in body or "1251" in kind else "utf-8"
    feed = "<rss version='2.0'><channel><item><guid>1</guid><title>Привет</title></item></channel></rss>"
    feeds.pages["/feed.xml"] = (200, {"Content-Type": kind} if kind else {}, body.replace(b"{}", feed.encode(codec)))
    (found,), _ = entries(source())
    assert found.title == "Привет"
