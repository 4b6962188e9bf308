"""The quickstart is followed to the letter, in a folder of its own, and keeps its word."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.reading import Span, documents, spans
from tests.exports import ROOT, SAMPLE, lines
from tests.servers.prefect import Api
from tests.servers.vk import GROUP, UNPACED, USER_TOKEN, Vk

DOCUMENTS = documents()
POSTS = 28
"""Posts of the bundled sample; its five service messages are kept apart."""
SERVER = "prefect server start"
"""With it the part begins that needs terminals of its own."""


def typed(page: str) -> list[Span]:
    """Return the lines of a document's shell blocks."""
    return [span for span in spans(page, DOCUMENTS[page]) if span.block]


def story() -> list[tuple[str, int]]:
    """Return the quickstart's flows, up to the server, each with the exit code that it promises."""
    flows = [line for line in parted()[0] if line.startswith("python flows/")]
    return [(line.split("#")[0].strip(), _promised(line)) for line in flows]


def parted() -> tuple[list[str], list[str]]:
    """Return the quickstart's lines: those for a laptop, and those for a server."""
    told = [span.text for span in typed("docs/quickstart.md")]
    begin = next(place for place, line in enumerate(told) if line.startswith(SERVER))
    return told[:begin], told[begin:]


def _promised(line: str) -> int:
    """Read the exit code that a line's comment tells."""
    found = re.search(r"exit code (\d+)", line)
    return int(found[1]) if found else 0


@pytest.fixture
def place(tmp_path):
    """A folder as the quickstart has it: the flows, and an export; with servers of Prefect and of VK behind it."""
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    (tmp_path / "flows").symlink_to(ROOT / "flows")
    for folder in ("servers", "vk"):
        (tmp_path / folder).mkdir()
    api, vk = Api(tmp_path / "servers"), Vk(tmp_path / "vk", **UNPACED)
    told = {"VK_ACCESS_TOKEN": USER_TOKEN, "VK_BASE_URL": f"{vk.base}/method", "NO_PROXY": "*"}
    yield tmp_path, os.environ | api.environment | told, vk
    vk.stop()
    api.stop()


def test_the_quickstart_does_what_it_says(place):
    """Each flow of the quickstart ends with the exit code that it promises, and leaves what it promises."""
    folder, environment, vk = place
    told = "\n".join(line.replace("--community 123", f"--community {GROUP}") for line, _ in story())
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "docs" / "follow.py", "codes.json"],
        input=told,
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    codes = json.loads((folder / "codes.json").read_text())
    came, output = list(zip([line for line, _ in story()], codes, strict=True)), done.stdout + done.stderr
    assert came == story(), output
    assert len(lines(folder / "archive")) == POSTS, output
    assert (folder / "archive" / "site" / "index.html").exists()
    with sqlite3.connect(folder / "archive.db") as database:
        assert database.execute("SELECT count(*) FROM items").fetchone()[0] > 0
    database.close()
    assert (len(vk.posts()) > 3, vk.invalid()) == (True, [])
    assert (folder / "dzen" / "public" / "preview.html").exists()


@pytest.mark.long
def test_the_server_s_part_does_what_it_says(tmp_path):
    """The server's lines, in their order: deployed, taken by the worker, and an archive is there."""
    shutil.copytree(SAMPLE, tmp_path / "export")
    server, environment = Api(tmp_path), {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    workers = []
    try:
        for line in parted()[1][1:]:
            asked = {"args": line.replace("/srv", str(tmp_path)), "shell": True, "cwd": ROOT, "start_new_session": True}
            done = subprocess.Popen(**asked, env=server.environment | environment)
            if "worker start" in line:
                workers.append(done)
            else:
                assert done.wait(600) == 0, line
        assert len(lines(tmp_path / "archive")) == POSTS
    finally:
        for worker in workers:
            os.killpg(worker.pid, signal.SIGTERM)
            worker.wait(60)
        server.stop()


def test_the_first_command_is_the_readme_s():
    """README and quickstart begin alike: the bundled sample, with nothing to set up; then the tests."""
    for page in ("README.md", "README.ru.md"):
        begin = [span.text.split("#")[0].strip() for span in typed(page)[:2]]
        assert begin == [
            "pip install -e . && python flows/telegram_export_to_local.py",
            "pip install -e '.[test]' && pytest",
        ]
    assert story()[0][0] == "python flows/telegram_export_to_local.py"


@pytest.mark.parametrize("page", ["README", "docs/quickstart"])
def test_both_languages_tell_the_same_commands(page):
    """The Russian page has the English page's commands, in the same order."""
    english, russian = (
        [re.split(r"\s+#", span.text)[0] for span in typed(f"{page}{language}.md")] for language in ("", ".ru")
    )
    # How the docs are built is told to those who work on the code, in English.
    assert [line for line in english if "sphinx-build" not in line] == russian
