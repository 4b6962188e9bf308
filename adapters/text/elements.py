"""What becomes of each element of a stranger's HTML: text, a mark, a file, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from adapters.contracts.item import Media, MediaKind, Span, SpanKind
from adapters.text.html import SCHEMES
from adapters.text.html_rules import (
    BLOCKS,
    BREAK,
    EMOJI,
    EMPTY_LINE,
    GAPS,
    INLINE,
    JOINT,
    LONGEST_ALT,
    SPOILER,
    TINY,
    UNSEEN,
    Rich,
    absolute,
    cleaned,
    evened,
    file_name,
    is_hidden,
    language,
    picture_source,
    pixels,
)

_Begin: TypeAlias = "Callable[[Builder, Mapping[str, str]], Mark | None]"
_End: TypeAlias = "Callable[[Builder], None]"


Mark: TypeAlias = tuple[SpanKind, str, int, int]
"""What an open element marks: kind, value, the number of the first part of the text that can stand in it, and its place
among the spans, of which what began first stands around what began later."""


class Builder:
    """Takes what a parser meets and makes text of it; a target as lxml's parsers have them."""

    __slots__ = (
        *("base", "parts", "begins", "length", "gap", "marker", "open", "spans", "told", "media", "hidden"),
        *("lists", "code", "av"),
    )

    def __init__(self, base: str) -> None:
        self.base = base
        self.parts: list[str] = []
        """The text, in pieces; each with what stands between it and the piece before."""
        self.begins: list[int] = []
        """Where the text of each part begins, behind what stands before it."""
        self.length = 0
        self.gap = 0
        self.marker = ""
        """What stands in front of a list's entry, once there is one."""
        self.open: list[Mark | None] = []
        self.spans: list[dict[str, Any]] = []
        """In the order in which they began; empty ones for what has marked nothing."""
        self.told: set[tuple[int, int, SpanKind]] = set()
        self.media: dict[str, Media] = {}
        self.hidden = 0
        self.lists: list[int] = []
        """The number of the last entry of each list that is open; -1 for one without numbers."""
        self.code: list[str] | None = None
        """The text of a code block, in which every space counts."""
        self.av: tuple[MediaKind, Mapping[str, str]] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        is_unseen, gap, kind, begin, _ = RULES.get(tag, INERT)
        if is_unseen or self.hidden or (attributes and is_hidden(attributes)):
            self.hidden += 1
            return
        if self.code is not None:
            self._inside_code(tag, attributes)
            return
        self.gap = max(self.gap, gap)
        begun = begin(self, attributes) if begin else None
        if begun is None and kind:
            begun = self.mark(kind)
        self.open.append(begun)

    def end(self, tag: str) -> None:
        """End an element."""
        if self.hidden:
            self.hidden -= 1
            return
        if self.code is not None:
            if tag != "pre":
                return
            text, self.code = "".join(self.code).strip("\n"), None
            self._put(text if text.strip() else "")
        begun = self.open.pop() if self.open else None
        if begun is not None:
            self.marked(begun)
        _, gap, _, _, finish = RULES.get(tag, INERT)
        if finish:
            finish(self)
        self.gap = max(self.gap, gap)

    def data(self, data: str) -> None:
        """Take text."""
        if self.hidden or not data:
            return
        if self.code is not None:
            self.code.append(data.replace("\r\n", "\n"))
            return
        if data.isspace():
            self.gap = self.gap or JOINT
            return
        data = evened(data)
        if data[0] == " ":
            self.gap = self.gap or JOINT
        self._put(data.strip(" "))
        if data[-1] == " ":
            self.gap = JOINT

    def comment(self, text: str) -> None:
        """Leave out a comment."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Leave out an instruction to somebody else."""

    def close(self) -> Rich:
        """Return what was read."""
        if self.code is not None:
            self.end("pre")
        while self.open:
            self.end("")
        spans = Span.trusted_each(span for span in self.spans if span)
        return Rich("".join(self.parts), spans, tuple(self.media.values()))

    def mark(self, kind: SpanKind, value: str = "") -> Mark:
        """Begin to mark what follows."""
        self.spans.append({})
        return kind, value, len(self.parts), len(self.spans) - 1

    def marked(self, begun: Mark) -> None:
        """Mark the text of an element that has ended; one without a character marks nothing."""
        kind, value, first, place = begun
        if first < len(self.parts):
            self.span(place, kind, self.begins[first], self.length - self.begins[first], value)

    def span(self, place: int, kind: SpanKind, offset: int, length: int, value: str) -> None:
        """Note a span, unless an inner element marks the same text alike."""
        key = offset, length, kind
        if key not in self.told:
            self.told.add(key)
            self.spans[place] = {"kind": kind, "offset": offset, "length": length, "value": value}

    def _put(self, text: str) -> None:
        """Write text, with what stands between it and the text before."""
        if not text:
            return
        before = (GAPS[self.gap] if self.length else "") + self.marker
        self.gap, self.marker = 0, ""
        self.begins.append(self.length + len(before))
        self.parts.append(before + text)
        self.length += len(before) + len(text)

    def _inside_code(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take what counts inside a code block: lines' ends, and the language of what stands in it."""
        if self.code is not None and tag == "br":
            self.code.append("\n")
        block = self.open[-1]
        if block is not None and not block[1]:
            self.open[-1] = (block[0], language(attributes), *block[2:])

    def _block(self, attributes: Mapping[str, str]) -> Mark:
        """Begin a code block."""
        self.code = []
        return self.mark(SpanKind.PRE, language(attributes))

    def _link(self, attributes: Mapping[str, str]) -> Mark | None:
        """Begin a link, unless it leads where no reader may be led."""
        address = absolute(attributes.get("href", ""), self.base)
        scheme, colon, _ = address.partition(":")
        return self.mark(SpanKind.TEXT_LINK, address) if colon and scheme.lower() in SCHEMES else None

    def _line(self, _: Mapping[str, str]) -> None:
        """End a line; two ends are an empty one."""
        self.gap = EMPTY_LINE if self.gap >= BREAK else BREAK

    def _rule(self, _: Mapping[str, str]) -> None:
        """Draw a line between two texts."""
        if self.length:
            self._put("* * *")

    def _apart(self) -> None:
        """Set a list apart from what stands around it; one inside another on a line of its own."""
        self.gap = max(self.gap, BREAK if self.lists else EMPTY_LINE)

    def _list(self, _: Mapping[str, str]) -> None:
        """Begin a list with dots."""
        self._apart()
        self.lists.append(-1)

    def _numbered(self, attributes: Mapping[str, str]) -> None:
        """Begin a list with numbers."""
        self._apart()
        start = attributes.get("start", "1")
        self.lists.append(int(start) - 1 if start.isdecimal() and 0 < len(start) < 7 else 0)  # noqa: PLR2004

    def _entry(self, _: Mapping[str, str]) -> None:
        """Begin an entry of a list; its number or dot belongs to the text."""
        indent = "  " * (min(len(self.lists), 9) - 1)
        if self.lists and self.lists[-1] >= 0:
            self.lists[-1] += 1
            self.marker = f"{indent}{self.lists[-1]}. "
        else:
            self.marker = f"{indent}• "

    def _list_ends(self) -> None:
        """End a list."""
        if self.lists:
            self.lists.pop()
        self._apart()

    def _entry_ends(self) -> None:
        """Forget the number of an entry in which nothing stands."""
        self.marker = ""

    def _quote(self, _: Mapping[str, str]) -> None:
        """Begin a quotation inside a line."""
        self._put("“")

    def _quote_ends(self) -> None:
        """End a quotation inside a line."""
        self._put("”")

    def _cell(self, _: Mapping[str, str]) -> None:
        """Begin a cell of a table; on one line they stand apart."""
        if self.length and self.gap < BREAK:
            self.gap = JOINT
            self._put("|")
            self.gap = JOINT

    def _stretch(self, attributes: Mapping[str, str]) -> Mark | None:
        """Begin what only its class says something about."""
        return self.mark(SpanKind.SPOILER) if SPOILER.search(attributes.get("class", "")) else None

    def _frame(self, attributes: Mapping[str, str]) -> None:
        """Tell where another page stood in this one."""
        address = absolute(attributes.get("src") or attributes.get("data-src", ""), self.base)
        if address.startswith(("https://", "http://")):
            self.gap = EMPTY_LINE
            self._put(address)
            self.spans.append({})
            self.span(len(self.spans) - 1, SpanKind.LINK, self.length - len(address), len(address), "")
            self.gap = EMPTY_LINE

    def _picture(self, attributes: Mapping[str, str]) -> None:
        """Take a picture; one that stands for a character is that character, one too small to be seen is nothing."""
        alt = attributes.get("alt", "").strip()
        if alt and EMOJI.search(attributes.get("class", "")):
            self._put(alt)
            return
        width, height = pixels(attributes.get("width", "")), pixels(attributes.get("height", ""))
        if 0 < width <= TINY or 0 < height <= TINY or attributes.get("width", "") == "0":
            return
        self._file(MediaKind.PHOTO, picture_source(attributes), width, height, alt)

    def _played(self, attributes: Mapping[str, str], kind: MediaKind) -> None:
        """Take a video or a sound; without an address of its own the first of its sources counts."""
        if attributes.get("src"):
            self._file(
                kind, attributes["src"], pixels(attributes.get("width", "")), pixels(attributes.get("height", ""))
            )
        else:
            self.av = kind, attributes

    def _video(self, attributes: Mapping[str, str]) -> None:
        """Take a video."""
        self._played(attributes, MediaKind.VIDEO)

    def _audio(self, attributes: Mapping[str, str]) -> None:
        """Take a sound."""
        self._played(attributes, MediaKind.AUDIO)

    def _one_source(self, attributes: Mapping[str, str]) -> None:
        """Take a source of a video or a sound."""
        if self.av is not None and attributes.get("src"):
            (kind, outer), self.av = self.av, None
            self._played({**outer, "src": attributes["src"]}, kind)

    def _played_ends(self) -> None:
        """End a video or a sound."""
        self.av = None

    def _file(self, kind: MediaKind, address: str, width: int, height: int, alt: str = "") -> None:
        """Note a file by its address."""
        whole = absolute(address, self.base)
        if whole.startswith(("https://", "http://")):
            self.media.setdefault(
                whole,
                Media.trusted(
                    kind=kind,
                    ref=whole,
                    name=file_name(whole),
                    width=width,
                    height=height,
                    title=cleaned(alt)[:LONGEST_ALT],
                ),
            )

    BEGIN: ClassVar[dict[str, _Begin]] = {
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
    """What an element does at its beginning besides standing apart and marking."""
    END: ClassVar[dict[str, _End]] = {
        "ul": _list_ends,
        "ol": _list_ends,
        "li": _entry_ends,
        "q": _quote_ends,
        "video": _played_ends,
        "audio": _played_ends,
    }
    """What it does at its end."""


INERT: tuple[bool, int, SpanKind | None, _Begin | None, _End | None] = (False, 0, None, None, None)
"""An element that is nothing but its content."""
RULES = {
    tag: (tag in UNSEEN, BLOCKS.get(tag, 0), INLINE.get(tag), Builder.BEGIN.get(tag), Builder.END.get(tag))
    for tag in (*UNSEEN, *BLOCKS, *INLINE, *Builder.BEGIN)
}
"""Of each element: whether it is unseen, what stands around it, what it marks, what its beginning and its end do."""
