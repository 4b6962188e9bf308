"""Receipts that a person brings: read line by line, all of a file or nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.contracts.errors import ConfigurationError
from adapters.contracts.runs import PairRecord
from adapters.stores.memory import memory_store
from tasks.receipts import import_receipts

PAIR = ("telegram:42", "vk:-7")
JSON = '{"item_id": "telegram:42/1", "remote_id": 5}\n'


@pytest.fixture
def store():
    """A store that knows the pair."""
    opened = memory_store()
    opened.save_pair(PairRecord(source_id=PAIR[0], destination_id=PAIR[1], service="vk"))
    yield opened
    opened.close()


@pytest.fixture
def take(store, tmp_path):
    """Return a function that imports a file of this content."""

    def take(content, pair=PAIR, *, dry_run=False):
        file = tmp_path / "receipts"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_receipts(store, pair, str(file), "run", dry_run=dry_run)

    return take


def held(store, item_id="telegram:42/1"):
    """Return what the place is said to hold."""
    return store.known(PAIR[1], [item_id])[item_id].held


def test_a_table(store, take):
    """Columns in any order, a mark at the begin, quotes with line breaks; times with and without a zone."""
    text = (
        "\ufeffurl,item_id,at,remote_id,version\r\n"
        "https://vk.com/wall-7_5,telegram:42/1,2024-01-31T18:00+03:00,5,telegram.1:ab\r\n"
        ',telegram:42/2,2024-01-31,"6"\r\n'
    )
    assert take(text).line == "2 receipts imported for telegram:42 → vk:-7, 0 known already"
    one = held(store)
    assert (one.remote_id, one.url, one.version) == ("5", "https://vk.com/wall-7_5", "telegram.1:ab")
    assert one.at == datetime(2024, 1, 31, 15, tzinfo=UTC)
    assert held(store, "telegram:42/2").at == datetime(2024, 1, 31, tzinfo=UTC)


def test_json_lines_again_and_again(store, take):
    """A second time everything is known; a dry run notes nothing."""
    assert take(JSON, dry_run=True).line.startswith("dry run: 1 receipts would be imported")
    assert store.known(PAIR[1], ["telegram:42/1"]) == {}
    assert take(JSON).number == 1
    again = take(JSON)
    assert (again.number, again.line) == (0, "0 receipts imported for telegram:42 → vk:-7, 1 known already")
    assert held(store).remote_id == "5"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (JSON + '{"item_id": "telegram:42/2"}\n', "line 2: remote_id is missing"),
        (JSON + "\n[]\n", "line 3: this is no object of fields"),
        (JSON + "{nonsense\n", "line 2: this is no JSON"),
        (JSON + JSON, "line 2: item_id telegram:42/1 stands in line 1 too"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "5"}', "line 2: remote_id 5 stands in line 1 too"),
        (JSON + '{"item_id": "telegram:43/2", "remote_id": "6"}', "line 2: this is no item of the source telegram:42"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "6", "token": "x"}', "line 2: there is no field token"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "6", "at": "31.12."}', "line 2: at is no date"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "6", "url": "javascript:x"}', "line 2: url is no http"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "6", "version": "?"}', "line 2: version is none of ours"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": true}', "line 2: remote_id is no text"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "\\u0000"}', "line 2: remote_id holds characters"),
        (JSON + '{"item_id": "telegram:42/2", "remote_id": "%s"}' % ("x" * 3000), "line 2: remote_id is longer"),
        ("item_id,remote_id\ntelegram:42/1,5\ntelegram:42/2,6,7\n", "line 3: there are more values than columns"),
        ('item_id,remote_id\ntelegram:42/1,5\n"telegram', "line 3: this is no CSV"),
        ("id,object\n1,2\n", "must name the columns"),
        ("", "must name the columns"),
        ("item_id,remote_id\n", "holds no receipt"),
        (b"item_id,remote_id\n\xff,1\n", "is no UTF-8 text"),
    ],
)
def test_one_bad_line_keeps_all_out(store, take, content, says):
    """It is named by its number, and nothing of the file is there afterwards."""
    with pytest.raises(ConfigurationError, match=says):
        take(content)
    assert store.held_ids(*PAIR) == []


def test_many_bad_lines_are_not_all_told(take):
    """A message is for people."""
    with pytest.raises(ConfigurationError, match=r"500 bad lines, nothing was imported.*and 480 more") as told:
        take("{}\n" * 500)
    assert len(str(told.value)) < 2_000


def test_another_object_is_refused(store, take):
    """What the store knows better is not overwritten."""
    take(JSON)
    with pytest.raises(ConfigurationError, match="line 1: the store knows another object of this item"):
        take(JSON.replace("5", "6"))
    assert held(store).remote_id == "5"


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("telegram:42", "vk"), "is no name of a place"),
        (("telegram:42", "vkontakte:-7"), "there is no service 'vkontakte'"),
        (("telegram:42", "local:ab"), "is its own record"),
    ],
)
def test_what_is_no_pair_with_receipts(take, pair, says):
    """A name that is mistyped, and a place that says itself what it holds."""
    with pytest.raises(ConfigurationError, match=says):
        take(JSON, pair)


def test_a_pair_that_has_never_run(take):
    """It may be told before its first run, and is warned of a wrong name."""
    deed = take(JSON, ("telegram:42", "vk:-8"))
    assert deed.number == 1
    assert any("knows no such pair yet" in note for note in deed.notes)
