"""What every suite shares: checks chosen by what an adapter declares, and waivers with a written reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., Any])
SHORTEST_REASON = 20
"""Characters; a shorter reason explains nothing to who reads it in a year."""


def applies(when: Callable[[Any], bool]) -> Callable[[F], F]:
    """Have a check run only for suites whose declarations `when` accepts."""

    def mark(check: F) -> F:
        check.applies = when  # type: ignore[attr-defined]
        return check

    return mark


class Suite:
    """The root of the suites: inherit from one of them, declare what the adapter is, and bring its fixture."""

    adapter: ClassVar[type[Any] | None] = None
    """The class under test; the pack's own check that every adapter has a suite goes by it."""
    waivers: ClassVar[dict[str, str]] = {}
    """Check → why this adapter cannot pass it. A waived check still runs, and fails the suite once it passes."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Take out the checks that do not apply; a check that pytest never sees is not reported as skipped."""
        super().__init_subclass__(**more)
        for name in dir(cls):
            when = getattr(getattr(cls, name), "applies", None)
            if cls.adapter is not None and when is not None and not when(cls):
                setattr(cls, name, None)
        for name, reason in cls.waivers.items():
            if not callable(getattr(cls, name, None)):
                raise TypeError(f"{cls.__name__} waives {name}, which is no check of its suite")
            if len(reason) < SHORTEST_REASON:
                raise TypeError(f"{cls.__name__} waives {name} without a reason that explains something")

    @pytest.fixture(autouse=True)
    def _waived(self, request: pytest.FixtureRequest) -> None:
        """Let a waived check fail, and nothing else."""
        reason = self.waivers.get(request.node.originalname)
        if reason:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))
