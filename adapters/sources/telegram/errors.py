"""Telethon's errors as the pack's own (core.telegram.org/api/errors): what to wait for, what a person must mend."""

from __future__ import annotations

import asyncio

from telethon import errors

from adapters.contracts.errors import ConfigurationError, RateLimited, SyndicateError, Transient
from adapters.sources.telegram.login import SIGN_IN

UNNAMED_WAIT = 60.0
"""Seconds to wait where Telegram says that it is too much and names no time."""
CLOSED = (
    errors.ChannelPrivateError,
    errors.ChannelInvalidError,
    errors.ChannelPublicGroupNaError,
    errors.ChatForbiddenError,
    errors.ChatIdInvalidError,
    errors.PeerIdInvalidError,
    errors.UserBannedInChannelError,
    errors.UserNotParticipantError,
    errors.ChatRestrictedError,
)
UNKNOWN = (
    errors.UsernameInvalidError,
    errors.UsernameNotOccupiedError,
    errors.InviteHashEmptyError,
    errors.InviteHashExpiredError,
    errors.InviteHashInvalidError,
)
PASSING = (
    errors.ServerError,
    errors.TimedOutError,
    errors.InvalidDCError,
    errors.RpcCallFailError,
    errors.RpcMcgetFailError,
    errors.InterdcCallErrorError,
    errors.InterdcCallRichErrorError,
    errors.FileReferenceExpiredError,
    errors.FileReferenceInvalidError,
    errors.FilerefUpgradeNeededError,
    errors.HistoryGetFailedError,
    errors.PersistentTimestampOutdatedError,
    errors.MsgWaitFailedError,
    errors.ReadCancelledError,
    errors.InvalidChecksumError,
    errors.BadMessageError,
    errors.SecurityError,
    errors.InvalidBufferError,
    ConnectionError,
    OSError,
    asyncio.TimeoutError,
    asyncio.IncompleteReadError,
    asyncio.CancelledError,
)
PERSONS = (
    (
        (errors.AuthKeyDuplicatedError,),
        f"Telegram has ended this session, which two addresses used at once; {SIGN_IN}, on each machine for itself",
    ),
    (
        (errors.UnauthorizedError, errors.AuthKeyError, errors.AuthKeyNotFound),
        f"Telegram does not know this session any more; {SIGN_IN}",
    ),
    (
        (errors.ApiIdInvalidError, errors.ApiIdPublishedFloodError),
        "Telegram refuses the application; see my.telegram.org/apps",
    ),
    (CLOSED, "this account may not read it; join it with the account that signed in"),
    (UNKNOWN, "there is no such name or link; check --channel"),
    ((errors.TypeNotFoundError,), "Telegram answered what this Telethon cannot read; install a newer one"),
)
"""What only a person can mend, and how; the first that fits."""


def meaning(error: BaseException, what: str) -> SyndicateError | None:
    """Return what an error means to who asked for `what`; None for one that is neither Telegram's nor the network's.

    No message repeats what was sent: a sign-in's requests are secrets.
    """
    name = type(error).__name__
    if isinstance(error, errors.FloodError) or hasattr(error, "seconds"):
        wait = float(max(getattr(error, "seconds", None) or UNNAMED_WAIT, 1))
        return RateLimited(f"{what}: Telegram asks to wait {wait:.0f} s ({name})", wait)
    for kinds, advice in PERSONS:
        if isinstance(error, kinds):
            return ConfigurationError(f"{what}: {advice} ({name})")
    if isinstance(error, PASSING):
        return Transient(f"{what}: {_said(error)}")
    if isinstance(error, errors.RPCError | errors.MultiError | errors.AlreadyInConversationError):
        return ConfigurationError(f"{what}: Telegram refuses; nothing changes until somebody acts on that ({name})")
    return None


def _said(error: BaseException) -> str:
    """Say what passing trouble there is."""
    if isinstance(error, errors.RPCError):
        return f"Telegram has trouble of its own ({type(error).__name__})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"no connection ({type(error).__name__})"
