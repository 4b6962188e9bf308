"""A channel followed for long: in the end each place holds what the channel does, each post once, whatever happened."""

from __future__ import annotations

import pytest

from tests.emulators.telegram import Telegram
from tests.roads.far_side import Clock
from tests.roads.year import TROUBLES, Year


@pytest.fixture
def year(tmp_path):
    """A channel of which nothing is known yet, and its pairs."""
    clock = Clock()
    with Telegram(clock) as world:
        yield Year(world, clock, tmp_path, 1)


def test_some_weeks(year):
    """A hundred deeds or so, and every kind of trouble."""
    for _ in range(2):
        for _ in range(7):
            year.day(deeds=8)
        year.settle()


@pytest.mark.long
def test_a_year(year):
    """Thousands of deeds; settled and compared each month."""
    for _ in range(12):
        for _ in range(30):
            year.day(deeds=12)
        year.settle()
    assert set(year.troubles) == {one.__name__ for one in TROUBLES}
