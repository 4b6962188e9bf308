"""Rich text as VK's wall posts understand it: links in words to VK's own pages, hashtags, and nothing else.

`[id1|words]`, `[club1|words]` and `[https://vk.com/page|words]` become links; other addresses stay as they are written.
VK's documentation does not describe this: it is how posts behave, see docs/vk.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from adapters.contracts.item import Span, SpanKind
from adapters.text.html import link_of
from adapters.text.plain import written_out
from adapters.text.spans import Converted, edges, lost_markup, once

OWN_HOSTS = frozenset({"vk.com", "www.vk.com", "m.vk.com", "vk.ru", "www.vk.ru", "m.vk.ru"})
MARKUP = re.compile(r"\[(?=(?:(?:id|club|public|event|app)-?\d+|https?://(?:m\.|www\.)?vk\.(?:com|ru)\S*)\|)")
"""Where a text would begin a link in words although its author wrote no such thing."""
TOKEN = re.compile(r"\[[^\[\]|\n]+\|[^\[\]|\n]+\]")
"""A link in words: never to be cut."""
JOINER = "\u2060"
"""A word joiner: not seen, and it keeps VK from reading markup."""
MENTION = "a mention is an address"


def to_vk(text: str, spans: Sequence[Span]) -> Converted:
    """Return the text as a wall post's message.

    A mention of Telegram's becomes an address: with `@`, VK would take it for its own user of that name.
    """
    losses = lost_markup(text, spans)
    before: dict[int, str] = {}
    after: dict[int, str] = {}
    dropped: set[int] = set()
    for span in spans:
        begin, end = edges(span, len(text))
        said = text[begin:end].rstrip()
        if span.kind is SpanKind.MENTION and said.startswith("@"):
            dropped.add(begin)
            before[begin] = before.get(begin, "") + "t.me/"
            losses.append(MENTION)
        elif span.kind is SpanKind.TEXT_LINK:
            opening, closing, loss = _link(said, link_of(span, text))
            before[begin] = opening + before.get(begin, "")
            after[begin + len(said)] = after.get(begin + len(said), "") + closing
            losses += [loss] if loss else []
    harmless = {match.start() for match in MARKUP.finditer(text)}
    out = []
    for place, letter in enumerate(text):
        out += [after.get(place, ""), before.get(place, "")]
        out += ["" if place in dropped else letter, JOINER if place in harmless else ""]
    return Converted("".join([*out, after.get(len(text), "")]), once(losses))


def _link(said: str, address: str) -> tuple[str, str, str]:
    """Return what stands before and after a link's words, and what is lost."""
    if said.strip() and not re.search(r"[\[\]|\n]", said) and _is_own(address):
        return f"[{address}|", "]", ""
    closing, loss = written_out(said, address)
    return "", closing, loss


def _is_own(address: str) -> bool:
    """Say whether an address is one of VK's pages that can stand in its markup."""
    return (urlsplit(address).hostname or "") in OWN_HOSTS and not re.search(r"[\[\]|\s]", address)
