"""HTML as editors write it, read without a parser: whatever a parser would mend, add or move is left to one.

What is read here reads as the parser has it: elements stand where it leaves them, and each is closed by its own end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.entities import html5

from adapters.text.elements import RULES, Builder
from adapters.text.html_rules import GAPS, JOINT, UNWANTED, Rich, is_hidden

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
NAMES = re.compile(r" *[a-z][a-z-]*=(?: +[a-z][a-z-]*=)*")
"""What stands in front of the values of attributes."""
REFERENCE = re.compile(r"&(?:#([0-9]{2,5});|([a-zA-Z][a-zA-Z0-9]{1,30};))?")
BOM = "\ufeff"
NONE: Mapping[str, str] = {}


ENDS = {tag: RULES[tag][1] if tag in RULES else 0 for tag in PLACES if tag not in Builder.END}
"""Elements whose end does nothing of its own: what stands behind them."""
STARTS = {tag: RULES[tag][1:3] if tag in RULES else (0, None) for tag in PLACES if tag not in Builder.BEGIN}
"""Elements whose beginning does nothing of its own: what stands before them, and what they mark."""


class Untidy(Exception):
    """This needs a parser."""


def read(html: str, base: str) -> Rich:
    """Read tidy HTML; raises Untidy for any other."""
    text, *pieces = html.split("<")
    if "\r" in html or html.startswith(BOM):
        raise Untidy
    builder = Builder(base)
    if text:
        builder.data(_shown(text))
    _build(builder, pieces)
    return builder.close()


def _build(builder: Builder, pieces: Sequence[str]) -> None:  # noqa: C901, PLR0912, PLR0915
    """Take pieces, each an element's tag and the text behind it, as the builder's own methods would.

    They are not called for what is met most: a call takes as long as what it does.
    """
    inside = [ROOT]
    parts, begins, marks = builder.parts, builder.begins, builder.open
    gap, length = builder.gap, builder.length
    for piece in pieces:
        tag, found, text = piece.partition(">")
        if not found:
            raise Untidy
        if tag[:1] == "/":
            tag = tag[1:]
            if inside.pop() != tag:
                raise Untidy
            if tag in ENDS and builder.code is None:
                mark = marks.pop()
                if mark is not None:
                    builder.length = length
                    builder.marked(mark)
                if ENDS[tag] > gap:
                    gap = ENDS[tag]
            else:
                builder.gap, builder.length = gap, length
                builder.end(tag)
                gap, length = builder.gap, builder.length
        else:
            tag, attributes = (tag, NONE) if tag in PLACES else _taken_apart(tag)
            if inside[-1] not in PLACES[tag]:
                raise Untidy
            if tag in STARTS and builder.code is None:
                apart, kind = STARTS[tag]
                if apart > gap:
                    gap = apart
                marks.append(builder.mark(kind) if kind else None)
                inside.append(tag)
            else:
                builder.gap, builder.length = gap, length
                builder.start(tag, attributes)
                if tag in VOID:
                    builder.end(tag)
                else:
                    inside.append(tag)
                gap, length = builder.gap, builder.length
        if not text:
            continue
        if not text.isprintable() or "&" in text or "  " in text or builder.code is not None:
            builder.gap, builder.length = gap, length
            builder.data(text if text == "\n" else _shown(text))
            gap, length = builder.gap, builder.length
            continue
        if text[0] == " ":
            gap = gap or JOINT
        stripped = text.strip(" ")
        if not stripped:
            continue
        before = GAPS[gap] if length else ""
        if builder.marker:
            before += builder.marker
            builder.marker = ""
        length += len(before)
        begins.append(length)
        parts.append(before + stripped if before else stripped)
        length += len(stripped)
        gap = JOINT if text[-1] == " " else 0
    if inside != [ROOT]:
        raise Untidy
    builder.gap, builder.length = gap, length


def _taken_apart(tag: str) -> tuple[str, Mapping[str, str]]:
    """Return an element's name and its attributes."""
    head, *rest = tag.split('"')
    name, _, first = head.partition(" ")
    if not rest:
        if head[-1:] == "/" and head[:-1].rstrip(" ") in VOID:
            return head[:-1].rstrip(" "), NONE
        raise Untidy
    names = [first, *rest[1:-1:2]]
    last = rest[-1]
    if name not in PLACES or not NAMES.fullmatch("".join(names)) or not tag.isprintable():
        raise Untidy
    if len(rest) % 2 or (last and (last not in {"/", " /"} or name not in VOID)):
        raise Untidy
    attributes = {
        name.strip(" ="): REFERENCE.sub(_meant, value) if "&" in value else value
        for name, value in zip(names, rest[::2], strict=True)
    }
    if len(attributes) < len(names) or is_hidden(attributes):
        raise Untidy
    return name, attributes


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
