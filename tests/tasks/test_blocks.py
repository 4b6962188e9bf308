"""Blocks: as Prefect's standards ask, light to import, silent about secrets; and what their services say of them."""

# ruff: noqa: S106 - canaries and tokens of emulators

from __future__ import annotations

import io
import subprocess
import sys
import urllib.request
from email.message import Message

import pytest
from PIL import Image
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import SecretStr, ValidationError

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.sources.telegram import login_of
from adapters.sources.telegram.account import standing
from tasks.blocks import (
    BLOCKS,
    S3Credentials,
    TelegramCredentials,
    VkCredentials,
    WebhookCredentials,
    WordPressCredentials,
    YouTubeCredentials,
)
from tasks.blocks.credentials import PICTURES
from tasks.credentials import open_store
from tasks.holding import LEASE
from tasks.sources.vk import reading_variable
from tests.emulators.telegram import API_HASH, API_ID, client_factory
from tests.emulators.telegram import Telegram as World
from tests.exports import ROOT
from tests.servers.vk import FOREIGN_GROUP, GROUP, GROUP_TOKEN, UNPACED, USER_TOKEN, Vk
from tests.servers.youtube import YouTube

CANARIES = {
    S3Credentials: {"key_id": "an-id", "secret": "canary-s3"},
    TelegramCredentials: {"api_id": 1, "api_hash": "canary-hash", "session": "canary-session"},
    VkCredentials: {"token": "canary-token", "service_token": "canary-service"},
    WebhookCredentials: {"secret": "canary-webhook"},
    WordPressCredentials: {"user": "ada", "password": "canary-password"},
    YouTubeCredentials: {"client_id": "1-a", "client_secret": "canary-client", "refresh_token": "canary-refresh"},
}
SECRETS = {
    "YOUTUBE_CLIENT_ID",
    "YOUTUBE_CLIENT_SECRET",
    "YOUTUBE_REFRESH_TOKEN",
    "VK_ACCESS_TOKEN",
    "VK_SERVICE_TOKEN",
    "SYNDICATE_TELEGRAM_SESSION",
    "SYNDICATE_WORDPRESS_USER",
    "SYNDICATE_WORDPRESS_PASSWORD",
    "SYNDICATE_WEBHOOK_SECRET",
    "SYNDICATE_S3_KEY_ID",
    "SYNDICATE_S3_SECRET",
}


class _Pictures(urllib.request.HTTPSHandler):
    """Answers in the place of Prefect's pictures, and of nothing else."""

    def https_open(self, request):
        assert request.full_url.removeprefix(f"{PICTURES}/") in {"secret.png", "webhook.png"}
        picture = io.BytesIO()
        Image.new("RGB", (200, 200)).save(picture, "png")
        picture.seek(0)
        answer = urllib.request.addinfourl(picture, Message(), request.full_url, 200)
        answer.msg = "OK"
        return answer


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """An environment without secrets, and with a state of its own."""
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("SYNDICATE_DATABASE_URL", f"sqlite:///{tmp_path}/store.db")


@pytest.mark.parametrize("block", BLOCKS)
class TestStandards(BlockStandardTestSuite):
    """Prefect's own suite."""

    @pytest.fixture(autouse=True)
    def _pictures(self, monkeypatch):
        monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(_Pictures))

    @pytest.fixture
    def block(self, request):
        return request.param


def test_all_blocks_are_known_and_each_has_its_own_option():
    """The collection holds every block there is, and no two share a kind or an option."""
    kinds = {value for value in vars(sys.modules["tasks.blocks"]).values() if Block.is_block_class(value)}
    assert kinds == set(BLOCKS)
    assert (
        len({kind.option() for kind in BLOCKS}) == len({kind.get_block_type_slug() for kind in BLOCKS}) == len(BLOCKS)
    )


@pytest.mark.parametrize("kind", BLOCKS)
def test_no_block_shows_its_secrets(kind):
    """Neither printed, nor as JSON, nor in what is said of a wrong value."""
    made = kind(**CANARIES[kind])
    assert "canary" not in f"{made!r}{made}{made.model_dump()}{made.model_dump_json()}"
    with pytest.raises(ValidationError) as caught:
        kind(**{field: ["canary"] for field in CANARIES[kind]})
    assert "canary" not in str(caught.value)


def test_prefect_knows_them_and_waits_for_no_service():
    """By the entry point, in a process that has none of the services' libraries."""
    script = """
import sys
for name in ("telethon", "lxml", "obstore", "feedparser", "PIL", "psycopg"):
    sys.modules[name] = None
from prefect.plugins import load_prefect_collections
from prefect.blocks.core import Block
print(load_prefect_collections()["prefect_syndicate"].__name__)
"""
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["tasks.blocks"], told.stdout + told.stderr


@pytest.fixture
def vk(tmp_path, monkeypatch):
    """An emulator of VK, which is asked by the blocks."""
    running = Vk(tmp_path, **UNPACED)
    monkeypatch.setenv("VK_BASE_URL", f"{running.base}/method")
    yield running
    running.stop()


def test_vk_says_what_a_token_can_do(vk):
    """Whose it is, on which wall, until when; a token that ends soon says so; an application's reads."""
    told = VkCredentials(token=USER_TOKEN, community=GROUP).check()
    assert "user 1001 (Ada Wall) can post texts, photos, videos and documents" in told.can
    assert f"the wall of community {GROUP} (A community), until the token is revoked" in told.can
    assert told.soon == ""
    without_offline = 4 | 16 | 8192 | 131_072
    vk.control(tokens={"short": {"kind": "user", "id": 1001, "rights": without_offline}})
    assert "ends a day after it was got" in VkCredentials(token="short").check().soon
    vk.control(tokens={"app": {"kind": "service", "id": 5}})
    both = VkCredentials(token=USER_TOKEN, service_token="app")
    assert "their own wall" in both.check().can
    assert "can read the walls that are open" in both.check().can
    assert (both.publishes, both.reads) == (SecretStr(USER_TOKEN), SecretStr("app"))


def test_vk_says_what_is_wrong_with_a_token(vk):
    """Unknown, expired, a community's, without a right, of no editor, none at all: each by name, none repeated."""
    vk.control(tokens={"photos-only": {"kind": "user", "id": 1001, "rights": 4}})
    vk.control(echo_token=True)
    wrong = {
        "does not accept the token": VkCredentials(token="canary-unknown"),
        "is a community's": VkCredentials(token=GROUP_TOKEN),
        "lacks the right wall": VkCredentials(token="photos-only"),
        "is no editor of community 2002": VkCredentials(token=USER_TOKEN, community=FOREIGN_GROUP),
        "holds no token": VkCredentials(),
    }
    for says, block in wrong.items():
        with pytest.raises(ConfigurationError, match=says) as caught:
            block.check()
        assert "canary" not in str(caught.value)
    vk.fault("expire")
    with pytest.raises(ConfigurationError, match="it has expired"):
        VkCredentials(token=USER_TOKEN).check()


def test_vk_reads_with_the_application_of_the_environment(monkeypatch):
    """Its own variable first, where it is set."""
    monkeypatch.setenv("VK_ACCESS_TOKEN", "a-user")
    assert reading_variable() == "VK_ACCESS_TOKEN"
    monkeypatch.setenv("VK_SERVICE_TOKEN", "an-application")
    assert reading_variable() == "VK_SERVICE_TOKEN"
    kept = VkCredentials.from_environment()
    assert (kept.publishes, kept.reads) == (SecretStr("a-user"), SecretStr("an-application"))


def test_youtube_says_whose_channel_and_quota_it_is(tmp_path, monkeypatch):
    """With the three variables; with half of them, or a token that was revoked, what is to be done."""
    client = "123456-abc.apps.googleusercontent.com"
    server = YouTube(tmp_path, client_id=client)
    for name, value in (server.environment | {"YOUTUBE_CLIENT_ID": client}).items():
        monkeypatch.setenv(name, value)
    try:
        told = YouTubeCredentials.from_environment().check()
        assert "UCemulated0000000000000" in told.can
        assert told.can.endswith("quota of project 123456")
        revoked = YouTubeCredentials.from_environment().model_copy(update={"refresh_token": SecretStr("canary-old")})
        with pytest.raises(ConfigurationError, match=r"sign_in\.py youtube") as caught:
            revoked.check()
        assert "canary" not in str(caught.value)
    finally:
        server.stop()
    monkeypatch.delenv("YOUTUBE_REFRESH_TOKEN")
    with pytest.raises(ConfigurationError, match="YOUTUBE_REFRESH_TOKEN is not set"):
        YouTubeCredentials.from_environment()


def test_telegram_says_who_is_signed_in():
    """By name; a session that was ended says how to sign in again, and nothing of itself."""
    with World() as world:
        account = world.account(phone="+79990000001")
        login = login_of({"api_id": str(API_ID), "api_hash": API_HASH, "session": account.session()}, "here")
        assert standing(login, client_factory(world)).can.startswith("signed in as Ada (")
        account.revoke()
        with pytest.raises(ConfigurationError, match=r"sign_in\.py telegram") as caught:
            standing(login, client_factory(world))
        assert [secret for secret in world.secrets() if secret in str(caught.value)] == []


def test_telegram_is_not_asked_while_a_run_uses_the_session():
    """Two at once would end the session: the check says who has it, at once, and asks nothing."""
    with World() as world:
        account = world.account(phone="+79990000001")
        block = TelegramCredentials(api_id=API_ID, api_hash=API_HASH, session=account.session())
        store = open_store(lasting=False)
        store.hold(f"telegram-session:{block.login.account}", "the run of the morning", LEASE)
        with pytest.raises(Transient, match="in use by the run of the morning"):
            block.check()
        store.close()
        assert world.calls == []


def test_wordpress_gives_its_password_to_its_own_site_alone(monkeypatch):
    """However the address is written; without a site nobody is asked, and that is said."""
    block = WordPressCredentials(user="ada", password="secret", site="https://www.example.org/")
    assert block.login_for("http://example.org").user == "ada"
    with pytest.raises(ConfigurationError, match=r"not given to https://example\.com"):
        block.login_for("https://example.com")
    monkeypatch.setenv("SYNDICATE_WORDPRESS_USER", "ada")
    with pytest.raises(ConfigurationError, match="both"):
        WordPressCredentials.from_environment()
    monkeypatch.setenv("SYNDICATE_WORDPRESS_PASSWORD", "secret")
    nowhere = WordPressCredentials.from_environment()
    assert "SYNDICATE_WORDPRESS_SITE" in nowhere.unasked()
    with pytest.raises(ConfigurationError, match="no site is named"):
        nowhere.check()
    assert nowhere.login_for("https://anywhere.example").user == "ada"


def test_a_webhooks_secret_is_tried_without_a_request():
    """One that is no base64 is refused; a short one is named; nothing is sent anywhere."""
    assert WebhookCredentials(secret="whsec_" + "QUJDREVGR0hJSktMTU5PUA==").check().soon == ""
    assert "guessed" in WebhookCredentials(secret="short").check().soon
    for text, says in (("whsec_no base64", "no base64"), (" ", "is empty")):
        with pytest.raises(ConfigurationError, match=says):
            WebhookCredentials(secret=text).check()


def test_an_empty_environment_holds_no_credentials():
    """None, for every service."""
    assert [kind for kind in BLOCKS if kind.from_environment() is not None] == []


def test_half_a_key_is_named(monkeypatch):
    """An id without its secret; a secret without an id goes with --key-id and is nothing yet."""
    monkeypatch.setenv("SYNDICATE_S3_SECRET", "canary")
    assert S3Credentials.from_environment() is None
    monkeypatch.setenv("SYNDICATE_S3_KEY_ID", "an-id")
    whole = S3Credentials.from_environment()
    assert (whole.key, whole.region) == (("an-id", "canary"), "us-east-1")
    assert "SYNDICATE_S3_BUCKET" in whole.unasked()
    monkeypatch.delenv("SYNDICATE_S3_SECRET")
    with pytest.raises(ConfigurationError, match="SYNDICATE_S3_SECRET is not"):
        S3Credentials.from_environment()
