"""Whole flows, Prefect and all, killed at ten points each; minutes: `pytest -m long`."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.exports import export, lines, message
from tests.sweep.flows import Flow

pytestmark = pytest.mark.long

POINTS = 10


def spread(points):
    """Choose ten points from the first to the last."""
    assert len(points) >= POINTS
    return [points[(2 * n + 1) * len(points) // (2 * POINTS)] for n in range(POINTS)]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Prefect's own state, made once."""
    return tmp_path_factory.mktemp("home")


def test_the_flow_into_the_archive_is_killed_ten_times(tmp_path, home):
    """Each time the next run makes the archive that an undisturbed one makes."""

    def flow(name):
        return Flow("telegram_export_to_local", tmp_path / name, home, ())

    calm = flow("calm")
    points = spread(calm.points())
    for point in points:
        struck = flow(f"{point.call}-{point.number}")
        struck.kill(point)
        code, output, summary = struck.run()
        assert (code, summary["dead"]) == (0, 0), f"{point}: {output}"
        assert lines(struck.archive) == lines(calm.archive), point
        assert not list(struck.archive.rglob("*.tmp"))


@pytest.mark.parametrize("honours", [True, False])
def test_the_flow_to_a_webhook_is_killed_ten_times(tmp_path, home, counting, honours):
    """Judged by the server's own log: each item once; without a key the one in flight may be a dead letter instead."""
    source = export(tmp_path / "export", [message(n, f"text {n}") for n in range(1, 9)])
    wanted = {f"telegram:42/{n}" for n in range(1, 9)}

    def flow(name, server):
        more = ("--honours-key",) if honours else ()
        told = ("--export", str(source), "--url", server.url, "--name", f"{name}-{honours}", "--from-beginning", *more)
        return Flow("telegram_export_to_webhook", tmp_path / name, home, told)

    for point in spread(flow("calm", counting(honour_key=honours)).points()):
        server = counting(honour_key=honours)
        struck = flow(f"{point.call}-{point.number}", server)
        struck.kill(point)
        struck.leases_end()
        code, output, summary = struck.run()
        created = Counter(effect["id"] for effect in server.effects())
        assert max(created.values()) == 1, point
        assert code == (2 if summary["dead"] else 0), f"{point}: {output}"
        assert summary["pending"] == 0, f"{point}: {output}"
        assert summary["dead"] <= (0 if honours else 1), f"{point}: {output}"
        assert len(wanted - created.keys()) <= summary["dead"], f"{point}: {json.dumps(summary)}"
