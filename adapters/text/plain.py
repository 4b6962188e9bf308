"""Rich text as plain text: links written out behind their words, all other markup gone and named."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.contracts.item import Span, SpanKind
from adapters.text.html import link_of
from adapters.text.spans import Converted, edges, lost_markup, once

WRITTEN_OUT = "a link is written out"
UNSEEN = "\u200b\u200c\u200d\u2060\ufeff \t\n"
"""A link over these alone is there for its preview: its address is all there is to see."""
UNSAFE = "a link to an unsafe address is left out"


def to_plain(text: str, spans: Sequence[Span]) -> Converted:
    """Return the text with the addresses of its links in brackets behind them."""
    out, last, losses = [], 0, lost_markup(text, spans)
    links = [span for span in spans if span.kind is SpanKind.TEXT_LINK]
    for span in sorted(links, key=lambda link: link.offset + link.length):
        begin, end = edges(span, len(text))
        addition, loss = written_out(text[begin:end], link_of(span, text))
        end = max(begin + len(text[begin:end].rstrip()), last)
        out += [text[last:end], addition]
        last = end
        losses += [loss] if loss else []
    return Converted("".join([*out, text[last:]]), once(losses))


def written_out(said: str, address: str) -> tuple[str, str]:
    """Return what a link's words are followed by, and what is lost; nothing where they are the address itself."""
    words = said.strip(UNSEEN)
    if not address:
        return "", UNSAFE
    if words in {address, address.rstrip("/")} or f"https://{words}" == address.rstrip("/"):
        return "", ""
    return (f" ({address})" if words else address), WRITTEN_OUT
