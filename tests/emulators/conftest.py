"""A Telegram for the tests of its emulator."""

from __future__ import annotations

import pytest

from tests.emulators.telegram import Clock, Telegram
from tests.emulators.telegram.talk import CODE, PHONE


@pytest.fixture
def clock():
    """The world's time."""
    return Clock()


@pytest.fixture
def world(clock):
    """A Telegram; the test fails when the emulator met what it does not know."""
    with Telegram(clock) as made:
        yield made


@pytest.fixture
def me(world):
    """An account."""
    return world.account(PHONE, CODE)


@pytest.fixture
def lake(world, me):
    """A channel that it is in."""
    return world.channel("The Lake", username="the_lake")
