"""The conformance kit: suites that any adapter must pass, by inheritance; see docs/an-adapter-in-an-hour.md."""

import pytest

# Before any suite is imported: its failures then say which values they compared.
pytest.register_assert_rewrite(*(f"{__name__}.{kind}" for kind in ("publishing", "bulk", "sources", "stores")))
