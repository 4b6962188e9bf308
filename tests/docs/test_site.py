"""The docs site: built of all documents with nothing amiss, and what is amiss is said."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from docs.command_lines import commands_of, files, options_of
from tests.exports import ROOT

PLANTED = """# Planted

[no page](nowhere.md), [no heading](vk.md#nowhere), [no heading here](#nowhere) ![no picture](images/nowhere.png)
"""
FOUND = [
    "image file not readable: docs/images/nowhere.png",
    "'myst' cross-reference target not found: 'nowhere.md'",
    "local id not found in doc 'docs/vk': 'nowhere'",
    "'myst' cross-reference target not found: 'nowhere'",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of a copy of all documents, with one that has mistakes; and what the builder said."""
    copy, built = tmp_path_factory.mktemp("copy") / "pack", tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "archive", "reference"))
    (copy / "docs" / "planted.md").write_text(PLANTED, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", ROOT / "docs", copy, built]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return built, done


def test_what_leads_nowhere_fails_the_build(site):
    """Links to no page, to no heading and to no picture are each an error; all other documents have none."""
    _, done = site
    said = [line.split("WARNING: ")[1].split(" [")[0] for line in done.stderr.splitlines() if "WARNING" in line]
    assert (done.returncode != 0, sorted(said)) == (True, sorted(FOUND)), done.stderr


@pytest.mark.parametrize("flow", files())
def test_each_flow_has_a_page_of_its_options(site, flow):
    """Every option of every command of a flow stands on its page."""
    page = (site[0] / "docs" / "reference" / f"{flow.replace('_', '-')}.html").read_text(encoding="utf-8")
    options = [one for app in commands_of(flow).values() for one in options_of(app)]
    assert [name for one in options for name in one.names if f">{name}<" not in page] == []
    assert [one.names for one in options if not one.help] == []


@pytest.mark.parametrize(
    ("page", "option"),
    [("vk", "--look-back"), ("vk", "--overflow"), ("archive", "--formats"), ("telegram-web", "--channel-id")],
)
def test_an_adapters_page_tells_its_options(site, page, option):
    """What a service takes, as a source and as a destination, stands on its page."""
    text = (site[0] / "docs" / f"{page}.html").read_text(encoding="utf-8")
    assert f">{option}<" in text.split('id="every-option"')[1]


def test_the_site_asks_nobody_else(site):
    """No page loads a script, a style or a font from another server."""
    found = set()
    for page in site[0].rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text(encoding="utf-8")
        )
        found |= set(loaded)
    assert found == set()
