"""Servers for sources that ask the net."""

from __future__ import annotations

import pytest

from tests.emulators.telegram_web.server import TelegramWeb


@pytest.fixture
def serve(monkeypatch):
    """Return a function that serves channels as t.me does."""
    monkeypatch.setenv("NO_PROXY", "*")
    running = []

    def start(*channels):
        running.append(TelegramWeb(*channels))
        return running[-1]

    yield start
    for web in running:
        web.stop()
