"""The webhook: signed, once, and silent about its secrets."""

import base64
import json
import logging
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook

from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Rejected
from adapters.contracts.item import ContentItem, Media, MediaKind
from adapters.contracts.jobs import Action, Receipt
from adapters.contracts.ports import Grade, Write
from adapters.destinations.webhook import WebhookDestination, WebhookSettings
from adapters.http import Client

DAY = datetime(2024, 1, 1, tzinfo=UTC)
RAW = b"a secret of thirty-two bytes, ok"
SECRET = f"whsec_{base64.b64encode(RAW).decode()}"
CANARY = "CANARY7f3a9c1e"
ITEM = ContentItem(id="list:1/1", published_at=DAY, text="text äöü", version="list.1:abc")
HELD = Receipt(remote_id="o1", at=DAY)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


def settings(url="https://host/hook", **fields):
    """Return settings."""
    return WebhookSettings(**({"url": url, "name": "blog"} | fields))


def write(action=Action.CREATE, key="webhook:blog|list:1/1|1", **fields):
    """Return a write of the one item."""
    gone, new = action is Action.DELETE, action is Action.CREATE
    fields = {"item": None if gone else ITEM, "held": None if new else HELD, "item_id": ITEM.id} | fields
    return Write(action=action, key=key, deadline=10, sending=lambda: None, save=lambda _: None, **fields)


def answering(status=200, content=b"", *, secret=None, headers=None, **fields):
    """Return a destination whose far side always answers the same, and the list of what it got."""
    got = []

    def handle(request):
        got.append(request)
        return httpx.Response(status, content=content, headers=headers)

    client = Client(httpx.MockTransport(handle))
    return WebhookDestination(settings(**fields), secret and SecretStr(secret), client), got


# The signature


@pytest.mark.parametrize("key", ["webhook:blog|list:1/1|1", "webhook:blog|list:ä ö%/1|1"])
@pytest.mark.parametrize("secret", [SECRET, RAW.decode()], ids=["whsec", "text"])
def test_the_signature_is_verified_by_the_specifications_own_library(secret, key):
    """Who has the secret can check what was sent, and a changed byte is found."""
    place, got = answering(secret=secret)
    place.write(write(key=key))
    body, headers = got[0].content, dict(got[0].headers)
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert headers["webhook-id"] == headers["idempotency-key"]
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRET).verify(body.replace(b"text", b"next"), headers)


def test_without_a_secret_nothing_is_signed():
    """The key travels all the same."""
    place, got = answering()
    place.check()
    place.write(write())
    assert not [name for name in got[0].headers if name.startswith("webhook-")]
    assert got[0].headers["idempotency-key"] == "webhook:blog|list:1/1|1"


@pytest.mark.parametrize("tail", ["no base64!", "abc", "YWJj\n", "äöü", "\u2603"])
def test_a_secret_that_is_no_base64_is_told(tail):
    """It is found by the check and by a write, before anything is sent, and not shown."""
    place, got = answering(secret=f"whsec_{CANARY}{tail}")
    for call in (place.check, lambda: place.write(write())):
        with pytest.raises(ConfigurationError, match="base64") as caught:
            call()
        assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert got == []


# Settings


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "a b"},
        {"name": "a/b"},
        {"name": "a|b"},
        {"name": "a\n"},
        {"name": "ä"},
        {"name": "a" * 65},
        {"key_life_hours": 0},
        {"key_life_hours": -1},
        {"unknown": 1},
        {"url": ""},
        {"url": "host/hook"},
        {"url": "ftp://host/hook"},
        {"url": "file:///hook"},
        {"url": "http://"},
        {"url": "http:///hook"},
        {"url": "http://:80/hook"},
        {"url": "http://host:0/hook"},
        {"url": "http://host:99999/hook"},
        {"url": "http://host:port/hook"},
        {"url": "http://[::1/hook"},
        {"url": "https://user:pass@host/hook"},
        {"url": "https://user@host/hook"},
        {"url": "https://@host/hook"},
    ],
)
def test_settings_refuse(fields):
    """Bad names, addresses that are none, and passwords in addresses."""
    with pytest.raises(ValidationError):
        settings(**fields)


@pytest.mark.parametrize(
    "url", [f"https://user:{CANARY}@host/hook", f"ftp://host/{CANARY}", f"https://host:99999/?{CANARY}"]
)
def test_a_refused_address_is_not_shown(url):
    """The complaint about an address does not repeat it."""
    with pytest.raises(ValidationError) as caught:
        settings(url)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_an_address_may_have_an_at_in_its_path():
    """Only a password before the host is refused."""
    assert settings("https://host:8443/@me?to=a@b").url == "https://host:8443/@me?to=a@b"


# What it declares


def test_grade_fallback_and_key_life():
    """Who honours the key DEDUPLICATES while the key lives; who does not HOLDS."""
    holds = WebhookDestination(settings())
    assert (holds.identity, holds.grade, holds.fallback, holds.key_life) == (
        "webhook:blog",
        Grade.HOLDS,
        Grade.HOLDS,
        None,
    )
    keeps = WebhookDestination(settings(honours_key=True, key_life_hours=100))
    assert (keeps.grade, keeps.fallback, keeps.key_life) == (Grade.DEDUPLICATES, Grade.HOLDS, timedelta(hours=95))
    assert keeps.find(write(), DAY) is None
    assert keeps.settles_after == timedelta(0)


def test_rendering_tells_what_is_lost_and_not_where_files_lie():
    """Media are described without their source's reference."""
    place = WebhookDestination(settings())
    medium = Media(kind=MediaKind.PHOTO, ref="/home/someone/1.jpg", name="1.jpg")
    rendered = place.render(ITEM.model_copy(update={"media": (medium,)}))
    assert json.loads(rendered.body)["media"] == [{"kind": "photo", "name": "1.jpg"}]
    assert len(rendered.losses) == 1
    assert place.render(ITEM).losses == ()


# Writes


@pytest.mark.parametrize(("honours", "effects"), [(True, 1), (False, 2)])
def test_the_same_write_twice(counting, honours, effects):
    """One effect where the key is honoured, two where it is not: as the grade says."""
    server = counting(honour_key=honours)
    place = WebhookDestination(settings(server.url, honours_key=honours), SecretStr(SECRET))
    receipts = [place.write(write()) for _ in range(2)]
    assert len(server.effects()) == effects
    assert len({receipt.remote_id for receipt in receipts}) == effects
    place.close()
    place.close()


def test_create_update_delete(counting):
    """The object is made, changed and removed, by the id that the far side gave."""
    server = counting()
    place = WebhookDestination(settings(server.url))
    made = place.write(write())
    assert server.state()["objects"] == {"o1": {"id": ITEM.id, "text": ITEM.text}}
    assert (made.remote_id, made.version, made.changed_at, made.deleted) == (
        "o1",
        ITEM.version,
        ITEM.changed_at,
        False,
    )
    edited = ITEM.model_copy(update={"text": "edited"})
    assert place.write(write(Action.UPDATE, "k|2", item=edited, held=made)).remote_id == "o1"
    assert server.state()["objects"]["o1"]["text"] == "edited"
    gone = place.write(write(Action.DELETE, "k|3", held=made))
    assert (gone.remote_id, gone.deleted, gone.version) == ("o1", True, "")
    assert server.state()["objects"] == {}
    assert [line["action"] for line in server.effects()] == ["create", "update", "delete"]


@pytest.mark.parametrize("honours", [True, False])
@pytest.mark.parametrize("mode", ["reset", "502"])
def test_a_lost_answer_leaves_a_doubt(counting, mode, honours):
    """The effect is there and nobody said so."""
    server = counting(lose_every=1, lose_mode=mode)
    place = WebhookDestination(settings(server.url, honours_key=honours))
    marks = []
    with pytest.raises(OutcomeUnknown):
        place.write(Write(**(vars(write()) | {"sending": lambda: marks.append(1)})))
    place.close()
    assert (len(server.effects()), marks) == (1, [1])


def test_throttling_and_refusal(counting):
    """The named wait comes out, and what is refused is Rejected; neither has an effect."""
    server = counting(throttle_once_at=1, reject_containing="text")
    place = WebhookDestination(settings(server.url))
    with pytest.raises(RateLimited) as caught:
        place.write(write())
    assert caught.value.retry_after == 3600
    with pytest.raises(Rejected, match="422"):
        place.write(write())
    assert server.effects() == []


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_deleted(status):
    """A delete answered with 404 or 410 has what it wanted; an update has not."""
    place, _ = answering(status, b"no such object")
    assert place.write(write(Action.DELETE)).deleted
    with pytest.raises(Rejected, match="no such object"):
        place.write(write(Action.UPDATE))


@pytest.mark.parametrize("content", [b"", b"ok", b"[1]", b"null", b"\xff", b"{}", b'{"id": null}', b'{"id": ""}'])
def test_an_answer_that_names_nothing(content):
    """All went well, and the object goes by the id that we know."""
    place, _ = answering(content=content)
    assert place.write(write()).remote_id == ITEM.id
    assert place.write(write(Action.UPDATE)).remote_id == "o1"


def test_an_answer_that_names_the_object():
    """Id and address are kept as text."""
    place, _ = answering(201, b'{"id": 7, "url": "https://host/7"}')
    receipt = place.write(write())
    assert (receipt.remote_id, receipt.url) == ("7", "https://host/7")


# Secrets


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500, 503])
def test_an_answer_betrays_no_secret(caplog, status):
    """No message, repr or log has the secret or the address's path or query, though the far side repeats them."""
    caplog.set_level(logging.DEBUG)
    secret, url = f"{CANARY}-of-signing", f"https://host/hook/{CANARY}?token={CANARY}"
    echo = f"Cannot POST /hook/{CANARY}?token={CANARY}".encode()
    headers = {"location": f"/hook/{CANARY}"}
    place, got = answering(status, echo, secret=secret, headers=headers, url=url)
    said = ""
    try:
        place.write(write())
    except (ConfigurationError, Rejected, RateLimited, OutcomeUnknown) as error:
        said = "".join(traceback.format_exception(error)) + repr(error)
    assert bool(said) == (status != 200)
    assert str(got[0].url) == url
    assert CANARY not in said + caplog.text + repr(place) + str(place) + repr(place._settings) + str(place._settings)
    assert "HTTP Request: POST https://host " in caplog.text


@pytest.mark.parametrize("how", [{}, {"lose_every": 1}, {"lose_every": 1, "lose_mode": "502"}, None])
def test_a_connection_betrays_no_secret(caplog, counting, how):
    """Nor do answers, lost answers and refused connections over a real network."""
    caplog.set_level(logging.DEBUG)
    server = counting(**(how or {}))
    if how is None:
        server.stop()
    place = WebhookDestination(settings(f"{server.url}/{CANARY}?token={CANARY}"), SecretStr(CANARY))
    said = ""
    try:
        place.write(write())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is searched
        said = "".join(traceback.format_exception(error)) + repr(error)
    assert bool(said) == (how != {})
    assert CANARY not in said + caplog.text + repr(place)
    assert "httpcore" in caplog.text


def test_others_lines_in_the_log_stay_whole(caplog):
    """Only our own requests are shortened: who else uses httpx sees its addresses as before."""
    caplog.set_level(logging.INFO)
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        client.get("https://host/path")
    assert "HTTP Request: GET https://host/path " in caplog.text
