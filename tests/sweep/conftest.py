"""What the sweep borrows: the job store tests' PostgreSQL, and the flow tests' counting webhook."""

from tests.flows.conftest import counting
from tests.stores.conftest import server

__all__ = ["counting", "server"]
