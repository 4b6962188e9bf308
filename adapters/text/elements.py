"""What becomes of each element of a stranger's HTML: text, a mark, a file, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, TypeAlias

from adapters.contracts.item import Media, MediaKind, SpanKind
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
    SPACE,
    SPANS,
    SPOILER,
    TINY,
    UNSEEN,
    Rich,
    absolute,
    cleaned,
    file_name,
    is_hidden,
    language,
    picture_source,
    pixels,
)


_Begin: TypeAlias = "Callable[[Builder, Mapping[str, str]], _Open | None]"
_End: TypeAlias = "Callable[[Builder], None]"


class _Open:
    """An element that marks text; `offset` is known once a character stands in it."""

    __slots__ = ("kind", "offset", "value")

    def __init__(self, kind: SpanKind, value: str = "") -> None:
        self.kind, self.value, self.offset = kind, value, -1


class Builder:
    """Takes what a parser meets and makes text of it; a target as lxml's parsers have them."""

    __slots__ = (
        *("base", "_parts", "_length", "_gap", "_marker", "_open", "_waiting", "_spans", "_media", "_hidden"),
        *("_lists", "_code", "_av"),
    )

    def __init__(self, base: str) -> None:
        self.base = base
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0
        self._marker = ""
        """What stands in front of a list's entry, once there is one."""
        self._open: list[_Open | None] = []
        self._waiting: list[_Open] = []
        """The innermost of those that are open: in which no character stands yet."""
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
        is_unseen, gap, kind, begin, _ = RULES.get(tag, INERT)
        if is_unseen or self._hidden or (attributes and is_hidden(attributes)):
            self._hidden += 1
            return
        if self._code is not None:
            self._inside_code(tag, attributes)
            return
        if gap > self._gap:
            self._gap = gap
        begun = begin(self, attributes) if begin else None
        if begun is None and kind:
            begun = _Open(kind)
        if begun is not None:
            self._waiting.append(begun)
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
        if begun is not None:
            self._mark(begun)
        _, gap, _, _, finish = RULES.get(tag, INERT)
        if finish:
            finish(self)
        if gap > self._gap:
            self._gap = gap

    def data(self, data: str) -> None:
        """Take text."""
        if self._hidden or not data:
            return
        if self._code is not None:
            self._code.append(data.replace("\r\n", "\n"))
            return
        if data.isspace():
            self._gap = self._gap or JOINT
            return
        if "\n" in data or "  " in data or "\xa0" in data or "\t" in data or "\r" in data or "\f" in data:
            data = SPACE.sub(" ", data)
        if data[0] == " ":
            self._gap = self._gap or JOINT
        self._put(data.strip(" "))
        if data[-1] == " ":
            self._gap = JOINT

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
        ended = sorted(reversed(self._spans.items()), key=_place)
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
        if self._waiting:
            for begun in self._waiting:
                begun.offset = self._length
            self._waiting.clear()
        self._parts.append(text)
        self._length += len(text)

    def _mark(self, begun: _Open) -> None:
        """Mark the text of an element that has ended; one without a character marks nothing."""
        if begun.offset < 0:
            self._waiting.pop()
        else:
            self._spans.setdefault((begun.offset, self._length - begun.offset, begun.kind), begun.value)

    def _inside_code(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take what counts inside a code block: lines' ends, and the language of what stands in it."""
        if self._code is not None and tag == "br":
            self._code.append("\n")
        block = self._open[-1]
        if block is not None and not block.value:
            block.value = language(attributes)

    def _block(self, attributes: Mapping[str, str]) -> _Open:
        """Begin a code block."""
        self._code = []
        return _Open(SpanKind.PRE, language(attributes))

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

    def _apart(self) -> None:
        """Set a list apart from what stands around it; one inside another on a line of its own."""
        self._gap = max(self._gap, BREAK if self._lists else EMPTY_LINE)

    def _list(self, _: Mapping[str, str]) -> None:
        """Begin a list with dots."""
        self._apart()
        self._lists.append(-1)

    def _numbered(self, attributes: Mapping[str, str]) -> None:
        """Begin a list with numbers."""
        self._apart()
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

    def _list_ends(self) -> None:
        """End a list."""
        if self._lists:
            self._lists.pop()
        self._apart()

    def _entry_ends(self) -> None:
        """Forget the number of an entry in which nothing stands."""
        self._marker = ""

    def _quote(self, _: Mapping[str, str]) -> None:
        """Begin a quotation inside a line."""
        self._put("“")

    def _quote_ends(self) -> None:
        """End a quotation inside a line."""
        self._put("”")

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

    def _played_ends(self) -> None:
        """End a video or a sound."""
        self._av = None

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


def _place(span: tuple[tuple[int, int, SpanKind], str]) -> tuple[int, int]:
    """Order spans by where they begin, the longest first."""
    (offset, length, _), _ = span
    return offset, -length


INERT: tuple[bool, int, SpanKind | None, _Begin | None, _End | None] = (False, 0, None, None, None)
"""An element that is nothing but its content."""
RULES = {
    tag: (tag in UNSEEN, BLOCKS.get(tag, 0), INLINE.get(tag), Builder.BEGIN.get(tag), Builder.END.get(tag))
    for tag in (*UNSEEN, *BLOCKS, *INLINE, *Builder.BEGIN)
}
"""Of each element: whether it is unseen, what stands around it, what it marks, what it does at its beginning and end."""
