"""The bench: every row comes out of a run, whatever it says; how it judges rounds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench import table
from bench.frame import Bar, Cost, Row, Side
from bench.rows import ROWS
from tests.exports import ROOT

HALF = Row(
    "half",
    "ours of the limit's",
    (Side("ours", lambda _: ()), Side("limit", lambda _: ())),
    lambda costs: costs["limit"].wall / costs["ours"].wall,
    Bar("at least 0.5", least=0.5),
    "wall",
)


def rounds(*walls, others=0.0):
    """Return rounds in which the limit took a second, and ours so many."""
    return [{"ours": Cost(wall, wall, 9, others), "limit": Cost(1, 1, 9)} for wall in walls]


def test_every_row_comes_out_of_a_run(tmp_path):
    """One round with a handful of messages makes a table and a file with all rows; what is absent says why."""
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text("before\n<!-- bench -->not yet<!-- /bench -->\nafter\n")
    command = [sys.executable, "-m", "bench", "--items", "20", "--rounds", "1", "--without-peers", "--without-prefect"]
    where = ["--folder", tmp_path / "bench", "--into", page, "--json", out]
    done = subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text, found = page.read_text(), json.loads(out.read_text())
    assert text.startswith("before\n<!-- bench -->\n\ncommand: python -m bench --items 20")
    assert text.endswith("<!-- /bench -->\nafter\n")
    assert "not yet" not in text
    assert [row["name"] for row in found["rows"]] == [row.name for row in ROWS]
    assert all(f"| `{row.name}` |" in text for row in ROWS)
    unmeasured = {row["name"]: row["verdict"] for row in found["rows"] if row["median"] is None}
    assert set(unmeasured.values()) <= {"not measured: run without peers"}
    assert {side for one in found["rounds"] for side in one} >= {"start", "export → PostgreSQL", "media, linked"}


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (rounds(1.9, 2.0, 1.9), "holds"),
        (rounds(2.1, 2.2, 2.1), "missed"),
        (rounds(1.0, 2.0, 1.0), "holds"),
        (rounds(1.0, 4.0, 1.0), "no conclusion: the rounds lie 75% apart"),
        (rounds(1.9, 1.9, others=0.5), "no conclusion: others were at work in 2 of 2 rounds"),
        ([*rounds(1.9, 1.9), *rounds(9.9, others=0.5)], "holds"),
    ],
)
def test_a_noisy_round_concludes_nothing(found, verdict):
    """Rounds in which others were at work do not count; too few quiet ones, or ones that disagree, say nothing."""
    assert table.judge(HALF, found, {}).verdict == verdict


def test_a_row_without_one_of_its_sides_says_why():
    """It is no failure of the run."""
    assert table.judge(HALF, [], {"limit": "no server"}).verdict == "not measured: no server"
