"""Databases: how SQLite and PostgreSQL are reached, and how a schema is made and brought up to date."""
