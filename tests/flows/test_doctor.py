"""The doctor, run as a person runs it: a healthy installation, planted faults, and no secret anywhere."""

# ruff: noqa: S106 - canaries

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlalchemy import create_engine, text

from adapters.conformance.stores.samples import job
from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PairRecord
from adapters.contracts.store import Queue
from adapters.destinations.youtube import Credentials as Login
from adapters.sources.telegram import login_of
from adapters.stores.sql import SqlJobStore, sqlite_engine
from tasks.blocks import (
    S3Credentials,
    TelegramCredentials,
    VkCredentials,
    WebhookCredentials,
    WordPressCredentials,
    YouTubeCredentials,
)
from tasks.places.dzen import Dzen
from tasks.places.vk import Vk as Wall
from tasks.places.webhook import Webhook
from tasks.places.youtube import YouTube, signed_in
from tasks.sign_in import _keep as keep_youtube
from tasks.sources.telegram import Telegram
from tasks.sources.vk import VkWall
from tasks.sources.wordpress import WordPress
from tasks.telegram_sign_in import _keep as keep_telegram
from tests.emulators.telegram import API_HASH, API_ID
from tests.emulators.telegram import Telegram as World
from tests.exports import ROOT
from tests.servers.postgres import _free_port as free_port
from tests.servers.prefect import Api
from tests.servers.skewed import Skewed
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk

CHANNEL = "UCemulated0000000000000"
LIMITED = "flows/telegram_export_to_local.py:telegram_export_to_local"
SECRETS = {
    "SYNDICATE_WEBHOOK_SECRET": "canary-webhook-of-the-environment",
    "SYNDICATE_WORDPRESS_USER": "ada",
    "SYNDICATE_WORDPRESS_PASSWORD": "canary-wordpress-of-the-environment",
    "SYNDICATE_S3_KEY_ID": "an-id",
    "SYNDICATE_S3_SECRET": "canary-s3-of-the-environment",
    "YOUTUBE_CLIENT_ID": "1-a",
    "YOUTUBE_CLIENT_SECRET": "canary-client-of-the-environment",
    "YOUTUBE_REFRESH_TOKEN": "canary-refresh-of-the-environment",
    "SYNDICATE_TELEGRAM_API_ID": "1",
    "SYNDICATE_TELEGRAM_API_HASH": "canary-hash-of-the-environment",
    "SYNDICATE_TELEGRAM_SESSION": "canary-session-of-the-environment",
}
CANARIES = {
    "s3": S3Credentials(key_id="id", secret="canary-s3"),
    "telegram": TelegramCredentials(api_id=1, api_hash="canary-hash", session="canary-session"),
    "vk": VkCredentials(token="canary-token", service_token="canary-service"),
    "webhook": WebhookCredentials(secret="whsec_canary"),
    "wordpress": WordPressCredentials(user="ada", password="canary-word"),
    "youtube": YouTubeCredentials(client_id="1-a", client_secret="canary-client", refresh_token="canary-refresh"),
}


@pytest.fixture(scope="module")
def vk(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


@pytest.fixture
def token(vk):
    """A user's token of this test's own."""
    text = f"vk1.a.canary-{datetime.now(UTC).timestamp()}"
    vk.control(tokens={text: {"kind": "user", "id": 1001}})
    return text


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Prefect server that keeps the block of one wall."""
    running = Api(tmp_path_factory.mktemp("doctor"))
    saved(running, wall=VkCredentials(token=USER_TOKEN, community=GROUP))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def deploy(server):
    """Return a function that deploys a flow of prefect.yaml, with what is to be different; returns its id."""
    kept = {one["entrypoint"]: one for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    server.get("/work_pools/", {"name": "syndicate", "type": "process"})
    beat = {"name": "a-worker", "heartbeat_interval_seconds": 3600}
    server.get("/work_pools/syndicate/workers/heartbeat", beat)

    def deploy(entrypoint, **different):
        one = kept[entrypoint]
        flow = server.get("/flows/", {"name": entrypoint.split(":")[1].replace("_", "-")})
        asked = {
            "name": one["name"],
            "flow_id": flow["id"],
            "entrypoint": entrypoint,
            "tags": one["tags"],
            "work_pool_name": "syndicate",
            "concurrency_limit": one.get("concurrency_limit"),
        }
        return server.get("/deployments/", asked | different)["id"]

    return deploy


@pytest.fixture
def store(tmp_path):
    """A job store that remembers one publishing pair."""
    url = f"sqlite:///{tmp_path}/store.db"
    opened = SqlJobStore.open(sqlite_engine(tmp_path / "store.db"))
    opened.url, opened.settings = url, {"community": GROUP}
    yield opened
    opened.close()


@pytest.fixture
def doctor(run, server, vk, store, token, monkeypatch):
    """Return a function that runs the doctor and returns exit code, its findings by check and level, and its words."""
    monkeypatch.setenv("NO_PROXY", "*")
    healthy = {
        "PREFECT_API_URL": server.api,
        "SYNDICATE_DATABASE_URL": store.url,
        "VK_ACCESS_TOKEN": token,
        "VK_BASE_URL": f"{vk.base}/method",
    }
    settings = {"community": GROUP, "base_url": f"{vk.base}/method", "vk_block": "wall"}
    pair = PairRecord(source_id="telegram:42", destination_id=f"vk:-{GROUP}", service="vk", settings=settings)
    store.save_pair(pair)

    def doctor(**variables):
        code, output, _ = run.plain("doctor", "--json", **healthy | variables)
        # Errors are in it too, and Prefect may say there that nobody takes its events.
        told, _ = json.JSONDecoder().raw_decode(output[output.index("{\n") :])
        found = {}
        for one in told["findings"]:
            found.setdefault((one["check"], one["level"]), []).append(one)
        return code, found, output

    return doctor


def saved(server, **blocks):
    """Save blocks on the server."""
    with temporary_settings({PREFECT_API_URL: server.api}):
        for name, block in blocks.items():
            block.save(name, overwrite=True)


def forgotten(server, *blocks):
    """Delete blocks from the server."""
    with temporary_settings({PREFECT_API_URL: server.api}):
        for name, kind in blocks:
            kind.delete(name)


def mends(found, check, level="wrong"):
    """Return what is said of a check at a level: what is wrong, and how it is mended."""
    return "\n".join(f"{one['what']} {one['why']} → {one['mend']}" for one in found[check, level])


def test_a_healthy_installation_is_all_ok(doctor, deploy, vk):
    """Everything is looked at, nothing is wrong, exit code 0."""
    deploy(LIMITED)
    deploy("flows/local_to_vk.py:local_to_vk", parameters={"vk_block": "wall"})
    code, found, output = doctor()
    assert {level for _, level in found} == {"ok"}, output
    assert code == 0
    looked = {check for check, _ in found}
    assert looked >= {
        "python",
        "libraries",
        "home",
        "media",
        "disk",
        "server",
        "server's clock",
        "deployments",
        "workers",
    }
    assert looked >= {"heartbeat", "runs", "job store", "job store's clock", "leases", "witness", "extras", "blocks"}
    assert [one["what"] for one in found["pairs", "ok"]] == [f"telegram:42 → vk:-{GROUP} may publish"]
    told = [one["what"] for one in found["vk credentials", "ok"]]
    assert [text.split(":")[0] for text in told] == ["the environment's", "block wall"]
    assert f"the wall of community {GROUP}" in told[1]
    assert not [line for line in vk.log() if line["method"].startswith("wall.")]


def test_faults_behind_a_server_are_each_found(doctor, deploy, server, store, tmp_path):
    """Ten of them in one run: each is named, with its mend."""
    now = datetime.now(UTC)
    deploy(LIMITED, tags=[], concurrency_limit=None)
    server.get("/work_pools/", {"name": "lonely", "type": "process"})
    named = {"database": "no-such-connector"}
    lonely = deploy("flows/local_to_sql.py:local_to_sql", work_pool_name="lonely", parameters=named)
    deploy("flows/local_to_youtube.py:local_to_youtube", parameters={"youtube_block": "no-such-block"})
    zombie = server.get(f"/deployments/{lonely}/create_flow_run", {})["id"]
    server.get(f"/flow_runs/{zombie}/set_state", {"state": {"type": "RUNNING"}, "force": True})
    earlier = SqlJobStore(sqlite_engine(tmp_path / "store.db"), clock=lambda: now - timedelta(hours=1))
    stuck = job()
    earlier.create([stuck])
    queue = Queue(stuck.descriptor.source_id, stuck.descriptor.destination_id)
    earlier.claim_next(queue, owner="the dead", run_id="r", lease=timedelta(minutes=1))
    earlier.close()
    witness = tmp_path / "w"
    witness.mkdir()
    other = {"pair": "a → b", "source": "a:1", "destination": "b:2", "birth": "another", "store": "elsewhere.db"}
    (witness / "syndicate_0.json").write_text(json.dumps(other))
    fake = tmp_path / "newer" / "fastapi-0.165.0.dist-info"
    fake.mkdir(parents=True)
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.165.0\n")
    skewed = Skewed(server.api, ahead=3600, version="3.7.1")
    try:
        code, found, output = doctor(
            PREFECT_API_URL=skewed.api,
            VK_ACCESS_TOKEN="canary-unknown-token",
            SYNDICATE_DISK_FREE="1000000000",
            PYTHONPATH=str(fake.parent),
        )
    finally:
        skewed.stop()
        deploy(LIMITED)
        deploy("flows/local_to_sql.py:local_to_sql", parameters={})
        deploy("flows/local_to_youtube.py:local_to_youtube", parameters={})
        server.get(f"/flow_runs/{zombie}/set_state", {"state": {"type": "COMPLETED"}, "force": True})
    assert code == 1
    # An answer's date is told to the second, and the answer is on its way for some.
    assert int(re.search(r"(\d+) s ahead", mends(found, "server's clock"))[1]) == pytest.approx(3600, abs=60)
    assert "timedatectl" in mends(found, "server's clock")
    assert "pip install 'prefect==" in mends(found, "server")
    assert "prefect worker start --pool lonely" in mends(found, "workers")
    assert "prefect block create syndicate-youtube   # opens the form: call it no-such-block" in mends(found, "blocks")
    assert "sqlalchemy-connector/no-such-connector" in mends(found, "blocks")
    assert "does not accept the token" in mends(found, "vk credentials")
    assert "docs/credentials.md#vk" in mends(found, "vk credentials")
    assert "b:2 was run with another job store (elsewhere.db)" in mends(found, "witness")
    assert "--new-store" in mends(found, "witness")
    assert "df -h" in mends(found, "home")
    assert "fastapi 0.165.0" in mends(found, "libraries")
    assert "pip install 'fastapi<0.151'" in mends(found, "libraries")
    assert "python deployments/setup.py" in mends(found, "deployments", "warn")
    assert "1 jobs were in the hands of a worker that is gone" in mends(found, "leases", "warn")
    assert f"prefect flow-run delete {zombie}" in mends(found, "runs", "warn")
    assert "canary" not in output


def test_what_is_away_is_a_finding_and_no_crash(doctor, vk, token):
    """Server and job store refuse connections, the media folder takes no files, the token has expired."""
    vk.control(faults=[{"do": "expire", "when": "before"}])
    gone = free_port()
    code, found, output = doctor(
        PREFECT_API_URL=f"http://127.0.0.1:{gone}/api",
        SYNDICATE_DATABASE_URL=f"postgresql://ada:canary-password@127.0.0.1:{gone}/x",
        SYNDICATE_MEDIA="/proc/nowhere",
    )
    assert code == 1, output
    assert "prefect server start" in mends(found, "server")
    assert "export SYNDICATE_DATABASE_URL=" in mends(found, "job store")
    assert "export SYNDICATE_MEDIA=" in mends(found, "media")
    assert "it has expired" in mends(found, "vk credentials")
    assert "mend the server first" not in output
    assert "canary" not in output
    assert token not in output


def test_a_store_of_another_release_is_left_as_it_is(doctor, store):
    """Behind: any run brings it there. Ahead: this release is too old. The doctor itself migrates nothing."""
    store.close()
    engine = create_engine(store.url)

    def at(revision):
        with engine.begin() as connection:
            connection.execute(text("UPDATE syndicate_version SET version_num = :it"), {"it": revision})

    at("0003")
    code, found, _ = doctor()
    assert (code, "python flows/dead_letters.py list" in mends(found, "job store")) == (1, True)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM syndicate_version")) == "0003"
    assert "pairs" not in {check for check, _ in found}
    at("9999")
    code, found, _ = doctor()
    assert (code, "a newer release made" in mends(found, "job store")) == (1, True)
    engine.dispose()


def test_a_server_that_is_away_keeps_the_pairs_blocks(doctor):
    """A pair whose block cannot be read is not called wrong for it."""
    code, found, _ = doctor(PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api")
    assert (code, "mend the server first" in mends(found, "pairs", "warn")) == (1, True)
    assert ("pairs", "wrong") not in found


def test_what_a_block_holds_is_what_a_flow_uses(server, vk, tmp_path, monkeypatch):
    """Of each service; a name that no block has is told with its option."""
    monkeypatch.setenv("NO_PROXY", "*")
    with temporary_settings({PREFECT_API_URL: server.api}):
        wall = Wall(community=GROUP, vk_block="wall", base_url=f"{vk.base}/method").open()
        wall.check()
        assert VkWall(community=GROUP, vk_block="wall", base_url=f"{vk.base}/method").open().head() is None
        with pytest.raises(ConfigurationError, match="--vk-block names 'absent'"):
            Wall(community=GROUP, vk_block="absent").open()
        WebhookCredentials(secret="whsec_no base64").save("hook", overwrite=True)
        with pytest.raises(ConfigurationError, match="no base64"):
            Webhook(url="https://example.org", name="a", webhook_block="hook").open().check()
        WordPressCredentials(user="ada", password="canary", site="https://example.org").save("site", overwrite=True)
        WordPress(wordpress="https://www.example.org", wordpress_block="site").open().close()
        with pytest.raises(ConfigurationError, match=r"not given to https://example\.com"):
            WordPress(wordpress="https://example.com", wordpress_block="site").open()
        S3Credentials(key_id="an-id", secret="canary", endpoint="https://s3.example").save("bucket", overwrite=True)
        feed = Dzen(base_url="https://example.org", feed="s3://a/b", s3_block="bucket")
        assert feed._access() == ("https://s3.example", "us-east-1", ("an-id", "canary"))
        for kind, name in ((WebhookCredentials, "hook"), (WordPressCredentials, "site"), (S3Credentials, "bucket")):
            kind.delete(name)


def test_a_sign_in_fills_a_block_and_an_older_one_as_before(server):
    """A block of the service's own; a Secret block of that name stays one, and its option goes on working."""
    youtube = Login(client_id="1-a", client_secret="canary-client", refresh_token="canary-refresh")
    with World() as world, temporary_settings({PREFECT_API_URL: server.api}):
        session = world.account(phone="+79990000001").session()
        telegram = login_of({"api_id": str(API_ID), "api_hash": API_HASH, "session": session}, "here")
        assert keep_youtube(youtube, "signed-in") == "--youtube-block"
        assert keep_telegram(telegram, "signed-in", "") == "--telegram-block signed-in"
        assert YouTube(channel=CHANNEL, youtube_block="signed-in")._signed_in() == youtube
        assert Telegram(channel="@a", telegram_block="signed-in").open().exclusive.endswith(telegram.account)
        for name in ("older-y", "older-t"):
            Secret(value="{}").save(name, overwrite=True)
        assert keep_youtube(youtube, "older-y") == "--credentials-block"
        assert keep_telegram(telegram, "older-t", "") == "--session-block older-t"
        assert signed_in("older-y") == signed_in("signed-in") == youtube
        assert Telegram(channel="@a", session_block="older-t").open().exclusive.endswith(telegram.account)
        assert Telegram(channel="@a", session_block="signed-in").open().exclusive.endswith(telegram.account)
    forgotten(server, ("signed-in", YouTubeCredentials), ("signed-in", TelegramCredentials))
    forgotten(server, ("older-y", Secret), ("older-t", Secret))


def test_a_deployments_run_leaves_an_artifact_and_no_secret(server, store, tmp_path, home):
    """Failed, with its findings on its page; no block's and no variable's secret there or in the server's database."""
    saved(server, **CANARIES)
    environment = server.environment | SECRETS
    environment |= {"NO_PROXY": "*", "SYNDICATE_DATABASE_URL": store.url, "PREFECT_HOME": str(home)}
    environment |= {"SYNDICATE_WITNESS": str(tmp_path / "w"), "VK_BASE_URL": "http://127.0.0.1:9/method"}
    environment |= {"YOUTUBE_TOKEN_URL": "http://127.0.0.1:9/token", "VK_ACCESS_TOKEN": "canary-vk-of-the-environment"}
    script = "from flows.doctor import doctor; print(doctor(return_state=True).model_dump_json())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert json.loads(done.stdout.splitlines()[-1])["type"] == "FAILED", done.stdout + done.stderr
    (left,) = server.get("/artifacts/filter", {"artifacts": {"key": {"any_": ["doctor"]}}})
    checks = {(row["check"], row["what"].split(" ")[0]) for row in json.loads(left["data"])}
    assert {(f"{name} credentials", "block") for name in CANARIES} <= checks
    assert {(f"{name} credentials", "the") for name in CANARIES} <= checks
    database = b"".join(path.read_bytes() for path in Path(server.environment["PREFECT_HOME"]).glob("prefect.db*"))
    told = done.stdout + done.stderr + json.dumps(left) + database.decode(errors="replace")
    assert "canary" not in told
    forgotten(server, *((name, type(block)) for name, block in CANARIES.items()))
