"""Rich text as HTML: escaped, well nested however spans overlap, with addresses of harmless schemes alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from urllib.parse import urlsplit

from adapters.contracts.item import Span, SpanKind
from adapters.text.spans import edges

SCHEMES = frozenset({"http", "https", "mailto", "tel", "tg"})
"""Links with any other scheme become plain text: `javascript:` and its kin run in who reads."""
_PLAIN = {
    SpanKind.BOLD: "b",
    SpanKind.ITALIC: "i",
    SpanKind.UNDERLINE: "u",
    SpanKind.STRIKETHROUGH: "s",
    SpanKind.CODE: "code",
    SpanKind.BLOCKQUOTE: "blockquote",
}


def tags_of(span: Span, text: str) -> tuple[str, str] | None:
    """Return what opens and closes a span, or None for what has no markup in HTML."""
    if span.kind in _PLAIN:
        name = _PLAIN[span.kind]
        return f"<{name}>", f"</{name}>"
    if span.kind is SpanKind.PRE:
        language = f' class="language-{escape(span.value)}"' if span.value else ""
        return f"<pre><code{language}>", "</code></pre>"
    if span.kind is SpanKind.SPOILER:
        return '<span class="spoiler">', "</span>"
    address = link_of(span, text)
    return (f'<a href="{escape(address)}">', "</a>") if address else None


def to_html(text: str, spans: Sequence[Span], tags_of: Callable[[Span, str], tuple[str, str] | None] = tags_of) -> str:
    """Return the text as an HTML fragment; line breaks become `<br>`, except in code blocks.

    Whoever marks up otherwise brings `tags_of`, which answers with markup that is safe.
    """
    if not spans:
        return escape(text, quote=False).replace("\n", "<br>\n")
    if (apart := _side_by_side(text, spans, tags_of)) is not None:
        return apart
    marks = [(span, tags) for span in spans if span.length > 0 and (tags := tags_of(span, text))]
    cuts = sorted({0, len(text), *(edge for span, _ in marks for edge in edges(span, len(text)))})
    starts: dict[int, list[tuple[Span, tuple[str, str]]]] = {}
    for span, tags in sorted(marks, key=lambda mark: -mark[0].length):
        starts.setdefault(edges(span, len(text))[0], []).append((span, tags))
    out: list[str] = []
    open_now: list[tuple[Span, tuple[str, str]]] = []
    for begin, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        open_now = _close(open_now, begin, len(text), out)
        for mark in starts.get(begin, ()):
            out.append(mark[1][0])
            open_now.append(mark)
        inside_code = any(span.kind is SpanKind.PRE for span, _ in open_now)
        piece = escape(text[begin:end], quote=False)
        out.append(piece if inside_code else piece.replace("\n", "<br>\n"))
    _close(open_now, len(text), len(text), out, everything=True)
    return "".join(out)


def _side_by_side(
    text: str, spans: Sequence[Span], tags_of: Callable[[Span, str], tuple[str, str] | None]
) -> str | None:
    """Return the fragment of spans that follow one another, as nearly all do; None where they nest or overlap."""
    out: list[str] = []
    at = 0
    for span in spans:
        begin, end = edges(span, len(text))
        if begin < at or end <= begin:
            return None
        if tags := tags_of(span, text):
            piece = escape(text[begin:end], quote=False)
            inside = piece if span.kind is SpanKind.PRE else piece.replace("\n", "<br>\n")
            out += [escape(text[at:begin], quote=False).replace("\n", "<br>\n"), tags[0], inside, tags[1]]
            at = end
    out.append(escape(text[at:], quote=False).replace("\n", "<br>\n"))
    return "".join(out)


def _close(
    marks: list[tuple[Span, tuple[str, str]]], at: int, length: int, out: list[str], *, everything: bool = False
) -> list[tuple[Span, tuple[str, str]]]:
    """Close what ends here; what lies above it is closed with it and opened again."""
    ending = [number for number, (span, _) in enumerate(marks) if everything or edges(span, length)[1] <= at]
    if not ending:
        return marks
    first = ending[0]
    out.extend(tags[1] for _, tags in reversed(marks[first:]))
    kept = [mark for number, mark in enumerate(marks[first:], first) if number not in set(ending)]
    out.extend(tags[0] for _, tags in kept)
    return [*marks[:first], *kept]


def link_of(span: Span, text: str) -> str:
    """Return the address a span leads to, or an empty string: only of schemes that open a page, a mail or a call."""
    said = text[span.offset : span.offset + span.length]
    address = {
        SpanKind.TEXT_LINK: span.value,
        SpanKind.LINK: said if "://" in said else f"https://{said}",
        SpanKind.EMAIL: f"mailto:{said}",
        SpanKind.PHONE: f"tel:{said.replace(' ', '')}",
        SpanKind.MENTION: f"https://t.me/{said.removeprefix('@')}",
    }.get(span.kind, "")
    try:
        return address if urlsplit(address.strip()).scheme.lower() in SCHEMES else ""
    except ValueError:
        return ""
