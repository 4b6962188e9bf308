"""What becomes of each element of a stranger's HTML: text, a mark, a file, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar
from urllib.parse import unquote, urljoin, urlsplit

from pydantic import TypeAdapter

from adapters.contracts.item import Media, MediaKind, Span, SpanKind
from adapters.text.html import SCHEMES

SPACE = re.compile("[ \t\n\r\f\xa0]+")
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
    **dict.fromkeys(
        ("p", "blockquote", "pre", "ul", "ol", "dl", "table", "figure", "hr", "details", "form"), EMPTY_LINE
    ),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "header", "footer", "main", "nav", "address"), EMPTY_LINE),
    **dict.fromkeys(("fieldset", "section", "article", "aside", "video", "audio", "iframe"), EMPTY_LINE),
    **dict.fromkeys(("div", "li", "tr", "dt", "dd", "figcaption", "caption", "summary", "legend", "center"), BREAK),
    **dict.fromkeys(("option", "thead", "tbody", "tfoot"), BREAK),
}
"""What stands around an element at least."""
UNSEEN = frozenset(("script", "style", "template", "head", "title", "svg", "button", "select", "textarea", "input"))
"""Their content is no text for a reader."""
AV = {"video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file")
EMOJI = re.compile(r"(?:^|\s)(?:wp-smiley|emoji|emojione|twemoji)(?:\s|$)")
SPOILER = re.compile(r"(?:^|\s)(?:tg-)?spoiler(?:\s|$)")
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
LONGEST_ALT = 1000
SPANS = TypeAdapter(tuple[Span, ...])
"""Makes many spans at once, which is several times faster than one by one."""


@dataclass(frozen=True)
class Rich:
    """A text as the item has it, and the files that stood in it, each once; their `ref` is their whole address."""

    text: str
    spans: tuple[Span, ...] = ()
    media: tuple[Media, ...] = ()


def cleaned(text: str) -> str:
    """Return text that any place can keep."""
    return UNWANTED.sub("", text.translate(MEANT)) if UNWANTED.search(text) else text


def absolute(address: str, base: str) -> str:
    """Return an address made whole; an empty string for what cannot be one."""
    address = cleaned(address).strip()
    if not address or not base or address.startswith(("https://", "http://")):
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
    return cleaned(unquote(path.rpartition("/")[2]))[-NAME:]


class _Open:
    """An element that marks text; `offset` is known once a character stands in it."""

    __slots__ = ("kind", "offset", "value")

    def __init__(self, kind: SpanKind, value: str = "") -> None:
        self.kind, self.value, self.offset = kind, value, -1


class Builder:
    """Takes what a parser meets and makes text of it; a target as lxml's parsers have them."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0
        self._marker = ""
        """What stands in front of a list's entry, once there is one."""
        self._open: list[_Open | None] = []
        self._spans: dict[tuple[int, int, SpanKind], str] = {}
        self._media: dict[str, Media] = {}
        self._hidden = 0
        self._lists: list[int] = []
        """The number of the last entry of each list that is open; -1 for one without numbers."""
        self._code: list[str] | None = None
        """The text of a code block, in which every space counts."""
        self._av: tuple[MediaKind, Mapping[str, str]] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        if self._hidden or tag in UNSEEN or (attributes and _is_hidden(attributes)):
            self._hidden += 1
            return
        if self._code is not None:
            self._inside_code(tag, attributes)
            return
        gap = BLOCKS.get(tag, 0)
        if gap > self._gap:
            self._gap = BREAK if gap == EMPTY_LINE and self._lists and tag in {"ul", "ol"} else gap
        special = self._SPECIAL.get(tag)
        begun = special(self, attributes) if special else None
        if begun is None and tag in INLINE:
            begun = _Open(INLINE[tag])
        self._open.append(begun)

    def end(self, tag: str) -> None:
        """End an element."""
        if self._hidden:
            self._hidden -= 1
            return
        if self._code is not None:
            if tag != "pre":
                return
            text, self._code = "".join(self._code).strip("\n"), None
            self._put(text if text.strip() else "")
        begun = self._open.pop() if self._open else None
        if begun is not None and begun.offset >= 0:
            self._spans.setdefault((begun.offset, self._length - begun.offset, begun.kind), begun.value)
        if tag in {"ol", "ul"} and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._marker = ""
        elif tag == "q":
            self._put("”")
        elif tag in AV:
            self._av = None
        gap = BLOCKS.get(tag, 0)
        if gap > self._gap:
            self._gap = BREAK if gap == EMPTY_LINE and self._lists and tag in {"ul", "ol"} else gap

    def data(self, data: str) -> None:
        """Take text."""
        if self._hidden or not data:
            return
        if self._code is not None:
            self._code.append(data.replace("\r\n", "\n"))
            return
        text = SPACE.sub(" ", data)
        if text[0] == " ":
            self._gap = self._gap or JOINT
        stripped = text.strip(" ")
        if not stripped or stripped.isspace():
            self._gap = self._gap or JOINT
            return
        self._put(stripped)
        self._gap = JOINT if text[-1] == " " else 0

    def comment(self, text: str) -> None:
        """Leave out a comment."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Leave out an instruction to somebody else."""

    def close(self) -> Rich:
        """Return what was read."""
        if self._code is not None:
            self.end("pre")
        while self._open:
            self.end("")
        # What ended last began first, and stands around the others.
        ended = list(self._spans.items())[::-1]
        ended.sort(key=lambda one: (one[0][0], -one[0][1]))
        spans = SPANS.validate_python(
            [{"kind": kind, "offset": at, "length": length, "value": value} for (at, length, kind), value in ended]
        )
        return Rich("".join(self._parts), spans, tuple(self._media.values()))

    def _put(self, text: str) -> None:
        """Write text, with what stands between it and the text before."""
        if not text:
            return
        before = (GAPS[self._gap] if self._length else "") + self._marker
        self._gap, self._marker = 0, ""
        if before:
            self._parts.append(before)
            self._length += len(before)
        for begun in reversed(self._open):
            if begun is not None:
                if begun.offset >= 0:
                    break
                begun.offset = self._length
        self._parts.append(text)
        self._length += len(text)

    def _inside_code(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take what counts inside a code block: lines' ends, and the language of what stands in it."""
        if self._code is not None and tag == "br":
            self._code.append("\n")
        block = self._open[-1]
        if block is not None and not block.value:
            block.value = _language(attributes)

    def _block(self, attributes: Mapping[str, str]) -> _Open:
        """Begin a code block."""
        self._code = []
        return _Open(SpanKind.PRE, _language(attributes))

    def _link(self, attributes: Mapping[str, str]) -> _Open | None:
        """Begin a link, unless it leads where no reader may be led."""
        address = absolute(attributes.get("href", ""), self.base)
        scheme, colon, _ = address.partition(":")
        return _Open(SpanKind.TEXT_LINK, address) if colon and scheme.lower() in SCHEMES else None

    def _line(self, _: Mapping[str, str]) -> None:
        """End a line; two ends are an empty one."""
        self._gap = EMPTY_LINE if self._gap >= BREAK else BREAK

    def _rule(self, _: Mapping[str, str]) -> None:
        """Draw a line between two texts."""
        if self._length:
            self._put("* * *")

    def _list(self, _: Mapping[str, str]) -> None:
        """Begin a list with dots."""
        self._lists.append(-1)

    def _numbered(self, attributes: Mapping[str, str]) -> None:
        """Begin a list with numbers."""
        start = attributes.get("start", "1")
        self._lists.append(int(start) - 1 if start.isdecimal() and 0 < len(start) < 7 else 0)  # noqa: PLR2004

    def _entry(self, _: Mapping[str, str]) -> None:
        """Begin an entry of a list; its number or dot belongs to the text."""
        indent = "  " * (min(len(self._lists), 9) - 1)
        if self._lists and self._lists[-1] >= 0:
            self._lists[-1] += 1
            self._marker = f"{indent}{self._lists[-1]}. "
        else:
            self._marker = f"{indent}• "

    def _quote(self, _: Mapping[str, str]) -> None:
        """Begin a quotation inside a line."""
        self._put("“")

    def _cell(self, _: Mapping[str, str]) -> None:
        """Begin a cell of a table; on one line they stand apart."""
        if self._length and self._gap < BREAK:
            self._gap = JOINT
            self._put("|")
            self._gap = JOINT

    def _stretch(self, attributes: Mapping[str, str]) -> _Open | None:
        """Begin what only its class says something about."""
        return _Open(SpanKind.SPOILER) if SPOILER.search(attributes.get("class", "")) else None

    def _frame(self, attributes: Mapping[str, str]) -> None:
        """Tell where another page stood in this one."""
        address = absolute(attributes.get("src") or attributes.get("data-src", ""), self.base)
        if address.startswith(("https://", "http://")):
            self._gap = EMPTY_LINE
            self._put(address)
            self._spans[self._length - len(address), len(address), SpanKind.LINK] = ""
            self._gap = EMPTY_LINE

    def _picture(self, attributes: Mapping[str, str]) -> None:
        """Take a picture; one that stands for a character is that character, one too small to be seen is nothing."""
        alt = attributes.get("alt", "").strip()
        if alt and EMOJI.search(attributes.get("class", "")):
            self._put(alt)
            return
        width, height = _pixels(attributes.get("width", "")), _pixels(attributes.get("height", ""))
        if 0 < width <= TINY or 0 < height <= TINY or attributes.get("width", "") == "0":
            return
        self._file(MediaKind.PHOTO, _source(attributes), width, height, alt)

    def _played(self, attributes: Mapping[str, str], kind: MediaKind) -> None:
        """Take a video or a sound; without an address of its own the first of its sources counts."""
        if attributes.get("src"):
            self._file(
                kind, attributes["src"], _pixels(attributes.get("width", "")), _pixels(attributes.get("height", ""))
            )
        else:
            self._av = kind, attributes

    def _video(self, attributes: Mapping[str, str]) -> None:
        """Take a video."""
        self._played(attributes, MediaKind.VIDEO)

    def _audio(self, attributes: Mapping[str, str]) -> None:
        """Take a sound."""
        self._played(attributes, MediaKind.AUDIO)

    def _one_source(self, attributes: Mapping[str, str]) -> None:
        """Take a source of a video or a sound."""
        if self._av is not None and attributes.get("src"):
            (kind, outer), self._av = self._av, None
            self._played({**outer, "src": attributes["src"]}, kind)

    def _file(self, kind: MediaKind, address: str, width: int, height: int, alt: str = "") -> None:
        """Note a file by its address."""
        whole = absolute(address, self.base)
        if whole.startswith(("https://", "http://")):
            self._media.setdefault(
                whole,
                Media(
                    kind=kind,
                    ref=whole,
                    name=file_name(whole),
                    width=width,
                    height=height,
                    title=cleaned(alt)[:LONGEST_ALT],
                ),
            )

    _SPECIAL: ClassVar[dict[str, Callable[[Builder, Mapping[str, str]], _Open | None]]] = {
        "a": _link,
        "pre": _block,
        "span": _stretch,
        "br": _line,
        "hr": _rule,
        "ul": _list,
        "ol": _numbered,
        "li": _entry,
        "q": _quote,
        "td": _cell,
        "th": _cell,
        "img": _picture,
        "iframe": _frame,
        "embed": _frame,
        "source": _one_source,
        "video": _video,
        "audio": _audio,
    }
    """What an element does besides standing apart and marking."""


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    """Say whether a browser shows nothing of an element."""
    return "hidden" in attributes or ("style" in attributes and bool(HIDDEN.search(attributes["style"])))


def _language(attributes: Mapping[str, str]) -> str:
    """Return the language of a code block, as highlighters name it."""
    found = LANGUAGE.search(attributes.get("class", ""))
    return found.group(1) if found else ""


def _source(attributes: Mapping[str, str]) -> str:
    """Return a picture's address, also where a script would put it in its place later."""
    address = attributes.get("src", "").strip()
    if not address or address.startswith("data:"):
        address = next((attributes[name] for name in LAZY if attributes.get(name)), "")
    if not address and attributes.get("srcset"):
        # The last is by custom the largest.
        address = attributes["srcset"].rpartition(",")[2].strip().partition(" ")[0]
    return address


def _pixels(text: str) -> int:
    """Return a size in pixels, 0 where it is none."""
    number = text.strip().removesuffix("px")
    return int(number) if number.isdecimal() and len(number) < 6 else 0  # noqa: PLR2004 - no screen is so large
