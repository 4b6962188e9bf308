"""HTML as editors write it, read without a parser: whatever a parser would mend, add or move is left to one.

What is read here reads as the parser has it: elements stand where it leaves them, and each is closed by its own end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.entities import html5
from typing import TypeAlias

from adapters.contracts.item import SpanKind
from adapters.text.elements import RULES, Builder
from adapters.text.html_rules import GAPS, JOINT, UNWANTED, Rich, evened, is_hidden

VOID = frozenset(("br", "hr", "img"))
ROOT = "<"
"""What the outermost elements stand in; no element is called so."""
ROOMS = frozenset((ROOT, "div", "section", "blockquote", "li", "figure", "figcaption"))
"""What may hold blocks."""
LISTS = frozenset(("ul", "ol"))
LEAVES = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"))
INLINE = frozenset(
    ("b", "strong", "em", "i", "u", "s", "code", "span", "cite", "small", "sub", "sup", "del", "ins", "q")
)
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
ATTRIBUTES = r"(?: +[a-z][a-z-]*=\"[^\"]*\")*"
LINK = re.compile(rf"a href=\"(https?://[!#-~]*)\"{ATTRIBUTES}")
PRINTED = re.compile(r"[!-~]+")
MEANINGLESS = re.compile(rf"[a-z][a-z0-9]*{ATTRIBUTES}")
REFERENCE = re.compile(r"&(?:#([0-9]{2,5});|([a-zA-Z][a-zA-Z0-9]{1,30};))?")
BOM = "\ufeff"
NONE: Mapping[str, str] = {}


_Usual: TypeAlias = "tuple[frozenset[str] | None, int, SpanKind | None, str, str]"
"""Where an element may stand (None: it ends), what stands around it, what it marks, its name, and the mark's value."""
USUAL: Mapping[str, _Usual] = {
    **{
        f"/{tag}": (None, RULES[tag][1] if tag in RULES else 0, None, tag, "")
        for tag in PLACES
        if tag not in {*Builder.END, *VOID}
    },
    **{
        tag: (PLACES[tag], *(RULES[tag][1:3] if tag in RULES else (0, None)), tag, "")
        for tag in PLACES
        if tag not in {*Builder.BEGIN, *VOID}
    },
}
"""Ends and beginnings that do nothing of their own."""


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
    parts, begins, spans, marks, told = builder.parts, builder.begins, builder.spans, builder.open, builder.told
    gap, length, marker, is_code = builder.gap, builder.length, "", False
    for piece in pieces:
        tag, found, text = piece.partition(">")
        usual = None if is_code else USUAL.get(tag) or _usual(tag)
        if usual is None:
            builder.gap, builder.length, builder.marker = gap, length, marker
            _tell(builder, tag, inside)
            gap, length, marker, is_code = builder.gap, builder.length, builder.marker, builder.code is not None
        else:
            places, apart, kind, name, value = usual
            gap = apart if apart > gap else gap  # noqa: FURB136 - a call of `max` takes as long as all the rest
            if places is None:
                if inside.pop() != name:
                    raise Untidy
                mark = marks.pop()
                if mark is not None and mark[2] < len(parts):
                    kind, value, first, place = mark
                    begin = begins[first]
                    key = begin, length - begin, kind
                    if key not in told:
                        told.add(key)
                        spans[place] = {"kind": kind, "offset": begin, "length": length - begin, "value": value}
            elif inside[-1] not in places:
                raise Untidy
            else:
                inside.append(name)
                if kind is None:
                    marks.append(None)
                else:
                    marks.append((kind, value, len(parts), len(spans)))
                    spans.append({})
        if not text:
            if not found:
                raise Untidy
            continue
        if is_code:
            builder.data(_shown(text))
            continue
        if text == "\n":
            gap = gap or JOINT
            continue
        if not text.isprintable() or "&" in text or "  " in text:
            text = evened(_shown(text))
            if text.isspace():
                gap = gap or JOINT
                continue
        if text[0] == " ":
            gap = gap or JOINT
        shown = text.strip(" ")
        if not shown:
            gap = gap or JOINT
            continue
        if length:
            before = GAPS[gap] + marker
            length += len(before)
            parts.append(before + shown)
        else:
            length = len(marker)
            parts.append(marker + shown)
        begins.append(length)
        length += len(shown)
        marker = ""
        gap = JOINT if text[-1] == " " else 0
    if inside != [ROOT]:
        raise Untidy
    builder.gap, builder.length, builder.marker = gap, length, marker


def _tell(builder: Builder, tag: str, inside: list[str]) -> None:
    """Tell a builder of an element's beginning or end; `inside` are those that are open."""
    if tag[:1] == "/":
        if inside.pop() != tag[1:]:
            raise Untidy
        builder.end(tag[1:])
        return
    tag, attributes = (tag, NONE) if tag in PLACES else _taken_apart(tag)
    if inside[-1] not in PLACES[tag]:
        raise Untidy
    builder.start(tag, attributes)
    if tag in VOID:
        builder.end(tag)
    else:
        inside.append(tag)


def _usual(tag: str) -> _Usual | None:
    """Return what is usual for an element with attributes: a link, or one that they mean nothing to; else None."""
    if '"' not in tag or "hidden" in tag or "style" in tag:
        return None
    if tag[:9] == 'a href="h':
        address = _link(tag)
        return (LINES, 0, SpanKind.TEXT_LINK, "a", address) if address else None
    if tag[:2] == "a " or not MEANINGLESS.fullmatch(tag) or not tag.isprintable():
        return None
    return USUAL.get(tag.partition(" ")[0])


def _link(tag: str) -> str:
    """Return where a link leads to; empty where that has to be looked at."""
    found = LINK.fullmatch(tag)
    if found is None:
        return ""
    address = found[1]
    if address.count("&") == address.count("&amp;"):
        return address.replace("&amp;", "&")
    address = REFERENCE.sub(_meant, address)
    return address if PRINTED.fullmatch(address) else ""


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
