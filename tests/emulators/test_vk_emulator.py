"""The emulator of VK: it refuses what VK refuses, its answers keep the schema, and it forgets when VK does."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.emulators.vk import schema
from tests.exports import SAMPLE
from tests.servers.vk import FOREIGN_GROUP, GROUP, GROUP_TOKEN, UNPACED, USER, USER_TOKEN, Vk

WALL = f"-{GROUP}"
PHOTO = next(SAMPLE.glob("photos/*.jpg")).read_bytes()
VIDEO = (SAMPLE / "video_files" / "waves.mp4").read_bytes()
DEFAULTS = {**UNPACED, "daily_posts": 50, "forbid_links": False, "captcha": False, "echo_token": False}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An emulator for the whole file."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


@pytest.fixture
def vk(server):
    """The emulator, empty."""
    server.control(reset=True, **DEFAULTS)
    return Caller(server)


class Caller:
    """Calls methods as any client does."""

    def __init__(self, server):
        self.server = server
        self.http = httpx.Client(trust_env=False, timeout=10)

    def said(self, method, token=USER_TOKEN, **parameters):
        """Return a call's answer."""
        given = {"v": "5.199", "access_token": token, **parameters}
        return self.http.post(f"{self.server.base}/method/{method}", data=given).json()

    def __call__(self, method, **parameters):
        """Return a call's result."""
        return self.said(method, **parameters)["response"]

    def code(self, method, **parameters):
        """Return a call's error code."""
        return self.said(method, **parameters)["error"]["error_code"]

    def post(self, **parameters):
        """Post to the community's wall."""
        return self("wall.post", owner_id=WALL, from_group="1", **parameters)["post_id"]

    def upload(self, address, field, name, data):
        """Send a file."""
        return self.http.post(address, files={field: (name, data)}).json()

    def photo(self, data=PHOTO):
        """Upload and save a photo; return its attachment."""
        address = self("photos.getWallUploadServer", group_id=str(GROUP))["upload_url"]
        took = self.upload(address, "photo", "a.jpg", data)
        (saved,) = self("photos.saveWallPhoto", group_id=str(GROUP), **took)
        return f"photo{saved['owner_id']}_{saved['id']}"

    def doc(self, name="a.txt"):
        """Upload and save a document; return its attachment."""
        address = self("docs.getWallUploadServer", group_id=str(GROUP))["upload_url"]
        saved = self("docs.save", file=self.upload(address, "file", name, b"words")["file"])["doc"]
        return f"doc{saved['owner_id']}_{saved['id']}"

    def poll(self, answers=("tea", "coffee")):
        """Make a poll; return its attachment."""
        made = self("polls.create", owner_id=WALL, question="What?", add_answers=json.dumps(answers))
        return f"poll{made['owner_id']}_{made['id']}"


REFUSED = {
    "an unknown method": (3, "wall.shout", {}),
    "no version": (8, "wall.get", {"v": ""}),
    "no token": (5, "users.get", {"token": ""}),
    "a wrong token": (5, "users.get", {"token": "vk1.a.nobody"}),
    "an unknown parameter": (100, "wall.get", {"colour": "red"}),
    "a word for a number": (100, "wall.get", {"count": "many"}),
    "more than a hundred posts": (100, "wall.get", {"count": "101"}),
    "a negative offset": (100, "wall.get", {"offset": "-1"}),
    "an unknown filter": (100, "wall.get", {"filter": "best"}),
    "a flag that is none": (100, "wall.post", {"message": "x", "from_group": "yes"}),
    "a latitude off the globe": (100, "wall.post", {"message": "x", "lat": "91", "long": "0"}),
    "an empty post": (100, "wall.post", {}),
    "a text too long": (100, "wall.post", {"message": "x" * 15_896}),
    "a text too long in UTF-16": (100, "wall.post", {"message": "🙂" * 7_948}),
    "what is not there": (100, "wall.post", {"message": "x", "attachments": f"photo{WALL}_999"}),
    "two links": (100, "wall.post", {"message": "x", "attachments": "https://a.example,https://b.example"}),
    "a date that has passed": (100, "wall.post", {"message": "x", "publish_date": "1700000000"}),
    "a foreign wall": (214, "wall.post", {"message": "x", "owner_id": f"-{FOREIGN_GROUP}"}),
    "no post to edit": (210, "wall.edit", {"post_id": "999", "message": "x"}),
    "an edit without a post": (100, "wall.edit", {"message": "x"}),
    "no post to delete": (104, "wall.delete", {"post_id": "999"}),
    "a foreign community's photos": (203, "photos.getWallUploadServer", {"group_id": str(FOREIGN_GROUP)}),
    "a photo that was not uploaded": (129, "photos.saveWallPhoto", {"photo": "[]", "server": "1", "hash": "x"}),
    "a photo that is not named": (100, "photos.saveWallPhoto", {}),
    "a caption too long": (100, "photos.saveWallPhoto", {"photo": "[]", "caption": "x" * 2049}),
    "a document that was not uploaded": (105, "docs.save", {"file": "none"}),
    "a poll without answers": (100, "polls.create", {"question": "?", "add_answers": "[]"}),
    "a poll of eleven": (100, "polls.create", {"question": "?", "add_answers": json.dumps(["x"] * 11)}),
    "a poll's long answer": (100, "polls.create", {"question": "?", "add_answers": json.dumps(["x" * 101])}),
    "a foreign timer": (15, "wall.get", {"owner_id": f"-{FOREIGN_GROUP}", "filter": "postponed"}),
    "a name nobody has": (104, "utils.resolveScreenName", {"screen_name": "nobody_at_all"}),
    "a community nobody has": (100, "groups.getById", {"group_id": "77"}),
    "photos by a community": (27, "photos.getWallUploadServer", {"token": GROUP_TOKEN}),
    "an edit by a community": (27, "wall.edit", {"token": GROUP_TOKEN, "post_id": "1", "message": "x"}),
    "a wall read by a community": (27, "wall.get", {"token": GROUP_TOKEN}),
    "a community's rights by a user": (15, "groups.getTokenPermissions", {}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(vk, what):
    """With VK's own code; the token is not among the parameters that it repeats."""
    code, method, parameters = REFUSED[what]
    said = vk.said(method, **parameters)["error"]
    assert said["error_code"] == code
    assert "access_token" not in {one["key"] for one in said["request_params"]}


def test_every_method_is_in_the_schema():
    """Nothing is served that the schema does not describe."""
    assert set(schema.METHODS) >= {"wall.post", "photos.saveWallPhoto", "video.save", "docs.save", "polls.create"}


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("wall.post", {"post_id": "one"}),
        ("wall.post", {}),
        ("wall.post", {"post_id": 1, "more": 1}),
        ("wall.delete", 2),
        ("photos.saveWallPhoto", [{"id": 1}]),
        ("wall.get", {"count": 1, "items": [{"inner_type": "wall_wallpost", "id": 1, "post_type": "unheard of"}]}),
        ("wall.get", {"count": 1, "items": [{"inner_type": "wall_wallpost", "id": 1, "mood": "good"}]}),
    ],
)
def test_an_answer_out_of_schema_does_not_leave(method, answer):
    """A field that is missing, wrong, unknown or of an unknown choice is a fault of the emulator."""
    with pytest.raises(schema.AnswerOutOfSchema):
        schema.hold(method, answer)


def test_everything_at_once_is_seen_on_the_wall(vk):
    """A photo, a video, a document, a poll and a link: each is shown as the schema says."""
    video = vk("video.save", group_id=str(GROUP), name="Waves")
    vk.upload(video["upload_url"], "video_file", "waves.mp4", VIDEO)
    names = [vk.photo(), f"video{video['owner_id']}_{video['video_id']}", vk.doc(), vk.poll(), "https://example.org/a"]
    vk.post(message="all", attachments=",".join(names), lat="1.5", long="2")
    (post,) = vk("wall.get", owner_id=WALL)["items"]
    assert [one["type"] for one in post["attachments"]] == ["photo", "video", "doc", "poll", "link"]
    assert vk("wall.getById", posts=f"{WALL}_{post['id']}")["items"] == [post]
    assert not vk.server.invalid()


def test_a_guid_lives_an_hour(vk):
    """A second before, it is the same post; a second after, it is another."""
    first = vk.post(message="once", guid="g")
    vk.server.control(move=3599 - (vk.server.state()["now"] - vk.server.calls("wall.post")[0]["at"]))
    assert vk.post(message="not this", guid="g") == first
    vk.server.control(move=1.5)
    assert vk.post(message="again", guid="g") != first
    assert [one["text"] for one in vk.server.posts()] == ["once", "again"]


def test_a_guid_is_its_accounts_own(vk):
    """Another account may use the same."""
    assert vk.post(message="mine", guid="g") != vk.post(message="ours", guid="g", token=GROUP_TOKEN)


def test_the_pinned_post_comes_first_and_pages_shift(vk):
    """Then the newest; `offset` counts over all."""
    ids = [vk.post(message=f"{n}") for n in range(4)]
    vk("wall.pin", owner_id=WALL, post_id=str(ids[1]))
    pages = [vk("wall.get", owner_id=WALL, count="2", offset=str(at))["items"] for at in (0, 2)]
    assert [one["id"] for page in pages for one in page] == [ids[1], ids[3], ids[2], ids[0]]


def test_a_post_on_the_timer_is_published_when_its_time_has_come(vk):
    """It is seen only with `filter=postponed` before, and gets another id after."""
    waiting = vk.post(message="later", publish_date=str(int(time.time()) + 1000))
    assert vk("wall.get", owner_id=WALL)["count"] == 0
    (there,) = vk("wall.get", owner_id=WALL, filter="postponed")["items"]
    assert (there["id"], there["post_type"]) == (waiting, "postpone")
    vk.server.control(move=1001)
    (post,) = vk("wall.get", owner_id=WALL)["items"]
    assert (post["postponed_id"], post["id"] != waiting) == (waiting, True)


def test_two_posts_have_no_one_time(vk):
    """That is one of 214's meanings."""
    at = str(int(vk.server.state()["now"]) + 1000)
    vk.post(message="first", publish_date=at)
    said = vk.said("wall.post", owner_id=WALL, message="second", publish_date=at)["error"]
    assert (said["error_code"], "already scheduled" in said["error_msg"]) == (214, True)


def test_a_day_has_fifty_posts(vk):
    """The next one is 214 and says so; a day later it is taken."""
    vk.server.control(daily_posts=2)
    for text in ("one", "two"):
        vk.post(message=text)
    said = vk.said("wall.post", owner_id=WALL, message="three")["error"]
    assert (said["error_code"], "posts a day" in said["error_msg"]) == (214, True)
    vk.server.control(move=86_401)
    assert vk.post(message="three")


@pytest.mark.parametrize(("token", "setting", "most"), [(USER_TOKEN, "user_rate", 3), (GROUP_TOKEN, "group_rate", 20)])
def test_an_account_has_a_pace(vk, token, setting, most):
    """What is more than its number in a second is 6; a second later it is taken."""
    vk.server.control(**{setting: most})
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: vk.said("utils.getServerTime", token=token), range(most * 2)))
    assert {one["error"]["error_code"] for one in said if "error" in one} <= {6}
    times = [line["at"] for line in vk.server.calls("utils.getServerTime") if "error" not in line["did"]]
    assert all(later - earlier >= 0.99 for earlier, later in zip(times, times[most:], strict=False))
    vk.server.control(move=2)
    assert vk("utils.getServerTime", token=token)


@pytest.mark.parametrize("right", ["wall", "photos", "docs", "video"])
def test_a_right_that_is_missing(vk, right):
    """The error is 15 with VK's words about scopes."""
    methods = {
        "wall": ("wall.post", {"message": "x"}),
        "photos": ("photos.getWallUploadServer", {}),
        "docs": ("docs.getWallUploadServer", {}),
        "video": ("video.save", {}),
    }
    rights = {"wall": 8192, "photos": 4, "docs": 131_072, "video": 16}
    token = f"vk1.a.without-{right}"
    vk.server.control(tokens={token: {"kind": "user", "id": USER, "rights": sum(rights.values()) - rights[right]}})
    for name, (method, parameters) in methods.items():
        said = vk.said(method, token=token, **parameters)
        assert ("error" in said) is (name == right)
        assert name != right or "current scopes" in said["error"]["error_msg"]


def test_what_is_uploaded_is_saved_once(vk):
    """A second time its hash is refused; a photo that is none is an empty list."""
    address = vk("photos.getWallUploadServer", group_id=str(GROUP))["upload_url"]
    took = vk.upload(address, "photo", "a.jpg", PHOTO)
    assert vk("photos.saveWallPhoto", group_id=str(GROUP), **took)
    assert vk.code("photos.saveWallPhoto", group_id=str(GROUP), **took) == 121
    for data in (b"", b"<html>", PHOTO[:-100]):
        assert vk.upload(address, "photo", "a.jpg", data)["photo"] == "[]"
    assert "error" in vk.upload(address, "picture", "a.jpg", PHOTO)


def test_a_video_without_its_bytes_is_no_attachment(vk):
    """It has an id before, but no length until it is uploaded and processed."""
    made = vk("video.save", group_id=str(GROUP), name="Waves")
    name = f"{made['owner_id']}_{made['video_id']}"
    assert vk.code("wall.post", owner_id=WALL, message="x", attachments=f"video{name}") == 100
    assert "error" in vk.upload(made["upload_url"], "video_file", "a.mp4", VIDEO[:-1])
    assert vk.upload(made["upload_url"], "video_file", "a.mp4", VIDEO)["size"] == len(VIDEO)
    assert [one["duration"] for one in vk("video.get", videos=name)["items"]] == [0]
    vk.server.control(move=11)
    assert [one["duration"] for one in vk("video.get", videos=name)["items"]] == [1]
    assert vk.post(message="x", attachments=f"video{name}")


def test_documents_that_vk_does_not_take(vk):
    """Music and programs, and none at all."""
    address = vk("docs.getWallUploadServer")["upload_url"]
    for name, data in {"a.mp3": b"x", "a.exe": b"x", "a.txt": b"", "a.bin": b"MZ\0"}.items():
        assert "error" in vk.upload(address, "file", name, data)


def test_what_a_post_may_hold(vk):
    """Ten attachments, one of them a document, one a poll; a poll needs a text."""
    photos = [vk.photo() for _ in range(10)]
    assert vk.post(message="ten", attachments=",".join(photos))
    polls, docs = [vk.poll(), vk.poll()], [vk.doc(), vk.doc()]
    for wrong in ([*photos, polls[0]], polls, docs, [photos[0], photos[0]]):
        assert vk.code("wall.post", owner_id=WALL, message="x", attachments=",".join(wrong)) == 100
    assert vk.code("wall.post", owner_id=WALL, attachments=polls[0]) == 100


def test_edits_and_deletions(vk):
    """An edit replaces text and attachments; what is deleted is gone."""
    post = str(vk.post(message="before", attachments=vk.photo()))
    assert vk("wall.edit", owner_id=WALL, post_id=post, message="after") == {"post_id": int(post)}
    (there,) = vk("wall.get", owner_id=WALL)["items"]
    assert (there["text"], there["attachments"], "edited" in there) == ("after", [], True)
    assert vk("wall.delete", owner_id=WALL, post_id=post) == 1
    assert vk("wall.getById", posts=f"{WALL}_{post}")["items"] == []
    assert vk.code("wall.delete", owner_id=WALL, post_id=post) == 104


@pytest.mark.parametrize("do", ["reset", "502", "cut"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_is_lost(vk, do, when):
    """Before the effect or after it; the log says which."""
    vk.server.fault(do, when=when, method="wall.post", at=2)
    vk.post(message="first")
    try:
        answer = vk.http.post(f"{vk.server.base}/method/wall.post", data={"v": "5.199", "access_token": USER_TOKEN})
        assert answer.status_code == 502
    except httpx.TransportError:
        assert do != "502"
    assert [line.get("fault") for line in vk.server.calls("wall.post")] == [None, f"{do} {when}"]
    assert ("nothing" in vk.server.calls("wall.post")[1]["did"]) is (when == "before")


def test_a_late_request_lands_behind_a_later_one(vk):
    """What the network held back takes effect at last."""
    vk.server.fault("late", method="wall.post")
    with pytest.raises(httpx.TransportError):
        vk.post(message="slow")
    assert not vk.server.posts()
    vk.post(message="quick")
    assert [one["text"] for one in vk.server.posts()] == ["quick", "slow"]


def test_errors_on_command(vk):
    """In the effect's place, or in the answer's."""
    vk.server.fault("error", code=9, when="before")
    vk.server.fault("error", code=10, at=2)
    assert vk.code("wall.post", message="flood") == 9
    assert vk.code("wall.post", message="done") == 10
    assert [one["text"] for one in vk.server.posts(USER)] == ["done"]


def test_a_token_that_expires_in_mid_run(vk):
    """From that request on, until it is renewed."""
    vk.server.fault("expire", at=2)
    assert vk("users.get")
    assert [vk.code("users.get"), vk.code("users.get")] == [5, 5]
    vk.server.control(renew=True)
    assert vk("users.get")


def test_a_captcha(vk):
    """Asked for until its key is given."""
    vk.server.control(captcha=True)
    said = vk.said("users.get")["error"]
    assert (said["error_code"], said["captcha_img"].startswith("https://")) == (14, True)
    assert vk("users.get", captcha_sid=said["captcha_sid"], captcha_key="solved")


def test_a_crash(vk):
    """Nobody listens for a while; then it is there with all it knew."""
    vk.post(message="kept")
    vk.server.fault("crash", seconds=0.2)
    with pytest.raises(httpx.TransportError):
        vk("users.get")
    deadline = time.monotonic() + 30
    while True:
        try:
            assert vk("users.get")
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline
    assert [one["text"] for one in vk.server.posts()] == ["kept"]


def test_links_can_be_forbidden(vk):
    """222, as VK answers some accounts."""
    vk.server.control(forbid_links=True)
    assert vk.code("wall.post", message="see https://example.org") == 222
    assert vk.post(message="see nothing")


def test_a_token_of_vk_id(vk):
    """It cannot post: 1051."""
    vk.server.control(tokens={"vk2.a.new": {"kind": "vkid", "id": USER}})
    assert vk.code("wall.post", token="vk2.a.new", message="x") == 1051  # noqa: S106 - no secret


def test_the_log_tells_what_each_request_did_and_no_token(vk):
    """Tests judge by it."""
    vk.post(message="x", guid="g")
    vk.post(message="x", guid="g")
    assert [line["did"] for line in vk.server.log()] == [
        f"posted wall{WALL}_1",
        f"the same guid, the same post wall{WALL}_1",
    ]
    assert USER_TOKEN not in vk.server.log_file.read_text(encoding="utf-8")
