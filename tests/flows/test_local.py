"""An archive as a flow's source: what its own source has brought somewhere is not brought there again."""

from __future__ import annotations

import sqlite3

import pytest

from tests.exports import SAMPLE

pytestmark = pytest.mark.served


def test_what_the_export_has_sent_the_archive_does_not_send_again(run, counting, tmp_path):
    """The same channel read otherwise: the same items, the same versions; and a database without the export."""
    server, archive = counting(honour_key=True), tmp_path / "archive"
    code, output, _ = run("telegram_export_to_local", "--export", SAMPLE, "--archive", archive)
    assert code == 0, output
    webhook = ("--url", server.url, "--name", "w", "--honours-key", "--from-beginning")
    code, output, sent = run("telegram_export_to_webhook", "--export", SAMPLE, "--limit", 5, *webhook)
    assert (code, sent["delivered"]) == (0, 5), output

    code, output, again = run("local_to_webhook", "--archive", archive, *webhook)
    assert (code, again["already"]) == (0, 5), output
    effects = [effect["id"] for effect in server.effects()]
    assert len(effects) == len(set(effects)) == 5 + again["delivered"]

    code, output, summary = run("local_to_sql", "--archive", archive, "--database", f"sqlite:///{tmp_path}/items.db")
    assert (code, summary["delivered"]) == (0, 33), output
    with sqlite3.connect(tmp_path / "items.db") as database:
        assert database.execute("SELECT count(*) FROM items WHERE version LIKE 'telegram_export.1:%'").fetchone() == (
            33,
        )
    database.close()


def test_a_folder_that_is_no_archive_is_one_clear_line(run, tmp_path):
    """What, where, and what to do."""
    code, output, _ = run("local_to_sql", "--archive", tmp_path / "nowhere")
    assert code == 1
    assert "is not there; name the folder that a pair has written" in output.replace("\n", " ")
    assert "Traceback" not in output
