"""Progress on Prefect's page: seldom, right for both kinds of length, and told once when it was short."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tasks.telling import SOON, ArtifactProgress


class Ui:
    """Prefect's page: its progress artifacts, and how often it was asked."""

    def __init__(self):
        self.shown, self.asked, self.time = {}, 0, 0.0

    def create(self, key, share, told):
        """Create an artifact."""
        self.asked += 1
        made = uuid4()
        self.shown[made] = (key, share, told)
        return made

    def move(self, artifact, share, told):
        """Move it."""
        self.asked += 1
        self.shown[artifact] = (self.shown[artifact][0], share, told)


@pytest.fixture
def ui():
    """An empty page."""
    return Ui()


@pytest.fixture
def progress(ui):
    """A run's progress on it."""
    return ArtifactProgress("a → b", lambda: ui.time, ui.create, ui.move)


def test_a_short_step_is_told_once(ui, progress):
    """When it is over: one request, whatever it came to."""
    for done in range(1, 101):
        progress.progress("carrying", done, 100)
    assert ui.asked == 0
    progress.finish(0)
    assert (list(ui.shown.values()), ui.asked) == ([("carrying", 100.0, "a → b: carrying")], 1)


def test_a_long_step_is_shown_meanwhile(ui, progress):
    """From some seconds on, at its share; what has not changed is not told again."""
    progress.progress("carrying", 1, 100)
    ui.time += SOON
    progress.progress("carrying", 40, 100)
    assert list(ui.shown.values()) == [("carrying", 40.0, "a → b: carrying")]
    progress.progress("carrying", 100, 100)
    progress.finish(0)
    assert (list(ui.shown.values()), ui.asked) == ([("carrying", 100.0, "a → b: carrying")], 2)


def test_a_length_that_nobody_knows_is_told_in_words(ui, progress):
    """The bar stays empty and the text says how far it is; in the end it is whole."""
    progress.progress("reading", 1, 0)
    ui.time += SOON
    progress.progress("reading", 1_200, 0)
    assert list(ui.shown.values()) == [("reading", 0.0, "a → b: reading, 1,200 so far")]
    progress.finish(0)
    assert list(ui.shown.values()) == [("reading", 100.0, "a → b: reading, 1,200 so far")]


def test_what_is_left_is_not_done(ui, progress):
    """A run that waits with its rest has no full bar."""
    progress.progress("delivering", 3, 0)
    progress.finish(9)
    assert list(ui.shown.values()) == [("delivering", 25.0, "a → b: delivering, 3 so far")]


def test_a_source_that_grew_is_not_more_than_whole(ui, progress):
    """A share is at most 100."""
    progress.progress("reading", 120, 100)
    progress.finish(0)
    assert [share for _, share, _ in ui.shown.values()] == [100.0]
