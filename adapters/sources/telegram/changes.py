"""What happened to messages that were told before: Telegram's difference since a state (core.telegram.org/api/updates).

A channel has a difference of its own; a basic group or a person shares the account's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types

from adapters.sources.telegram.cursor import State
from adapters.sources.telegram.history import History
from adapters.sources.telegram.line import Line, Unparsed

LIMIT = 100
"""Changes that an account may ask for at once; what is further behind is too long, by Telegram's own rule."""
TOUCHING = (
    types.UpdateNewChannelMessage,
    types.UpdateEditChannelMessage,
    types.UpdateNewMessage,
    types.UpdateEditMessage,
)
MOST_SLICES = 1_000
"""Answers that are read before reading everything anew is cheaper."""


@dataclass
class Changes:
    """What a difference came to."""

    state: State
    """Behind all of it."""
    touched: set[int] = field(default_factory=set)
    """Ids of messages that are new or were edited."""
    deleted: set[int] = field(default_factory=set)
    lost: bool = False
    """Whether Telegram tells no more what changed: everything has to be read again."""


def changes(line: Line, history: History, since: State) -> Changes:
    """Ask what has changed since a state."""
    what = f"asking what changed in {history.place.title or history.place.identity}"
    ask = _of_channel if history.place.kind == "channel" else _of_account
    found = Changes(since)
    try:
        for _ in range(MOST_SLICES):
            if ask(line, history, found, what):
                return found
    except Unparsed:
        # One message in it cannot be read; read anew, it is a hole, and the others are told.
        found.lost = True
    else:
        found.lost = True
    found.state = present(line, history)
    return found


def present(line: Line, history: History) -> State:
    """Return the state of now."""
    what = f"reading the state of {history.place.title or history.place.identity}"
    if history.place.kind == "channel":
        answer = line.ask(functions.channels.GetFullChannelRequest(history.place.channel), what)
        return State(pts=answer.full_chat.pts)
    return _state(line.ask(functions.updates.GetStateRequest(), what))


def _of_channel(line: Line, history: History, found: Changes, what: str) -> bool:
    """Take in one answer of a channel's difference; says whether it was the last."""
    answer = line.ask(
        functions.updates.GetChannelDifferenceRequest(
            channel=history.place.channel,
            filter=types.ChannelMessagesFilterEmpty(),
            pts=found.state.pts,
            limit=LIMIT,
            force=True,
        ),
        what,
    )
    if isinstance(answer, types.updates.ChannelDifferenceTooLong):
        found.lost = True
        found.state = State(pts=getattr(answer.dialog, "pts", None) or found.state.pts)
        return True
    moved = answer.pts > found.state.pts
    found.state = State(pts=max(answer.pts, found.state.pts))
    _take(answer, history, found)
    return bool(answer.final) or not moved


def _of_account(line: Line, history: History, found: Changes, what: str) -> bool:
    """Take in one answer of the account's difference; says whether it was the last."""
    since = found.state
    answer = line.ask(
        functions.updates.GetDifferenceRequest(
            pts=since.pts, date=datetime.fromtimestamp(since.date, UTC), qts=since.qts
        ),
        what,
    )
    if isinstance(answer, types.updates.DifferenceTooLong):
        found.lost = True
        found.state = present(line, history)
        return True
    _take(answer, history, found)
    if isinstance(answer, types.updates.DifferenceEmpty):
        return True
    last = isinstance(answer, types.updates.Difference)
    found.state = _state(answer.state if last else answer.intermediate_state)
    return last or found.state == since


def _take(answer: Any, history: History, found: Changes) -> None:
    """Note the ids of what an answer tells of this chat."""
    for message in getattr(answer, "new_messages", ()):
        _touch(message, history, found)
    for update in getattr(answer, "other_updates", ()):
        if isinstance(update, types.UpdateDeleteChannelMessages):
            mine = history.place.kind == "channel" and update.channel_id == history.place.number
            found.deleted |= set(update.messages) if mine else set()
        elif isinstance(update, types.UpdateDeleteMessages) and history.place.kind != "channel":
            # Whose they were is not said; ids of groups and people are unique in the account.
            found.deleted |= set(update.messages)
        elif isinstance(update, TOUCHING):
            _touch(update.message, history, found)


def _touch(message: Any, history: History, found: Changes) -> None:
    """Note a message of this chat."""
    if getattr(message, "peer_id", None) is not None and history.is_mine(message):
        found.touched.add(message.id)


def _state(state: Any) -> State:
    """Return an account's state."""
    return State(pts=state.pts, date=int(state.date.timestamp()), qts=state.qts)
