"""A post's rendered HTML, made ready for the rich text model: what is WordPress's own about it is undone here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import html
from lxml.html import HtmlElement

from adapters.contracts.item import Media, MediaKind
from adapters.text.elements import UNWANTED, absolute, file_name
from adapters.text.from_html import Rich, from_tree

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
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
WITH_VALUES = re.compile(
    r"""\[/?[a-z][\w-]*(?:\s+[\w-]+=(?:"[^"\]]*"|'[^'\]]*'|[“”″][^“”″\]]*[“”″]|[^\s\]"']+))+\s*/?\]"""
)
PAIR = re.compile(r"\[([a-z][\w-]*)\](.*?)\[/\1\]", re.DOTALL)
CLOSING = re.compile(r"\[/[a-z][\w-]*\]")
AS_IT_IS = frozenset(("pre", "code", "kbd", "samp"))
EMPTY = "<div></div>"


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
            title=UNWANTED.sub("", str(found.get("alt_text") or ""))[:1000],
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


def tree_of(rendered: str) -> HtmlElement:
    """Parse a post's content."""
    parser = html.HTMLParser(huge_tree=True, remove_pis=True)
    element: HtmlElement = html.fragment_fromstring(UNWANTED.sub("", rendered) or EMPTY, "div", parser=parser)
    return element


def numbers(tree: HtmlElement) -> set[int]:
    """Return the attachments that a content shows, by the numbers that WordPress writes beside them."""
    return {number for image in tree.iter("img") if (number := _number(image))}


def rich(tree: HtmlElement, library: Mapping[int, Attachment], base: str) -> Rich:
    """Return a content as text, spans and media; the tree is used up."""
    documents = _without_plugins(tree, base)
    for image in list(tree.iter("img")):
        _whole_picture(image, library)
    for player in list(tree.iter("video", "audio")):
        # What stands inside is for browsers that cannot play.
        for child in list(player):
            if child.tag not in {"source", "track"}:
                child.drop_tree()
    _drop_shortcodes(tree)
    read = from_tree(tree, base)
    named = {one.url: one for one in library.values()}
    media = [named[one.ref].medium(one.title) if one.ref in named else one for one in read.media]
    return Rich(read.text, read.spans, (*media, *documents))


def _without_plugins(tree: HtmlElement, base: str) -> list[Media]:
    """Take out decoration; return the files that stand in blocks of their own, whose link stays."""
    documents = []
    for element in list(tree.iter("div", "a", "span", "ul", "section", "aside")):
        classes = set(element.get("class", "").split())
        if classes & DECORATION and element.getparent() is not None:
            element.drop_tree()
        elif "wp-block-file" in classes:
            link = element.find(".//a[@href]")
            address = absolute(link.get("href", ""), base) if link is not None else ""
            if address.startswith(("https://", "http://")):
                documents.append(Media(kind=MediaKind.DOCUMENT, ref=address, name=file_name(address)))
    return documents


def _whole_picture(image: HtmlElement, library: Mapping[int, Attachment]) -> None:
    """Have a picture name its whole file rather than the size that fits into a column."""
    found = library.get(_number(image))
    around = image.getparent()
    if found is not None and kind_of(found.mime) is MediaKind.PHOTO:
        image.set("src", found.url)
        image.set("width", str(found.width or ""))
        image.set("height", str(found.height or ""))
    elif around is not None and around.tag == "a" and PICTURE.search(around.get("href", "").partition("?")[0]):
        image.set("src", around.get("href", ""))
        image.set("width", "")
        image.set("height", "")


def _drop_shortcodes(tree: HtmlElement) -> None:
    """Take out what is left of shortcodes whose plugin is gone; in code they are meant."""
    for element in list(tree.iter()):
        inside = isinstance(element.tag, str) and (
            element.tag in AS_IT_IS or any(above.tag in AS_IT_IS for above in element.iterancestors())
        )
        if element.text and not inside and isinstance(element.tag, str):
            element.text = _without_shortcodes(element.text)
        if element.tail and not any(above.tag in AS_IT_IS for above in element.iterancestors()):
            element.tail = _without_shortcodes(element.tail)


def _without_shortcodes(text: str) -> str:
    """Return a text without shortcodes: those with values, and pairs; `[sic]` and `[1]` are words."""
    if "[" not in text:
        return text
    stripped = WITH_VALUES.sub("", text)
    return CLOSING.sub("", PAIR.sub(r"\2", stripped))


def _number(image: HtmlElement) -> int:
    """Return a picture's number in the library; 0 where WordPress did not write it."""
    found = NUMBERED.search(image.get("class", "")) or GALLERY.match(image.get("aria-describedby", ""))
    return int(found.group(1)) if found else 0


def _pixels(value: object) -> int:
    """Return a size; 0 for what is none."""
    return value if type(value) is int and 0 < value < 1 << 20 else 0
