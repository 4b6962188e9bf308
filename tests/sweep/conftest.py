"""What the sweep borrows: the flow tests' counting webhook."""

from tests.flows.conftest import counting

__all__ = ["counting"]
