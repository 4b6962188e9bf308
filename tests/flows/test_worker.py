"""The pack on a server: deployed from prefect.yaml, run by a worker, waiting, failing and retried there."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.exports import export, film, films, lines, message, year
from tests.servers.prefect import Prefect, shards, shards_of, start_backfill
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk
from tests.servers.youtube import YouTube


@pytest.fixture(scope="module")
def youtube(tmp_path_factory):
    """An emulator of YouTube."""
    running = YouTube(tmp_path_factory.mktemp("youtube"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def vk(tmp_path_factory):
    """An emulator of VK."""
    running = Vk(tmp_path_factory.mktemp("vk"), **UNPACED)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory, youtube, vk):
    """A Prefect server with its worker."""
    environment = youtube.environment | {"VK_ACCESS_TOKEN": USER_TOKEN, "VK_BASE_URL": f"{vk.base}/method"}
    running = Prefect(tmp_path_factory.mktemp("server"), **environment)
    yield running
    running.stop()


@pytest.fixture
def an_hour_later(server):
    """Return a function that lets an hour pass for the job store and for a waiting flow run."""

    def later(run_id):
        store = sqlite3.connect(server.environment["SYNDICATE_DATABASE_URL"].removeprefix("sqlite:///"))
        hour = timedelta(hours=1) // timedelta(microseconds=1)
        with store:
            store.execute("UPDATE pauses SET until = until - ?", (hour,))
            store.execute("UPDATE jobs SET not_before = not_before - ? WHERE not_before IS NOT NULL", (hour,))
        store.close()
        state = {"type": "SCHEDULED", "name": "AwaitingRetry"}
        state["state_details"] = {"scheduled_time": datetime.now(UTC).isoformat()}
        server.get(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    return later


def test_every_place_is_reached_by_a_deployment(server, counting, vk, tmp_path):
    """`prefect deployment run` carries an export into an archive, and both on to wherever they can go."""
    source, place = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)]), counting()
    archive, database, feed = tmp_path / "archive", f"sqlite:///{tmp_path / 'place.db'}", tmp_path / "dzen"
    told = {
        "telegram-export-to-local": {"archive": str(archive)},
        "telegram-export-to-webhook": {"url": place.url, "name": "both", "from_beginning": True},
        "telegram-export-to-vk": {"community": GROUP, "from_beginning": True},
        "telegram-export-to-dzen": {"feed": str(feed), "base_url": "https://example.org", "text_min": 0},
    }
    runs = {
        name: server.deployment_run(f"{name}/default", export=str(source), **more) for name, more in told.items()
    } | {"local-to-sql": server.deployment_run("local-to-sql/default", archive=str(archive), database=database)}
    for name, run_id in runs.items():
        assert server.wait(run_id, "Completed", "Failed", "Crashed")["name"] == "Completed", name
    assert len(lines(archive)) == len(place.effects()) == len(vk.posts()) == 5
    assert (feed / "public" / "feed.xml").read_text(encoding="utf-8").count("<item>") == 5
    with sqlite3.connect(tmp_path / "place.db") as place_db:
        assert place_db.execute("SELECT count(*) FROM items").fetchone() == (5,)
    place_db.close()
    second = runs["telegram-export-to-webhook"]
    shown = server.get(f"/flow_runs/{second}")
    assert shown["name"] == "telegram_export → webhook: 5 new, 0 edited, 0 dead"
    assert {"pair:telegram_export → webhook", "destination:webhook:both"} <= set(shown["tags"])
    assert "| delivered | 5 |" in server.artifacts(second)["summary"]


def test_a_long_wait_frees_the_slot_and_is_taken_up_again(server, counting, an_hour_later, tmp_path):
    """Told to wait for an hour, the run gives its slot to another, and then sends the rest."""
    place = counting(throttle_once_at=3, throttle_once_after="3600")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)])
    waiting = server.deployment_run(
        "telegram-export-to-webhook/default", export=str(source), url=place.url, name="wait", from_beginning=True
    )
    state = server.wait(waiting, "AwaitingRetry", "Completed", "Failed", "Crashed")
    assert state["name"] == "AwaitingRetry"
    due = datetime.fromisoformat(state["state_details"]["scheduled_time"])
    assert timedelta(minutes=59) < due - datetime.now(UTC) <= timedelta(hours=1)
    other = server.deployment_run(
        "telegram-export-to-local/default", export=str(source), archive=str(tmp_path / "archive")
    )
    assert server.wait(other, "Completed", "Failed", "Crashed")["name"] == "Completed"
    assert len(place.effects()) == 2
    an_hour_later(waiting)
    assert server.wait(waiting, "Completed", "Failed", "Crashed")["name"] == "Completed"
    assert sorted(effect["id"] for effect in place.effects()) == [f"telegram:42/{n}" for n in range(1, 6)]


def test_a_failed_run_is_retried_with_its_dead_letters_alone(server, counting, tmp_path):
    """Failed with a table that names each; retried after the cause is mended, exactly those are sent."""
    place = counting(reject_containing="text 3")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)])
    run_id = server.deployment_run(
        "telegram-export-to-webhook/default", export=str(source), url=place.url, name="retry", from_beginning=True
    )
    state = server.wait(run_id, "Completed", "Failed", "Crashed")
    assert (state["name"], "1 dead letters" in state["message"]) == ("Failed", True)
    assert "telegram:42/3" in server.artifacts(run_id)["dead-letters"]
    place.control(reject_containing="")
    # What the source got meanwhile is the next run's, not the retry's.
    export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 8)])
    server.run("flow-run", "retry", run_id)
    assert server.wait(run_id, "Completed", "Crashed")["name"] == "Completed"
    assert [effect["id"] for effect in place.effects()].count("telegram:42/3") == 1
    assert len(place.effects()) == 5


def slot_is_free(server):
    """See another run go through: Prefect 3.8's worker stops when a run is due before its process has ended."""
    other = server.deployment_run("dead-letters-list/default")
    assert server.wait(other, "Completed", "Failed", "Crashed")["name"] == "Completed"


def letters(server, place):
    """Return the dead letters for a place: item → reason."""
    store = sqlite3.connect(server.environment["SYNDICATE_DATABASE_URL"].removeprefix("sqlite:///"))
    found = store.execute(
        "SELECT item_id, reason FROM jobs WHERE reason IS NOT NULL AND destination_id = ?", (f"webhook:{place}",)
    ).fetchall()
    store.close()
    return dict(found)


def test_retry_leaves_alone_what_may_have_arrived(server, counting, an_hour_later, tmp_path):
    """Rescheduled, then failed with an `unknown` among its letters: Retry sends what was refused, and that alone."""
    place = counting(reject_containing="text 2", lose_every=3, throttle_once_at=5, throttle_once_after="3600")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 7)])
    run_id = server.deployment_run(
        "telegram-export-to-webhook/default", export=str(source), url=place.url, name="doubt", from_beginning=True
    )
    assert server.wait(run_id, "AwaitingRetry", "Completed", "Failed", "Crashed")["name"] == "AwaitingRetry"
    slot_is_free(server)
    an_hour_later(run_id)
    assert server.wait(run_id, "Completed", "Failed", "Crashed")["name"] == "Failed"
    assert letters(server, "doubt") == {"telegram:42/2": "rejected", "telegram:42/4": "unknown"}
    place.control(reject_containing="", lose_every=0)
    server.run("flow-run", "retry", run_id)
    assert server.wait(run_id, "Completed", "Crashed")["name"] == "Completed"
    assert letters(server, "doubt") == {"telegram:42/4": "unknown"}
    assert sorted(effect["id"] for effect in place.effects()) == [f"telegram:42/{n}" for n in range(1, 7)]


@pytest.mark.long
def test_a_redrive_from_its_form_waits_and_goes_on(server, counting, an_hour_later, tmp_path):
    """Told to wait for an hour it gives its slot back; taken up again it sends the rest, each once, and says so."""
    place = counting(reject_containing="text")
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 5)])
    made = server.deployment_run(
        "telegram-export-to-webhook/default", export=str(source), url=place.url, name="again", from_beginning=True
    )
    assert server.wait(made, "Completed", "Failed", "Crashed")["name"] == "Failed"
    place.control(reject_containing="", throttle_once_at=6, throttle_once_after="3600")
    run_id = server.deployment_run("dead-letters-redrive/default", destination="webhook:again", reason=["rejected"])
    assert server.wait(run_id, "AwaitingRetry", "Completed", "Failed", "Crashed")["name"] == "AwaitingRetry"
    slot_is_free(server)
    an_hour_later(run_id)
    assert server.wait(run_id, "Completed", "Failed", "Crashed")["name"] == "Completed"
    assert sorted(effect["id"] for effect in place.effects()) == [f"telegram:42/{n}" for n in range(1, 5)]
    assert "| delivered | 4 |" in server.artifacts(run_id)["summary"]


@pytest.mark.long
def test_a_backfill_in_shards(server, counting, tmp_path):
    """Three months as three runs on the pool: each item once, and one sum; given again, nothing is run."""
    source, place, file = year(tmp_path / "export", 3, 4), counting(), tmp_path / "summary.json"
    arguments = shards_of(
        "telegram_export_to_webhook", "2024-01-01", "2024-04-01", export=source, url=place.url, name="shards"
    )
    for _ in range(2):
        running = start_backfill(server, file, *arguments)
        output, _ = running.communicate(timeout=300)
        summary = json.loads(file.read_text())
        assert (running.returncode, summary["seen"], summary["delivered"]) == (0, 12, 12), output
        assert shards(server) == ["Completed"] * 3
    assert sorted(effect["id"] for effect in place.effects()) == sorted(f"telegram:42/{n}" for n in range(1, 13))


def test_a_used_up_quota_reschedules_the_run_for_midnight_in_los_angeles(server, youtube, tmp_path):
    """The slot is free meanwhile: another pair runs."""
    source = films(tmp_path / "export", [film(n, f"film {n}") for n in range(1, 4)])
    youtube.control(uploads_a_day=1)
    parameters = {"export": str(source), "channel": "UCemulated0000000000000", "from_beginning": True}
    waiting = server.deployment_run("telegram-export-to-youtube/default", **parameters)
    state = server.wait(waiting, "AwaitingRetry", "Completed", "Failed", "Crashed")
    assert state["name"] == "AwaitingRetry"
    due = datetime.fromisoformat(state["state_details"]["scheduled_time"]).astimezone(ZoneInfo("America/Los_Angeles"))
    assert (due.hour, due.minute) in {(0, 1), (0, 2)}
    assert len(youtube.effects("insert")) == 1
    archive = server.deployment_run(
        "telegram-export-to-local/default", export=str(source), archive=str(tmp_path / "archive")
    )
    assert server.wait(archive, "Completed", "Failed", "Crashed")["name"] == "Completed"


def test_a_schedule_starts_runs(server, tmp_path):
    """What a schedule says is run, with the schedule's own parameters."""
    source = export(tmp_path / "export", [message(1, "text 1")])
    parameters = {"export": str(source), "archive": str(tmp_path / "archive")}
    schedule = {"active": True, "schedule": {"interval": 10}, "parameters": parameters}
    mine = f"/deployments/{server.deployment('telegram-export-to-local')}/schedules"
    (made,) = server.get(mine, [schedule])
    server._wait_for((tmp_path / "archive" / "items").is_dir, 180)
    server.delete(f"{mine}/{made['id']}")
    assert len(lines(tmp_path / "archive")) == 1
