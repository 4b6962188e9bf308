"""A feed through the flows as people run them: a kill loses nothing, unchanged it costs one request, secrets stay."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.exports import lines
from tests.servers.feeds import PICTURE, FeedServer, rss

BEGAN = datetime(2024, 1, 1, 12, tzinfo=UTC)


def post(number, text="", **more):
    """Return an entry of the feed."""
    date = format_datetime(BEGAN + timedelta(hours=number))
    entry = {"guid": f"post-{number}", "title": f"Post {number}", "text": text or f"<p>Text {number}</p>", "date": date}
    return entry | more


@pytest.fixture
def feeds():
    """A server of feeds and files."""
    server = FeedServer()
    yield server
    server.stop()


@pytest.mark.served
def test_a_feed_arrives_whatever_happens(run, feeds, tmp_path):
    """Killed while it fetches a picture; then whole; 304; then an edit and a new entry; what left the feed stays."""
    archive = tmp_path / "archive"
    told = ("--feed-url", f"{feeds.base}/feed.xml", "--allow-private", "127.0.0.1", "--archive", archive)
    asked, go_on = threading.Event(), threading.Event()
    feeds.hold = lambda path: path == "/a.png" and (asked.set(), go_on.wait(60))
    feeds.pages["/a.png"] = PICTURE
    files = [(f"{feeds.base}/a.png", "image/png"), (f"{feeds.base}/gone.png", "image/png")]
    feeds.pages["/feed.xml"] = rss([post(1), post(2, files=files), post(3)])
    process = run.start("rss_to_local", *told)
    assert asked.wait(300)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    go_on.set()

    code, output, summary = run("rss_to_local", *told)
    assert (code, summary["delivered"] + summary["already"]) == (0, 3), output
    assert "Traceback" not in output
    kept = next(item for item in lines(archive) if item["title"] == "Post 2")
    assert [medium.get("sha256") for medium in kept["media"]] == [hashlib.sha256(PICTURE).hexdigest(), None]

    before = len(feeds.asked)
    code, output, summary = run("rss_to_local", *told)
    assert (code, summary["seen"], feeds.statuses[before:]) == (0, 0, [304]), output

    feeds.pages["/feed.xml"] = rss([post(2, "<p>Another text</p>", files=files), post(3), post(4)])
    code, output, summary = run("rss_to_local", *told)
    assert (code, summary["delivered"], summary["already"]) == (0, 2, 1), output
    assert sorted(item["title"] for item in lines(archive)) == [f"Post {n}" for n in (1, 2, 3, 4)]


@pytest.mark.long
def test_a_secret_address_is_nowhere(run, feeds, home, tmp_path):
    """Given by the environment, with a name; neither output nor what is kept knows its token."""
    feeds.pages["/feed.xml"] = rss([post(1)])
    told = ("--feed-name", "mine", "--allow-private", "127.0.0.1", "--archive", tmp_path / "archive")
    secret = f"{feeds.base}/feed.xml?token=s3cret-t0ken".replace("//", "//me:s3cret-pass@")
    code, output, summary = run("rss_to_local", *told, SYNDICATE_RSS_URL=secret)
    assert (code, summary["delivered"]) == (0, 1), output
    headers = {name.lower(): value for name, value in feeds.asked[0][1].items()}
    assert headers["authorization"].startswith("Basic ")
    assert lines(tmp_path / "archive")[0]["id"] == "rss:mine/post-1"
    kept = b"".join(file.read_bytes() for folder in (home, tmp_path) for file in folder.rglob("*") if file.is_file())
    assert b"s3cret" not in kept + output.encode()


@pytest.mark.long
@pytest.mark.served
def test_an_entry_is_published_once(run, feeds, counting):
    """The first run sends nothing older; a new entry is sent once, also one without a date; an edit is an edit."""
    server = counting(honour_key=True)
    told = ("--feed-url", f"{feeds.base}/feed.xml", "--allow-private", "127.0.0.1")
    webhook = ("--url", server.url, "--name", "w", "--honours-key")
    feeds.pages["/feed.xml"] = rss([post(1), post(2, date="")])
    code, output, summary = run("rss_to_webhook", *told, *webhook)
    assert (code, summary["delivered"], summary["seen"]) == (0, 0, 2), output
    feeds.pages["/feed.xml"] = rss([post(1), post(2, date=""), post(3), post(4, date="")])
    for _ in range(2):
        code, output, summary = run("rss_to_webhook", *told, *webhook)
        assert code == 0, output
    feeds.pages["/feed.xml"] = rss([post(2, "edited", date=""), post(3, "edited"), post(4, date="")])
    code, output, summary = run("rss_to_webhook", *told, *webhook)
    sent = [(effect["action"], effect["id"].rpartition("/")[2]) for effect in server.effects()]
    assert sent == [("create", "post-3"), ("create", "post-4"), ("update", "post-3")]
