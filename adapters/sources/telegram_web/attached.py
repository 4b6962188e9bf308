"""What is attached to a message on the preview: media, a poll, a place, and what t.me does not show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from adapters.contracts.item import Answer, Location, Media, MediaKind, Poll
from adapters.sources.telegram_web.marks import FOLDED, Odd, classes, rich

PREFIX = "tgme_widget_message_"
KINDS = {
    "photo_wrap": MediaKind.PHOTO,
    "service_photo": MediaKind.PHOTO,
    "video_player": MediaKind.VIDEO,
    "roundvideo_player": MediaKind.VIDEO_NOTE,
    "voice_player": MediaKind.VOICE,
    "audio_player": MediaKind.AUDIO,
    "document_wrap": MediaKind.DOCUMENT,
    "sticker_wrap": MediaKind.STICKER,
    "contact_wrap": MediaKind.DOCUMENT,
}
NOT_OURS = frozenset({f"{PREFIX}link_preview", f"{PREFIX}reply", f"{PREFIX}user", f"{PREFIX}text"})
"""What shows other people's pictures: a link's, the message answered, the channel's own; and the text."""
PICTURE = re.compile(r"background-image:\s*url\(\s*['\"]?([^'\")]+)")
WIDTH, RATIO = re.compile(r"(?<![\w-])width:\s*(\d+)px"), re.compile(r"padding-top:\s*([\d.]+)%")
NUMBERS = re.compile(r"[?&](?:q|ll)=(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")
MAP = re.compile(r"[?&]ll=(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")


SAID = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "document_title", "document_extra", "poll_question", "poll_type", "poll_option_percent", "poll_option_text",
        "location_title", "location_address", "venue_title", "venue_address",
    )
)  # fmt: skip
"""What says something inside a document, a poll or a place."""


@dataclass(frozen=True)
class Attached:
    """A medium without its `ref`, the address of its bytes, and the number of the message that it is."""

    media: Media
    url: str = ""
    number: int = 0


def inside(root: HtmlElement, name: str) -> Iterator[HtmlElement]:
    """Yield the elements of a class, in order."""
    for element in root.iter():
        if isinstance(element.tag, str) and name in classes(element):
            yield element


def first(root: HtmlElement, name: str) -> HtmlElement | None:
    """Return the first element of a class."""
    return next(inside(root, name), None)


def said(root: HtmlElement, name: str) -> str:
    """Return the text of the first element of a class, its markup left out."""
    found = first(root, name)
    return FOLDED.sub(" ", "".join(found.itertext())).strip() if found is not None else ""


def is_ours(element: HtmlElement, block: HtmlElement) -> bool:
    """Say whether an element belongs to the message itself and not to what it quotes."""
    for above in element.iterancestors():
        if above is block:
            return True
        if classes(above) & NOT_OURS:
            return False
    return True


def attached(block: HtmlElement) -> list[Attached]:
    """Return a message's media in order; raises Odd."""
    for layer in inside(block, f"{PREFIX}grouped_layer"):
        for part in layer:
            if not any(_is_media(name) for name in classes(part)):
                raise Odd("an album with a part that this release does not know")
    found = []
    for element in block.iter():
        if not isinstance(element.tag, str):
            continue
        kind = next((KINDS[name.removeprefix(PREFIX)] for name in classes(element) if _is_media(name)), None)
        if kind is not None and is_ours(element, block):
            found.append(_one(element, kind))
    return found


def _is_media(name: str) -> bool:
    """Say whether a class is a medium's."""
    return name.startswith(PREFIX) and name.removeprefix(PREFIX) in KINDS


def _one(element: HtmlElement, kind: MediaKind) -> Attached:
    """Read one medium."""
    if f"{PREFIX}document_wrap" in classes(element):
        return _document(element)
    if f"{PREFIX}contact_wrap" in classes(element):
        missing = "the web preview has no contact cards"
        return Attached(Media(kind=kind, name="contact.vcf", mime="text/vcard", missing=missing))
    if kind is MediaKind.VIDEO and first(element, "message_video_play") is None and not _seconds(element):
        kind = MediaKind.ANIMATION
    width, height = _size(element) if kind in {MediaKind.VIDEO, MediaKind.ANIMATION} else (0, 0)
    url = _url(element)
    medium = Media(
        kind=kind,
        missing="" if url else _why(element),
        width=width,
        height=height,
        duration=_seconds(element),
        spoiler=any("spoiler" in (part.get("class") or "") for part in element.iter("a", "div", "i", "span")),
    )
    return Attached(medium, url, number_of(element.get("href") or ""))


def _document(element: HtmlElement) -> Attached:
    """Read a document or a song, of which the preview shows no more than the name."""
    _known(element)
    name, extra = said(element, f"{PREFIX}document_title"), said(element, f"{PREFIX}document_extra")
    icon = first(element, f"{PREFIX}document_icon")
    if icon is None and first(element, f"{PREFIX}document_thumb") is None:
        raise Odd("a document of a kind that this release does not know")
    missing = "the web preview has no files, only their names"
    if icon is not None and "audio" in classes(icon):
        medium = Media(kind=MediaKind.AUDIO, title=name, performer=extra, missing=missing)
    else:
        medium = Media(kind=MediaKind.DOCUMENT, name=name, missing=missing)
    return Attached(medium, "", number_of(element.get("href") or ""))


def _known(element: HtmlElement) -> None:
    """Raise Odd where something that is said has a class that this release does not know."""
    for part in element.iter("div", "span", "a", "time"):
        named = classes(part)
        if named and not named & SAID and (part.text or "").strip():
            raise Odd(f"a part that this release does not know: {' '.join(sorted(named))}")


def _url(element: HtmlElement) -> str:
    """Return where a medium's bytes are; empty where the page does not tell."""
    if f"{PREFIX}photo_wrap" in classes(element):
        found = PICTURE.search(element.get("style") or "")
        return _whole(found.group(1)) if found else ""
    for part in element.iter("video", "audio", "source", "img", "i"):
        names = classes(part)
        if "blured" in names or f"{PREFIX}video_thumb" in names or "emoji" in names:
            continue
        address = _whole(part.get("data-webp") or part.get("src") or part.get("srcset") or "")
        if address:
            return address
    return ""


def _whole(address: str) -> str:
    """Return an address with its scheme; empty for what is none, such as a picture inside the page."""
    address = f"https:{address}" if address.startswith("//") else address.strip()
    return address if address.startswith(("http://", "https://")) else ""


def _why(element: HtmlElement) -> str:
    """Say why a medium has no bytes here."""
    label = said(element, "message_media_not_supported_label")
    if not label or "browser" in label:
        # What a browser without the medium's format would show.
        label = "the page names no address"
    return f"the web preview does not have it: {label}"


def _seconds(element: HtmlElement) -> float:
    """Return a duration: "0:27" or "1:02:03"."""
    for time in element.iter("time"):
        parts = (time.text or "").strip().split(":")
        if 1 < len(parts) <= 3 and all(part.isdigit() and len(part) <= 4 for part in parts):  # noqa: PLR2004
            return float(sum(int(part) * 60**place for place, part in enumerate(reversed(parts))))
    return 0.0


def _size(element: HtmlElement) -> tuple[int, int]:
    """Return a single video's width and height; of an album's the page tells the layout only. Raises Odd."""
    if "grouped_media_wrap" in classes(element):
        return 0, 0
    wrap = first(element, f"{PREFIX}video_wrap")
    style = wrap.get("style") if wrap is not None else None
    if style is None:
        raise Odd("a video without its measures")
    width, ratio = WIDTH.search(style), RATIO.search(style)
    if not width or not ratio or len(width.group(1)) > 5:  # noqa: PLR2004 - no video is that wide
        return 0, 0
    try:
        return int(width.group(1)), round(int(width.group(1)) * float(ratio.group(1)) / 100)
    except (ValueError, OverflowError):
        return 0, 0


def number_of(address: str) -> int:
    """Return the message's number in an address such as https://t.me/NAME/12?single; 0 where there is none."""
    found = re.fullmatch(r"https?://[^/?#]+/\w+/(\d{1,18})(?:\?.*)?", address)
    return int(found.group(1)) if found else 0


def poll(block: HtmlElement) -> Poll | None:
    """Return a poll; how many voted for each answer is told in percent only, which is kept apart. Raises Odd."""
    found = first(block, f"{PREFIX}poll")
    if found is None:
        return None
    _known(found)
    if len(list(inside(found, f"{PREFIX}poll_option"))) != len(list(inside(found, f"{PREFIX}poll_option_text"))):
        raise Odd("a poll with answers that say nothing")
    kind = said(found, f"{PREFIX}poll_type").lower()
    answers = tuple(Answer(text=rich(one)[0]) for one in inside(found, f"{PREFIX}poll_option_text"))
    voters = said(block, f"{PREFIX}voters")
    return Poll(
        question=said(found, f"{PREFIX}poll_question"),
        answers=answers,
        closed="final" in kind,
        voters=int(voters) if voters.isdigit() and len(voters) < 12 else 0,  # noqa: PLR2004 - "1.2K" is no number
    )


def location(block: HtmlElement) -> Location | None:
    """Return a point or a venue, by the address of its map. Raises Odd."""
    found = next((one for name in ("location_wrap", "venue_wrap") for one in inside(block, f"{PREFIX}{name}")), None)
    if found is None:
        return None
    _known(found)
    point = NUMBERS.search(found.get("href") or "")
    turned = next(filter(None, (MAP.search(part.get("style") or "") for part in found.iter("div", "i"))), None)
    if point is None and turned is None:
        return None
    latitude, longitude = point.groups() if point else turned.groups()[::-1] if turned else ("", "")
    return Location(
        latitude=float(latitude),
        longitude=float(longitude),
        name=said(found, f"{PREFIX}location_title") or said(found, f"{PREFIX}venue_title"),
        address=said(found, f"{PREFIX}location_address") or said(found, f"{PREFIX}venue_address"),
    )
