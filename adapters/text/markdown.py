"""Rich text as Markdown: CommonMark that Obsidian reads alike; what is no markup in the text becomes none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.contracts.item import Span, SpanKind
from adapters.text.html import link_of

_PAIRS = {SpanKind.BOLD: "**", SpanKind.ITALIC: "*", SpanKind.STRIKETHROUGH: "~~"}
_HTML = {
    SpanKind.BOLD: ("<strong>", "</strong>"),
    SpanKind.ITALIC: ("<em>", "</em>"),
    SpanKind.STRIKETHROUGH: ("<del>", "</del>"),
    SpanKind.UNDERLINE: ("<u>", "</u>"),
    SpanKind.SPOILER: ('<span class="spoiler">', "</span>"),
}
_LINKS = {SpanKind.LINK, SpanKind.TEXT_LINK, SpanKind.EMAIL, SpanKind.PHONE, SpanKind.MENTION}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MARKUP = re.compile(r"[\\`*\[\]<~$|^#{}]|(?<![^\W_])_|_(?![^\W_])|=(?==)|(?<==)=|%(?=%)|(?<=%)%|&(?=[#\w])")
_LINE_START = re.compile(r"[-+=>]|\d{1,9}(?=[.)](?:\s|$))")
_TAG = re.compile(r"#(?=[\w/-]*[^\W\d])[\w/-]+")
_NO_LANGUAGE = re.compile(r"[^\w+#.-]")
_BARE = re.compile(r"https?://[^\s<>\\]+")
_ESCAPED = re.compile(r"""[\s<>\\"`\[\]|()]""")


@dataclass(frozen=True)
class _Mark:
    """A stretch of one line that is marked up."""

    start: int
    end: int
    kind: SpanKind
    address: str = ""

    def crosses(self, other: _Mark) -> bool:
        """Say whether the two overlap and neither holds the other."""
        return self.start < other.start < self.end < other.end or other.start < self.start < other.end < self.end


def to_markdown(text: str, spans: Sequence[Span]) -> str:
    """Return the text as Markdown, each of its lines a line; hashtags are tags, links lead where they are harmless.

    Three empty lines are shown as one, and control characters as U+FFFD: Markdown has no other way.
    """
    text = _CONTROL.sub("\ufffd", text.replace("\r", "\n"))
    blocks: list[str] = []
    for start, end, block in _blocks(text, spans):
        if block is not None and block.kind is SpanKind.PRE:
            blocks.append(_fenced(text[start:end], block.value))
            continue
        lines = _lines(text, start, end, spans)
        if block is not None:
            lines = [f"> {line}".rstrip(" ") if not line else f"> {line}" for line in lines]
        if any(lines):
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def is_tag(tag: str) -> bool:
    """Say whether Obsidian takes a hashtag's word for a tag: it needs a letter, and knows no signs but -, _ and /."""
    return _TAG.fullmatch(f"#{tag}") is not None


def escaped(text: str) -> str:
    """Return a text, of one line, in which nothing is markup; for names and captions."""
    line = _CONTROL.sub("\ufffd", " ".join(text.split()))
    return _line(line, 0, len(line), [])


def _blocks(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, int, Span | None]]:
    """Yield (start, end, span) of what stands by itself, code and quotations, and of what lies between."""
    at = 0
    for span in sorted(spans, key=lambda one: (one.offset, one.kind is not SpanKind.PRE)):
        start, end = max(0, span.offset), min(len(text), span.offset + span.length)
        if span.kind not in {SpanKind.PRE, SpanKind.BLOCKQUOTE} or start < at or not text[start:end].strip():
            continue
        yield at, start, None
        yield start, end, span
        at = end
    yield at, len(text), None


def _fenced(code: str, language: str) -> str:
    """Return a block of code, its fence longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", code)), 3)
    return "\n".join((fence + _NO_LANGUAGE.sub("", language), code.strip("\n"), fence))


def _lines(text: str, start: int, end: int, spans: Sequence[Span]) -> list[str]:
    """Return the lines between two places as Markdown; a line that goes on ends with two spaces."""
    while start < end and text[start] == "\n":
        start += 1
    while end > start and text[end - 1] == "\n":
        end -= 1
    lines: list[str] = []
    at = start
    for raw in text[start:end].split("\n"):
        near = [span for span in spans if span.offset < at + len(raw) and at < span.offset + span.length]
        lines.append(_line(text, at, at + len(raw), near))
        at += len(raw) + 1
    return [
        f"{line}  " if line and number + 1 < len(lines) and lines[number + 1] else line
        for number, line in enumerate(lines)
    ]


def _line(text: str, start: int, end: int, spans: Sequence[Span]) -> str:
    """Return one line as Markdown."""
    first = start
    while first < end and text[first].isspace():
        first += 1
    last = end
    while last > first and text[last - 1].isspace():
        last -= 1
    if first == last:
        return ""
    inner = _marked(text, first, last, _marks(text, first, last, spans)) if spans else _plain(text[first:last])
    if _LINE_START.match(text, first) and inner.startswith(text[first]):
        number = re.match(r"\d*", inner)
        cut = number.end() if number else 0
        inner = f"{inner[:cut]}\\{inner[cut:]}"
    return f"{_spaces(text[start:first])}{inner}{_spaces(text[last:end])}"


def _spaces(text: str) -> str:
    """Return white space that Markdown would otherwise take away."""
    return "".join(f"&#{ord(sign)};" for sign in text)


def _marks(text: str, start: int, end: int, spans: Sequence[Span]) -> list[_Mark]:
    """Return what is marked within a line: without the white space at its edges, code free of other marks."""
    marks = []
    for span in spans:
        first, last = max(start, span.offset), min(end, span.offset + span.length)
        while first < last and text[first].isspace():
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        address = link_of(span, text) if span.kind in _LINKS else ""
        if first < last and (span.kind in _HTML or span.kind in {SpanKind.CODE, SpanKind.HASHTAG} or address):
            marks.append(_Mark(first, last, span.kind, address))
    atoms: list[_Mark] = []
    for kinds in ({SpanKind.CODE}, _LINKS, {SpanKind.HASHTAG}):
        for mark in marks:
            if mark.kind in kinds and all(mark.end <= other.start or other.end <= mark.start for other in atoms):
                atoms.append(mark)
    atoms = _joined(atoms)
    around = [mark for mark in marks if mark.kind in _HTML]
    return atoms + [mark for mark in around if all(_holds(mark, atom) for atom in atoms)]


def _joined(atoms: Sequence[_Mark]) -> list[_Mark]:
    """Return atoms with code that touches code made one: the ticks between the two would be read as one fence."""
    joined: list[_Mark] = []
    for atom in sorted(atoms, key=lambda one: one.start):
        last = joined[-1] if joined else None
        if last is not None and last.end == atom.start and last.kind is atom.kind is SpanKind.CODE:
            joined[-1] = _Mark(last.start, atom.end, SpanKind.CODE)
        else:
            joined.append(atom)
    return joined


def _holds(mark: _Mark, atom: _Mark) -> bool:
    """Say whether a mark may stay beside code, a link or a tag: around it or apart from it."""
    inside_link = atom.kind in _LINKS and atom.start <= mark.start and mark.end <= atom.end
    return (
        inside_link
        or mark.end <= atom.start
        or atom.end <= mark.start
        or (mark.start <= atom.start and atom.end <= mark.end)
    )


def _marked(text: str, start: int, end: int, marks: Sequence[_Mark]) -> str:
    """Return a stretch of a line with its marks, well nested however they overlap."""
    cuts = sorted({start, end, *(edge for mark in marks for edge in (mark.start, mark.end))})
    forms = {mark: _form(text, mark, marks) for mark in marks}
    out: list[str] = []
    stack: list[_Mark] = []
    for begin, stop in zip(cuts, [*cuts[1:], end], strict=True):
        ending = [number for number, mark in enumerate(stack) if mark.end <= begin]
        if ending:
            above = stack[ending[0] :]
            out += [forms[mark][1] for mark in reversed(above)]
            again = [mark for mark in above if mark.end > begin]
            out += [forms[mark][0] for mark in again]
            stack = [*stack[: ending[0]], *again]
        for mark in sorted((mark for mark in marks if mark.start == begin), key=lambda mark: -mark.end):
            if mark.kind in _LINKS and out and out[-1].endswith("!"):
                out[-1] = out[-1][:-1] + "\\!"
            out.append(forms[mark][0])
            stack.append(mark)
        inside = {mark.kind for mark in stack}
        if SpanKind.CODE in inside:
            out.append(_code(text[begin:stop], "".join(out[-2:])))
        elif _as_it_is(text, begin, stop, inside, [forms[mark] for mark in stack]):
            out.append(text[begin:stop])
        elif begin < stop:
            out.append(_plain(text[begin:stop]))
    return "".join(out)


def _form(text: str, mark: _Mark, marks: Sequence[_Mark]) -> tuple[str, str]:
    """Return what opens and closes a mark: Markdown's own signs where they are sure to be understood, else HTML."""
    if mark.kind in _LINKS:
        said = text[mark.start : mark.end]
        within = any(mark.start <= other.start and other.end <= mark.end for other in marks if other is not mark)
        if said == mark.address and _BARE.fullmatch(said) and not within:
            return "<", ">"
        return "[", f"](<{_ESCAPED.sub(_percent, mark.address)}>)"
    if mark.kind not in _HTML:
        return "", ""
    before, behind = text[mark.start - 1 : mark.start] if mark.start else "", text[mark.end : mark.end + 1]
    plain_edges = (text[mark.start].isalnum() or not before or before.isspace()) and (
        text[mark.end - 1].isalnum() or not behind or behind.isspace()
    )
    others = [other for other in marks if other is not mark]
    edges = {edge for other in others for edge in (other.start, other.end)}
    if (
        mark.kind in _PAIRS
        and plain_edges
        and not {mark.start, mark.end} & edges
        and not any(mark.crosses(other) for other in others)
    ):
        return _PAIRS[mark.kind], _PAIRS[mark.kind]
    return _HTML[mark.kind]


def _percent(found: re.Match[str]) -> str:
    """Write a sign of an address so that it ends no link."""
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


def _code(code: str, before: str) -> str:
    """Return code within a line; HTML where its signs would run into those of other code."""
    if before.endswith("`") or not code:
        return f"<code>{_plain(code)}</code>" if code else ""
    runs = {len(run) for run in re.findall(r"`+", code)}
    fence = "`" * next(number for number in range(1, len(runs) + 2) if number not in runs)
    pad = " " if code[0] == "`" or code[-1] == "`" else ""
    return f"{fence}{pad}{code}{pad}{fence}"


def _as_it_is(text: str, start: int, end: int, inside: set[SpanKind], forms: Sequence[tuple[str, str]]) -> bool:
    """Say whether a piece needs no escaping: a bare address, or a hashtag that Obsidian knows."""
    return ("<", ">") in forms or (SpanKind.HASHTAG in inside and _stands_free(text, start, end))


def _stands_free(text: str, start: int, end: int) -> bool:
    """Say whether a hashtag is one in Obsidian too: a proper word, with nothing before and no letter behind it."""
    before, behind = text[start - 1 : start] if start else "", text[end : end + 1]
    return (
        _TAG.fullmatch(text, start, end) is not None
        and (not before or before.isspace())
        and not re.match(r"[\w/-]", behind)
    )


def _plain(text: str) -> str:
    """Return a text in which nothing is markup."""
    return _MARKUP.sub(r"\\\g<0>", text)
