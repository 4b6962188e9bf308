"""Rich text in the tags that Dzen takes: paragraphs and quotes, with links, bold, italic, underlined, struck."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import groupby, pairwise
from operator import itemgetter
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

from adapters.contracts.item import Span, SpanKind
from adapters.text.html import link_of

_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, and the carriage return, which every parser turns into a line feed."""
_MARKS = {SpanKind.BOLD: "b", SpanKind.ITALIC: "i", SpanKind.UNDERLINE: "u", SpanKind.STRIKETHROUGH: "s"}
_SCHEMES = frozenset({"http", "https"})


def clean(text: str) -> str:
    """Take out what XML cannot hold; a lone surrogate stays for the caller to refuse, and is taken out here."""
    return _NOT_XML.sub("", text)


def untracked(address: str, tracking: Sequence[str]) -> str:
    """Return an address without the parameters that follow readers; all else stays as it was written."""
    parts = urlsplit(address)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not any(fnmatchcase(name.lower(), one) for one in tracking)]
    return address if len(kept) == len(pairs) else urlunsplit(parts._replace(query=urlencode(kept)))


def address_of(span: Span, text: str, tracking: Sequence[str]) -> str:
    """Return where a span leads, as Dzen may have it; empty for what leads nowhere."""
    try:
        address = clean(link_of(span, text).strip())
        return untracked(address, tracking) if urlsplit(address).scheme.lower() in _SCHEMES else ""
    except ValueError:
        return ""


def blocks(text: str, spans: Sequence[Span], tracking: Sequence[str]) -> Iterator[etree._Element]:
    """Yield a text as elements: a `p` a line, for there is no line break, and quotes as `blockquote`."""
    quotes = [(span.offset, span.offset + span.length) for span in spans if span.kind is SpanKind.BLOCKQUOTE]
    begin, inside = 0, None
    quoted: etree._Element | None = None
    for line in text.split("\n"):
        paragraph = _paragraph(text, begin, begin + len(line), spans, tracking)
        quote = next((edges for edges in quotes if line and edges[0] < begin + len(line) and begin < edges[1]), None)
        begin += len(line) + 1
        if paragraph is None:
            continue
        if quoted is not None and quote != inside:
            yield quoted
            quoted = None
        if quote is None:
            yield paragraph
            continue
        if quoted is None:
            quoted, inside = etree.Element("blockquote"), quote
        quoted.append(paragraph)
    if quoted is not None:
        yield quoted


def _paragraph(
    text: str, begin: int, end: int, spans: Sequence[Span], tracking: Sequence[str]
) -> etree._Element | None:
    """Return one line of a text as a `p`, or None for an empty one."""
    if not clean(text[begin:end]).strip():
        return None
    near = [span for span in spans if span.offset < end and span.offset + span.length > begin]
    edges = {begin, end, *(edge for span in near for edge in (span.offset, span.offset + span.length))}
    cuts = sorted(edge for edge in edges if begin <= edge <= end)
    links = {id(span): address_of(span, text, tracking) for span in near}
    pieces = []
    for a, b in pairwise(cuts):
        if piece := clean(text[a:b]):
            over = _over(near, a, b)
            marks = tuple(sorted({_MARKS[span.kind] for span in over if span.kind in _MARKS}))
            pieces.append((next((links[id(span)] for span in over if links[id(span)]), ""), marks, piece))
    paragraph = etree.Element("p")
    for address, linked in groupby(pieces, itemgetter(0)):
        parent = etree.SubElement(paragraph, "a", href=address) if address else paragraph
        for marks, alike in groupby(linked, itemgetter(1)):
            _append(parent, marks, "".join(piece for *_, piece in alike))
    return paragraph


def _over(spans: Sequence[Span], begin: int, end: int) -> list[Span]:
    """Return the spans that lie over a stretch."""
    return [span for span in spans if span.offset <= begin and end <= span.offset + span.length]


def _append(parent: etree._Element, marks: Sequence[str], text: str) -> None:
    """Put text behind everything an element holds, inside the elements of its marks."""
    for name in marks:
        parent = etree.SubElement(parent, name)
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def plain(element: etree._Element) -> str:
    """Return an element's text."""
    return "".join(map(str, element.itertext()))


def markup(elements: Sequence[etree._Element]) -> str:
    """Return elements as markup that is HTML and well-formed XML at once."""
    return "\n".join(etree.tostring(element, encoding="unicode", with_tail=False) for element in elements)
