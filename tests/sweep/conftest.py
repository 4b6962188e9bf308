"""The sweep's PostgreSQL is the job store tests' own."""

from tests.stores.conftest import server

__all__ = ["server"]
