"""The one tree of errors; each class tells its caller what to do.

    SyndicateError
    ├── Transient               try again, with growing delays
    │   └── RateLimited         try again, never before `retry_after` seconds have passed
    │       └── StillWorking    it has arrived, and the place is at work on it: ask for this item again, then
    ├── Rejected                never this item: a dead letter, the run goes on
    ├── OutcomeUnknown          the place may have it: settle the doubt as the destination's grade says
    ├── ConfigurationError      nothing works until a person has changed something: stop at once
    │   ├── StoreUnavailable    the job store cannot be reached: send nothing
    │   └── StateLost           the pair's records are not the ones it was run with: stop until told
    ├── LeaseLost               another worker has this job or this place: drop it, send nothing
    └── MassDeletion            more deletions than a person is likely to have meant: stop and ask

Anything else is a bug. Messages are for people and never hold a secret.
"""

from __future__ import annotations


class SyndicateError(Exception):
    """The root: catch this to tell the pack's own errors from bugs."""


class Transient(SyndicateError):
    """It failed for now: a refused connection, a server error before anything was taken."""


class RateLimited(Transient):
    """The place asks to wait."""

    def __init__(self, message: str, retry_after: float) -> None:
        """Take the seconds that the place named, or that its rules imply."""
        super().__init__(message)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[RateLimited], tuple[str, float]]:
        """Survive pickling with both arguments: results and processes carry errors."""
        return type(self), (str(self), self.retry_after)


class StillWorking(RateLimited):
    """The place has the item and has not made up its mind; it goes on taking others meanwhile.

    The job stays in doubt, so that its next attempt looks for what this one has left.
    """


class Rejected(SyndicateError):
    """The place has read this item and will never take it as it is."""


class OutcomeUnknown(SyndicateError):
    """The request may have been received, and no answer says what became of it."""


class ConfigurationError(SyndicateError):
    """A token, a right, an address or an argument is wrong; the message says what to do about it."""


class StoreUnavailable(ConfigurationError):
    """The job store does not answer, so nothing may be sent."""


class StateLost(ConfigurationError):
    """The job store is not the one this pair has been run with."""


class LeaseLost(SyndicateError):
    """The job's lease, or the place's lock, belongs to somebody else now."""


class MassDeletion(SyndicateError):
    """More items would be deleted than may go without asking."""
