"""RSS of every version, RDF and Atom that are well-formed XML: read by lxml, without entities, DTD or network.

Follows rssboard.org/rss-specification, RFC 4287, and for their modules rssboard.org/media-rss and
podcasters.apple.com/support/823-podcast-requirements.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from lxml import etree

from adapters.contracts.item import Location
from adapters.sources.rss.attachments import enclosure, media_content, media_group, thumbnail
from adapters.sources.rss.found import Found, Parsed, heading, one_line, plain, sniffed
from adapters.sources.rss.names import ALWAYS_PLAIN, BODIES, PUBLISHED, ROOTS, UPDATED, name_of
from adapters.text.from_html import from_html, from_tree
from adapters.text.html_rules import Rich, absolute

Element = etree._Element  # noqa: SLF001 - lxml gives its type no other name


ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
MAIL = re.compile(r"\s*[(<]?(?:mailto:)?[^\s()<>@,]+@[^\s()<>@,]+[)>]?\s*")


class NotFast(Exception):
    """This document needs the forgiving reader."""


def read(data: bytes, url: str) -> Parsed:
    """Read a well-formed document; raises NotFast for every other."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser, base_url=url)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise NotFast(str(error)) from None
    if name_of(root.tag) not in ROOTS or _defines_words(root):
        raise NotFast("no feed as it is written, or one that defines words of its own")
    return _Reader(root, url, based=b"xml:base" in data or b"\0" in data).read()


class _Reader:
    """Reads one document."""

    def __init__(self, root: Element, url: str, *, based: bool) -> None:
        self._root, self._url, self._based = root, url, based
        self._atom = name_of(root.tag) == "feed"
        self._dates: dict[str, str] = {}
        """Of the entry that is being read, by the names of their elements."""

    def read(self) -> Parsed:
        """Read feed and entries, wherever in the document an RSS version has them."""
        parsed = Parsed()
        heads = [self._root, *(child for child in self._root if name_of(child.tag) == "channel")]
        for head in heads:
            for child in head:
                name = name_of(child.tag)
                if name in {"item", "entry"}:
                    parsed.entries.append(self._entry(child))
                elif name == "items" and len(child):
                    parsed.entries += [self._entry(entry) for entry in child if name_of(entry.tag) == "item"]
                elif name == "at:deleted-entry" and child.get("ref"):
                    parsed.deleted.append(str(child.get("ref")))
                else:
                    self._of_feed(parsed, name, child)
        return parsed

    def _of_feed(self, parsed: Parsed, name: str, child: Element) -> None:
        """Take what the feed says of itself."""
        if name in {"title", "dc:title"} and not parsed.title:
            parsed.title = self._title(child)
        elif name == "link" and not parsed.link:
            href = child.get("href")
            if href is None or child.get("rel", "alternate") == "alternate":
                parsed.link = absolute(href or text_of(child), self._base(child))
        elif name == "author" and self._atom:
            parsed.author = author_of(child)

    def _entry(self, entry: Element) -> Found:
        """Read one entry; what the model has no field for stays in `raw`."""
        found = Found(data=partial(_bytes_of, entry), base=self._own_base(entry))
        self._dates = {}
        if entry.keys():
            found.guid, found.link = entry.get(ABOUT, ""), entry.get("href", "")
        best = 0
        for child in entry:
            name, rank, take = _met(child.tag)
            if rank:
                body = self._body(name, child) if rank > best else None
                if body is not None:
                    found.body, best = body, rank
                continue
            if take is not None:
                take(self, found, child, name)
            elif name:
                _keep(found, name, child)
        found.published, found.updated = self._settled(PUBLISHED), self._settled(UPDATED)
        found.raw.pop("author_by", None)
        return found

    def _settled(self, names: Sequence[str]) -> str:
        """Choose among the dates that an entry has; empty where it has none of these."""
        for name in names:
            if date := self._dates.get(name):
                return date
        return ""

    def _base(self, element: Element) -> str:
        """Return what addresses in an element are relative to."""
        return (element.base or self._url) if self._based else self._url

    def _own_base(self, element: Element) -> str:
        """Return that, if the document says so itself; empty otherwise."""
        if not self._based:
            return ""
        base = self._base(element)
        return base if base != self._url else ""

    def _body(self, name: str, child: Element) -> Callable[[str], Rich] | None:
        """Return how the text of an element is read; None for one that holds none."""
        own = self._own_base(child)
        text, kind = text_of(child), child.get("type", "").lower()
        if len(child):
            return lambda base: from_tree(child, own or base)
        if child.get("mode") == "base64" or ("/" in kind and not _is_text(kind)):
            decoded = _from_base64(text)
            return (lambda base: sniffed(decoded, own or base)) if decoded.strip() else None
        if not text.strip():
            return None
        if kind in {"text", "text/plain"} or (name in ALWAYS_PLAIN and kind != "html"):
            return lambda _: plain(text)
        if kind or name == "content:encoded":
            return lambda base: from_html(text, own or base)
        if self._atom and child.get("mode") != "escaped":
            return lambda _: plain(text)
        return lambda base: sniffed(text, own or base)

    def _title(self, child: Element) -> str:
        """Read a title."""
        if len(child):
            return one_line(from_tree(child).text)
        text, kind = text_of(child), child.get("type", "").lower()
        if child.get("mode") == "base64" or ("/" in kind and not _is_text(kind)):
            return heading(_from_base64(text))
        plainly = kind in {"text", "text/plain"} or (self._atom and not kind)
        return one_line(text) if plainly and child.get("mode") != "escaped" else heading(text)

    def take_title(self, found: Found, child: Element, name: str) -> None:
        """Take the first title that says something; the entry's own before a module's."""
        title = self._title(child)
        if title and (not found.title or name == "title"):
            found.title = title

    def take_id(self, found: Found, child: Element, _: str) -> None:
        """Take an id; in RSS it is an address too unless it says that it is none."""
        found.guid = text_of(child).strip() or found.guid
        if child.get("isPermaLink", child.get("ispermalink", "true")).lower() != "false" and not found.link:
            found.link = found.guid if found.guid.startswith(("http://", "https://")) else ""

    def take_link(self, found: Found, child: Element, _: str) -> None:
        """Take a link: to the page, or to a file."""
        href = child.get("href")
        if href is None:
            text = text_of(child).strip()
            found.link = absolute(text, self._base(child)) if text else found.link
            return
        rel, address = child.get("rel", "alternate").lower(), absolute(href, self._base(child))
        if rel == "enclosure":
            enclosure(found, address, child)
        elif rel == "alternate" and (not found.link or child.get("type", "text/html").lower() == "text/html"):
            found.link = address
        elif rel != "alternate":
            found.raw.setdefault("links", []).append({str(key): str(value) for key, value in child.attrib.items()})

    def take_origin(self, found: Found, child: Element, _: str) -> None:
        """Take the address that a counting redirect stands before."""
        found.raw["feedburner:origlink"] = found.link
        found.link = text_of(child).strip() or found.link

    def take_file(self, found: Found, child: Element, _: str) -> None:
        """Take an enclosure."""
        enclosure(found, absolute(child.get("url") or child.get("href") or "", self._base(child)), child)

    def take_media(self, found: Found, child: Element, name: str) -> None:
        """Take what Media RSS has, alone or in a group of which one is enough."""
        base = self._base(child)
        if name == "media:content":
            media_content(found, child, base)
            nested = list(child)
        else:
            media_group(found, [one for one in child if name_of(one.tag) == "media:content"], base)
            nested = [one for one in child if name_of(one.tag) != "media:content"]
        for one in nested:
            inner = name_of(one.tag)
            if inner == "media:thumbnail":
                thumbnail(found, one, base)
            elif inner == "media:title" and name == "media:group":
                self.take_title(found, one, inner)
            elif inner == "media:description" and name == "media:group" and found.body is None:
                found.body = self._body(inner, one)

    def take_thumbnail(self, found: Found, child: Element, _: str) -> None:
        """Take a picture that stands for the entry."""
        thumbnail(found, child, self._base(child))

    def take_author(self, found: Found, child: Element, name: str) -> None:
        """Take the authors that the first element with one names, by whatever name it goes."""
        author = author_of(child)
        if author and found.raw.setdefault("author_by", name) == name:
            found.authors.append(author)

    def take_tag(self, found: Found, child: Element, name: str) -> None:
        """Take a category: Atom's label where its term is an address."""
        term = child.get("term") or child.get("text") or text_of(child)
        found.tags.append(child.get("label") or term if "://" in term else term)
        if not len(child):
            return
        for inner in child:
            self.take_tag(found, inner, name)

    def take_keywords(self, found: Found, child: Element, _: str) -> None:
        """Take a list with commas."""
        found.tags += text_of(child).split(",")

    def take_date(self, _: Found, child: Element, name: str) -> None:
        """Keep each date by its name; which of them counts is told at the end."""
        self._dates.setdefault(name, text_of(child).strip())

    def take_count(self, found: Found, child: Element, _: str) -> None:
        """Take how many have answered."""
        number = text_of(child).strip()
        if number.isdecimal() and len(number) < 10:  # noqa: PLR2004 - a count
            found.counters["comments"] = int(number)

    def take_place(self, found: Found, child: Element, name: str) -> None:
        """Take a point on the globe."""
        if name == "geo:point":
            values = {name_of(one.tag): text_of(one) for one in child}
            numbers = [values.get("geo:lat", ""), values.get("geo:long", "")]
        else:
            numbers = text_of(child).replace(",", " ").split()
        found.location = point(numbers) or found.location


def _defines_words(root: Element) -> bool:
    """Say whether a document has entities of its own, which are not expanded here."""
    dtd: Any = root.getroottree().docinfo.internalDTD
    return dtd is not None and any(True for _ in dtd.iterentities())


def _bytes_of(entry: Element) -> bytes:
    """Return an entry as XML."""
    return bytes(etree.tostring(entry, encoding="utf-8"))


def _keep(found: Found, name: str, child: Element) -> None:
    """Keep what the model has no field for."""
    value: object = _whole_text(child).strip() or {str(key): str(one) for key, one in child.attrib.items()}
    if value:
        found.raw.setdefault(name.removeprefix("?:"), value)


def text_of(element: Element) -> str:
    """Return the text of an element without others in it."""
    return element.text or ""


def _whole_text(element: Element) -> str:
    """Return the text of an element and of all in it."""
    return "".join(str(part) for part in element.itertext()) if len(element) else element.text or ""


def author_of(element: Element) -> str:
    """Return a person's name: Atom's own element, or RSS's `mail (name)`."""
    if len(element):
        parts = {name_of(child.tag): text_of(child).strip() for child in element}
        return one_line(parts.get("name") or parts.get("email") or "")
    text = one_line(element.text or "")
    return MAIL.sub(" ", text).strip(" ()<>") or text if "@" in text else text.strip(" ()<>") or text


def point(numbers: list[str]) -> Location | None:
    """Return a point of latitude and longitude, None where they are none."""
    try:
        latitude, longitude = (float(number) for number in numbers[:2])
    except ValueError:
        return None
    inside = -90 <= latitude <= 90 and -180 <= longitude <= 180  # noqa: PLR2004 - degrees
    return Location(latitude=latitude, longitude=longitude) if inside else None


def _is_text(kind: str) -> bool:
    """Say whether a type is one of text."""
    return kind.startswith("text/") or kind.endswith(("+xml", "/xml")) or kind == "xhtml"


def _from_base64(text: str) -> str:
    """Decode a text that Atom holds as base64; empty where it is another kind of file."""
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, ValueError):
        return ""


TAKERS: dict[str, Callable[[_Reader, Found, Element, str], None]] = {
    **dict.fromkeys(("title", "dc:title", "media:title"), _Reader.take_title),
    **dict.fromkeys(("guid", "id", "dc:identifier"), _Reader.take_id),
    "link": _Reader.take_link,
    "feedburner:origlink": _Reader.take_origin,
    "enclosure": _Reader.take_file,
    **dict.fromkeys(("media:content", "media:group"), _Reader.take_media),
    **dict.fromkeys(("media:thumbnail", "itunes:image"), _Reader.take_thumbnail),
    **dict.fromkeys(("author", "dc:creator", "dc:author", "itunes:author"), _Reader.take_author),
    **dict.fromkeys(("category", "dc:subject", "itunes:category", "media:category"), _Reader.take_tag),
    **dict.fromkeys(("itunes:keywords", "media:keywords"), _Reader.take_keywords),
    **dict.fromkeys((*PUBLISHED, *UPDATED), _Reader.take_date),
    **dict.fromkeys(("slash:comments", "thr:total"), _Reader.take_count),
    **dict.fromkeys(("georss:point", "geo:point"), _Reader.take_place),
}
"""What is done with each element of an entry."""


@lru_cache(maxsize=4096)
def _met(tag: object) -> tuple[str, int, Callable[[_Reader, Found, Element, str], None] | None]:
    """Return an element's name, its rank as a text (0: it is none), and what is done with it otherwise."""
    name = name_of(tag)
    return name, BODIES.get(name, 0), TAKERS.get(name)
