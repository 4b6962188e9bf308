"""The database as a flow's destination: whoever is killed, the tables end as after an undisturbed run."""

from __future__ import annotations

import os
import signal
import time

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.exports import export, message

pytestmark = pytest.mark.served

NUMBER = 30_000


def rows(url):
    """Return what people would find."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        found = {
            row.id: (row.text, str(row.published_at)[:19], row.deleted_at is not None)
            for row in connection.execute(text("SELECT id, text, published_at, deleted_at FROM items"))
        }
    engine.dispose()
    return found


def count(url):
    """Return how many items are there, 0 where nobody can tell."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM items"))
    except Exception:  # noqa: BLE001 - the database may be away, or empty
        return 0
    finally:
        engine.dispose()


def given(url, monkeypatch):
    """Return a URL as a person gives it: the password stands in the environment, as libpq reads it."""
    parsed = make_url(url)
    if parsed.password:
        monkeypatch.setenv("PGPASSWORD", str(parsed.password))
    return url.replace(f":{parsed.password}@", "@")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request, tmp_path):
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'place.db'}"
    return request.getfixturevalue("postgres_url")


def test_an_export_in_a_database(run, place, tmp_path, monkeypatch):
    """New, again, edited, deleted, killed in the middle: always what an undisturbed run makes."""
    messages = [message(n, f"text {n}") for n in range(1, NUMBER + 1)]
    source = export(tmp_path / "export", messages)
    arguments = ["--export", source, "--database", given(place, monkeypatch)]
    process = run.start("telegram_export_to_sql", *arguments)
    while not count(place):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, output, summary = run("telegram_export_to_sql", *arguments)
    assert (code, summary["delivered"] > 0) == (0, True), output
    assert {name: value[0] for name, value in rows(place).items()} == {
        f"telegram:42/{n}": f"text {n}" for n in range(1, NUMBER + 1)
    }
    assert run("telegram_export_to_sql", *arguments)[2]["already"] == NUMBER
    messages[6] = message(7, "edited", 40_000)
    del messages[99]
    export(source, messages)
    code, output, summary = run("telegram_export_to_sql", *arguments, "--deletes", "mark")
    assert (summary["updated"], summary["deleted"], summary["delivered"]) == (1, 1, 2), output
    there = rows(place)
    assert (there["telegram:42/7"][0], there["telegram:42/100"][2]) == ("edited", True)
    assert there["telegram:42/1"][1] == "2025-01-01 00:01:00"


@pytest.mark.postgres
def test_a_postgres_that_is_restarted_in_mid_batch(run, cluster, tmp_path, monkeypatch):
    """One clear line; and when it is there again the next run goes on to the same end."""
    url, restart = cluster
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, NUMBER + 1)])
    arguments = ["--export", source, "--database", given(url, monkeypatch)]
    process = run.start("telegram_export_to_sql", *arguments)
    while not count(url):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)
    restart()
    output, _ = process.communicate()
    if process.returncode:
        assert process.returncode == 1
        assert "cannot be used" in output
        assert len(output.strip().splitlines()) == 1, output
    code, output, _ = run("telegram_export_to_sql", *arguments)
    assert code == 0, output
    assert len(rows(url)) == NUMBER


def test_bad_databases_are_one_clear_line(run, tmp_path):
    """What, where, what to do; exit code 1."""
    (tmp_path / "text.db").write_text("this is no database, but it is long enough to be looked at as one " * 20)
    for database, says in (
        ("postgresql://me:secret@localhost/x", "must hold no password"),
        ("postgresql://127.0.0.1:1/x", "cannot be used"),
        ("mysql://localhost/x", "cannot be kept in mysql"),
        ("my-block", "there is no SqlAlchemyConnector block"),
        ("sqlite:////proc/nowhere/x.db", "cannot be"),
        (f"sqlite:///{tmp_path / 'text.db'}", "file is not a database"),
    ):
        code, output, _ = run("telegram_export_to_sql", "--database", database)
        assert code == 1
        assert says in output
        assert "secret" not in output
        assert len(output.strip().splitlines()) == 1, output
