"""A WordPress site as it may answer: names, paging while it moves, refusals, hostile content."""

from __future__ import annotations

import httpx
import orjson
import pytest
from pydantic import SecretStr, ValidationError

from adapters.contracts.errors import ConfigurationError, RateLimited, Transient
from adapters.contracts.item import ContentItem, Media, MediaKind, Unreadable
from adapters.contracts.ports import MediaMissing
from adapters.sources.wordpress import WordPressSettings
from adapters.sources.wordpress.content import Attachment, rich
from adapters.sources.wordpress.settings import name_of
from tests.exports import ROOT
from tests.sources.wordpress.far import Far, Login, page, post, told

GOLDEN = ROOT / "tests" / "golden" / "wordpress"
SECRET = "abcd EFGH 1234"  # noqa: S105 - of no site
LOGIN = Login(user="me", password=SecretStr(SECRET))


def entries(source, cursor=""):
    """Return all that a source tells."""
    return [entry for one in source.read(cursor) for entry in one.entries]


def numbers(found):
    """Return the ids of what was told, as the site counts."""
    return [int((entry.item_id if isinstance(entry, Unreadable) else entry.id).rpartition("/")[2]) for entry in found]


@pytest.mark.parametrize(
    ("home", "name"),
    [
        ("http://example.org", "example.org"),
        ("https://www.Example.org/", "example.org"),
        ("https://example.org:443/blog/", "example.org~blog"),
        ("https://example.org/a/b~c", "example.org~a~b%7Ec"),
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("https://пример.рф/блог", "xn--e1afmkfd.xn--p1ai~%D0%B1%D0%BB%D0%BE%D0%B3"),
        ("https://example.org/a|b", "example.org~a%7Cb"),
    ],
)
def test_a_site_keeps_its_name(home, name):
    """Whatever the scheme, a slash or www; and no name has a slash or a bar in it."""
    assert Far(home=home).source().identity == f"wordpress:{name}"
    assert name_of(home) == name
    assert Far(home=home).source(site_name="old.example").identity == "wordpress:old.example"


@pytest.mark.parametrize(
    "home", ["", None, "http://a:b", "nothing", "https://a b/", 7, "http://[", "https://" + "a" * 80]
)
def test_a_home_that_is_none_leaves_the_address_given(home):
    """A site may report anything."""
    far = Far(post(1), home=home)
    assert far.source().identity == "wordpress:example.org"
    assert numbers(entries(far.source())) == [1]


@pytest.mark.parametrize("address", ["", "ftp://example.org", "https://", "https://me:pw@example.org", "http://a:b:c"])
def test_an_address_that_cannot_be_used_is_refused(address):
    """At once, and its password is not repeated."""
    with pytest.raises(ValidationError) as caught:
        WordPressSettings(wordpress=address)
    assert "pw" not in str(caught.value.errors(include_input=False))


def test_an_address_is_taken_as_people_paste_it():
    """Without a scheme, with the API's path, with a slash."""
    for text in ("example.org", "https://example.org/", "https://example.org/wp-json/", " https://example.org?x=1 "):
        assert WordPressSettings(wordpress=text).wordpress == "https://example.org"


def vanish(*gone):
    """Return what takes posts away."""
    return lambda posts: [posts.pop(number) for number in gone]


@pytest.mark.parametrize("vanishing", [(1,), (1, 2, 3), tuple(range(1, 100)), (100,), (50, 150, 250)])
def test_no_post_is_skipped_when_others_vanish(vanishing):
    """Pages shift while they are read: what stays is told, each once."""
    far = Far(*(post(number) for number in range(1, 351)))
    far.meanwhile = [vanish(*vanishing)]
    found = numbers(entries(far.source()))
    assert set(range(1, 351)) - set(vanishing) <= set(found)
    assert found == sorted(set(found))


def test_no_post_is_skipped_when_others_appear():
    """A draft with a low number is published between two pages: the rest is read, the newcomer next time."""
    far = Far(*(post(number) for number in range(2, 600, 2)))
    far.meanwhile = [lambda posts: posts.update({n: post(n) for n in range(1, 99, 2)})]
    source = far.source()
    found = numbers(entries(source))
    assert set(range(2, 600, 2)) <= set(found)
    later = numbers(entries(far.source(), source.stand()))
    assert set(found) | set(later) == set(far.posts)
    assert not set(found) & set(later)


def test_what_has_not_changed_costs_a_look():
    """A second run asks for no content."""
    far = Far(*(post(number) for number in range(1, 251)))
    source = far.source()
    assert len(entries(source)) == 250
    far.asked.clear()
    assert entries(far.source(), source.stand()) == []
    assert [path for path, _ in far.asked] == ["", "wp/v2/types", *["wp/v2/posts"] * 3]
    assert all("content.rendered" not in query.get("_fields", "") for _, query in far.asked)


def test_a_cursor_of_a_hundred_thousand_posts_stays_small():
    """Eight characters a post."""
    far = Far(*(post(number) for number in range(1, 1001)))
    source = far.source()
    entries(source)
    assert len(source.stand()) < 9_000


def test_a_post_that_breaks_the_server_is_found():
    """Asked together, all fail; asked by halves, one does, and the others arrive; mended, it arrives too."""
    far = Far(*(post(number) for number in range(1, 31)))

    def broken(request):
        asked = request.url.params.get("include", "").split(",")
        whole = "_embed" in request.url.params
        return page(500, "<title>There has been a critical error</title>") if whole and "17" in asked else None

    far.instead = broken
    source = far.source()
    found = entries(source)
    assert numbers(found) == list(range(1, 31))
    piece = found[16]
    assert isinstance(piece, Unreadable)
    assert piece.item_id == "wordpress:example.org/17"
    assert "critical error" in piece.error
    far.instead = None
    assert [entry.title for entry in entries(far.source(), source.stand())] == ["post 17"]


def test_a_site_that_fails_at_everything_is_no_dead_letter():
    """It is down: the run ends and comes back."""
    far = Far(*(post(number) for number in range(1, 10)))
    far.instead = lambda request: page(502) if "include" in request.url.params else None
    with pytest.raises(Transient, match="answered 502"):
        entries(far.source())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"date_gmt": None}, "without a date"),
        ({"date_gmt": "soon"}, "soon"),
        ({"date_gmt": "99999-01-01T00:00:00"}, "99999"),
    ],
)
def test_a_strange_post_is_shown_and_the_others_arrive(change, wrong):
    """With its place and what is wrong."""
    found = entries(Far(post(1), post(2, **change), post(3)).source())
    assert numbers(found) == [1, 2, 3]
    assert wrong in found[1].error
    assert orjson.loads(found[1].data)["id"] == 2


def test_fields_of_the_wrong_kind_harm_nobody():
    """What is no title, no author and no term is left out."""
    odd = post(
        1, title=None, author="root", featured_media="x", _embedded={"author": [7], "wp:term": [[None], 3, [{}]]}
    )
    far = Far(odd | {"content": {"rendered": None}, "link": "javascript:alert(1)", "featured_media": 5})
    library = told([{"id": [5], "source_url": 1}, 7, {"id": 5, "source_url": ""}])
    far.instead = lambda request: library if "media" in request.url.path else None
    item = entries(far.source())[0]
    assert isinstance(item, ContentItem)
    assert (item.title, item.text, item.author, item.tags, item.url) == ("", "", None, (), "")


def test_what_was_not_asked_for_is_not_taken():
    """A site that answers with other posts than those asked for brings no item twice."""
    far = Far(post(1), post(2))
    far.instead = lambda request: told([post(1), post(1), post(9)]) if "include" in request.url.params else None
    assert numbers(entries(far.source())) == [1]


REFUSALS = [
    (page(200), ConfigurationError, "web page where its API should be"),
    (page(404), ConfigurationError, "web page where its API should be"),
    (page(403, "<title>Wordfence</title>"), ConfigurationError, "security plugin"),
    (
        page(302, headers={"location": "https://example.org/wp-login.php?redirect_to=x"}),
        ConfigurationError,
        "login page",
    ),
    (page(301, headers={"location": "https://new.example/?token=1"}), ConfigurationError, "https://new.example/: give"),
    (told({"code": "rest_disabled", "message": "No."}, 401), ConfigurationError, "rest_disabled"),
    (told({"code": "rest_no_route", "message": "No route"}, 404), ConfigurationError, "REST API"),
    (page(429, headers={"retry-after": "30"}), RateLimited, "asks to wait"),
    (page(503, headers={"retry-after": "600"}), RateLimited, "asks to wait"),
    (page(503), Transient, "503"),
    (told({"code": "internal_server_error"}, 500), Transient, "500"),
]


@pytest.mark.parametrize(("answer", "error", "says"), REFUSALS)
def test_each_refusal_says_what_it_means(answer, error, says):
    """From the first question on; and never the password."""
    far = Far(post(1))
    far.instead = lambda _: answer
    with pytest.raises(error, match=says) as caught:
        entries(far.source(LOGIN))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("answer", "error", "says"), REFUSALS)
def test_no_refusal_is_a_deletion(answer, error, says):
    """In maintenance, down, or behind a login page: that is an error, not thousands of deletions."""
    far = Far(post(1), post(2), post(3), post(9))
    source = far.source()
    ids = [entry.id for entry in entries(source)]
    far.posts.pop(2)
    far.instead = lambda request: answer if request.url.path.endswith(("/1", "/2")) else None
    fresh = far.source()
    if isinstance(fresh_gone := _gone(fresh, ids), Exception):
        assert isinstance(fresh_gone, error | ConfigurationError)
    else:
        assert fresh_gone == []


def _gone(source, ids):
    """Return what is gone, or the error."""
    try:
        return source.gone(ids)
    except (ConfigurationError, Transient) as error:
        return error


def test_a_wait_that_was_named_is_kept():
    """To the second."""
    far = Far(post(1))
    far.instead = lambda _: page(503, headers={"retry-after": "600"})
    with pytest.raises(RateLimited) as caught:
        entries(far.source())
    assert caught.value.retry_after == 600
    assert len(far.asked) == 1


def test_an_id_that_was_never_given_is_not_gone():
    """The site would answer alike; its numbers say that they have not come so far."""
    far = Far(post(1), post(5))
    source = far.source()
    assert source.gone([f"wordpress:example.org/{n}" for n in (1, 3, 5, 6)]) == ["wordpress:example.org/3"]
    assert source.gone(["wordpress:other.example/3", "wordpress:example.org/x", "telegram:1/3"]) == []


def test_the_newest_post_can_be_gone():
    """Its number was seen: the cursor remembers it."""
    far = Far(*(post(n) for n in range(1, 6)))
    source = far.source()
    entries(source)
    far.posts.pop(5)
    later = far.source()
    entries(later, source.stand())
    assert later.gone(["wordpress:example.org/5", "wordpress:example.org/6"]) == ["wordpress:example.org/5"]


def test_a_password_stays_off_the_open_net():
    """Plain http to a public host is refused before a byte is sent, unless it is meant; not inside one's own net."""
    for address, allowed in (
        ("http://example.org", False),
        ("http://127.0.0.1:8080", True),
        ("http://nas.local", True),
    ):
        far = Far(post(1))
        source = far.source(LOGIN, wordpress=address)
        if allowed:
            assert entries(source)
        else:
            with pytest.raises(ConfigurationError, match="unencrypted"):
                entries(source)
            assert far.asked == []
    assert entries(Far(post(1)).source(LOGIN, wordpress="http://example.org", plain_http=True))


def test_half_a_login_is_refused():
    """Rather than reading as nobody."""
    for user, password in (("me", None), ("", SecretStr("x")), ("me", SecretStr(" ")), ("a:b", SecretStr("x"))):
        with pytest.raises(ConfigurationError, match="SYNDICATE_WORDPRESS_PASSWORD"):
            Login.of(user, password)


def test_the_password_goes_to_the_site_and_into_no_log(caplog):
    """As HTTP's basic authentication; what is logged names neither it nor the address's query."""
    caplog.set_level("DEBUG")
    seen = []
    far = Far(post(1))
    far.instead = lambda request: seen.append(request.headers["authorization"])
    entries(far.source(LOGIN))
    assert set(seen) == {httpx.BasicAuth("me", SECRET)._auth_header}
    assert SECRET not in caplog.text
    assert seen[0] not in caplog.text


@pytest.mark.parametrize(
    "ref", ["http://127.0.0.1/x.png", "http://169.254.169.254/latest", "file:///etc/passwd", "http://[::1]/"]
)
def test_a_picture_inside_our_own_net_is_not_fetched(ref):
    """A post's author may write any address."""
    with pytest.raises(MediaMissing):
        Far().source().media(Media(kind=MediaKind.PHOTO, ref=ref))


def read(text, library=None):
    """Read a content."""
    return rich(text, library or {}, "https://example.org/p/")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[contact-form-7 id=\"1\" title='x']after", "after"),
        ("[vc_row][vc_column]kept[/vc_column][/vc_row]", "kept"),
        ("it said [sic] and [1] and [see below]", "it said [sic] and [1] and [see below]"),
        ("<code>[gallery ids=1]</code>", "[gallery ids=1]"),
        ('<p>a</p><div class="sharedaddy">Share</div><div class="jp-relatedposts">More</div>', "a"),
        ('<video src="/v.mp4"><a href="/v.mp4">Get it</a></video>', ""),
        ("<script>alert(1)</script><p onclick=x>a</p>", "a"),
        ("", ""),
        ("<!-- nothing -->", ""),
        ("a\0b\x0bc\ud800", "abc"),
    ],
)
def test_what_no_reader_wants_goes(text, says):
    """Dead shortcodes, buttons, counters, scripts; what is meant stays."""
    assert read(text).text == says


def test_hostile_markup_is_read_in_time():
    """A hundred thousand open tags, brackets and quotes: no crash, no minute of work."""
    assert read("<div>" * 100_000 + "deep").text == "deep"
    assert len(read("[a " * 50_000).text) >= 100_000
    assert read("[a]" * 20_000).text
    assert read('[a b="' * 20_000).text


def test_a_gallery_of_the_old_editor_names_whole_files():
    """Its thumbnails lead to them; where the library knows the number, that counts."""
    known = {7: Attachment("https://example.org/u/seven.jpg", "image/jpeg", 1000, 500, "Seven")}
    found = read(
        '<div class="gallery"><a href="/u/one.jpg?x=1"><img src="/u/one-150x150.jpg"></a>'
        '<img aria-describedby="gallery-1-7" src="/u/seven-150x150.jpg"><img src="/u/other.png" width="30">'
        '<a href="/page/"><img class="attachment-thumbnail" src="/u/four-150x150.png" width="150"></a></div>',
        known,
    )
    assert [(one.ref, one.width) for one in found.media] == [
        ("https://example.org/u/one.jpg?x=1", 0),
        ("https://example.org/u/seven.jpg", 1000),
        ("https://example.org/u/other.png", 30),
        ("https://example.org/u/four.png", 0),
    ]


def test_golden():
    """A post with the editor's blocks gives exactly its golden item: an update of a library re-edits no wall."""
    raw = orjson.loads((GOLDEN / "blocks.raw.json").read_bytes())
    far = Far(raw["post"])
    far.instead = lambda request: told(raw["library"]) if "media" in request.url.path else None
    (item,) = entries(far.source())
    assert orjson.loads(item.to_json()) == orjson.loads((GOLDEN / "blocks.item.json").read_bytes())
