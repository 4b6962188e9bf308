"""A page of the preview to its messages; a page that is none, or is not understood, is an error that says so."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lxml import etree, html
from lxml.html import HtmlElement

from adapters.contracts.errors import ConfigurationError, Transient
from adapters.contracts.item import Unreadable
from adapters.sources.telegram_web.attached import PREFIX, first, inside, said
from adapters.sources.telegram_web.marks import Odd
from adapters.sources.telegram_web.numbers import members, names

KEPT_BYTES = 1 << 20
ENDS = (b"</main>", b"</body>", b"</html>")
"""One of these stands behind a page's last message; in a message's text it would be escaped."""
WORDS = 120
POSTS = re.compile(rb"\sdata-post\s*=\s*[\"']")
"""What begins a message; in its text the quotes are escaped."""


@dataclass(frozen=True)
class Piece:
    """One message's block: the numbers of its messages, and what is odd about it, if anything is."""

    at: int
    """Its number; of a block without one, its neighbour's above."""
    last: int
    """The number of an album's last message, else `at`."""
    block: HtmlElement
    numbers: tuple[int, ...]
    odd: str = ""


@dataclass(frozen=True)
class Preview:
    """What a page says."""

    title: str
    channel_id: int
    """0 where no message tells it."""
    pieces: Sequence[Piece]
    """In ascending order."""
    older: bool
    """Whether there is more before it."""


def read(data: bytes, where: str, before: int = 0) -> Preview:
    """Read a page that was asked for what lies before a number (0: the newest).

    Raises Transient for one that is cut, ConfigurationError for one that this release does not understand.
    """
    tree = _tree(data, where)
    history = first(tree, "tgme_channel_history")
    if history is None:
        raise _strange(tree, where, "it is no channel's preview")
    wraps = list(inside(history, f"{PREFIX}wrap"))
    blocks = [block for wrap in wraps if (block := _block(wrap)) is not None]
    marked = first(history, "tme_no_messages_found") is not None
    if not blocks and not marked:
        raise _strange(tree, where, "it shows no messages, and does not say that there are none")
    if len(POSTS.findall(data)) != sum("data-post" in one.attrib for one in blocks):
        raise _strange(tree, where, "it has messages in places where this release looks for none")
    pieces = _pieces(blocks)
    shown = [piece.at for piece in pieces if piece.numbers]
    if pieces and not shown:
        raise _strange(tree, where, "none of its messages has a number")
    if shown != sorted(set(shown)) or (before and shown and shown[-1] >= before):
        raise _strange(tree, where, f"asked for what is before {before}, it shows {shown[:3]} to {shown[-3:]}")
    older = bool(tree.xpath("//link[@rel='prev'] | //a[@data-before]"))
    return Preview(said(tree, "tgme_channel_info_header_title"), _channel(blocks), pieces, older)


def is_not_found(data: bytes) -> bool:
    """Say whether a post's own page says that there is no such post."""
    try:
        tree = _tree(data, "")
    except (Transient, ConfigurationError):
        return False
    shown = first(tree, f"{PREFIX[:-1]}") is not None
    return not shown and said(tree, f"{PREFIX}error").strip().lower().rstrip(".") == "post not found"


def unreadable(piece: Piece, identity: str, where: str) -> Unreadable:
    """Keep what was not understood, with its place; the same one is the same again, whatever is counted in it."""
    data = etree.tostring(piece.block, encoding="utf-8")
    item_id = f"{identity}/{piece.at}" if piece.numbers else ""
    return Unreadable(
        where=f"{where}, {'message' if piece.numbers else 'before message'} {piece.at}",
        error=piece.odd,
        data=data[:KEPT_BYTES],
        sha256=hashlib.sha256(f"{identity}/{piece.at}: {piece.odd}".encode()).hexdigest(),
        item_id=item_id,
    )


def _tree(data: bytes, where: str) -> HtmlElement:
    """Parse a page."""
    rest = data[max(data.rfind(b"data-post"), 0) :].lower()
    if not any(end in rest for end in ENDS):
        raise Transient(f"{where}: the page is cut off, or is no page at all; run again")
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        tree = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ConfigurationError(f"{where}: this is no HTML ({error}); look at it in a browser") from error
    if parser.error_log.filter_from_fatals():
        # The library would leave out what it does not read.
        raise ConfigurationError(f"{where}: the page is nested too deep, or too large; look at it in a browser")
    return tree


def _block(wrap: HtmlElement) -> HtmlElement | None:
    """Return the message in its wrap, or the wrap where it cannot be told; None for what says that nothing is there."""
    if first(wrap, "tme_no_messages_found") is not None:
        return None
    return next(inside(wrap, PREFIX[:-1]), wrap)


def _pieces(blocks: Sequence[HtmlElement]) -> list[Piece]:
    """Name each block by its number, and those without one by their neighbour's above."""
    found: list[Piece] = []
    above = 0
    for block in reversed(blocks):
        piece = _piece(block, above)
        above = piece.at
        found.append(piece)
    highest = max((piece.last for piece in found), default=0)
    return [replace(piece, at=highest + 1, last=highest + 1) if not piece.at else piece for piece in reversed(found)]


def _piece(block: HtmlElement, above: int) -> Piece:
    """Read a block's numbers; `above` is the next one's."""
    try:
        number = names(block).number
    except Odd as error:
        return Piece(above, above, block, (), str(error))
    try:
        numbers = members(block, number) or (number,)
    except Odd as error:
        return Piece(number, number, block, (number,), str(error))
    return Piece(number, numbers[-1], block, numbers)


def _channel(blocks: Sequence[HtmlElement]) -> int:
    """Return the channel's number as most messages tell it."""
    told: dict[int, int] = {}
    for block in blocks:
        try:
            number = names(block).channel_id
        except Odd:
            continue
        if number:
            told[number] = told.get(number, 0) + 1
    return max(told, key=lambda number: told[number], default=0)


def _strange(tree: HtmlElement, where: str, what: str) -> ConfigurationError:
    """Say that a page is not understood, with what it calls itself."""
    title = " ".join((tree.findtext(".//title") or "without a title").split())[:WORDS]
    return ConfigurationError(
        f"{where}: the page ({title!r}) is not understood: {what}. Look at it in a browser: if t.me asks something "
        "there, try from another network; if it shows posts, its markup has changed: use a newer release, or an export"
    )
