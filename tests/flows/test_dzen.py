"""Dzen's flows as people run them: an export and an archive into a feed, and the check of any feed."""

from __future__ import annotations

import json

from lxml import etree

from tests.exports import export, message
from tests.servers import s3

LONG = "A text that is long enough for Dzen. " * 9


def guids(folder):
    """Return the guids of a feed."""
    return {guid.text for guid in etree.fromstring((folder / "public/feed.xml").read_bytes()).iter("guid")}


def test_an_export_and_its_archive_make_the_same_feed(run, tmp_path):
    """Refused by name, left out by name, checked; and the archive's items are the export's."""
    texts = ["short" if n == 3 else LONG for n in range(1, 13)]
    source = export(tmp_path / "export", [message(n, text) for n, text in enumerate(texts, 1)])
    address = ("--base-url", "https://example.com/dzen")
    feed = tmp_path / "feed"
    code, output, summary = run("telegram_export_to_dzen", "--export", source, "--feed", feed, *address)
    assert (code, summary["delivered"], summary["died"]) == (2, 11, 1), output
    assert guids(feed) == {f"telegram:42/{n}" for n in range(1, 13) if n != 3}
    code, output, _ = run("dead_letters", "list", "--json")
    assert (code, json.loads(output)["why"].split(": ")[1]) == (0, "text-length"), output
    skip = ("--short", "skip")
    code, output, summary = run("telegram_export_to_dzen", "--export", source, "--feed", feed, *address, *skip)
    assert (code, summary["already"], summary["filtered_by"]) == (0, 11, {"shorter than 300 characters": 1}), output

    archive, other = tmp_path / "archive", tmp_path / "other"
    assert run("telegram_export_to_local", "--export", source, "--archive", archive)[0] == 0
    code, output, summary = run("local_to_dzen", "--archive", archive, "--feed", other, *address, *skip)
    assert (code, summary["delivered"], guids(other) == guids(feed)) == (0, 11, True), output

    code, output, _ = run.plain("dzen_check", feed / "public/feed.xml")
    assert (code, "Dzen would refuse 0 things" in output, "items-fresh" in output) == (0, True, True), output
    (tmp_path / "broken.xml").write_text("<rss/>")
    code, output, _ = run.plain("dzen_check", tmp_path / "broken.xml")
    assert (code, "rss-structure" in output) == (2, True), output
    code, output, _ = run.plain("dzen_check", tmp_path / "none.xml")
    assert (code, len(output.strip().splitlines())) == (1, 1), output


def test_a_bucket_by_its_address(run, tmp_path, moto):
    """With the secret from the environment; it is nowhere in what is kept or said."""
    source = export(tmp_path / "export", [message(1, LONG)])
    place = ("--feed", f"s3://{s3.BUCKET}/flow", "--endpoint", moto.url, "--key-id", s3.KEY)
    arguments = ("--export", source, "--base-url", "https://example.com", *place)
    code, output, _ = run("telegram_export_to_dzen", *arguments)
    assert (code, "SYNDICATE_S3_SECRET" in output, len(output.strip().splitlines())) == (1, True, 1), output
    secret = {"SYNDICATE_S3_SECRET": s3.SECRET, "NO_PROXY": "*"}
    code, output, summary = run("telegram_export_to_dzen", *arguments, **secret)
    assert (code, summary["delivered"]) == (0, 1), output
    assert b"telegram:42/1" in moto.files("flow")["public/feed.xml"]
    assert s3.SECRET not in output + json.dumps(summary)
