"""Adapters talk to places: they read items, write items and keep jobs. They know no Prefect."""
