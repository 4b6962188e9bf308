"""The feed as a real nginx serves it: its tags change when it does, and nobody ever gets half of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import httpx
import pytest
from lxml import etree

from adapters.conformance.bulk.shelf import SOURCE, bytes_of, missing, post
from adapters.contracts.item import Media, MediaKind
from adapters.contracts.ports import Batch
from adapters.destinations.dzen import DzenDestination, DzenSettings, Profile
from tests.channels import Clock
from tests.pictures import picture
from tests.servers.nginx import Nginx, NoNginx

REWRITES = 200


@pytest.fixture
def served(tmp_path):
    """Return a feed that is served: a function that commits, and a client."""
    folder = tmp_path / "feed"
    (folder / "public").mkdir(parents=True)
    (folder / "state").mkdir()
    try:
        server = Nginx(tmp_path / "nginx", folder / "public")
    except NoNginx as error:
        pytest.fail(str(error))
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    settings = DzenSettings(place=str(folder), base_url=server.url, profile=Profile(text_min=0))

    def commit(*items, media=missing):
        with DzenDestination(settings, now=clock).open(SOURCE) as session:
            if items:
                session.commit(Batch(items), media)

    commit.place = DzenDestination(settings, now=clock)
    commit.clock = clock
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield commit, client
    server.stop()


def tags(client, **headers):
    """Ask for the feed; return status, ETag and Last-Modified."""
    answer = client.get("/feed.xml", headers=headers)
    return answer.status_code, answer.headers["etag"], answer.headers["last-modified"]


def test_tags_change_exactly_when_the_feed_does(served):
    """Within one second too, and with a text of the same length; else a reader is told that nothing is new."""
    commit, client = served
    commit(post(1, "text A"))
    _, etag, modified = tags(client)
    seen = {(etag, modified)}
    for number, text in enumerate(("text B", "text A", "text C"), 1):
        commit()
        commit.clock.at += timedelta(hours=1)
        commit()
        assert tags(client, **{"If-None-Match": etag})[0] == 304
        assert tags(client, **{"If-Modified-Since": modified})[0] == 304
        commit(post(1, text, number))
        assert tags(client, **{"If-None-Match": etag})[0] == 200
        status, etag, modified = tags(client, **{"If-Modified-Since": modified})
        assert status == 200
        seen.add((etag, modified))
    assert len({etag for etag, _ in seen}) == len({modified for _, modified in seen}) == 4
    commit.clock.at += timedelta(days=3)
    commit()
    assert tags(client, **{"If-None-Match": etag})[0] == 200


def test_nobody_gets_half_a_feed(served):
    """While it is rewritten 200 times, everyone reads a whole one."""
    commit, client = served
    commit(*(post(n) for n in range(1, 60)))
    done, read = Event(), []

    def hammer():
        """Read as fast as can be."""
        while not done.is_set():
            read.append(client.get("/feed.xml"))

    readers = [Thread(target=hammer) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        with commit.place.open(SOURCE) as session:
            for number in range(1, REWRITES + 1):
                session.commit(Batch([post(0, f"rewrite {number:04}", number)]), missing)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert len({answer.headers["etag"] for answer in read}) > 10
    for answer in read:
        assert answer.status_code == 200
        assert len(answer.content) == int(answer.headers["content-length"])
        assert len(etree.fromstring(answer.content).findall(".//item")) >= 59


def test_pictures_and_the_page_are_served(served):
    """Under the addresses that the feed names; what is nobody's business is not."""
    commit, client = served
    data = picture("a", 900, 600)
    commit(post(1, media=(Media(kind=MediaKind.PHOTO, ref="a", size=len(data)),)), media=bytes_of({"a": data}))
    root = etree.fromstring(client.get("/feed.xml").content)
    enclosure = root.find(".//enclosure")
    answer = client.get(enclosure.get("url"))
    assert (answer.content, answer.headers["content-type"]) == (data, enclosure.get("type"))
    assert len(data) == int(enclosure.get("length"))
    link = root.findtext(".//item/link")
    page = client.get(link)
    assert (page.status_code, f'id="{link.partition("#")[2]}"' in page.text) == (200, True)
    assert client.get("/../state/state.json").status_code in {400, 404}
    assert client.get("/state/state.json").status_code == 404
