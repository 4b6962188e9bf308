"""HTML as editors write it, read without a parser: whatever a parser would mend, add or move is left to one.

What is read here reads as the parser has it: elements stand where it leaves them, and each is closed by its own end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.entities import html5

from adapters.text.elements import Builder
from adapters.text.html_rules import UNWANTED, Rich

VOID = frozenset(("br", "hr", "img"))
ROOT = "<"
"""What the outermost elements stand in; no element is called so."""
ROOMS = frozenset((ROOT, "div", "section", "blockquote", "li", "figure", "figcaption"))
"""What may hold blocks."""
LISTS = frozenset(("ul", "ol"))
LEAVES = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"))
INLINE = frozenset(("b", "strong", "em", "i", "u", "s", "code", "span", "cite", "small", "sub", "sup", "del", "ins", "q"))
LINES = ROOMS | LEAVES | INLINE
"""What may hold text and what marks it."""
PLACES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys((*LEAVES, *LISTS, *ROOMS - {ROOT, "li"}, "hr"), ROOMS),
    **dict.fromkeys((*INLINE, "br", "img"), LINES | {"a"}),
    "a": LINES,
    "li": LISTS,
}
"""Where each element may stand without closing another."""
TAG = re.compile(r"([a-z][a-z0-9]*)((?: +[a-z][a-z-]*=\"[^\"]*\")*) ?(/?)")
ATTRIBUTE = re.compile(r"([a-z-]+)=\"([^\"]*)\"")
REFERENCE = re.compile(r"&(?:#([0-9]{2,5});|([a-zA-Z][a-zA-Z0-9]{1,30};))?")
BOM = "\ufeff"
NONE: Mapping[str, str] = {}


class Untidy(Exception):
    """This needs a parser."""


def read(html: str, base: str) -> Rich:
    """Read tidy HTML; raises Untidy for any other."""
    builder = Builder(base)
    start, end, data = builder.start, builder.end, builder.data
    inside = [ROOT]
    text, *pieces = html.split("<")
    if "\r" in html or html.startswith(BOM):
        raise Untidy
    if text:
        data(_shown(text))
    for piece in pieces:
        tag, found, text = piece.partition(">")
        if not found:
            raise Untidy
        if tag[:1] == "/":
            tag = tag[1:]
            if inside.pop() != tag:
                raise Untidy
            end(tag)
        else:
            tag, attributes = (tag, NONE) if tag in PLACES else _taken_apart(tag)
            if inside[-1] not in PLACES[tag]:
                raise Untidy
            start(tag, attributes)
            if tag in VOID:
                end(tag)
            else:
                inside.append(tag)
        if text:
            data(text if text == "\n" else _shown(text))
    if inside != [ROOT]:
        raise Untidy
    return builder.close()


def _taken_apart(tag: str) -> tuple[str, Mapping[str, str]]:
    """Return an element's name and its attributes."""
    found = TAG.fullmatch(tag)
    if not found or found[1] not in PLACES or (found[3] and found[1] not in VOID) or not tag.isprintable():
        raise Untidy
    pairs = ATTRIBUTE.findall(found[2])
    attributes = dict(pairs)
    if len(attributes) < len(pairs):
        raise Untidy
    if "&" in tag:
        return found[1], {name: REFERENCE.sub(_meant, value) for name, value in pairs}
    return found[1], attributes


def _shown(text: str) -> str:
    """Return text as a reader sees it."""
    if not text.isprintable() and UNWANTED.search(text):
        raise Untidy
    return REFERENCE.sub(_meant, text) if "&" in text else text


def _meant(reference: re.Match[str]) -> str:
    """Return the character that is named or numbered."""
    number, name = reference.groups()
    if name in html5:
        return html5[name]
    code = int(number or 0)
    if 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800:  # noqa: PLR2004 - no controls, no halves of pairs
        return chr(code)
    raise Untidy
