"""A post's rendered HTML, made ready for the rich text model: what is WordPress's own about it is undone here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from adapters.contracts.item import Media, MediaKind
from adapters.text.elements import Builder
from adapters.text.html_rules import Rich, absolute, cleaned, file_name

DECORATION = frozenset(
    (
        "wp-block-file__button",
        "screen-reader-text",
        "sharedaddy",
        "jp-relatedposts",
        "addtoany_share_save_container",
        "heateor_sss_sharing_container",
        "yarpp",
        "post-views",
    )
)
"""Classes of what themes and plugins hang on a post: buttons, counters, related posts. It changes without an edit."""
NUMBERED = re.compile(r"(?:^|\s)wp-image-(\d{1,18})(?:\s|$)")
GALLERY = re.compile(r"^gallery-\d+-(\d{1,18})$")
ANY_NUMBER = re.compile(r"\bwp-image-(\d{1,18})\b|\bgallery-\d{1,9}-(\d{1,18})\b")
SIZE = re.compile(r"-\d{1,5}x\d{1,5}(?=\.\w{2,5}$)")
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
WITH_VALUES = re.compile(
    r"""\[/?[a-z][\w-]*(?:\s+[\w-]+=(?:"[^"\]]*"|'[^'\]]*'|[“”″][^“”″\]]*[“”″]|[^\s\]"']+))+\s*/?\]"""
)
PLAIN = re.compile(r"\[/?([a-z][\w-]*)\s*/?\]")
CLOSING = re.compile(r"\[/([a-z][\w-]*)\]")
AS_IT_IS = ("pre", "code", "kbd", "samp")
PLAYERS = ("video", "audio")
"""What stands inside them is for browsers that cannot play."""


@dataclass(frozen=True)
class Attachment:
    """A file of the site's library."""

    url: str
    mime: str
    width: int
    height: int
    title: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Attachment:
        """Read one of the API's; raises what a strange one raises."""
        details = found.get("media_details")
        details = details if isinstance(details, dict) else {}
        return cls(
            url=str(found["source_url"]),
            mime=str(found.get("mime_type") or ""),
            width=_pixels(details.get("width")),
            height=_pixels(details.get("height")),
            title=cleaned(str(found.get("alt_text") or ""))[:1000],
        )

    def medium(self, title: str = "") -> Media:
        """Return it as an item has it; its size is left open: plugins shrink files without telling the library."""
        return Media(
            kind=kind_of(self.mime),
            ref=self.url,
            name=file_name(self.url),
            mime=self.mime,
            width=self.width,
            height=self.height,
            title=title or self.title,
        )


def kind_of(mime: str) -> MediaKind:
    """Return what a file is to its reader."""
    kinds = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}
    return MediaKind.DOCUMENT if "svg" in mime else kinds.get(mime.partition("/")[0], MediaKind.DOCUMENT)


def numbers(rendered: str) -> set[int]:
    """Return the attachments that a content shows, by the numbers that WordPress writes beside them."""
    return {int(found.group(1) or found.group(2)) for found in ANY_NUMBER.finditer(rendered)}


def rich(rendered: str, library: Mapping[int, Attachment], base: str) -> Rich:
    """Return a content as text, spans and media."""
    target: Any = _Content(rendered, library, base)
    parser: Any = etree.HTMLParser(target=target, huge_tree=True)
    parser.feed(cleaned(rendered))
    try:
        read: Rich = parser.close()
    except etree.XMLSyntaxError:
        # There is nothing in it.
        return Rich("")
    named = {one.url: one for one in library.values()}
    media = [named[one.ref].medium(one.title) if one.ref in named else one for one in read.media]
    return Rich(read.text, read.spans, (*media, *target.documents))


class _Content:
    """Stands before the rich text's own reader and hands it what a post's reader sees; a target as lxml's have them."""

    def __init__(self, rendered: str, library: Mapping[int, Attachment], base: str) -> None:
        self._reader, self._library, self._base = Builder(base), library, base
        self._closed = set(CLOSING.findall(rendered))
        """Shortcodes that are closed somewhere: `[row]` is one of them, `[sic]` is a word."""
        self.documents: list[Media] = []
        self._data: list[str] = []
        self._links: list[str] = []
        self._open = dict.fromkeys((*AS_IT_IS, *PLAYERS), 0)
        self._file = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin an element, or hide it from the reader."""
        self._flush()
        classes = set(attributes.get("class", "").split())
        within_player = any(self._open[player] for player in PLAYERS) and tag not in {"source", "track"}
        if tag in self._open:
            self._open[tag] += 1
        if tag == "a":
            self._links.append(attributes.get("href", ""))
            self._note_file(attributes)
        self._file = self._file or "wp-block-file" in classes
        if classes & DECORATION or within_player:
            attributes = {"hidden": ""}
        elif tag == "img":
            attributes = self._whole(attributes)
        self._reader.start(tag, attributes)

    def end(self, tag: str) -> None:
        """End an element."""
        self._flush()
        if self._open.get(tag):
            self._open[tag] -= 1
        if tag == "a" and self._links:
            self._links.pop()
        self._reader.end(tag)

    def data(self, data: str) -> None:
        """Take text; it comes in pieces."""
        self._data.append(data)

    def comment(self, text: str) -> None:
        """Leave out a comment."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Leave out an instruction to somebody else."""

    def close(self) -> Rich:
        """Return what was read."""
        self._flush()
        return self._reader.close()

    def _flush(self) -> None:
        """Hand on the text so far, without what is left of shortcodes whose plugin is gone; in code they are meant."""
        text, self._data = "".join(self._data), []
        if "[" in text and not any(self._open[name] for name in AS_IT_IS):
            text = PLAIN.sub(lambda one: "" if one.group(1) in self._closed else one.group(), WITH_VALUES.sub("", text))
        self._reader.data(text)

    def _note_file(self, attributes: Mapping[str, str]) -> None:
        """Take the first link of a block that offers a file for that file; its words stay in the text."""
        address = absolute(attributes.get("href", ""), self._base)
        if self._file and address.startswith(("https://", "http://")):
            self.documents.append(Media(kind=MediaKind.DOCUMENT, ref=address, name=file_name(address)))
        self._file = False

    def _whole(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """Have a picture name its whole file rather than the size that fits into a column."""
        found = self._library.get(_number(attributes))
        if found is not None and kind_of(found.mime) is MediaKind.PHOTO:
            size = {"width": str(found.width or ""), "height": str(found.height or "")}
            return {**attributes, **size, "src": found.url}
        if self._links and PICTURE.search(self._links[-1].partition("?")[0]):
            return {**attributes, "width": "", "height": "", "src": self._links[-1]}
        if "attachment-" in attributes.get("class", ""):
            # A theme's or the old gallery's: WordPress names each size by its file and the size.
            return {**attributes, "width": "", "height": "", "src": SIZE.sub("", attributes.get("src", ""))}
        return dict(attributes)


def _number(attributes: Mapping[str, str]) -> int:
    """Return a picture's number in the library; 0 where WordPress did not write it."""
    found = NUMBERED.search(attributes.get("class", "")) or GALLERY.match(attributes.get("aria-describedby", ""))
    return int(found.group(1)) if found else 0


def _pixels(value: object) -> int:
    """Return a size; 0 for what is none."""
    return value if type(value) is int and 0 < value < 1 << 20 else 0
