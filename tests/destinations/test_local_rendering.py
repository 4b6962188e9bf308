"""A month's pages made by several processes: the same bytes, and nothing but a later run where one is ended."""

from __future__ import annotations

import os
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.contracts.errors import Transient
from adapters.contracts.ports import Batch
from adapters.destinations.local import LocalDestination, LocalSettings
from adapters.destinations.local.pages.ledger import Ledger
from adapters.destinations.local.pages.reading import Lines
from adapters.destinations.local.pages.rendering import Task, rendering
from tests.destinations.test_local_pages import SMALL, SOURCE, item, no_media, pages


def site(folder, alone):
    """Write an archive of some months, whose pages are made by one process up to so many items."""
    answers = {n: {"reply_to": f"{SOURCE}/{n - 9}"} for n in range(12, 200, 4)}
    several = [item(n, tags=("tea",), **answers.get(n, {})) for n in range(1, 200)]
    place = LocalDestination(LocalSettings(archive=folder, formats=("jsonl", "site")), replace(SMALL, alone=alone))
    with place.open(SOURCE) as session:
        session.commit(Batch(several), no_media)
    return pages(folder)


def test_several_processes_make_what_one_makes(tmp_path):
    """Byte for byte, with answers across the pages."""
    assert site(tmp_path / "several", alone=0) == site(tmp_path / "one", alone=10_000)


@pytest.fixture
def task(tmp_path):
    """Return a page's task."""
    site(tmp_path, alone=10_000)
    with sqlite3.connect(tmp_path / "index.sqlite") as index:
        rows = Ledger(index).month("2024-02")[:3]
    return Task(rows=rows, around=(None, None), targets={}, replies={}, first_days=[], title="A boat")


def helpers():
    """Return the processes that make pages for this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = f"PPid:\t{os.getpid()}\n" in (process / "status").read_text(encoding="utf-8")
            made = mine and b"pages.rendering" in (process / "cmdline").read_bytes()
        except OSError:
            continue
        found += [int(process.name)] if made else []
    return found


def test_a_process_that_is_killed_leaves_the_rest_to_the_next_run(task, tmp_path):
    """It is no bug, and nothing is lost; the others end with the one that they work for."""

    def tasks():
        """Kill all of them between two tasks."""
        yield task
        for helper in helpers():
            os.kill(helper, signal.SIGKILL)
        yield from [task] * 20

    with (
        Lines(tmp_path) as lines,
        pytest.raises(Transient, match="the next run makes them"),
        rendering(tmp_path, lines, 2) as render,
    ):
        list(render(tasks()))
    assert helpers() == []


def test_a_line_that_is_elsewhere_is_said_as_in_one_process(task, tmp_path):
    """What goes wrong there is raised here."""
    moved = replace(task, rows=[task.rows[0]._replace(start=1)])
    for number in (0, 2):
        with (
            Lines(tmp_path) as lines,
            pytest.raises(Transient, match=r"is not where items/000001\.jsonl had it"),
            rendering(tmp_path, lines, number) as render,
        ):
            list(render([moved]))
