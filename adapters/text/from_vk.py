"""The text of VK's wall posts as rich text: links in words, addresses and hashtags.

VK's documentation does not describe this form: it is how posts behave, see docs/vk.md.
"""

from __future__ import annotations

import re
from html import unescape

from adapters.contracts.item import Span, SpanKind
from adapters.text.vk import OWN_HOSTS

ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#39|#33|#036|#092|#124);")
"""Those that VK is known to write; others are the author's own words."""
_HOSTS = "|".join(re.escape(host) for host in sorted(OWN_HOSTS))
WORDS = re.compile(
    r"\[(?:(?P<page>(?:id|club|public|event|app)-?\d{1,19})"
    rf"|(?P<own>https?://(?:{_HOSTS})(?:/[^\s|\[\]]*)?)"
    r"|\#alias(?=\|))"
    r"\|(?P<words>[^\[\]|\n]+)(?:\|(?P<far>https?://[^\s|\[\]]+))?\]"
)
"""`[club1|words]`, `[https://vk.com/page|words]`, `[#alias|words|https://…]`."""
PLAIN = re.compile(
    r"(?P<link>(?<![\w@/.])(?:https?://[^\s<>\"|\[\]]+|(?:vk\.(?:com|cc|ru|me)|t\.me|youtu\.be)/[^\s<>\"|\[\]]+))"
    r"|(?P<tag>(?<![\w#/&@])#(?P<name>\w*[^\W\d]\w*)(?:@[A-Za-z][\w.]*\w)?)"
)
CLOSING = ".,:;!?'»”)…"


def from_vk(message: str) -> tuple[str, tuple[Span, ...], tuple[str, ...]]:
    """Return a message's text, its spans in code points, and its hashtags, each once.

    `#tag@community` is a hashtag that searches one community; its tag is `tag`.
    """
    message = ENTITY.sub(lambda found: unescape(found[0]), message)
    text: list[str] = []
    spans: list[Span] = []
    tags: dict[str, None] = {}
    last = length = 0
    for found in WORDS.finditer(message):
        address = _address(found)
        if not address:
            continue
        length += _plain(message[last : found.start()], length, text, spans, tags)
        spans.append(Span(kind=SpanKind.TEXT_LINK, offset=length, length=len(found["words"]), value=address))
        text.append(found["words"])
        length += len(found["words"])
        last = found.end()
    _plain(message[last:], length, text, spans, tags)
    return "".join(text), tuple(spans), tuple(tags)


def _address(found: re.Match[str]) -> str:
    """Return where a link in words leads; an empty string for what only looks like one."""
    if found["page"]:
        return f"https://vk.com/{found['page']}" if not found["far"] else ""
    return (found["own"] or "") if not found["far"] else ("" if found["own"] else found["far"])


def _plain(piece: str, offset: int, text: list[str], spans: list[Span], tags: dict[str, None]) -> int:
    """Add a piece without links in words, its addresses and hashtags marked; returns its length."""
    text.append(piece)
    for found in PLAIN.finditer(piece):
        said = found[0]
        if found["name"]:
            tags.setdefault(found["name"])
        else:
            said = _trimmed(said)
        kind = SpanKind.HASHTAG if found["name"] else SpanKind.LINK
        spans.append(Span(kind=kind, offset=offset + found.start(), length=len(said)))
    return len(piece)


def _trimmed(address: str) -> str:
    """Return an address without the punctuation of the sentence around it."""
    while address and address[-1] in CLOSING and not (address[-1] == ")" and "(" in address):
        address = address[:-1]
    return address
