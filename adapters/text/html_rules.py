"""What the elements and attributes of a stranger's HTML mean, and what its addresses and characters are here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from adapters.contracts.item import Media, Span, SpanKind

SPACES = ("\n", "\xa0", "\t", "\r", "\f")
"""What HTML shows as a space, besides the space."""
UNWANTED = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and halves of pairs, which no place can keep."""
MEANT = {number: bytes((number,)).decode("cp1252", "ignore") for number in range(0x80, 0xA0)}
"""What is meant by controls that nobody writes: Windows' own characters, as HTML's standard has it."""
LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang)-([\w+#.-]{1,40})")
NAME = 120
"""Characters of a file's name that are kept."""
TINY = 2
"""Pixels: a picture up to this size counts readers and shows nothing."""

INLINE = {
    **dict.fromkeys(("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"), SpanKind.BOLD),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), SpanKind.ITALIC),
    **dict.fromkeys(("u", "ins"), SpanKind.UNDERLINE),
    **dict.fromkeys(("s", "strike", "del"), SpanKind.STRIKETHROUGH),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), SpanKind.CODE),
    "blockquote": SpanKind.BLOCKQUOTE,
    "tg-spoiler": SpanKind.SPOILER,
}
JOINT, BREAK, EMPTY_LINE = 1, 2, 3
"""What stands between two pieces of text: a space, a line's end, an empty line."""
GAPS = ("", " ", "\n", "\n\n")
BLOCKS = {
    **dict.fromkeys(("p", "blockquote", "pre", "dl", "table", "figure", "hr", "details", "form"), EMPTY_LINE),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "header", "footer", "main", "nav", "address"), EMPTY_LINE),
    **dict.fromkeys(("fieldset", "section", "article", "aside", "video", "audio", "iframe"), EMPTY_LINE),
    **dict.fromkeys(("div", "li", "tr", "dt", "dd", "figcaption", "caption", "summary", "legend", "center"), BREAK),
    **dict.fromkeys(("option", "thead", "tbody", "tfoot"), BREAK),
}
"""What stands around an element at least; around lists it depends on where they stand."""
UNSEEN = frozenset(("script", "style", "template", "head", "title", "svg", "button", "select", "textarea", "input"))
"""Their content is no text for a reader."""
LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file")
EMOJI = re.compile(r"(?:^|\s)(?:wp-smiley|emoji|emojione|twemoji)(?:\s|$)")
SPOILER = re.compile(r"(?:^|\s)(?:tg-)?spoiler(?:\s|$)")
WHOLE = ("https://", "http://")
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
LONGEST_ALT = 1000


class Rich(NamedTuple):
    """A text as the item has it, and the files that stood in it, each once; their `ref` is their whole address."""

    text: str
    spans: tuple[Span, ...] = ()
    media: tuple[Media, ...] = ()


def cleaned(text: str) -> str:
    """Return text that any place can keep."""
    if text.isprintable() or not UNWANTED.search(text):
        return text
    return UNWANTED.sub("", text.translate(MEANT))


def evened(text: str) -> str:
    """Return text in which there is one space wherever there were some, of any kind."""
    for one in SPACES:
        if one in text:
            text = text.replace(one, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def absolute(address: str, base: str) -> str:
    """Return an address made whole; an empty string for what cannot be one."""
    if address.startswith(WHOLE) and address.isprintable() and address[-1] != " ":
        return address
    address = cleaned(address).strip()
    if not address or not base or address.startswith(WHOLE):
        return address
    if address[0] == "/" and address[:2] != "//" and "/." not in address and (origin := _origin(base)):
        return origin + address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def _origin(base: str) -> str:
    """Return what stands in front of a path from the root; empty where that is not sure."""
    try:
        parts = urlsplit(base)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""


def file_name(address: str) -> str:
    """Return the name that an address gives its file: hostile, and without what stands behind `?`."""
    path = address.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]
    name = path.rpartition("/")[2]
    return cleaned(unquote(name) if "%" in name else name)[-NAME:]


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Say whether a browser shows nothing of an element."""
    return "hidden" in attributes or ("style" in attributes and bool(HIDDEN.search(attributes["style"])))


def language(attributes: Mapping[str, str]) -> str:
    """Return the language of a code block, as highlighters name it."""
    found = LANGUAGE.search(attributes.get("class", ""))
    return found.group(1) if found else ""


def picture_source(attributes: Mapping[str, str]) -> str:
    """Return a picture's address, also where a script would put it in its place later."""
    address = attributes.get("src", "").strip()
    if not address or address.startswith("data:"):
        address = next((attributes[name] for name in LAZY if attributes.get(name)), "")
    if not address and attributes.get("srcset"):
        # The last is by custom the largest.
        address = attributes["srcset"].rpartition(",")[2].strip().partition(" ")[0]
    return address


def pixels(text: str) -> int:
    """Return a size in pixels, 0 where it is none."""
    number = text.strip().removesuffix("px")
    return int(number) if number.isdecimal() and len(number) < 6 else 0  # noqa: PLR2004 - no screen is so large
