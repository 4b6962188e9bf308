"""`--parallel` as people say it."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.exports import export, message

pytestmark = pytest.mark.served


def test_many_at_once_in_a_flow_run(run, counting, tmp_path):
    """Forty items over eight requests at a time arrive each once, and the sum comes out."""
    source, place = export(tmp_path / "export", [message(n, f"post {n}") for n in range(1, 41)]), counting(delay=0.01)
    told = ("--export", source, "--url", place.url, "--name", "blog", "--from-beginning", "--parallel", 8)
    code, output, summary = run("telegram_export_to_webhook", *told)
    assert (code, summary["seen"], summary["delivered"]) == (0, 40, 40), output
    assert Counter(effect["id"] for effect in place.effects()) == {f"telegram:42/{n}": 1 for n in range(1, 41)}


def test_a_wall_takes_one_after_the_other(run, tmp_path):
    """A place that keeps an order refuses to be sent several at once, and says what to do."""
    source = export(tmp_path / "export", [message(1, "a post")])
    told = ("--export", source, "--community", 1, "--from-beginning", "--parallel", 8)
    code, output, _ = run("telegram_export_to_vk", *told, VK_ACCESS_TOKEN="vk1.a.token")  # noqa: S106 - of nobody
    assert (code, "one item after the other" in " ".join(output.split())) == (1, True), output
