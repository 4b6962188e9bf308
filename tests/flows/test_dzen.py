"""Dzen's flows as people run them: an export and an archive into a feed, a bucket, and the check of any feed."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from adapters.contracts.errors import ConfigurationError
from tasks.places.dzen import Dzen
from tests.exports import export, message
from tests.servers import s3

pytestmark = pytest.mark.served

LONG = "A text that is long enough for Dzen. " * 9
ADDRESS = ("--base-url", "https://example.com/dzen")


def guids(folder):
    """Return the guids of a feed."""
    return {guid.text for guid in etree.fromstring((folder / "public/feed.xml").read_bytes()).iter("guid")}


def test_an_export_and_its_archive_make_the_same_feed(run, tmp_path):
    """What is too short is left out by name; the archive's items are the export's, guid by guid."""
    texts = ["short" if n == 3 else LONG for n in range(1, 13)]
    source = export(tmp_path / "export", [message(n, text) for n, text in enumerate(texts, 1)])
    archive, feed, other, skip = tmp_path / "archive", tmp_path / "feed", tmp_path / "other", ("--short", "skip")
    code, output, summary = run("telegram_export_to_dzen", "--export", source, "--feed", feed, *ADDRESS, *skip)
    assert (code, summary["delivered"], summary["filtered_by"]) == (0, 11, {"shorter than 300 characters": 1}), output
    assert guids(feed) == {f"telegram:42/{n}" for n in range(1, 13) if n != 3}
    assert run("telegram_export_to_local", "--export", source, "--archive", archive)[0] == 0
    code, output, summary = run("local_to_dzen", "--archive", archive, "--feed", other, *ADDRESS, *skip)
    assert (code, summary["delivered"], guids(other) == guids(feed)) == (0, 11, True), output


@pytest.mark.parametrize(("feed", "code", "says"), [("<rss/>", 2, "rss-structure"), ("", 1, "cannot be read")])
def test_the_check_ends_by_what_it_found(run, tmp_path, feed, code, says):
    """With 2 where Dzen would refuse something, with 1 where there is no feed."""
    file = tmp_path / "feed.xml"
    if feed:
        file.write_text(feed)
    done, output, _ = run.plain("dzen_check", file)
    assert (done, says in output) == (code, True), output


def test_a_bucket_by_its_address(run, tmp_path, moto):
    """With the secret from the environment; it is nowhere in what is kept or said."""
    source = export(tmp_path / "export", [message(1, LONG)])
    place = ("--feed", f"s3://{s3.BUCKET}/flow", "--endpoint", moto.url, "--key-id", s3.KEY)
    code, output, summary = run(
        "telegram_export_to_dzen", "--export", source, *ADDRESS, *place, SYNDICATE_S3_SECRET=s3.SECRET, NO_PROXY="*"
    )
    assert (code, summary["delivered"]) == (0, 1), output
    assert b"telegram:42/1" in moto.files("flow")["public/feed.xml"]
    assert s3.SECRET not in output + json.dumps(summary)


def test_a_key_without_its_secret_stops_with_one_line(monkeypatch):
    """It names the variable."""
    monkeypatch.delenv("SYNDICATE_S3_SECRET", raising=False)
    with pytest.raises(ConfigurationError, match="set SYNDICATE_S3_SECRET"):
        Dzen(base_url="https://example.com", feed="s3://a/b", key_id="x").open()
