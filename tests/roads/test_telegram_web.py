"""The web preview behind what an export has carried: an archive and a wall are told nothing twice, and later edits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.contracts.retry import RetryPolicy
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.media import FolderMediaStore
from adapters.selection import Selection
from adapters.sources.telegram import Login, TelegramSource
from adapters.sources.telegram_export import TelegramExportSource
from adapters.stores.memory import memory_store
from tasks.bulk import BulkRoad
from tasks.options import Options
from tasks.plain import PlainEngine
from tasks.report import Watchers
from tests.destinations.vk_pair import Pair
from tests.emulators.telegram import API_HASH, API_ID, Clock, Telegram, client_factory
from tests.emulators.telegram_web.channel import Channel
from tests.emulators.telegram_web.server import TelegramWeb
from tests.exports import SAMPLE, export, lines, message
from tests.fakes import DAY
from tests.servers.vk import UNPACED, Vk
from tests.sources.web import NAME, source


@pytest.fixture
def channel(monkeypatch):
    """The sample's channel, and its preview."""
    monkeypatch.setenv("NO_PROXY", "*")
    made = Channel.of(SAMPLE)
    web = TelegramWeb(made)
    made.web = web
    yield made
    web.stop()


@pytest.fixture
def carry(tmp_path):
    """Return a function that carries a source into one archive."""
    store, runs = memory_store(lambda: DAY + timedelta(days=30)), iter(range(1, 100))

    def run(reader, **options):
        place, media = LocalDestination(LocalSettings(archive=tmp_path / "archive")), FolderMediaStore(tmp_path / "m")
        parts = (media, Options(**options), PlainEngine(RetryPolicy()), Watchers(), f"run-{next(runs)}")
        return BulkRoad("a → b", reader, place, {}, store, *parts).run()

    return run


def edit(channel, number):
    """Edit a message."""
    changed = {"text_entities": [{"type": "plain", "text": "edited"}], "edited_unixtime": "1748000000"}
    channel.messages = [one | changed if one["id"] == number else one for one in channel.messages]


def test_an_archive_of_the_export_is_followed_by_the_preview(channel, carry, tmp_path):
    """Nothing new, nothing edited, the media stay; then an edit, a new post and a deletion arrive, each once."""
    first = carry(TelegramExportSource(SAMPLE))
    held = lines(tmp_path / "archive")
    second = carry(source(channel.web))
    assert (first.delivered, second.delivered, second.already, second.dead) == (33, 0, 33, 0)
    assert [(one["id"], one.get("media")) for one in lines(tmp_path / "archive")] == [
        (one["id"], one.get("media")) for one in held
    ]
    edit(channel, 10)
    channel.messages = [one for one in channel.messages if one["id"] != 20]
    channel.messages.append(channel.messages[1] | {"id": 36, "date_unixtime": "1748000000"})
    third = carry(source(channel.web), deletes="follow")
    assert (third.created, third.updated, third.deleted, third.exit_code) == (1, 1, 1, 0)
    texts = {one["id"].partition("/")[2]: one.get("text") for one in lines(tmp_path / "archive")}
    assert texts["10"] == "edited"
    assert carry(source(channel.web), deletes="follow").delivered == 0


def test_an_edit_of_what_the_export_had_as_edited_needs_a_word(channel, carry):
    """The preview tells no time of an edit, so that it looks older than the export's: until --allow-older."""
    carry(TelegramExportSource(SAMPLE))
    carry(source(channel.web))
    edit(channel, 9)
    assert carry(source(channel.web)).filtered_by == {"older than what is there": 1}
    assert carry(source(channel.web), allow_older=True).updated == 1


def test_the_preview_alone_fills_an_archive_and_goes_on(channel, carry, tmp_path):
    """The whole channel with what media it shows; the next run reads the newest posts only."""
    first = carry(source(channel.web, look_back=5))
    assert (first.delivered, first.dead) == (33, 0)
    kept = {one["id"].partition("/")[2]: one.get("media", []) for one in lines(tmp_path / "archive")}
    assert [bool(one.get("sha256")) for one in kept["5"]] == [True] * 3
    assert "too big" in kept["17"][0]["missing"]
    channel.web.asked.clear()
    again = carry(source(channel.web, look_back=5))
    assert (again.seen, again.delivered) == (5, 0)
    assert len(channel.web.asked) <= 3


def test_a_wall_that_has_the_export_gets_nothing_twice(channel, tmp_path):
    """Behind the export no post is sent or edited; what is edited then is edited there."""
    vk = Vk(tmp_path, **UNPACED)
    try:
        pair = Pair(vk, tmp_path)
        first = pair.run(TelegramExportSource(SAMPLE))
        posts = vk.posts()
        second = pair.run(source(channel.web))
        assert (second.delivered, second.already) == (0, first.delivered)
        assert vk.posts() == posts
        edit(channel, 10)
        third = pair.run(source(channel.web))
        assert (third.delivered, third.updated) == (1, 1)
        assert "edited" in pair.texts()
        assert len(vk.posts()) == len(posts)
        assert vk.invalid() == []
    finally:
        vk.stop()


def test_three_readers_of_one_channel_post_once_on_a_wall(tmp_path, monkeypatch):
    """An export, the live channel, the preview, in turns: nothing is sent or edited again; an edit arrives once."""
    monkeypatch.setenv("NO_PROXY", "*")
    vk = Vk(tmp_path, **UNPACED)
    with Telegram(clock := Clock()) as world:
        live = world.channel("A chat", username=NAME, number=42)
        session = world.account(phone="+79990000001").session()
        live.members |= {one.id for one in world.accounts}
        numbers = [live.post(f"post {n}") for n in range(5)]
        made = [message(number, f"post {n}") for n, number in enumerate(numbers)]
        web, pair = TelegramWeb(Channel(made)), Pair(vk, tmp_path)
        login, book = Login(api_id=API_ID, api_hash=API_HASH, session=session), tmp_path / "addresses.json"

        def carried(reader):
            try:
                return pair.run(reader, selection=Selection(service=False))
            finally:
                reader.close()

        def telegram():
            return TelegramSource(f"@{NAME}", login, book, client_factory(world), clock, clock.move)

        try:
            assert carried(TelegramExportSource(export(tmp_path / "export", made))).created == 5
            posts = vk.posts()
            for reader in (telegram(), source(web), telegram(), source(web), TelegramExportSource(tmp_path / "export")):
                summary = carried(reader)
                assert (summary.delivered, summary.dead) == (0, 0)
            assert vk.posts() == posts
            live.edit(numbers[0], "edited")
            assert (carried(telegram()).updated, len(vk.posts())) == (1, 5)
            assert "edited" in pair.texts()
        finally:
            web.stop()
            vk.stop()
