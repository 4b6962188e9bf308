"""Carrying an export into its place again: what is unread counts, what is damaged or edited is noticed."""

from __future__ import annotations

import json
import sqlite3

import pytest

from adapters.contracts.retry import RetryPolicy
from adapters.databases.engines import engine_of
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.sql import SqlDestination
from adapters.destinations.sql.session import DATABASE
from adapters.media import FolderMediaStore
from adapters.sources.telegram_export import TelegramExportSource
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers
from tests.exports import message
from tests.fakes import DAY


def archive(tmp_path):
    """Return the archive."""
    return LocalDestination(LocalSettings(archive=tmp_path / "archive"))


def sqlite(tmp_path):
    """Return the database."""
    return SqlDestination(lambda: engine_of(f"sqlite:///{tmp_path}/x.db", DATABASE))


@pytest.fixture(params=[archive, sqlite])
def place(request, tmp_path):
    """Return what opens a place that keeps traces."""
    return lambda: request.param(tmp_path)


@pytest.fixture
def carry(tmp_path, place):
    """Return a function that writes an export of these messages and carries it into the place."""
    store, runs = memory_store(lambda: DAY), iter(range(1, 100))

    def run(messages, **options):
        chat = {"name": "A chat", "type": "public_channel", "id": 42, "messages": messages}
        (tmp_path / "result.json").write_text(json.dumps(chat, indent=1), encoding="utf-8")
        return BulkRoad(
            pair="telegram_export → local",
            source=TelegramExportSource(tmp_path / "result.json", page_size=10),
            destination=place(),
            settings={},
            store=store,
            media=FolderMediaStore(tmp_path / "media"),
            options=Options(**options),
            engine=PlainEngine(RetryPolicy()),
            watcher=Watchers(),
            run_id=f"run-{next(runs)}",
        ).run()

    return run


MESSAGES = [message(n, f"post {n}") for n in range(1, 41)]


def generation(place):
    """Return the place's generation, which changes with each commit."""
    with place().peek("telegram:42") as session:
        return session.generation


def test_nothing_new_is_counted_and_touches_nothing(carry, place):
    """As many are already there as were delivered, read or unread, and no commit was made."""
    assert carry(MESSAGES).delivered == 40
    before = generation(place)
    for options in ({}, {"reread": True}):
        again = carry(MESSAGES, **options)
        assert (again.seen, again.already, again.delivered, again.exit_code) == (40, 40, 0, 0)
    assert generation(place) == before


def test_exactly_what_was_edited_or_is_new_is_written(carry):
    """Between hundreds that are left unread."""
    carry(MESSAGES)
    edited = message(7, "edited") | {"edited_unixtime": "1999999999"}
    again = carry([*(edited if one["id"] == 7 else one for one in MESSAGES), message(41, "new")])
    assert (again.already, again.updated, again.created) == (39, 1, 1)
    third = carry([edited if one["id"] == 7 else one for one in MESSAGES])
    assert (third.already, third.delivered) == (40, 0)
    fourth = carry(MESSAGES)
    # What it was before is older than what is there.
    assert (fourth.already, fourth.filtered, fourth.delivered) == (39, 1, 0)


def test_a_message_that_was_deleted_and_is_back_is_written_again(carry):
    """Though its bytes are those that it was read from."""
    carry(MESSAGES)
    without = [one for one in MESSAGES if one["id"] != 7]
    assert carry(without, deletes="mark").deleted == 1
    back = carry(MESSAGES)
    assert (back.already, back.delivered) == (39, 1)


@pytest.mark.parametrize("place", [sqlite], indirect=True)
def test_a_row_that_a_hand_has_deleted_is_written_again(carry, tmp_path):
    """It is not held, whatever the export's bytes are."""
    carry(MESSAGES)
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("DELETE FROM items WHERE id = 'telegram:42/7'")
    again = carry(MESSAGES)
    assert (again.already, again.created) == (39, 1)


@pytest.mark.parametrize("place", [archive], indirect=True)
def test_a_damaged_part_is_noticed_though_the_export_is_unchanged(carry, tmp_path):
    """Its items are not held any more, whatever trace they had."""
    carry(MESSAGES)
    part = tmp_path / "archive" / "items" / "000001.jsonl"
    whole = part.read_bytes()
    part.write_bytes(whole.replace(b"post 12", b"post 99"))
    again = carry(MESSAGES)
    assert again.warnings
    assert again.delivered >= 1
    assert sorted(part.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_a_selection_counts_what_it_holds_back(carry):
    """Though it is there as it is: another run wanted it."""
    carry(MESSAGES)
    again = carry(MESSAGES, selection={"include": ("post 3",)})
    assert (again.filtered, again.already) == (29, 11)


@pytest.mark.parametrize("place", [archive], indirect=True)
def test_an_index_of_an_earlier_release_learns_traces(carry, tmp_path):
    """Without a trace everything is read, and found to be there."""
    carry(MESSAGES)
    with sqlite3.connect(tmp_path / "archive" / "index.sqlite") as index:
        index.execute("ALTER TABLE items DROP COLUMN trace")
    assert (carry(MESSAGES).already, carry(MESSAGES).already) == (40, 40)
    more = carry([*MESSAGES, message(41, "new")])
    assert (more.already, more.created) == (40, 1)
    with sqlite3.connect(tmp_path / "archive" / "index.sqlite") as index:
        assert index.execute("SELECT count(*) FROM items WHERE trace <> ''").fetchone() == (41,)
