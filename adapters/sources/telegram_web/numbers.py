"""What a message is called: its channel's number and its own, and those of an album's messages."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

import orjson
from lxml.html import HtmlElement

from adapters.sources.telegram_web.attached import PREFIX, attached, first, number_of
from adapters.sources.telegram_web.marks import Odd

MOST_MEMBERS = 10
"""core.telegram.org/bots/api#sendmediagroup."""
POST = re.compile(r"(\w{1,64})/(\d{1,18})")


@dataclass(frozen=True)
class Names:
    """What a message is called: its channel's name and number, its own number."""

    channel: str
    channel_id: int
    number: int


def names(block: HtmlElement) -> Names:
    """Read a message's names, which the page tells three times over; raises Odd where they contradict each other."""
    post = POST.fullmatch(block.get("data-post") or "")
    if post is None:
        raise Odd("a message without a number")
    channel, number = post.group(1), int(post.group(2))
    view = _view(block.get("data-view") or "")
    told = {number, *view[1:], *(link for link in [_linked(block)] if link)}
    if len(told) > 1:
        raise Odd(f"a message with several numbers: {', '.join(map(str, sorted(told)))}")
    return Names(channel, view[0] if view else 0, number)


def _view(token: str) -> tuple[int, ...]:
    """Return the channel's and the message's number of a counter's token: base64 of {"c": -1234, "p": 5 or "5g"}."""
    try:
        value = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        channel, number = abs(int(value["c"])), int(str(value["p"]).removesuffix("g"))
    except (ValueError, KeyError, TypeError, binascii.Error):
        return ()
    return (channel, number)


def _linked(block: HtmlElement) -> int:
    """Return the number in the date's link; 0 where there is none."""
    link = first(block, f"{PREFIX}date")
    return number_of(link.get("href") or "") if link is not None else 0


def members(block: HtmlElement, number: int) -> tuple[int, ...]:
    """Return the numbers of an album's messages; empty for a single message. Raises Odd."""
    files = attached(block)
    if first(block, f"{PREFIX}grouped_wrap") is not None and not all(one.number for one in files):
        raise Odd("an album with a part that has no number")
    found = sorted({number, *(one.number for one in files if one.number)})
    if found[0] != number or len(found) > MOST_MEMBERS or found[-1] - number > MOST_MEMBERS * 10:
        raise Odd(f"an album that is no album: {', '.join(map(str, found[:20]))}")
    return tuple(found) if len(found) > 1 else ()
