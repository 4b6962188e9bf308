"""VK as a flow's destination: an export and the archive of it on one wall, once; and the token nowhere."""

from __future__ import annotations

import pytest

from tests.exports import SAMPLE
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk


@pytest.fixture
def vk(tmp_path):
    """An emulator of VK; a request that no correct client sends fails the test."""
    (tmp_path / "vk").mkdir()
    running = Vk(tmp_path / "vk", **UNPACED)
    yield running
    invalid = running.invalid()
    running.stop()
    assert invalid == []


def test_an_export_and_its_archive_on_a_wall(run, vk, home, tmp_path):
    """The export is posted, its archive is not posted again; nobody who reads what is left finds the token."""
    told = {"VK_ACCESS_TOKEN": USER_TOKEN, "VK_BASE_URL": f"{vk.base}/method", "NO_PROXY": "*"}
    wall = ("--community", GROUP, "--per-second", 20, "--from-beginning")
    code, output, first = run("telegram_export_to_vk", "--export", SAMPLE, *wall, **told)
    # Four items of the sample have nothing that can be shown: files that were not exported, an unsupported one.
    assert (code, first["dead_by"], first["pending"]) == (2, {"rejected": first["dead"]}, 0), output
    posts = vk.posts()
    assert len(posts) >= first["delivered"] > 20
    archived, more, _ = run("telegram_export_to_local", "--export", SAMPLE, "--archive", tmp_path / "archive", **told)
    assert archived == 0, more
    again = run("local_to_vk", "--archive", tmp_path / "archive", *wall, **told)
    assert (again[2]["delivered"], again[2]["already"]) == (0, first["delivered"]), again[1]
    assert vk.posts() == posts
    shown = [output, more, again[1]]
    files = [path for folder in (home, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [text for text in shown if USER_TOKEN in text]
    assert not [path for path in files if USER_TOKEN.encode() in path.read_bytes()]
