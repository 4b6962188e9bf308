"""A WordPress site as a flow's source: from the shell, followed from run to run."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.exports import lines
from tests.pictures import picture

pytestmark = pytest.mark.served


def rows(database):
    """Return the titles in a database."""
    with closing(sqlite3.connect(database)) as opened:
        return sorted(title for (title,) in opened.execute("SELECT title FROM items WHERE deleted_at IS NULL"))


def test_a_site_in_a_database(run, wordpress, tmp_path):
    """New, edited, trashed, unchanged: each run carries what changed since the last; the password is nowhere."""
    posts = {name: wordpress.publish(title=name) for name in ("first", "second", "third")}
    database, password = tmp_path / "items.db", wordpress.logins["admin"]
    login = {"SYNDICATE_WORDPRESS_USER": "admin", "SYNDICATE_WORDPRESS_PASSWORD": password}

    def carry(*more):
        """Run the flow; returns its summary."""
        place = ("--wordpress", wordpress.url, "--database", f"sqlite:///{database}", "--deletes", "follow")
        code, output, summary = run("wordpress_to_sql", *place, *more, **login)
        assert code == 0, output
        assert password not in output
        return summary

    assert carry()["created"] == 3
    wordpress.rest("POST", f"posts/{posts['first']}", title="edited")
    wordpress.rest("DELETE", f"posts/{posts['second']}")
    wordpress.publish(title="back-dated", date_gmt="2001-01-01T00:00:00")
    summary = carry()
    assert (summary["created"], summary["updated"], summary["deleted"]) == (1, 1, 1)
    assert rows(database) == ["back-dated", "edited", "third"]
    assert carry()["delivered"] == 0


def test_a_site_in_an_archive(run, wordpress, tmp_path):
    """Its pictures come with it; a wrong password is one clear line."""
    image = wordpress.upload("view.png", picture("view", 60, 40))
    wordpress.publish(title="a view", featured_media=image["id"])
    archive = tmp_path / "archive"
    code, output, summary = run("wordpress_to_local", "--wordpress", wordpress.url, "--archive", archive)
    assert (code, summary["created"]) == (0, 1), output
    assert (archive / lines(archive)[0]["media"][0]["path"]).read_bytes() == picture("view", 60, 40)

    wrong = {"SYNDICATE_WORDPRESS_USER": "admin", "SYNDICATE_WORDPRESS_PASSWORD": "not this one"}
    place = ("--wordpress", wordpress.url, "--archive", archive)
    code, output, _ = run("wordpress_to_local", *place, **wrong)
    assert code == 1
    assert "does not know us" in " ".join(output.split())
    assert "not this one" not in output
    assert "Traceback" not in output
