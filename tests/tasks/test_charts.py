"""Charts: a run a bar, what counts is seen beside what is large, and nothing but our own numbers is drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest

from adapters.contracts.runs import PastRun
from tasks.charts import BLUE, RED, SHOWN, WIDTH, chart, sparkline

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def past(*runs, ended="completed"):
    """Return a history, the newest first, of runs that delivered so much, and made so many dead letters."""
    told = [one if isinstance(one, tuple) else (one, 0) for one in runs]
    named = {"run_id": "<script>", "source_id": "<b>", "destination_id": '"><b>', "begun_at": AT, "ended": ended}
    return [
        PastRun(delivered=delivered, died=died, at=AT - timedelta(hours=place), **named)
        for place, (delivered, died) in enumerate(told)
    ]


def drawn(runs):
    """Return a chart's picture as XML."""
    (data,) = re.fullmatch(r"!\[[^\]]*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", chart(runs)).groups()
    return ET.fromstring(b64decode(data).decode())  # noqa: S314 - drawn by ourselves


def bars(picture, colour):
    """Return the heights of the bars of a colour, from left to right; the last of it is the legend's."""
    return [float(one.get("height")) for one in picture.iter(f"{SVG}rect") if one.get("fill") == colour][:-1]


@pytest.mark.parametrize(
    ("runs", "letters"),
    [([], ""), ([0], "▁"), ([5], "█"), ([0, 0, 1], "█▁▁"), ([1, 100_000, 0], "▁█▂"), ([1, 10, 100, 1_000], "█▆▄▂")],
)
def test_a_letter_a_run(runs, letters):
    """The oldest first, as time goes in the language of the page; one item is more than none beside any number."""
    assert sparkline(past(*runs)) == letters


def test_a_bar_a_run():
    """Delivered up, dead letters down, in their order; heights grow with the digits."""
    picture = drawn(past((2, 0), (0, 3), (100_000, 1)))
    up, down = bars(picture, BLUE), bars(picture, RED)
    assert (len(up), len(down)) == (2, 2)
    assert up[0] > up[1] > 5, "two are seen beside a hundred thousand"
    assert down[1] > down[0] > 5


def test_a_run_without_either_is_a_mark():
    """Whoever looks sees that it ran, and how it ended."""
    colours = [
        one.get("fill") for runs in ("completed", "failed") for one in drawn(past(0, ended=runs)).iter(f"{SVG}circle")
    ]
    assert len(set(colours)) == 2


def test_every_run_has_its_place():
    """As many as are shown fit, and nothing lies outside."""
    picture = drawn(past(*range(SHOWN)))
    ends = [float(one.get("x")) + float(one.get("width")) for one in picture.iter(f"{SVG}rect")]
    assert (len(ends) >= SHOWN, max(ends) <= WIDTH) == (True, True)


def test_only_numbers_and_dates_are_drawn():
    """No id and no name is in the picture, so that none can be markup there."""
    texts = [one.text for one in drawn(past((5, 1), (1_234, 0))).iter(f"{SVG}text")]
    assert [
        one for one in texts if not re.fullmatch(r"[\d,: MTk-]+|(delivered|dead letters made), at most [\d,]+", one)
    ] == []
    assert len(b64decode(chart(past(*[(9, 9)] * SHOWN)).split("base64,")[1][:-1])) < 10_000


def test_no_runs_no_picture():
    """A pair that has not run has no history to show."""
    assert chart([]) == ""
