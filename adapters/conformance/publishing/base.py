"""What the publishing checks share: declarations, and the desk at which an adapter is tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.conformance.publishing.desk import Desk, Place
from adapters.conformance.suite import Suite, applies
from adapters.conformance.wire import Answer
from adapters.contracts.errors import ConfigurationError, OutcomeUnknown, RateLimited, Rejected, SyndicateError
from adapters.contracts.limits import Limits
from adapters.contracts.ports import Grade

HTTP_STATUSES: dict[str, tuple[Answer, type[SyndicateError]]] = {
    "400": (Answer(400), Rejected),
    "401": (Answer(401), ConfigurationError),
    "403": (Answer(403), ConfigurationError),
    "405": (Answer(405), Rejected),
    "408": (Answer(408), OutcomeUnknown),
    "409": (Answer(409), Rejected),
    "411": (Answer(411), Rejected),
    "413": (Answer(413), Rejected),
    "415": (Answer(415), Rejected),
    "422": (Answer(422, {}, b'{"error": "no"}'), Rejected),
    "429 without a word": (Answer(429, {}, b""), RateLimited),
    "429 in seconds": (Answer(429, {"Retry-After": "7"}), RateLimited),
    "429 for hours": (Answer(429, {"Retry-After": "86400"}), RateLimited),
    "429 by date": (
        Answer(429, {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Retry-After": "Thu, 01 Jan 2026 00:05:00 GMT"}),
        RateLimited,
    ),
    "429 in nonsense": (Answer(429, {"Retry-After": "soon"}), RateLimited),
    "301": (Answer(301, {"Location": "http://127.0.0.1:1/"}), ConfigurationError),
    "307": (Answer(307, {"Location": "http://127.0.0.1:1/"}), ConfigurationError),
    "500": (Answer(500), OutcomeUnknown),
    "502 in HTML": (Answer(502, {"Content-Type": "text/html"}, b"<html>bad gateway</html>"), OutcomeUnknown),
    "503": (Answer(503), OutcomeUnknown),
    "503 in seconds": (Answer(503, {"Retry-After": "9"}), RateLimited),
    "504": (Answer(504), OutcomeUnknown),
}
"""RFC 9110's and RFC 6585's statuses, and the error that each means for the request that publishes."""
LEAST_WAIT = {"429 in seconds": 7, "429 for hours": 86_400, "429 by date": 300, "503 in seconds": 9}
"""What the throttling answers name, in seconds."""


def honours_keys(suite: Any) -> bool:
    """Whether a lost write may be sent again under its key."""
    return bool(suite.grade is Grade.DEDUPLICATES)


carries_media = applies(lambda suite: suite.carries_media)
edits = applies(lambda suite: suite.edits)
deletes = applies(lambda suite: suite.edits and suite.deletes)
in_steps = applies(lambda suite: suite.carries_media and suite.in_steps)
keyed = applies(honours_keys)
never_overwritten = applies(lambda suite: suite.grade in {Grade.DEDUPLICATES, Grade.HOLDS})
limits_text = applies(lambda suite: suite.limits().text is not None)
limits_media = applies(lambda suite: suite.carries_media and suite.limits().media is not None)
limits_bytes = applies(lambda suite: suite.carries_media and suite.limits().media_bytes is not None)
has_secret = applies(lambda suite: suite.has_secret)
probes = applies(lambda suite: suite.probes)


class PublishingBase(Suite):
    """Declarations of a publishing destination, and the fixture `place` that its suite brings."""

    grade: ClassVar[Grade]
    """What the adapter of this suite declares."""
    carries_media: ClassVar[bool] = True
    """Whether files are sent, not merely described."""
    in_steps: ClassVar[bool] = True
    """Whether files are uploaded by requests of their own before the item is published."""
    edits: ClassVar[bool] = True
    deletes: ClassVar[bool] = True
    probes: ClassVar[bool] = True
    """Whether `check` asks the service."""
    has_secret: ClassVar[bool] = True
    signs: ClassVar[bool] = False
    """Whether the secret signs requests and is not sent itself."""
    publishes_with: ClassVar[int] = 1
    """Which of a post's writing requests may publish it; those before it are steps that nobody sees."""
    keeps_text: ClassVar[bool] = True
    """Whether a look at the service shows an item's text as it was given."""
    statuses: ClassVar[dict[str, tuple[Answer, type[SyndicateError]]]] = HTTP_STATUSES
    """Answers to the publishing request, and what each means; replace it where the service says it otherwise."""
    least_wait: ClassVar[dict[str, int]] = LEAST_WAIT
    denied: ClassVar[Answer] = Answer(401)
    """What the service says to a bad token."""
    refused: ClassVar[Answer] = Answer(422)
    """What the service says to an item that it will never take."""

    def __init_subclass__(cls, **more: Any) -> None:
        """Refuse a suite whose answers leave out one of the classes that a caller must tell apart."""
        super().__init_subclass__(**more)
        tried = {error for _, error in cls.statuses.values()}
        if missing := {ConfigurationError, OutcomeUnknown, RateLimited, Rejected} - tried:
            raise TypeError(f"{cls.__name__} tries no answer that means {missing.pop().__name__}")

    @staticmethod
    def echoing(answer: Answer, secret: str) -> Answer:
        """Return an answer that repeats the token; replace it where it must stand inside the answer's own form."""
        return Answer(answer.status, answer.headers, answer.body + secret.encode())

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Have the checks of `status` run for each answer that the suite names, those of `throttle` for its waits."""
        if "status" in metafunc.fixturenames:
            metafunc.parametrize("status", list(self.statuses))
        if "throttle" in metafunc.fixturenames:
            waits = [name for name, (_, error) in self.statuses.items() if error is RateLimited]
            metafunc.parametrize("throttle", waits)

    @classmethod
    def limits(cls) -> Limits:
        """Return the limits that the adapter declares."""
        found: Limits = getattr(cls.adapter, "limits", Limits())
        return found

    @pytest.fixture
    def place(self) -> Place:
        """Bring the service, empty, and a way to look at what is there: to be overridden."""
        raise TypeError(f"{type(self).__name__} brings no fixture `place`")

    @pytest.fixture
    def desk(self, place: Place, tmp_path: Path) -> Iterator[Desk]:
        """A pair at work, with a wire that fails on command."""
        made = Desk(place, tmp_path)
        yield made
        made.close()
