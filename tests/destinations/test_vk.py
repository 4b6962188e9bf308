"""VK's wall: how each item looks there, what each error means, what is proved first, and that nothing is done twice."""

import json
import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from pydantic import SecretStr, ValidationError

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Rejected, Transient
from adapters.contracts.item import Answer, ContentItem, Forward, Location, Media, MediaKind, Poll, Span, SpanKind
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.limits import length
from adapters.contracts.ports import Write
from adapters.contracts.retry import RetryPolicy
from adapters.destinations.vk import VkDestination, VkSettings
from adapters.destinations.vk.mapping import CONTINUED, Attached, plan
from adapters.destinations.vk.posts import guid
from adapters.destinations.vk.settings import LONGEST_TEXT, TEXT_UNIT
from adapters.http import Client
from adapters.media import FolderMediaStore
from adapters.stores.memory import memory_store
from adapters.vk.errors import error_of, until_tomorrow
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.publish import PublishingRoad
from tasks.report import Watchers
from tests.servers.vk import FOREIGN_GROUP, GROUP, GROUP_TOKEN, UNPACED, USER, USER_TOKEN, Vk

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path.name.removesuffix(".items.json") for path in (GOLDEN / "telegram_export").glob("*.items.json"))
DAY = datetime(2024, 1, 1, tzinfo=UTC)
WALL = VkSettings(community=GROUP)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


@pytest.fixture
def vk(emulator):
    """The emulator, empty; a request that no correct client sends fails the test."""
    emulator.control(reset=True, **UNPACED)
    yield emulator
    assert emulator.invalid() == []


def wall(vk, token=USER_TOKEN, **settings):
    """Return a destination at the emulator."""
    settings = {"community": GROUP, "base_url": f"{vk.base}/method"} | settings
    return VkDestination(VkSettings(**settings), SecretStr(token))


def item(text="text", **fields):
    """Return an item."""
    return ContentItem(id="telegram:1/2", published_at=DAY, text=text, version="kit.1:a", **fields)


def medium(kind, name="", **fields):
    """Return a medium that its source has."""
    return Media(kind=kind, name=name, ref="there", **fields)


def write(content, action=Action.CREATE, held=None, **fields):
    """Return a write, and the list into which its progress goes."""
    saved = []
    made = Write(
        action=action, key="vk:-1|telegram:1/2|1", item_id="telegram:1/2", item=content, held=held, deadline=10,
        sending=lambda: None, save=lambda progress: saved.append(json.loads(json.dumps(progress))), **fields,
    )  # fmt: skip
    return made, saved


# The account's pace


def test_a_road_hands_out_the_pace(vk, tmp_path):
    """Whoever carries a destination that is paced tells it how to wait, before anything is asked."""
    store, policy, waits = memory_store(), RetryPolicy(), []
    engine, media = PlainEngine(policy), FolderMediaStore(tmp_path)
    place = wall(vk, per_second=0.01)
    road = PublishingRoad(
        "p", None, "s", place, {}, store, media, Options(), policy, engine, Watchers(), "r", waits.append
    )
    road.run()
    assert waits == [pytest.approx(100, abs=10), pytest.approx(200, abs=10)]


# How items look


@pytest.mark.parametrize("case", CASES)
def test_golden(case):
    """Each item of the export's golden files looks at VK as its golden file says, with these losses."""
    place, shown = VkDestination(WALL, None), []
    for one in orjson.loads((GOLDEN / "telegram_export" / f"{case}.items.json").read_bytes()):
        rendered = place.render(ContentItem.model_validate(one))
        shown.append({"posts": rendered.body, "losses": list(rendered.losses)})
    assert shown == orjson.loads((GOLDEN / "vk" / f"{case}.posts.json").read_bytes())


@pytest.mark.parametrize(
    ("made", "kind", "loss"),
    [
        (medium(MediaKind.PHOTO), Attached.PHOTO, ""),
        (medium(MediaKind.VIDEO, "a.mp4"), Attached.VIDEO, ""),
        (medium(MediaKind.ANIMATION, "a.mp4", mime="video/mp4"), Attached.VIDEO, "an animation is a common video"),
        (medium(MediaKind.ANIMATION, "a.gif", mime="image/gif"), Attached.DOC, ""),
        (medium(MediaKind.VIDEO_NOTE), Attached.VIDEO, "a video note is a common video"),
        (medium(MediaKind.VOICE, mime="audio/ogg"), Attached.DOC, "a voice message is a document"),
        (medium(MediaKind.AUDIO, "a.flac"), Attached.DOC, "an audio file is a document"),
        (medium(MediaKind.DOCUMENT, "a.pdf"), Attached.DOC, ""),
        (medium(MediaKind.STICKER, "a.webp"), Attached.PHOTO, "a sticker is a photo"),
    ],
)
def test_media_become(made, kind, loss):
    """Each kind what VK has for it."""
    shown = plan(item(media=(made,)), WALL)
    assert [piece.kind for piece in shown.posts[0].pieces] == [kind]
    assert shown.losses == ((loss,) if loss else ())


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (medium(MediaKind.AUDIO, "a.mp3", performer="P", title="T"), "🎵 P — T"),
        (medium(MediaKind.DOCUMENT, "a.exe"), "📎 a.exe"),
        (medium(MediaKind.STICKER, "a.tgs"), "📎 a.tgs"),
    ],
)
def test_media_that_vk_does_not_take_are_named(made, line):
    """In a line of the text and among the losses: no item is refused for them."""
    shown = plan(item("", media=(made,)), WALL)
    assert (shown.posts[0].text, shown.posts[0].pieces) == (line, ())
    assert [loss for loss in shown.losses if "only named" in loss]


def test_more_than_ten_media_go_on():
    """Ten, ten and the rest, each post numbered, the text in the first."""
    shown = plan(item("album", media=tuple(medium(MediaKind.PHOTO) for _ in range(23))), WALL)
    assert [len(post.pieces) for post in shown.posts] == [10, 10, 3]
    assert [post.text for post in shown.posts] == ["album\n\n(1/3)", "(2/3)", "(3/3)"]
    assert [piece.number for post in shown.posts for piece in post.pieces] == list(range(23))
    assert CONTINUED in shown.losses


def test_a_post_takes_one_file():
    """Two documents are two posts; pictures and one document are one."""
    files = (medium(MediaKind.PHOTO), medium(MediaKind.DOCUMENT), medium(MediaKind.DOCUMENT))
    assert [len(post.pieces) for post in plan(item(media=files), WALL).posts] == [2, 1]


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize("letter", ["a", "🙂"])
def test_a_long_text_goes_on(over, letter):
    """At the limit it is one post, beyond it two, each within the limit."""
    number, rest = divmod(LONGEST_TEXT + over, length(letter, TEXT_UNIT))
    shown = plan(item(letter * number + "a" * rest), WALL)
    assert len(shown.posts) == (2 if over > 0 else 1)
    assert all(length(post.text, TEXT_UNIT) <= LONGEST_TEXT for post in shown.posts)


@pytest.mark.parametrize("content", [item("a" * 16_000), item(media=(medium(MediaKind.PHOTO),) * 11)])
def test_what_needs_two_posts_can_be_refused(content):
    """By setting."""
    with pytest.raises(Rejected, match="needs 2 posts"):
        plan(content, VkSettings(community=1, overflow="refuse"))


def test_a_poll_is_a_poll():
    """Within VK's limits, and what is cut is said."""
    poll = Poll(question="?", answers=tuple(Answer(text=f"{n} " + "x" * 200) for n in range(12)), closed=True, voters=3)
    shown = plan(item("", poll=poll), WALL)
    assert (shown.posts[0].text, len(shown.posts[0].poll.answers)) == ("?", 10)
    assert all(len(answer.text) == 100 for answer in shown.posts[0].poll.answers)
    assert len(shown.losses) == 4


def test_a_poll_finds_room_beside_ten_pictures():
    """In a post of its own."""
    poll = Poll(question="?", answers=(Answer(text="a"),))
    shown = plan(item(media=(medium(MediaKind.PHOTO),) * 10, poll=poll), WALL)
    assert [(len(post.pieces), post.poll is not None) for post in shown.posts] == [(10, False), (0, True)]


def test_forward_place_and_title_are_lines():
    """And said to be."""
    content = item(
        "text", title="Title", forward=Forward(name="[id1|Somebody]"), location=Location(latitude=1, longitude=2)
    )
    shown = plan(content, WALL)
    assert shown.posts[0].text.replace("\u2060", "").split("\n\n") == [
        "Title", "↪ [id1|Somebody]", "text", "📍 1.000000, 2.000000",
    ]  # fmt: skip
    assert len(shown.losses) == 2


def test_the_first_link_is_previewed_where_nothing_else_is_attached():
    """One alone: VK refuses two."""
    words = Span(kind=SpanKind.TEXT_LINK, offset=10, length=1, value="https://b.example")
    spans = (Span(kind=SpanKind.LINK, offset=0, length=9), words)
    assert plan(item("a.example b", spans=spans), WALL).posts[0].link == "https://a.example"
    assert plan(item("a.example b", spans=spans, media=(medium(MediaKind.PHOTO),)), WALL).posts[0].link == ""
    assert plan(item("a.example b", spans=spans), VkSettings(community=1, link_preview=False)).posts[0].link == ""


@pytest.mark.parametrize(
    "content", [item(""), item(" \n"), item("", media=(Media(kind=MediaKind.PHOTO, missing="no"),))]
)
def test_nothing_to_show_is_refused_in_words(content):
    """An empty post is none."""
    with pytest.raises(Rejected, match="nothing of this item can be shown"):
        plan(content, WALL)
    assert "refused" in VkDestination(WALL, None).render(content).body


# Settings


@pytest.mark.parametrize(
    "fields",
    [{}, {"community": 1, "user": 2}, {"community": -1}, {"base_url": "ftp://x", "user": 1},
     {"per_second": 0, "user": 1}, {"base_url": "https://a:b@host/method", "user": 1}, {"text_limit": 10, "user": 1}],
)  # fmt: skip
def test_wrong_settings_are_refused(fields):
    """One wall, an address that can be used, numbers that make sense."""
    with pytest.raises(ValidationError):
        VkSettings(**fields)


def test_the_key_is_the_jobs():
    """Another for each further post, the same in each process."""
    assert guid("k", 0) == guid("k", 0) != guid("k", 1)
    assert len(guid("k" * 500, 0)) == 32


# Errors


@pytest.mark.parametrize(
    ("code", "message", "expected", "wait"),
    [
        (1, "", OutcomeUnknown, None),
        (10, "", OutcomeUnknown, None),
        (36, "", OutcomeUnknown, None),
        (6, "Too many requests per second", RateLimited, 1),
        (9, "Flood control", RateLimited, 1800),
        (29, "Rate limit reached", RateLimited, 3600),
        (43, "", Transient, None),
        (5, "User authorization failed", ConfigurationError, None),
        (7, "", ConfigurationError, None),
        (14, "Captcha needed", ConfigurationError, None),
        (15, "", ConfigurationError, None),
        (17, "", ConfigurationError, None),
        (24, "", ConfigurationError, None),
        (27, "", ConfigurationError, None),
        (203, "", ConfigurationError, None),
        (1051, "", ConfigurationError, None),
        (100, "", Rejected, None),
        (210, "", Rejected, None),
        (222, "", Rejected, None),
        (4242, "", Rejected, None),
        (214, "Access to adding post denied: you can only add 50 posts a day", RateLimited, None),
        (214, "Access to adding post denied: a post is already scheduled for this time", RateLimited, 60),
        (214, "Access to adding post denied", ConfigurationError, None),
    ],
)
def test_each_code_has_its_class(code, message, expected, wait):
    """What passes waits, what a person must do is said, what will never do dies."""
    error = error_of(code, message, "wall.post")
    assert type(error) is expected
    assert wait is None or error.retry_after == wait
    assert str(code) in str(error)


@pytest.mark.parametrize(
    ("now", "hours"),
    [("2024-05-01T20:59:00+00:00", 2 / 60), ("2024-05-01T21:02:00+00:00", 6), ("2024-05-01T19:01:00+00:00", 2)],
)
def test_a_days_limit_waits_for_the_day_in_moscow(now, hours):
    """Or six hours: nobody says which day VK means."""
    assert until_tomorrow(datetime.fromisoformat(now)) == pytest.approx(hours * 3600)


def answering(status, body):
    """Return a destination whose far side always answers so, and the requests that it gets."""
    got = []

    def handle(request):
        got.append(request)
        return httpx.Response(status, content=body)

    return VkDestination(WALL, SecretStr(USER_TOKEN), Client(httpx.MockTransport(handle))), got


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error": 5}', b'{"error": {"error_code": "x"}}'])
def test_an_answer_that_is_none_of_vks_leaves_doubt(body):
    """It may have been done all the same."""
    place, _ = answering(200, body)
    with pytest.raises(OutcomeUnknown):
        place.write(write(item())[0])


def test_the_token_travels_in_a_header_alone():
    """No address ends in a log with it."""
    place, got = answering(200, b'{"response": {"post_id": 7}}')
    place.write(write(item())[0])
    (request,) = got
    assert request.headers["authorization"] == f"Bearer {USER_TOKEN}"
    assert USER_TOKEN not in f"{request.url}{request.content}"


# What is proved first


def test_all_is_well(vk):
    """A user's token with all rights, who is the community's editor."""
    wall(vk).check()
    wall(vk, community=0, user=USER).check()
    assert {line["method"].split(".")[0] for line in vk.log()} == {"users", "account", "groups"}


@pytest.mark.parametrize(
    ("rights", "missing"), [(8192 + 4 + 16, "docs"), (4 + 16 + 131_072, "wall"), (8192, "photos"), (0, "wall")]
)
def test_a_missing_right_is_named(vk, rights, missing):
    """With how it is got."""
    vk.control(tokens={"weak": {"kind": "user", "id": USER, "rights": rights}})
    with pytest.raises(ConfigurationError, match=rf"lacks the right.*{missing} \(") as caught:
        wall(vk, "weak").check()
    assert "scope=" in str(caught.value)


def test_a_communitys_token_is_refused(vk):
    """With what it cannot do."""
    with pytest.raises(ConfigurationError, match=r"token is a community's.*27"):
        wall(vk, GROUP_TOKEN).check()


@pytest.mark.parametrize(
    ("settings", "why"),
    [({"community": FOREIGN_GROUP}, "no editor of community"), ({"community": 0, "user": 77}, "belongs to user 1001")],
)
def test_another_wall_is_refused(vk, settings, why):
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match=why):
        wall(vk, **settings).check()


def test_no_token_is_told():
    """Without a request."""
    with pytest.raises(ConfigurationError, match="VK_ACCESS_TOKEN"):
        VkDestination(WALL, None).check()


def test_a_token_that_has_expired_is_told(vk):
    """And what to do."""
    vk.fault("expire", when="before")
    with pytest.raises(ConfigurationError, match="get a new one"):
        wall(vk).check()


# Writing


def test_a_long_item_goes_on_where_it_was(vk):
    """Three posts, the second one's answer lost: the first is not posted again."""
    vk.fault("reset", method="wall.post", at=2)
    made, saved = write(item("word " * 8000))
    with pytest.raises(OutcomeUnknown):
        wall(vk).write(made)
    receipt = wall(vk).write(write(item("word " * 8000), progress=saved[-1])[0])
    posts = vk.posts()
    assert [post["text"][-5:] for post in posts] == ["(1/3)", "(2/3)", "(3/3)"]
    assert receipt.remote_id == ",".join(f"-{GROUP}_{post['id']}" for post in posts)


def test_what_is_half_there_is_not_simply_refused(vk):
    """The first post stands, the second is refused: a person has to look."""
    vk.fault("error", when="before", method="wall.post", at=2, code=222)
    with pytest.raises(OutcomeUnknown, match="1 posts of this item are on the wall"):
        wall(vk).write(write(item("word " * 8000))[0])


def edited(vk, before, after, media=None):
    """Post an item, edit it, and return the posts."""
    receipt = wall(vk).write(write(before, media=media)[0])
    again = wall(vk).write(write(after, Action.UPDATE, receipt, media=media)[0])
    return vk.posts(), again


def test_an_edit_that_grows_and_shrinks(vk):
    """Posts are edited, added and taken away."""
    posts, grown = edited(vk, item("short"), item("word " * 8000))
    assert len(posts) == 3
    wall(vk).write(write(item("short"), Action.UPDATE, grown)[0])
    assert [post["text"] for post in vk.posts()] == ["short"]


def test_a_poll_is_not_made_anew_by_an_edit(vk):
    """Its votes would be gone."""
    poll = Poll(question="?", answers=(Answer(text="a"),))
    posts, _ = edited(vk, item("a", poll=poll), item("b", poll=poll))
    assert (posts[0]["text"], len(vk.calls("polls.create"))) == ("b", 1)


@pytest.mark.parametrize("gone", [True, False])
def test_an_edit_of_what_is_gone_is_refused_in_words(vk, gone):
    """Deleted at VK by hand, or too old there."""
    receipt = wall(vk).write(write(item())[0])
    if gone:
        wall(vk).write(write(None, Action.DELETE, receipt)[0])
    else:
        vk.control(edit_window=3600, move=7200)
    with pytest.raises(Rejected, match="resend the item"):
        wall(vk).write(write(item("b"), Action.UPDATE, receipt)[0])
    vk.control(edit_window=None)


def test_deleting_what_is_gone_is_done(vk):
    """All posts of a long item; twice."""
    receipt = wall(vk).write(write(item("word " * 8000))[0])
    for _ in range(2):
        wall(vk).write(write(None, Action.DELETE, receipt)[0])
    assert vk.posts() == []


def test_a_timed_post_is_edited_and_deleted_before_and_after_its_time(vk):
    """Published, it has another id."""
    place = wall(vk, delay_minutes=60)
    receipt = place.write(write(item("a"))[0])
    receipt = place.write(write(item("b"), Action.UPDATE, receipt)[0])
    assert [(post["text"], post["postponed"]) for post in vk.state()["posts"]] == [("b", True)]
    assert math.isclose(receipt.notes["due"][0] - vk.state()["now"], 3600, abs_tol=60)
    vk.control(move=3700)
    past = receipt.model_copy(update={"notes": {"due": [int(time.time()) - 60]}})
    place.write(write(item("c"), Action.UPDATE, past)[0])
    assert [post["text"] for post in vk.posts()] == ["c"]
    place.write(write(None, Action.DELETE, past)[0])
    assert vk.posts() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_posts_of_one_moment_go_on_the_timer_a_minute_apart(vk, workers):
    """VK refuses a second post for the same time: whoever meets it takes the next free minute."""
    walls = [wall(vk, delay_minutes=60) for _ in range(workers)]
    receipts = [
        walls[number % workers].write(Write(**{**vars(write(item(f"text {number}"))[0]), "key": f"k{number}"}))
        for number in range(4)
    ]
    due = [receipt.notes["due"][0] for receipt in receipts]
    assert sorted(post["date"] for post in vk.state()["posts"]) == sorted(due)
    assert len(set(due)) == 4


def test_a_long_timed_item_keeps_each_posts_time_when_edited(vk):
    """Each of its posts has a minute of its own, before the edit and after it."""
    place = wall(vk, delay_minutes=60)
    receipt = place.write(write(item("word " * 8000))[0])
    before = [post["date"] for post in vk.state()["posts"]]
    again = place.write(write(item("WORD " * 8000), Action.UPDATE, receipt)[0])
    assert [post["date"] for post in vk.state()["posts"]] == before == again.notes["due"]
    assert len(set(before)) == len(before) > 1


# Found again


def find(vk, content, progress=None, since=None):
    """Look for what an earlier attempt has posted."""
    made, saved = write(content, progress=progress or {})
    return wall(vk).find(made, since or datetime.now(UTC) - timedelta(minutes=1)), saved


def test_a_text_is_found_by_itself(vk):
    """Behind a pinned post, among others."""
    receipts = [wall(vk).write(write(item(text))[0]) for text in ("one",)]
    for number in range(3):
        wall(vk).write(Write(**{**vars(write(item(f"other {number}"))[0]), "key": f"k{number}"}))
    found, _ = find(vk, item("one"))
    assert found.remote_id == receipts[0].remote_id


def test_of_two_that_say_the_same_nobody_knows(vk):
    """It is not adopted by chance."""
    for key in "ab":
        wall(vk).write(Write(**{**vars(write(item("same"))[0]), "key": key}))
    with pytest.raises(OutcomeUnknown, match="2 posts on the wall say the same"):
        find(vk, item("same"))


def test_what_is_older_than_the_request_is_not_ours(vk):
    """The same text, posted before."""
    wall(vk).write(write(item("same"))[0])
    assert find(vk, item("same"), since=datetime.now(UTC) + timedelta(minutes=5))[0] is None


def test_a_poll_is_found_by_what_is_attached(vk):
    """Whatever its text has become."""
    content = item("?", poll=Poll(question="?", answers=(Answer(text="a"),)))
    made, saved = write(content)
    receipt = wall(vk).write(made)
    assert find(vk, content, saved[-1])[0].remote_id == receipt.remote_id
    assert find(vk, content)[0] is None


def test_the_middle_of_a_long_item_is_found_and_goes_on(vk):
    """The second post stands and is noted; the third is posted by the next write."""
    content = item("word " * 8000)
    vk.fault("reset", method="wall.post", at=2)
    made, saved = write(content)
    with pytest.raises(OutcomeUnknown):
        wall(vk).write(made)
    vk.control(move=4000)
    found, noted = find(vk, content, saved[-1])
    assert found is None
    wall(vk).write(write(content, progress=noted[-1])[0])
    assert [post["text"][-5:] for post in vk.posts()] == ["(1/3)", "(2/3)", "(3/3)"]


def test_a_marked_post_is_told_from_its_twin(vk):
    """By setting: the mark is the job's own."""
    place = wall(vk, mark=True)
    for key in "ab":
        place.write(Write(**{**vars(write(item("same"))[0]), "key": key}))
    twin = Write(**{**vars(write(item("same"))[0]), "key": "b"})
    found = place.find(twin, datetime.now(UTC) - timedelta(minutes=1))
    assert found.remote_id == f"-{GROUP}_{vk.posts()[1]['id']}"


def test_a_receipt_that_a_person_named_is_edited(vk):
    """Adopted by hand, without our notes."""
    receipt = wall(vk).write(write(item("a"))[0])
    adopted = Receipt(remote_id=receipt.remote_id, at=DAY)
    wall(vk).write(write(item("b"), Action.UPDATE, adopted)[0])
    assert [post["text"] for post in vk.posts()] == ["b"]
