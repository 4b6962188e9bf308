"""The crash sweep in short: a few points of each kind; `python -m tests.sweep` strikes them all."""

from __future__ import annotations

import pytest

from tests.sweep import tracing
from tests.sweep.feeds import Feed
from tests.sweep.roads import Archive, Webhook
from tests.sweep.sweep import Sweep

FAULTS = ("KILL", "ENOSPC", "EIO")
KEYS = pytest.mark.parametrize("honours", [True, False])


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Talk to the loopback directly, whatever this machine's proxies are."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module", autouse=True)
def strace(tmp_path_factory):
    """Fail where there is no strace: a sweep that is skipped proves nothing."""
    tracing.command(tmp_path_factory.mktemp("strace") / "log")


def held(row, most):
    """Be sure that every point was struck and that nothing was lost, doubled or torn."""
    assert (row.lost, row.doubled, row.torn, row.notes) == (0, 0, 0, []), "\n".join(row.notes)
    assert row.points == row.fired == most


def test_the_archive_holds():
    """Killed, or told that the disk is full or broken, at any moment: the next run makes the same archive."""
    with Sweep(Archive()) as prepared:
        for fault in FAULTS:
            held(prepared.sweep(fault, most=7), 7)


def test_the_pages_hold():
    """The same with Markdown and site: no page is ever torn, and the next run makes the very bytes of a calm one."""
    with Sweep(Archive("pages", "pages")) as prepared:
        for fault, most in zip(FAULTS, (12, 5, 5), strict=True):
            held(prepared.sweep(fault, most=most), most)


def test_the_feed_holds():
    """The same on the way into Dzen's feed, which is never half a feed and never one without its pictures."""
    with Sweep(Feed()) as prepared:
        for fault in FAULTS:
            held(prepared.sweep(fault, most=7), 7)


@KEYS
def test_publishing_holds(honours):
    """The same on the way to a webhook, and stopped until another process has done the work."""
    with Sweep(Webhook(honours_key=honours)) as prepared:
        for fault in (*FAULTS, "STOP"):
            held(prepared.sweep(fault, most=5), 5)


@pytest.mark.parametrize(("honours", "faults"), [(False, (*FAULTS, "STOP")), (True, ("KILL", "STOP"))])
def test_publishing_several_at_once_holds(honours, faults):
    """The same with four requests on their way at once: each of them ends in the store, or in doubt."""
    with Sweep(Webhook(honours_key=honours, parallel=4)) as prepared:
        for fault in faults:
            held(prepared.sweep(fault, most=3), 3)


@KEYS
@pytest.mark.postgres
def test_publishing_with_postgres_holds(server, honours):
    """The same with the jobs in PostgreSQL."""
    with Sweep(Webhook(honours_key=honours, postgres=server)) as prepared:
        for fault in ("KILL", "STOP"):
            held(prepared.sweep(fault, most=6), 6)


def test_a_naive_writer_is_caught():
    """The sweep finds what is written twice: a writer that only notes what it has written fails it."""
    with Sweep(Archive("naive", "naive")) as prepared:
        row = prepared.sweep("KILL", most=8)
    assert row.doubled > 0
    assert row.points == row.fired == 8


def test_without_strace_the_sweep_fails(monkeypatch, tmp_path):
    """It says what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(tracing.NoStrace, match="apt install strace"):
        tracing.command(tmp_path / "log")
