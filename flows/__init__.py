"""Flows: one explicit file a pair, and the dead letters."""
