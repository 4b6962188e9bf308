"""Source: a WordPress site, read through its REST API."""

from __future__ import annotations

from adapters.sources.wordpress.settings import Login, WordPressSettings
from adapters.sources.wordpress.source import WordPressSource

__all__ = ["Login", "WordPressSettings", "WordPressSource"]
