"""A message's text as t.me marks it up, to plain text and spans."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from adapters.contracts.item import Span, SpanKind

KINDS = {
    "b": SpanKind.BOLD, "strong": SpanKind.BOLD,
    "i": SpanKind.ITALIC, "em": SpanKind.ITALIC,
    "u": SpanKind.UNDERLINE, "ins": SpanKind.UNDERLINE,
    "s": SpanKind.STRIKETHROUGH, "strike": SpanKind.STRIKETHROUGH, "del": SpanKind.STRIKETHROUGH,
    "tg-spoiler": SpanKind.SPOILER,
    "code": SpanKind.CODE,
    "pre": SpanKind.PRE,
    "blockquote": SpanKind.BLOCKQUOTE,
    "tg-emoji": SpanKind.CUSTOM_EMOJI,
    "a": SpanKind.TEXT_LINK,
}  # fmt: skip
BLOCKS = frozenset({"pre", "blockquote"})
NEEDED = {"a": "href", "tg-emoji": "emoji-id"}
CLASSLESS = frozenset(KINDS) - {"a", "blockquote", "tg-emoji", "tg-spoiler", "pre", "code"}
PLAIN = frozenset({"div", "span", "p", "font"})
EMOJI_PICTURE = re.compile(r"/emoji/\d+/([0-9A-F]{4,})\.png")
FOLDED = re.compile(r"[ \t\r]*\n[ \t\r\n]*")
LANGUAGE = re.compile(r"\blanguage-([\w+#-]+)")


class Odd(Exception):
    """Something that is not as this release knows it: a message, or a part of one."""


def classes(element: HtmlElement) -> frozenset[str]:
    """Return an element's classes."""
    return frozenset((element.get("class") or "").split())


def rich(root: HtmlElement) -> tuple[str, tuple[Span, ...], tuple[str, ...]]:
    """Return the text of an element, its spans in code points, and its hashtags, each once; raises Odd."""
    writer = _Writer()
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walker:
        if event == "start" and writer.begin(element):
            walker.skip_subtree()
        elif event == "end":
            writer.end(element)
        if event != "start" and element is not root:
            writer.say(element.tail or "")
    return writer.finished()


class _Writer:
    """The text so far, and the marks that are open."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._last = "\n"
        self._open: list[tuple[HtmlElement, SpanKind, int]] = []
        self._spans: list[Span] = []
        self._space = self._break = False
        self._skipped: HtmlElement | None = None

    def begin(self, element: HtmlElement) -> bool:
        """Enter an element; returns whether what is inside it has been dealt with."""
        tag = str(element.tag)
        if tag == "br":
            self._space = self._break = False
            self._write("\n")
        elif tag == "i" and "emoji" in classes(element):
            self._skipped = element
            self.say(_emoji(element))
            return True
        elif tag not in PLAIN or "tg-spoiler" in classes(element):
            _check(element, tag)
            if tag in BLOCKS and self._last != "\n":
                self._write("\n")
            kind = SpanKind.SPOILER if tag in PLAIN else KINDS.get(tag, SpanKind.UNKNOWN)
            self._flush()
            self._open.append((element, kind, self._length))
        self.say(element.text or "")
        return False

    def end(self, element: HtmlElement) -> None:
        """Leave an element."""
        if element is self._skipped or not self._open or self._open[-1][0] is not element:
            return
        _, kind, begin = self._open.pop()
        if element.tag in BLOCKS:
            self._break = True
        if self._length > begin and not (kind is SpanKind.CODE and self._inside_pre()):
            self._spans.append(_span(element, kind, begin, "".join(self._parts)[begin:]))

    def say(self, text: str) -> None:
        """Add text; outside code, line ends of the page's own are mere spaces."""
        if self._inside_pre():
            self._flush()
            self._write(text)
            return
        for place, piece in enumerate(FOLDED.split(text)):
            self._space = self._space or place > 0
            if piece:
                self._flush()
                self._write(piece)

    def finished(self) -> tuple[str, tuple[Span, ...], tuple[str, ...]]:
        """Return it all, without the white space around it."""
        whole = "".join(self._parts)
        text = whole.strip()
        start = len(whole) - len(whole.lstrip())
        spans, tags = [], dict[str, None]()
        for span in sorted(self._spans, key=lambda one: (one.offset, -one.length)):
            begin = max(span.offset - start, 0)
            end = min(span.offset + span.length - start, len(text))
            if begin < end:
                spans.append(span.model_copy(update={"offset": begin, "length": end - begin}))
            if begin < end and span.kind is SpanKind.HASHTAG:
                tags.setdefault(text[begin:end].removeprefix("#"))
        return text, tuple(spans), tuple(tags)

    def _inside_pre(self) -> bool:
        """Say whether a code block is open."""
        return any(kind is SpanKind.PRE for _, kind, _ in self._open)

    def _flush(self) -> None:
        """Write the line end or space that is owed."""
        if self._break and self._last != "\n":
            self._write("\n")
        elif self._space and not self._last.isspace():
            self._write(" ")
        self._space = self._break = False

    def _write(self, text: str) -> None:
        """Add text as it is."""
        if text:
            self._parts.append(text)
            self._length += len(text)
            self._last = text[-1]


def _check(element: HtmlElement, tag: str) -> None:
    """Raise Odd for a mark that lacks what it means, or means more than this release knows."""
    named = element.get("class") or ""
    needed = NEEDED.get(tag)
    if needed and not element.get(needed):
        raise Odd(f"a <{tag}> without its {needed}")
    if named and tag in CLASSLESS:
        raise Odd(f"a mark that this release does not know: <{tag} class={named!r}>")


def _emoji(element: HtmlElement) -> str:
    """Return an emoji: the letter, or where there is only a picture, what the picture is called."""
    said = "".join(element.itertext())
    found = EMOJI_PICTURE.search(element.get("style") or "")
    if said or not found:
        return said
    try:
        return bytes.fromhex(found.group(1)).decode()
    except ValueError:
        return ""


def _span(element: HtmlElement, kind: SpanKind, begin: int, said: str) -> Span:
    """Build a closed mark's span."""
    value = ""
    if kind is SpanKind.TEXT_LINK:
        kind, value = _link(element, said)
    elif kind is SpanKind.PRE:
        code = next(iter(element.iter("code")), element)
        named = LANGUAGE.search(f"{element.get('class') or ''} {code.get('class') or ''}")
        value = named.group(1) if named else ""
    elif kind is SpanKind.CUSTOM_EMOJI:
        value = element.get("emoji-id") or ""
    elif kind is SpanKind.UNKNOWN:
        value = str(element.tag)
    return Span(kind=kind, offset=begin, length=len(said), value=value)


def _link(element: HtmlElement, said: str) -> tuple[SpanKind, str]:
    """Say what a link is to its reader."""
    address = element.get("href") or ""
    if element.get("onclick"):
        # Where t.me asks before it opens a link, it escapes the address twice.
        address = address.replace("&amp;", "&")
    for fits, kind in LINKS:
        if fits(address, said):
            return kind, ""
    if address.startswith("tg://user?id="):
        return SpanKind.MENTION_NAME, address.partition("=")[2]
    return SpanKind.TEXT_LINK, address


def _same(address: str, said: str) -> bool:
    """Say whether an address is what is said, but for its scheme and case."""
    one, other = (unquote(text).rpartition("://")[2].rstrip("/").lower() for text in (address, said.strip()))
    return one == other


def _mention(address: str, said: str) -> bool:
    """Say whether a link is somebody's name."""
    try:
        return said.startswith("@") and urlsplit(address).path.strip("/").lower() == said[1:].lower()
    except ValueError:
        return False


LINKS: tuple[tuple[Callable[[str, str], bool], SpanKind], ...] = (
    (lambda address, said: address.startswith("?q=") and said.startswith("#"), SpanKind.HASHTAG),
    (lambda address, said: address.startswith("?q=") and said.startswith("$"), SpanKind.CASHTAG),
    (lambda address, said: address.removeprefix("mailto:") == said and "@" in said, SpanKind.EMAIL),
    (lambda address, _: address.startswith("tel:"), SpanKind.PHONE),
    (_mention, SpanKind.MENTION),
    (_same, SpanKind.LINK),
)
