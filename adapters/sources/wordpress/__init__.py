"""Source: a WordPress site, read through its REST API; `source.py` has the adapter, which needs lxml."""

from __future__ import annotations

from adapters.sources.wordpress.settings import Login, WordPressSettings

__all__ = ["Login", "WordPressSettings"]
