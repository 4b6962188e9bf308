"""The pack on a server: deployed from prefect.yaml, run by a worker, waiting, failing and retried there."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.exports import export, film, films, lines, message
from tests.servers.prefect import Prefect
from tests.servers.youtube import YouTube


@pytest.fixture(scope="module")
def youtube(tmp_path_factory):
    """An emulator of YouTube."""
    running = YouTube(tmp_path_factory.mktemp("youtube"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory, youtube):
    """A Prefect server with its worker."""
    running = Prefect(tmp_path_factory.mktemp("server"), **youtube.environment)
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


def test_every_pair_runs_as_a_deployment(server, counting, tmp_path):
    """`prefect deployment run` carries an export into an archive, out to a webhook, and into a database."""
    source, place = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 6)]), counting()
    archive = tmp_path / "archive"
    first = server.deployment_run("telegram-export-to-local/default", export=str(source), archive=str(archive))
    second = server.deployment_run(
        "telegram-export-to-webhook/default", export=str(source), url=place.url, name="both", from_beginning=True
    )
    database = f"sqlite:///{tmp_path / 'place.db'}"
    third = server.deployment_run("telegram-export-to-sql/default", export=str(source), database=database)
    for run_id in (first, second, third):
        assert server.wait(run_id, "Completed", "Failed", "Crashed")["name"] == "Completed"
    assert len(lines(archive)) == len(place.effects()) == 5
    with sqlite3.connect(tmp_path / "place.db") as place_db:
        assert place_db.execute("SELECT count(*) FROM items").fetchone() == (5,)
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
