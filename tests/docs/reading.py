"""Reads what the documents tell people to type: commands in `sh` blocks and in the text, options, variables, paths."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

from tests.exports import ROOT

HISTORY = {"CHANGELOG.md"}
"""Documents that tell what was."""
FOLDERS = (".", "docs", "deployments")
SHELLS = {"sh", "bash", "shell", "console"}
ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")


@dataclass(frozen=True)
class Span:
    """A line of a shell block, or a piece of code in the text."""

    where: str
    text: str
    block: bool
    """Whether it is to be typed as it stands; what stands in the text may be a part of a command."""


@dataclass(frozen=True)
class Command:
    """One simple command: its words, and the variables that are set for it."""

    words: list[str]
    variables: list[str]
    open: bool
    """Whether the document leaves something out: `…`."""


def documents() -> dict[str, str]:
    """Return the documents by their paths."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.md")) if file.name not in HISTORY]
    return {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def spans(page: str, text: str) -> Iterator[Span]:
    """Yield the lines of a document's shell blocks and the code in its text."""
    line = 0
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        line = token.map[0] + 1 if token.map else line
        if token.type == "fence" and token.info.split(" ")[0] in SHELLS:
            for number, typed in _lines(token.content):
                yield Span(f"{page}:{line + 1 + number}", typed, block=True)
        for child in token.children or ():
            if child.type == "code_inline":
                yield Span(f"{page}:{line}", child.content.replace("\\|", "|"), block=False)


def commands(text: str) -> Iterator[Command]:
    """Yield the simple commands of a line; what stands in [brackets] may be left out, and is read too."""
    plain = re.sub(r"\[(-[^\]]*)\]", r"\1", text)
    lexer = shlex.shlex(plain, posix=True, punctuation_chars="&|;<>")
    lexer.commenters = "#"
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("&|;<>"):
            words.append(word)
        elif words:
            yield _command(words)
            words = []


def _command(words: list[str]) -> Command:
    """Sort a command's words."""
    begin = next((place for place, word in enumerate(words) if not ASSIGNED.fullmatch(word)), len(words))
    given = words[begin:]
    set_here = [word.split("=")[0] for word in [*words[:begin], *(given[1:] if given[:1] == ["export"] else [])]]
    return Command([word for word in given if word != "…"], set_here, any("…" in word for word in given))


def _lines(content: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a block, those that go on joined, with their numbers."""
    begun, held = 0, ""
    for number, line in enumerate(content.splitlines()):
        begun = begun if held else number
        held += line.removeprefix("$ ")
        if held.endswith("\\"):
            held = held[:-1]
            continue
        if held.strip() and not held.lstrip().startswith("#"):
            yield begun, held.strip()
        held = ""
