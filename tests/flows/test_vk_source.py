"""VK as a flow's source: a wall into an archive and a database, followed; and the token nowhere."""

from __future__ import annotations

import json

import pytest

from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk

pytestmark = pytest.mark.served
OWNER = -GROUP
DAY = 1_700_000_000
POSTS = [{"owner_id": OWNER, "date": DAY + number, "text": f"Post {number} #tag"} for number in range(1, 8)]
SIZES = [{"type": "x", "width": 9, "height": 9, "url": "file:photo-2001_9.jpg"}]
PHOTO = {"id": 9, "owner_id": OWNER, "album_id": -7, "date": DAY, "has_tags": False, "sizes": SIZES}
POSTS[2]["attachments"] = [{"type": "photo", "photo": PHOTO}]


@pytest.fixture
def vk(tmp_path):
    """An emulator of VK; a request that no correct client sends fails the test."""
    (tmp_path / "vk").mkdir()
    running = Vk(tmp_path / "vk", **UNPACED)
    running.control(put=POSTS)
    yield running
    invalid = running.invalid()
    running.stop()
    assert invalid == []


def lines(folder):
    """Return an archive's items by their ids."""
    found = [json.loads(line) for path in (folder / "items").glob("*.jsonl") for line in path.open(encoding="utf-8")]
    return {item["id"]: item for item in found}


def test_a_wall_into_an_archive_and_a_database(run, vk, home, tmp_path):
    """All of it, with its files; then what is new, edited and deleted; the token is nowhere."""
    told = {"VK_ACCESS_TOKEN": USER_TOKEN, "VK_BASE_URL": f"{vk.base}/method", "NO_PROXY": "*"}
    wall = ("--community", GROUP, "--per-second", 20, "--allow-private", "127.0.0.1")
    archive = ("--archive", tmp_path / "archive", "--deletes", "follow", "--allow-mass-delete")
    code, output, first = run("vk_to_local", *wall, *archive, **told)
    assert (code, first["created"]) == (0, 7), output
    kept = lines(tmp_path / "archive")
    (medium,) = kept[f"vk:{OWNER}/3"]["media"]
    assert (tmp_path / "archive" / medium["path"]).read_bytes().startswith(b"the bytes of photo-2001_9.jpg")

    change = [{"post_id": 2, "deleted": True}, {"post_id": 5, "text": "edited", "edited": DAY + 9000}]
    vk.control(
        put=[{"owner_id": OWNER, "date": DAY + 100, "text": "new"}], change=[{"owner_id": OWNER} | c for c in change]
    )
    code, again, second = run("vk_to_local", *wall, *archive, **told)
    assert (code, second["created"], second["updated"], second["deleted"]) == (0, 1, 1, 1), again
    kept = lines(tmp_path / "archive")
    assert (kept[f"vk:{OWNER}/5"]["text"], kept[f"vk:{OWNER}/8"]["text"]) == ("edited", "new")

    database = f"sqlite:///{tmp_path / 'wall.db'}"
    code, more, third = run("vk_to_sql", *wall, "--database", database, **told)
    assert (code, third["created"]) == (0, 7), more
    files = [path for folder in (home, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert not [text for text in (output, again, more) if USER_TOKEN in text]
    assert not [path for path in files if USER_TOKEN.encode() in path.read_bytes()]


def test_a_wall_that_is_not_to_be_seen(run, vk, tmp_path):
    """One line says what to do."""
    vk.control(closed_walls=[OWNER])
    told = {"VK_ACCESS_TOKEN": USER_TOKEN, "VK_BASE_URL": f"{vk.base}/method", "NO_PROXY": "*"}
    code, output, _ = run("vk_to_local", "--community", GROUP, "--archive", tmp_path / "archive", **told)
    assert code == 1
    assert "VK denies access" in output
